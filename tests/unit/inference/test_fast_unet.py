"""The fused network against the trained one, on the whole field and only where the ice needs it; its memory."""

import math

import pytest
import torch
from random_networks import DEEP, SHAPES, fields, patches, trained

from superice.inference import fast_unet
from superice.inference.fast_unet import FusedUNet, estimate_memory
from superice.inference.receptive_field import plan_evaluation
from superice.network.settings import NetworkSettings


def test_batch_norm_is_folded_for_every_batch_and_precision():
    shape = SHAPES[2]
    network, (noisy, level, context) = trained(shape), fields(shape, (40, 48))
    both = [torch.cat([noisy, -noisy]), level.repeat(2), torch.cat([context, -context])]
    with torch.no_grad():
        expected = network(*both)
    assert (FusedUNet(network, torch.float32)(*both) - expected).abs().max() <= 1e-5 * expected.abs().max()
    coarse = FusedUNet(network, torch.bfloat16)(*both).float()
    assert 1e-5 < (coarse - expected).std() / expected.std() < 0.03


@pytest.fixture
def poisoned(monkeypatch):
    """Fill new tensors with NaN, so that whatever is not evaluated is not a number."""
    allocate = fast_unet._allocate
    monkeypatch.setattr(fast_unet, "_allocate", lambda *args: allocate(*args).fill_(math.nan))


def whole_field(network, inputs):
    with torch.no_grad():
        return network(*inputs)


def largest_error(found, whole, ice):
    """Return the largest error on the ice, as a share of the field's largest value; NaN if any pixel is NaN."""
    return float((found - whole)[:, 0, ice].abs().max() / whole.abs().max())


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
@pytest.mark.parametrize("seed", range(4))
def test_the_ice_gets_what_the_whole_field_gives(shape, seed, poisoned):
    size = (208, 240)
    network, inputs = trained(shape), fields(shape, size)
    ice = patches(size, 3, seed)
    found = FusedUNet(network, torch.float32)(*inputs, plan=plan_evaluation(ice, shape))
    assert largest_error(found, whole_field(network, inputs), ice) <= 1e-5
    if shape is not DEEP:
        assert found.isnan().any(), "the whole field was evaluated"


def test_a_field_twice_as_large_needs_twice_the_memory():
    one, two = (estimate_memory(NetworkSettings(), (64 * n, 64), torch.float32) for n in (1, 2))
    assert two == 2 * one
    assert estimate_memory(NetworkSettings(), (64, 64), torch.bfloat16) == one // 2
    assert estimate_memory(NetworkSettings(patch=2), (64, 64), torch.float32) == one // 4
