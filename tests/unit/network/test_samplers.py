"""Samplers against closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superice.evaluation.noise_scale import choose_noise_scale
from superice.network.formulations import NoisePrediction, Preconditioned
from superice.network.samplers import ddim, multistep, stochastic_multistep


@given(steps=st.integers(1, 60), seed=st.integers(0, 10_000))
def test_ddim_with_the_true_noise_returns_the_target(steps, seed):
    """For z = s y + r e with a known y there is one e; given it, the sampler ends at y for any number of steps."""
    stream = torch.Generator().manual_seed(seed)
    target = torch.randn(1, 1, 4, 5, generator=stream, dtype=torch.float64)
    report = NoisePrediction()

    def oracle(z, level, context):
        noise_rate = level.sqrt()[:, None, None, None]
        return (z - (1 - level[:, None, None, None]).sqrt() * target) / noise_rate

    def denoise(z, signal, noise):
        predicted = oracle(z, torch.tensor([noise**2], dtype=torch.float64), None)
        return (z - noise * predicted) / signal

    drawn = ddim(denoise, report.steps(steps), lambda: torch.randn(1, 1, 4, 5, generator=stream, dtype=torch.float64))
    assert torch.allclose(drawn, target, atol=1e-9)


@pytest.mark.parametrize("sampler", [ddim, multistep, stochastic_multistep])
def test_samplers_recover_the_variance_of_a_gaussian(sampler):
    """For y ~ N(0, s²) the best denoiser is linear; the members must then have the variance s²."""
    variance = 0.49
    stream = torch.Generator().manual_seed(1)

    def denoise(z, signal, noise):
        return z * signal * variance / (signal**2 * variance + noise**2)

    drawn = sampler(
        denoise, Preconditioned(noise_min=0.002).steps(250), lambda: torch.randn(4, 1, 64, 64, generator=stream)
    )
    assert float(drawn.var()) == pytest.approx(variance, rel=0.05)
    assert float(drawn.mean()) == pytest.approx(0, abs=0.03)


def draw_from_gaussian(sampler, steps, draw, deviation=1.0, **options):
    """Draw with the exact denoiser of y ~ N(0, deviation²)."""
    variance = deviation**2
    denoise = lambda z, signal, noise: z * signal * variance / (signal**2 * variance + noise**2)
    return sampler(denoise, steps, draw, **options)


def test_few_steps_of_the_report_s_schedule_stay_near_the_flow():
    """For y ~ N(0, 1) the report's noisy field keeps its variance of 1: at the last level the flow has the signal rate."""
    one = lambda: torch.ones(1, 1, 1, 1, dtype=torch.float64)
    drawn = {
        (sampler.__name__, count): float(draw_from_gaussian(sampler, NoisePrediction().steps(count), one))
        for sampler in (ddim, multistep)
        for count in (4, 40)
    }
    flow = {count: NoisePrediction().steps(count)[-2][0] for count in (4, 40)}
    assert flow[4] == pytest.approx(0.81, abs=0.005)
    assert drawn["ddim", 4] == pytest.approx(0.70, abs=0.005)
    assert drawn["multistep", 4] == pytest.approx(0.74, abs=0.005)
    assert drawn["multistep", 40] == pytest.approx(flow[40], abs=0.003)


def spread_of_members(steps, noise_scale):
    """Return the standard deviation of the members exactly: they are linear in the fields of noise, one for each step."""
    parts = torch.eye(steps, dtype=torch.float64)[:, None, :, None]  # of each field of noise alone, one after the other
    fields = iter(parts)
    rates = Preconditioned().steps(steps)
    drawn = draw_from_gaussian(stochastic_multistep, rates, lambda: next(fields)[None], noise_scale=noise_scale)
    return float(drawn.square().sum().sqrt())


def test_no_factor_of_the_noise_fits_all_denoisers_and_steps():
    """Eight steps with an exact denoiser draw too wide a distribution with 1, and still more so with 1.12."""
    assert spread_of_members(8, 1.0) == pytest.approx(1.12, abs=0.01)
    assert spread_of_members(8, 1.12) == pytest.approx(1.26, abs=0.01)
    assert spread_of_members(4, 1.0) < 0.9
    assert spread_of_members(60, 1.0) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("steps", [4, 8])
def test_the_factor_that_is_chosen_gives_an_exact_denoiser_the_right_spread(steps):
    chosen, _ = choose_noise_scale(
        lambda scale: {"crps": 1.0, "spread_skill": spread_of_members(steps, scale), "fine_variance_ratio": math.nan}
    )
    assert spread_of_members(steps, chosen) == pytest.approx(1.0, abs=0.01)


def error_of_the_flow(sampler, count, variance=0.25):
    """The deterministic flow of a Gaussian is known: z(noise) = z0 sqrt(s² + noise²) / sqrt(s² + noise0²)."""
    steps = Preconditioned(noise_min=0.05, noise_max=5.0).steps(count)
    start = torch.ones(1, 1, 1, 1, dtype=torch.float64)

    def denoise(z, signal, noise):
        return z * variance / (variance + noise**2)

    first, last = math.hypot(*steps[0]), steps[-2][1]
    before_last = first * math.sqrt((variance + last**2) / (variance + steps[0][1] ** 2))
    exact = before_last * variance / (variance + last**2)
    return abs(float(sampler(denoise, steps, lambda: start)) - exact)


@pytest.mark.parametrize(("sampler", "order"), [(ddim, 1), (multistep, 2)])
def test_errors_fall_with_the_order_of_the_sampler(sampler, order):
    found = math.log2(error_of_the_flow(sampler, 100) / error_of_the_flow(sampler, 200))
    assert found == pytest.approx(order, abs=0.15)


def test_second_order_is_closer_to_the_exact_solution_than_first_order():
    assert error_of_the_flow(multistep, 12) < 0.3 * error_of_the_flow(ddim, 12)
