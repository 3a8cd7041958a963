"""Bootstrap intervals against scipy and against what is known to be true."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, norm, t

from superice.evaluation.bootstrap import bootstrap_means, compute_expansion
from superice.evaluation.settings import BootstrapSettings

WEEKLY = BootstrapSettings(resamples=500)
SEASON = pd.Series(pd.date_range("2021-10-18", periods=26 * 7).strftime("%Y-%m-%d"))


def weekly_weather(random):
    """Daily values of a season that share most of their deviation with their week; the mean is 0."""
    return np.repeat(random.standard_normal(26), 7) + 0.3 * random.standard_normal(26 * 7)


def bounds(values, how=WEEKLY, dates=SEASON):
    return bootstrap_means(dates, pd.DataFrame({"score": values}), how).score.quantile([0.025, 0.975]).to_numpy()


def covered(how, trials=400):
    """How often the interval holds the mean."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(trials):
        values = weekly_weather(random)
        blocks = len(values) // how.block_days
        found.append(values.mean() + compute_expansion(blocks) * (bounds(values, how) - values.mean()))
    return np.mean([low < 0 < high for low, high in found])


def test_intervals_cover_a_known_mean_at_the_nominal_rate():
    """Two deviations of 400 trials are 0.02; without the expansion 26 blocks give 0.929, four 0.80."""
    assert covered(WEEKLY) == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize("blocks", [3, 4, 8])
def test_intervals_of_few_blocks_are_as_wide_as_they_must_be(blocks):
    dates, random = SEASON[: 7 * blocks : 7].reset_index(drop=True), np.random.default_rng(blocks)
    draws = [random.standard_normal(blocks) for _ in range(400)]
    inside = []
    for values in draws:
        bound = values.mean() + compute_expansion(blocks) * (bounds(values, dates=dates) - values.mean())
        inside.append(bound[0] < 0 < bound[1])
    assert np.mean(inside) == pytest.approx(0.95, abs=0.04)


def test_the_expansion_is_that_of_student():
    assert compute_expansion(10) == pytest.approx(np.sqrt(10 / 9) * t.ppf(0.975, 9) / norm.ppf(0.975))
    assert np.isnan(compute_expansion(1))


def test_days_redrawn_one_by_one_would_be_far_too_sure():
    assert covered(BootstrapSettings(block_days=1, resamples=500)) < 0.7


def test_intervals_agree_with_scipy_where_every_day_is_a_block():
    values = np.random.default_rng(1).gamma(2, 1, 182)
    expected = bootstrap((values,), np.mean, method="percentile", n_resamples=5000, rng=0).confidence_interval
    found = bounds(values, BootstrapSettings(block_days=1, resamples=5000))
    assert found == pytest.approx([expected.low, expected.high], abs=0.02)


def test_weeks_begin_on_monday_and_weigh_by_their_days():
    dates = pd.Series(["2021-10-18", "2021-10-24", "2021-10-25"])  # Monday, Sunday, Monday
    means = bootstrap_means(dates, pd.DataFrame({"score": [1.0, 2.0, 6.0]}), BootstrapSettings(resamples=200)).score
    assert set(means.round(6)) == {1.5, 3.0, 6.0}


def test_missing_values_take_no_part():
    values = np.ones(26 * 7)
    values[::2] = np.nan
    assert bounds(values) == pytest.approx([1, 1])


def test_one_week_tells_nothing_of_its_error():
    assert np.isnan(bounds(np.arange(5.0), dates=SEASON[:5])).all()


def test_a_seed_gives_the_same_interval():
    values = weekly_weather(np.random.default_rng(2))
    assert np.array_equal(bounds(values), bounds(values))
    assert not np.array_equal(bounds(values), bounds(values, BootstrapSettings(resamples=500, seed=1)))
