"""Scores against closed forms and independent libraries."""

from datetime import date

import numpy as np
import pytest
import scoringrules
from scipy.ndimage import gaussian_filter, uniform_filter
from skimage.metrics import structural_similarity as reference_similarity

from superice.errors import InputError
from superice.evaluation.calibration import count_ranks, count_reliability, reliability_index, sum_by_spread
from superice.evaluation.date_scores import score_date
from superice.evaluation.pointwise import fair_crps, pixel_statistics, spread_skill
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.ssim import RANGE_M, structural_similarity

DAY = date(2023, 1, 4)
SHAPE = (96, 96)


def smooth(seed, sigma=2.0):
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), sigma, mode="wrap")
    return 1.5 + 0.5 * field / field.std()


def of_ice(scores, name, field="generated"):
    return float(scores[name].sel(region="ice", field=field))


def test_identical_fields_have_no_error_and_ratios_of_one():
    truth = smooth(0)
    scores = score_date(np.stack([truth] * 5), truth, truth, DAY, 3.0, ScoreSettings(ssim=True))
    for name in ("rmse", "crps"):
        assert scores[name].values == pytest.approx(np.zeros((1, 2)), abs=1e-7)
    for name in ("variability", "fine_scale", "medium_scale", "ssim", "fractions_skill"):
        assert scores[name].values == pytest.approx(np.ones(scores[name].shape)), name
    assert scores.coherence.values[:, 5:] == pytest.approx(1)
    for name in ("thin_fraction", "lead_fraction", "thickness_quantile"):
        of_sources = scores[name].sel(region="ice").values
        assert of_sources == pytest.approx(np.stack([of_sources[0]] * 3)), name


def test_a_constant_error_is_bias_rmse_and_crps():
    truth = smooth(0)
    scores = score_date(np.stack([truth + 0.2] * 4), truth, truth - 0.1, DAY, 3.0)
    for name in ("rmse", "crps"):
        assert scores[name].values[0] == pytest.approx([0.2, 0.1])
    assert scores.bias.values[0] == pytest.approx([0.2, -0.1])


def test_white_noise_raises_the_fine_scale_ratio_by_the_computed_amount():
    truth = smooth(0, sigma=0.6)
    deviation = 0.3
    members = truth + deviation * np.random.default_rng(1).standard_normal((30, *SHAPE))
    scores = score_date(members, truth, truth, DAY, 3.0)
    wavenumber, power = scores.wavenumber.values, scores.power_truth.values
    band = (wavenumber > 1 / 20) & (wavenumber <= 1 / 6)
    # White noise has the same power in every mode, and all modes together its variance.
    expected = np.mean(1 + deviation**2 / truth.size / power[band])
    assert expected > 1.2
    assert of_ice(scores, "fine_scale") == pytest.approx(expected, rel=0.03)


def test_coherence_with_white_noise_is_the_truths_share_of_the_power():
    truth = smooth(0, sigma=0.6)
    deviation = 0.3
    members = truth + deviation * np.random.default_rng(1).standard_normal((30, *SHAPE))
    scores = score_date(members, truth, truth, DAY, 3.0)
    power = scores.power_truth.values
    expected = power / (power + deviation**2 / truth.size)
    inner = slice(10, 40)  # rings with modes enough
    assert expected[inner].min() < 0.9
    assert scores.coherence.sel(field="generated").values[inner] == pytest.approx(expected[inner], abs=0.03)


def test_the_error_of_the_mean_has_the_power_of_its_noise():
    truth, low = smooth(0), smooth(1)
    members = truth + 0.3 * np.random.default_rng(1).standard_normal((9, *SHAPE))
    power = score_date(members, truth, low, DAY, 3.0).power_error.values
    assert np.mean(power[0][10:45]) * truth.size == pytest.approx(0.3**2 / 9, rel=0.1)
    swapped = score_date(np.stack([low]), truth, truth, DAY, 3.0).power_error.values
    assert power[1] == pytest.approx(swapped[0])


def test_a_smoothed_field_has_less_variability_and_fine_scale():
    truth = smooth(0, sigma=1.0)
    scores = score_date(np.stack([truth, truth]), truth, uniform_filter(truth, 9, mode="wrap"), DAY, 3.0)
    assert of_ice(scores, "variability", "low_resolution") < 0.5
    assert of_ice(scores, "fine_scale", "low_resolution") < 0.1


def exchangeable(members=30, points=200_000, seed=0):
    """Truth and members from one distribution around a common centre."""
    random = np.random.default_rng(seed)
    centre = random.standard_normal(points)
    draw = lambda n: centre + 0.7 * random.standard_normal((n, points))
    return draw(members), draw(1)[0]


def test_a_perfect_ensemble_has_spread_skill_one_and_the_known_ratio_of_errors():
    members, truth = (values.reshape(-1, 400, 500) for values in exchangeable())
    scores = score_date(members, truth[0], truth[0] - 1, DAY, 3.0)
    assert float(scores.spread_skill[0]) == pytest.approx(1, abs=0.01)
    ratio = float(scores.rmse_member[0]) / of_ice(scores, "rmse")
    assert np.sqrt(2 * 30 / 31) == pytest.approx(1.391, abs=5e-4)
    assert ratio == pytest.approx(np.sqrt(2 * 30 / 31), abs=0.01)


def test_spread_skill_knows_the_number_of_members():
    for n in (2, 5, 30):
        members, truth = exchangeable(n)
        statistics = pixel_statistics(members, truth)
        error = np.mean((statistics.mean - truth) ** 2)
        assert spread_skill(statistics.variance.mean(), error, n) == pytest.approx(1, abs=0.01)


def test_statistics_of_pixels_do_not_depend_on_the_parts_they_are_made_in():
    members, truth = exchangeable(5, points=150_000)
    statistics = pixel_statistics(members.astype(np.float32), truth)
    assert statistics.mean == pytest.approx(members.mean(axis=0), abs=1e-6)
    assert statistics.variance == pytest.approx(members.var(axis=0, ddof=1), rel=1e-4, abs=1e-6)
    assert statistics.crps == pytest.approx(fair_crps(members, truth), abs=1e-6)


def test_rank_histogram_of_a_perfect_ensemble_is_flat():
    members, truth = exchangeable(members=9, points=50_000)
    counts = count_ranks(members, truth, np.random.default_rng(0))
    assert counts.sum() == 50_000
    assert np.abs(counts / 5000 - 1).max() < 0.06


def test_reliability_index_is_the_distance_from_flat():
    assert reliability_index(np.full(7, 5)) == 0
    assert reliability_index(np.array([8, 2, 2, 8])) == pytest.approx(4 * 0.15)
    assert reliability_index(np.array([0, 0, 9])) == pytest.approx(2 * (1 - 1 / 3))
    assert np.isnan(reliability_index(np.array([3, 4]))) and np.isnan(reliability_index(np.zeros(5)))


def test_a_single_field_has_neither_spread_nor_calibration():
    truth = smooth(0)
    scores = score_date(truth[None] + 0.25, truth, truth, DAY, 3.0)
    assert of_ice(scores, "crps") == of_ice(scores, "rmse") == pytest.approx(0.25)
    assert np.isnan([float(scores[name][0]) for name in ("spread", "spread_skill", "mean_variance")]).all()


def test_ties_are_ranked_at_random():
    counts = count_ranks(np.zeros((4, 10_000)), np.zeros(10_000), np.random.default_rng(0))
    assert np.abs(counts / 2000 - 1).max() < 0.1


def uniform_probability(members, points=400_000):
    """Members and truth that exceed 0 with a probability that is uniform over the points."""
    random = np.random.default_rng(3)
    probability = random.random(points)
    exceeding = random.random((members + 1, points)) < probability
    return exceeding[1:] - 0.5, exceeding[0] - 0.5


@pytest.mark.parametrize("members", [9, 30])
def test_reliability_of_a_calibrated_ensemble_is_on_the_diagonal(members):
    pixels, hits = count_reliability(*uniform_probability(members), threshold=0.0)
    frequency = hits / pixels
    k = np.arange(members + 1)
    # Of a uniform probability, k successes in n draws foretell (k + 1) / (n + 2) of the next (Laplace).
    expected = (k + 1) / (members + 2)
    error = np.sqrt(expected * (1 - expected) / pixels)
    assert np.abs((frequency - expected) / error).max() < 3.5
    assert frequency == pytest.approx(k / members, abs=1 / (members + 2) + 3.5 * error.max())


def test_reliability_of_dates_adds_up():
    members, truth = exchangeable(4, points=1000)
    whole = np.array(count_reliability(members, truth, 0.5))
    halves = [
        np.array(count_reliability(members[:, part], truth[part], 0.5)) for part in (slice(300), slice(300, None))
    ]
    assert np.array_equal(whole, sum(halves))


def test_classes_of_spread_hold_their_variance_and_error():
    variance, error = np.array([0.01, 0.04, 0.09, 25.0]), np.array([1.0, 2.0, 4.0, 8.0])
    pixels, variances, errors = sum_by_spread(variance, error, (0, 0.15, 0.25, 1.0))
    assert pixels.tolist() == [1, 1, 2]
    assert variances == pytest.approx([0.01, 0.04, 25.09])
    assert errors.tolist() == [1, 2, 12]


@pytest.mark.parametrize("members", [2, 5, 30])
def test_fair_crps_agrees_with_scoringrules(members):
    random = np.random.default_rng(2)
    ensemble, truth = random.gamma(2, 1, (members, 500)), random.gamma(2, 1, 500)
    expected = scoringrules.crps_ensemble(truth, ensemble, m_axis=0, estimator="fair")
    assert fair_crps(ensemble, truth) == pytest.approx(expected, rel=1e-9)


def test_similarity_agrees_with_scikit_image():
    truth, field = smooth(0), 0.7 * smooth(0) + 0.3 * smooth(1) + 0.2
    expected, local = reference_similarity(truth, field, data_range=RANGE_M, full=True, use_sample_covariance=False)
    everywhere = np.ones(SHAPE, bool)
    assert expected < 0.95
    assert structural_similarity(field, truth, everywhere) == pytest.approx(expected, abs=1e-9)
    half = everywhere & (np.arange(96) < 40)
    with_gap = np.where(half, field, np.nan)
    assert structural_similarity(with_gap, truth, half) == pytest.approx(local[3:-3, 3:37].mean(), abs=1e-9)


def test_similarity_is_made_on_request_alone():
    truth = smooth(0)
    assert "ssim" not in score_date(np.stack([truth] * 2), truth, truth, DAY, 3.0)


def test_only_pixels_that_all_fields_have_are_scored():
    truth = smooth(0)
    members, low = np.stack([truth + 1.0] * 3), truth.copy()
    members[1, :10] = np.nan
    low[:, :5] = np.nan
    scores = score_date(members, truth, low, DAY, 3.0)
    assert int(scores.n_pixels[0]) == (96 - 10) * (96 - 5)
    assert float(scores.rmse_domain[0, 0]) == pytest.approx(np.sqrt(86 * 91 / 96**2))


def test_regions_are_told_by_the_concentration_and_make_up_the_ice():
    truth = smooth(0)
    concentration = np.repeat(np.linspace(0.1, 1.0, 96)[:, None], 96, axis=1)
    error = np.where(concentration > 0.8, 0.1, 0.4)
    scores = score_date(np.stack([truth + error] * 2), truth, truth, DAY, 3.0, concentration=concentration)
    pixels = scores.n_pixels.to_series()
    assert scores.rmse.sel(field="generated", region=["pack", "marginal"]).values == pytest.approx([0.1, 0.4])
    assert pixels["pack"] == (concentration > 0.8).sum()
    assert pixels["ice"] - pixels["pack"] - pixels["marginal"] == (concentration <= 0.15).sum()
    whole = scores.mean_square_error.sel(field="generated").to_series() * pixels
    # What is neither pack nor marginal has the error of the marginal zone here.
    left = 0.4**2 * (concentration <= 0.15).sum()
    assert whole["ice"] == pytest.approx(whole["pack"] + whole["marginal"] + left)


def test_a_region_too_small_for_a_spectrum_has_no_fine_scale():
    truth = smooth(0)
    concentration = np.ones(SHAPE)
    concentration[:20] = 0.5
    scores = score_date(np.stack([truth] * 2), truth, truth, DAY, 3.0, concentration=concentration)
    fine_scale = scores.fine_scale.sel(field="generated").to_series()
    assert fine_scale["pack"] == pytest.approx(1)
    assert np.isnan(fine_scale["marginal"])
    assert scores.n_pixels.sel(region="marginal") == 20 * 96


def test_pack_and_marginal_zone_have_their_own_calibration():
    """An ensemble that is right in the pack and always too thick in the marginal zone."""
    random = np.random.default_rng(0)
    truth, members = random.standard_normal(SHAPE), random.standard_normal((9, *SHAPE))
    concentration = np.ones(SHAPE)
    concentration[:30] = 0.5
    members[:, :30] += 100
    settings = ScoreSettings(rank_thinning=1)
    scores = score_date(members, truth, truth, DAY, 3.0, settings, concentration)
    ranks = {region: scores.rank_count.sel(region=region).values for region in ("pack", "marginal")}
    assert ranks["marginal"].tolist() == [30 * 96] + [0] * 9
    assert ranks["pack"] / (66 * 96) == pytest.approx(np.full(10, 0.1), abs=0.02)
    for name in ("reliability_pixels", "reliability_hits", "spread_class_pixels", "spread_class_square_error"):
        ice, pack, marginal = (scores[name].sel(region=region).values for region in ("ice", "pack", "marginal"))
        assert ice == pytest.approx(pack + marginal), name


def test_a_day_without_ice_is_not_a_number():
    nothing = np.full(SHAPE, np.nan)
    scores = score_date(np.stack([nothing] * 3), nothing, nothing, DAY, 3.0, ScoreSettings(ssim=True), nothing)
    assert scores.n_pixels.values.tolist() == [0, 0, 0]
    for name in ("rmse", "thickness_quantile", "lead_fraction", "fractions_skill", "ssim"):
        assert np.isnan(scores[name]).all(), name


def test_every_variable_of_the_file_says_what_it_is():
    truth = smooth(0)
    scores = score_date(np.stack([truth] * 2), truth, truth, DAY, 3.0, ScoreSettings(ssim=True), np.ones(SHAPE))
    for name, variable in scores.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs.get("units") or variable.dtype.kind == "U", name


def test_fields_of_different_shapes_are_refused():
    with pytest.raises(InputError, match="different shapes"):
        score_date(np.zeros((3, 8, 8)), np.zeros((8, 9)), np.zeros((8, 8)), DAY, 3.0)
