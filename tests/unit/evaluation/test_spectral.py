"""Spectral scores of noise with known power."""

import numpy as np
import pytest
from scored_fields import DAY, SHAPE, select_ice, smooth_field

from superice.evaluation.date_scores import score_date


def test_white_noise_raises_the_fine_scale_ratio_by_the_computed_amount():
    truth = smooth_field(0, sigma=0.6)
    deviation = 0.3
    members = truth + deviation * np.random.default_rng(1).standard_normal((30, *SHAPE))
    scores = score_date(members, truth, truth, DAY, 3.0)
    wavenumber, power = scores.wavenumber.values, scores.power_truth.values
    band = (wavenumber > 1 / 20) & (wavenumber <= 1 / 6)
    # White noise has the same power in every mode, and all modes together its variance.
    expected = np.mean(1 + deviation**2 / truth.size / power[band])
    assert expected > 1.2
    assert select_ice(scores, "fine_scale") == pytest.approx(expected, rel=0.03)


def test_variances_are_those_of_truth_members_and_low_resolution():
    truth, low = smooth_field(0, sigma=0.6), smooth_field(1)
    members = truth + 0.3 * np.random.default_rng(1).standard_normal((30, *SHAPE))
    scores = score_date(members, truth, low, DAY, 3.0).sel(region="ice")
    variance = scores.fine_variance.to_series()
    share = np.pi * ((1 / 6) ** 2 - (1 / 20) ** 2) / (1 / 3) ** 2
    assert variance["generated"] - variance["truth"] == pytest.approx(0.3**2 * share, rel=0.05)
    swapped = score_date(members, low, truth, DAY, 3.0).sel(region="ice").fine_variance.to_series()
    assert swapped["truth"] == pytest.approx(variance["low_resolution"])
    assert swapped["low_resolution"] == pytest.approx(variance["truth"])


def test_coherence_with_white_noise_is_the_truths_share_of_the_power():
    truth = smooth_field(0, sigma=0.6)
    deviation = 0.3
    members = truth + deviation * np.random.default_rng(1).standard_normal((30, *SHAPE))
    scores = score_date(members, truth, truth, DAY, 3.0)
    power = scores.power_truth.values
    expected = power / (power + deviation**2 / truth.size)
    inner = slice(10, 40)  # rings with modes enough
    assert expected[inner].min() < 0.9
    assert scores.coherence.sel(field="generated").values[inner] == pytest.approx(expected[inner], abs=0.03)


def test_the_error_of_the_mean_has_the_power_of_its_noise():
    truth, low = smooth_field(0), smooth_field(1)
    members = truth + 0.3 * np.random.default_rng(1).standard_normal((9, *SHAPE))
    power = score_date(members, truth, low, DAY, 3.0).power_error.values
    assert np.mean(power[0][10:45]) * truth.size == pytest.approx(0.3**2 / 9, rel=0.1)
    swapped = score_date(np.stack([low]), truth, truth, DAY, 3.0).power_error.values
    assert power[1] == pytest.approx(swapped[0])


def test_a_region_too_small_for_a_spectrum_has_no_fine_scale():
    truth = smooth_field(0)
    concentration = np.ones(SHAPE)
    concentration[:20] = 0.5
    scores = score_date(np.stack([truth] * 2), truth, truth, DAY, 3.0, concentration=concentration)
    fine_scale = scores.fine_scale.sel(field="generated").to_series()
    assert fine_scale["pack"] == pytest.approx(1)
    assert np.isnan(fine_scale["marginal"])
    assert scores.n_pixels.sel(region="marginal") == 20 * 96
