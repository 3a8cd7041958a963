"""Schedule and formulations against closed forms."""

import math

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.network.formulations import (
    NoisePrediction,
    Preconditioned,
    masked_mean_square,
)


def test_schedule_agrees_with_the_report():
    report = NoisePrediction()
    ends = report.angle(torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert ends.tolist() == pytest.approx([0.317560, 1.550795], abs=1e-6)
    signal, noise = report.rates(torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert signal.tolist() == pytest.approx([0.95, 0.02], abs=1e-12)
    assert (signal**2 + noise**2).tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("count", [1, 7, 40])
def test_steps_are_equal_steps_of_the_angle(count):
    """Cosine and sine of an angle that falls evenly from acos(0.02) to acos(0.95) = 0.317560."""
    steps = np.array(NoisePrediction().steps(count))
    assert steps.shape == (count + 1, 2)
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    assert np.hypot(*steps.T) == pytest.approx(1)
    assert angles == pytest.approx(np.linspace(math.acos(0.02), math.acos(0.95), count + 1))


@pytest.mark.parametrize(("embedded", "power"), [("noise_variance", 2), ("time", None)])
def test_the_embedded_level_is_the_variance_of_the_noise_or_the_time(embedded, power):
    seen, report = [], NoisePrediction(embedded=embedded)
    model = lambda z, level, context: (seen.append(level), torch.zeros_like(z))[1]
    for _, noise in report.steps(4):
        report.denoise(model, torch.zeros(2, 1, 4, 4), 1.0, noise, None)
    expected = [noise**2 for _, noise in report.steps(4)] if power else [1.0, 0.75, 0.5, 0.25, 0.0]
    assert [level.tolist() for level in seen] == [pytest.approx([value] * 2, abs=1e-6) for value in expected]


def test_the_errors_of_image_and_noise_are_in_the_ratio_of_the_rates():
    """From z = s y + r e: the image's error is that of the noise times r / s."""
    stream, report = torch.Generator().manual_seed(5), NoisePrediction()
    time = torch.rand(1, generator=torch.Generator().manual_seed(6))
    signal, noise = report.rates(time)
    target = torch.randn(1, 1, 8, 8, generator=stream)
    losses = report.loss(lambda z, level, c: 0.3 * z, target, torch.ones(1, 2, 8, 8), torch.Generator().manual_seed(6))
    noise_error, image_error = losses.reported["noise_error"], losses.reported["image_error"]
    assert float(image_error) == pytest.approx(float(noise_error * (noise / signal) ** 2), rel=1e-4)


def test_noise_of_the_last_of_forty_steps_amplifies_errors_as_computed():
    signal, noise = NoisePrediction().steps(40)[39]
    assert noise / signal == pytest.approx(0.363, abs=5e-4)


def test_preconditioned_network_of_zeros_has_the_expected_losses():
    """With the network at zero the denoiser is z / (1 + sigma²): the weighted loss of white noise is 1."""
    stream = torch.Generator().manual_seed(3)
    target = torch.randn(16, 1, 64, 64, generator=stream)
    context = torch.ones(16, 2, 64, 64)
    losses = Preconditioned().loss(lambda z, level, c: torch.zeros_like(z), target, context, stream)
    assert float(losses.objective) == pytest.approx(1.0, abs=0.05)


def test_noise_loss_of_a_network_of_zeros_is_the_variance_of_the_noise():
    stream = torch.Generator().manual_seed(4)
    target = torch.randn(8, 1, 64, 64, generator=stream)
    losses = NoisePrediction().loss(lambda z, level, c: torch.zeros_like(z), target, torch.ones(8, 2, 64, 64), stream)
    assert float(losses.reported["noise_error"]) == pytest.approx(1.0, abs=0.03)
    assert float(losses.objective) == float(losses.reported["noise_error"])


def test_masked_pixels_do_not_count():
    difference = torch.tensor([[[[1.0, 100.0], [3.0, 100.0]]]])
    mask = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    assert float(masked_mean_square(difference, mask)) == pytest.approx(5.0)


def test_levels_of_the_preconditioned_sampler_follow_the_paper():
    levels = [noise for _, noise in Preconditioned(noise_min=0.002, noise_max=80.0).steps(18)]
    i = np.arange(18)
    expected = (80 ** (1 / 7) + i / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    assert levels[:-1] == pytest.approx(expected.tolist())
    assert levels[-1] == 0


@pytest.mark.parametrize(
    ("rates", "sentence"),
    [
        ((0.95, 0.02), r"diffusion\.min_rate: min_rate < max_rate is needed \(found 0.95, 0.02\)"),
        ((0.0, 0.5), r"diffusion\.min_rate: 0.0 is not above 0"),
        ((0.02, 1.0), r"diffusion\.max_rate: 1.0 is not below 1"),
    ],
)
def test_rates_out_of_order_are_refused(rates, sentence):
    with pytest.raises(InputError, match=sentence):
        NoisePrediction(min_rate=rates[0], max_rate=rates[1])
