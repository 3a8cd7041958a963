"""The deterministic network: its loss is the mean square error, and noise does not reach it."""

import pytest
import torch

from superice.errors import InputError
from superice.network.regression import Regression
from superice.network.samplers import SAMPLERS
from superice.network.weights import build_formulation


def batch():
    random = torch.Generator().manual_seed(1)
    target = torch.randn((4, 1, 16, 16), generator=random)
    context = torch.zeros((4, 3, 16, 16))
    context[:, -1, :, 4:] = 1
    return target, context


def test_the_loss_is_the_mean_square_over_the_ice():
    target, context = batch()
    losses = Regression().loss(lambda z, level, seen: 0.5 + 0 * z, target, context, torch.Generator())
    expected = ((0.5 - target[..., 4:]) ** 2).mean()
    assert float(losses.objective) == float(losses.reported["image_error"]) == pytest.approx(float(expected), rel=1e-6)


def test_the_mean_has_the_lowest_loss():
    target, context = batch()
    mean = float(target[..., 4:].mean())
    loss = lambda value: Regression().loss(lambda z, level, seen: value + 0 * z, target, context, torch.Generator())
    values = [float(loss(value).objective) for value in (mean - 0.1, mean, mean + 0.1)]
    assert values[1] < min(values[0], values[2])


def test_members_are_the_same_field_in_one_pass_whatever_the_noise():
    calls = []

    def model(z, level, context):
        calls.append(level)
        return z + level[:, None, None, None] + context[:, :1]

    formulation, context = build_formulation({"formulation": "regression"}), torch.randn((2, 3, 8, 8))
    for sample in SAMPLERS.values():
        denoise = lambda z, signal, level: formulation.denoise(model, z, signal, level, context)
        torch.testing.assert_close(
            sample(denoise, formulation.steps(1), lambda: torch.randn((2, 1, 8, 8))), context[:, :1]
        )
    assert len(calls) == len(SAMPLERS)


def test_more_than_one_pass_is_refused():
    with pytest.raises(InputError, match=r"sampler.steps: .* takes 1 step \(found 8\)"):
        Regression().steps(8)
