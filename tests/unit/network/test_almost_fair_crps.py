"""Scores of two members against closed forms and another library; a network of one pass."""

from datetime import date

import numpy as np
import pytest
import scoringrules
import torch
from hypothesis import given
from hypothesis import strategies as st

from superice.errors import InputError
from superice.network.almost_fair_crps import ProperScores
from superice.network.samplers import SAMPLERS

DAY = date(2022, 1, 1)
numbers = st.floats(-5, 5, allow_nan=False)


@given(numbers, numbers, numbers)
def test_the_fair_score_agrees_with_scoringrules(first, second, truth):
    members = torch.tensor([first, second], dtype=torch.float64)
    score = ProperScores(fairness=1.0).score(members, torch.tensor(truth, dtype=torch.float64))
    expected = scoringrules.crps_ensemble(truth, np.array([first, second]), estimator="fair")
    assert float(score) == pytest.approx(float(expected), abs=1e-12)


def test_the_almost_fair_score_keeps_some_of_the_distance():
    """Lang et al. (2024): 1/(2M(M-1)) sum of |x_i - y| + |x_j - y| - (1 - (1 - alpha)/M)|x_i - x_j|, M = 2."""
    score = ProperScores(fairness=0.95).score(torch.tensor([1.0, 4.0]).double(), torch.tensor(2.0).double())
    assert float(score) == pytest.approx((1 + 2) / 2 - (1 - 0.05 / 2) * 3 / 2)


@pytest.mark.parametrize("kind", [torch.float64, torch.complex128])
def test_the_expected_score_is_lowest_for_the_truths_own_spread(kind):
    random = torch.Generator().manual_seed(0)
    draw = lambda: torch.randn(200_000, generator=random, dtype=kind)
    truth, first, second = draw(), draw(), draw()
    fair = ProperScores(fairness=1.0)
    expected = {spread: fair.score(spread * torch.stack([first, second]), truth).mean() for spread in (0.6, 1.0, 1.5)}
    assert expected[1.0] < min(expected[0.6], expected[1.5])


@pytest.mark.parametrize(("fairness", "best"), [(0.95, 0.952), (0.99, 0.990), (1.0, 1.0)])
def test_a_lower_fairness_favours_a_smaller_spread(fairness, best):
    """Of Gaussian members of spread s, E|x - y| = c sqrt(s² + 1) and E|x - x'| = c sqrt(2) s: the best s is known."""
    kept = 1 - (1 - fairness) / 2
    assert kept / np.sqrt(2 - kept**2) == pytest.approx(best, abs=1e-3)
    random = torch.Generator().manual_seed(0)
    truth, first, second = torch.randn((3, 1_000_000), generator=random, dtype=torch.float64)
    scores = ProperScores(fairness=fairness)
    expected = lambda spread: float(scores.score(spread * torch.stack([first, second]), truth).mean())
    assert expected(best) < min(expected(best - 0.1), expected(best + 0.1))


def batch(size=32):
    random = torch.Generator().manual_seed(1)
    target = torch.randn((4, 1, size, size), generator=random)
    context = torch.zeros((4, 3, size, size))
    context[:, -1, :, size // 4 :] = 1
    return target, context


def objective(model, size=32, seed=2, **settings):
    target, context = batch(size)
    return float(ProperScores(**settings).loss(model, target, context, torch.Generator().manual_seed(seed)).objective)


def test_values_outside_the_mask_do_not_count():
    target, context = batch()
    wild = torch.where(context[:, -1:] > 0, target, 100.0)
    model = lambda z, level, seen: z
    random = lambda: torch.Generator().manual_seed(2)
    plain, other = (ProperScores().loss(model, field, context, random()).objective for field in (target, wild))
    assert float(plain) == pytest.approx(float(other), rel=1e-5)


def test_the_spectrum_detects_a_blurred_member():
    """The truth is white noise: white members beat blurred ones in the spectrum's score, not in that of the pixels."""
    blur = lambda z, level, seen: torch.nn.functional.avg_pool2d(z, 3, 1, 1)
    white = lambda z, level, seen: z
    only = {"box_sizes": (), "fairness": 1.0}
    by_pixels = [objective(model, spectrum_weight=0.0, **only) for model in (white, blur)]
    by_all = [objective(model, spectrum_weight=1.0, **only) for model in (white, blur)]
    assert by_all[1] - by_all[0] > by_pixels[1] - by_pixels[0] + 0.01


def test_the_spectrum_gives_every_wavenumber_the_same_weight():
    """Where members follow the truth's power law, every wavenumber adds the same to the score, whatever its power."""
    random = torch.Generator().manual_seed(3)
    target = torch.randn((16, 1, 64, 64), generator=random)
    rough = torch.fft.irfft2(torch.fft.rfft2(target) * torch.linspace(1, 30, 33))
    mask = torch.ones_like(target)
    members = torch.randn((2, *target.shape), generator=random)
    scaled = torch.fft.irfft2(torch.fft.rfft2(members) * torch.linspace(1, 30, 33))
    fair = ProperScores(fairness=1.0)
    plain, steep = fair.score_spectrum(members, target, mask), fair.score_spectrum(scaled, rough, mask)
    assert float(steep) == pytest.approx(float(plain), rel=0.15)


def difference_of_moved(model, size=96):
    return objective(model, size, equivariance_weight=1.0) - objective(model, size)


def test_members_that_move_with_their_noise_and_inputs_cost_nothing():
    """A 3x3 mean and the inputs at the same pixel move along; edges, where moved fields are cut, do not count."""
    blur = lambda z, level, seen: torch.nn.functional.avg_pool2d(z, 3, 1, 1) + seen[:, -1:]
    assert difference_of_moved(blur) == pytest.approx(0, abs=1e-6)


def test_members_that_answer_to_the_place_in_a_patch_are_penalised_by_the_square_of_the_change():
    """Noise that counts on one pixel of a patch alone: moved, it is other noise, of variance 1 each on 1/16 of the pixels.

    9 of 225 moves are of whole patches, 0 or 4 pixels along each axis, and change nothing.
    """
    mask = torch.zeros((1, 1, 96, 96))
    mask[..., ::4, ::4] = 1
    changes = [
        objective(lambda z, level, seen: z * mask, 96, seed, equivariance_weight=1.0)
        - objective(lambda z, level, seen: z * mask, 96, seed)
        for seed in range(40)
    ]
    whole = sum(1 for change in changes if abs(change) < 1e-6)
    assert whole < 8
    assert np.mean([change for change in changes if change > 1e-6]) == pytest.approx(2 / 16, rel=0.1)


def test_samples_without_pixels_to_compare_are_refused_and_the_smallest_others_are_penalised():
    """A model whose noise counts by its place: of a sample of 33 x 33 pixels the one in the middle is compared."""
    by_place = lambda z, level, seen: 3 * torch.linspace(-1, 1, z.shape[-1]) * z
    assert objective(by_place, 33, equivariance_weight=1.0) > objective(by_place, 33)
    with pytest.raises(InputError, match=r"equivariance_weight: samples of 33 rows and columns .*\(found \(32, 32\)\)"):
        objective(by_place, 32, equivariance_weight=1.0)
    assert np.isfinite(objective(by_place, 32))


def test_the_moved_samples_are_counted():
    plain, moving = ProperScores(), ProperScores(equivariance_weight=1.0)
    assert [plain.count_evaluations(samples) for samples in (1, 8, 9)] == [2, 16, 18]
    assert [moving.count_evaluations(samples) for samples in (1, 8, 9)] == [3, 17, 20]
    evaluated = []
    target, context = batch(48)
    moving.loss(lambda z, level, seen: evaluated.append(len(z)) or z, target, context, torch.Generator().manual_seed(2))
    assert evaluated == [moving.count_evaluations(len(target))]


def test_a_member_is_made_in_one_pass_by_any_sampler():
    calls = []

    def model(z, level, context):
        calls.append(level)
        return 3 * z

    formulation = ProperScores()
    noise = torch.randn((2, 1, 8, 8))
    for sample in SAMPLERS.values():
        denoise = lambda z, signal, level: formulation.denoise(model, z, signal, level, None)
        member = sample(denoise, formulation.steps(1), lambda: noise)
        torch.testing.assert_close(member, 3 * noise)
    assert len(calls) == len(SAMPLERS)


def test_scaled_noise_increases_the_differences_between_members():
    noise = torch.randn((2, 1, 8, 8))
    steps = ProperScores().steps(1)
    member = SAMPLERS["one_pass"](lambda z, signal, level: 3 * z, steps, lambda: noise, noise_scale=1.2)
    torch.testing.assert_close(member, 3.6 * noise)


def test_more_than_one_pass_is_refused():
    with pytest.raises(InputError, match=r"sampler.steps: .* takes 1 step \(found 8\)"):
        ProperScores().steps(8)


def test_a_fairness_above_one_is_refused():
    with pytest.raises(InputError, match="fairness"):
        ProperScores(fairness=1.5)
