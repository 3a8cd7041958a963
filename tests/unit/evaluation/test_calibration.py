"""Calibration against ensembles that are reliable, and against counts by hand."""

import numpy as np
import pytest
from scipy.stats import chi2
from scored_fields import DAY, SHAPE, draw_exchangeable

from superice.evaluation.calibration import (
    compute_coverage,
    count_ranks,
    count_reliability,
    judge_spread,
    reliability_index,
    sum_by_spread,
)
from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import ScoreSettings


def test_rank_histogram_of_a_perfect_ensemble_is_flat():
    members, truth = draw_exchangeable(members=9, points=50_000)
    counts = count_ranks(members, truth, np.random.default_rng(0))
    assert counts.sum() == 50_000
    assert np.abs(counts / 5000 - 1).max() < 0.06


def test_reliability_index_is_the_distance_from_flat():
    assert reliability_index(np.full(7, 5)) == 0
    assert reliability_index(np.array([8, 2, 2, 8])) == pytest.approx(4 * 0.15)
    assert reliability_index(np.array([0, 0, 9])) == pytest.approx(2 * (1 - 1 / 3))
    assert np.isnan(reliability_index(np.array([3, 4]))) and np.isnan(reliability_index(np.zeros(5)))


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
    members, truth = draw_exchangeable(4, points=1000)
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


@pytest.mark.parametrize("members", [19, 20, 30, 31, 100])
@pytest.mark.parametrize("percent", [50, 90])
def test_the_expected_coverage_of_an_exchangeable_ensemble_is_exact(members, percent):
    """All ranks are equally likely, whatever the distribution."""
    assert compute_coverage(np.ones(members + 1), percent) == pytest.approx(percent, rel=1e-12)


def test_coverage_lies_between_those_of_the_neighbouring_intervals_of_order_statistics():
    """Of 30 members, 1 and 30 hold 29/31 of the truths and 2 and 29 hold 27/31: 90 % lies 0.45 of the way between them."""
    random = np.random.default_rng(0)
    members, truth = random.exponential(size=(30, 4000)), 1.3 * random.exponential(size=4000)
    ordered = np.sort(members, axis=0)
    outer, inner = (np.mean((ordered[k - 1] < truth) & (truth < ordered[-k])) for k in (1, 2))
    assert 100 * (0.45 * outer + 0.55 * inner) == pytest.approx(
        float(compute_coverage(count_ranks(members, truth, random), 90)), rel=1e-12
    )


def test_few_members_have_no_wide_interval_and_no_counts_no_coverage():
    assert np.isnan(compute_coverage(np.ones(19), 90)) and np.isnan(compute_coverage(np.ones(3), 50))
    assert compute_coverage(np.ones(4), 50) == pytest.approx(50)
    assert np.isnan(compute_coverage(np.zeros(31), 90))
    assert compute_coverage(np.eye(31), 90)[[0, 1, 2, 15]] == pytest.approx([0, 45, 100, 100])


@pytest.mark.parametrize("count", [5, 15, 60])
@pytest.mark.parametrize(("true_ratio", "word"), [(1.0, ""), (0.5, "narrow"), (2.0, "wide")])
def test_a_reliable_spread_is_rarely_called_wrong(count, true_ratio, word):
    """Errors of a known size: a right spread is called too narrow or too wide in 5 % of the cases at most."""
    errors = np.random.default_rng(count).standard_normal((400, count))
    ratios = true_ratio / np.sqrt((errors**2).mean(axis=1))
    judged = [judge_spread(ratio, count) for ratio in ratios]
    if not word:
        assert np.mean([one in ("narrow", "wide") for one in judged]) < 0.06
    else:
        assert np.mean([one in {"narrow", "wide"} - {word} for one in judged]) < 0.01
        assert np.mean([one == word for one in judged]) > {5: 0.3, 15: 0.9, 60: 0.99}[count]


def test_the_interval_of_a_spread_is_that_of_chi_square():
    lower = 0.7 * np.sqrt(chi2.ppf(0.975, 30) / 30)
    assert lower < 1 and judge_spread(0.7, 30) == "narrow"
    assert 0.78 * np.sqrt(chi2.ppf(0.975, 15) / 15) > 1 and judge_spread(0.78, 15) == ""
    assert judge_spread(0.9, 4) == "" and judge_spread(0.9, 5) == "right" and judge_spread(np.nan, 99) == ""
