"""Tabulate members against measurements, platform by platform.

A buoy on one level floe is no mean over a cell: the cell holds ridges and thinner ice too. Of it the table gives anomalies,
growth and ranks, and no bias. Its rank should lie in the lower half, and seldom below all members.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from superice.evaluation.calibration import COVERAGES, INTERVALS, compute_coverage
from superice.evaluation.in_situ import Collocation
from superice.evaluation.pixel_statistics import find_ranks
from superice.fields.point_series import LEVEL_ICE

DAYS_OF_GROWTH = 30
STREAM = 9_220  # of the random numbers that stand for the uncertainty of measurements
COLUMNS = (
    "platform", "measures", "points", "first", "last", "measured", "members_mean", "low_resolution_mean", "bias",
    "low_resolution_bias", "anomaly_rmse", "low_resolution_anomaly_rmse", "growth_measured", "growth_members",
    "growth_low_resolution", "growth_rmse", "low_resolution_growth_rmse", "rank_percent", "lower_half_percent",
    "below_all_percent", "coverage_50_percent", "coverage_90_percent",
)  # fmt: skip


def tabulate(collocations: Sequence[Collocation]) -> pd.DataFrame:
    """Return a row for each platform with points where the run has values.

    Columns
    -------
    measured, members_mean, low_resolution_mean
        Mean thickness in m.
    bias, low_resolution_bias
        Mean difference from the measurements in m; empty for level ice.
    anomaly_rmse, low_resolution_anomaly_rmse
        Root mean square difference of the anomalies from the platform's means, m; empty for a single point.
    growth_measured, growth_members, growth_low_resolution
        Trend along the drift, m in 30 days; for level ice on several days alone, as all growth.
    growth_rmse, low_resolution_growth_rmse
        Root mean square difference of the growth from one date to the next, m.
    rank_percent
        Mean share of the members that are thinner than the measurement.
    lower_half_percent, below_all_percent
        Share of the points where at most half of the members, or none, are thinner.
    coverage_50_percent, coverage_90_percent
        Share of the points within the central 50 and 90 % of the members (``compute_coverage``).
    """
    rows = [score_platform(one) for one in collocations]
    return pd.DataFrame([row for row in rows if row["points"]], columns=list(COLUMNS))


def score_platform(one: Collocation) -> dict[str, object]:
    """Return the row of a platform, as ``tabulate`` describes it; of one without a value, only its name and 0 points."""
    known = np.isfinite(one.members).all(axis=1) & np.isfinite(one.low_resolution)
    series, members, low = one.series.select(known), one.members[known], one.low_resolution[known]
    row: dict[str, object] = {"platform": series.platform, "measures": series.measures, "points": series.size}
    if not series.size:
        return row
    mean, measured = members.mean(axis=1), series.thickness
    row |= {
        "first": str(series.days[0]),
        "last": str(series.days[-1]),
        "measured": measured.mean(),
        "members_mean": mean.mean(),
        "low_resolution_mean": low.mean(),
    }
    if series.measures != LEVEL_ICE:
        row |= {"bias": (mean - measured).mean(), "low_resolution_bias": (low - measured).mean()}
    if series.size > 1:
        row["anomaly_rmse"] = _rms(_anomaly(mean) - _anomaly(measured))
        row["low_resolution_anomaly_rmse"] = _rms(_anomaly(low) - _anomaly(measured))
    if series.measures == LEVEL_ICE and series.days[0] != series.days[-1]:
        days = (series.days - series.days[0]).astype(float)
        row |= {
            "growth_measured": _trend(days, measured),
            "growth_members": _trend(days, mean),
            "growth_low_resolution": _trend(days, low),
            "growth_rmse": _rms(np.diff(mean) - np.diff(measured)),
            "low_resolution_growth_rmse": _rms(np.diff(low) - np.diff(measured)),
        }
    return row | _rank(series.thickness, series.uncertainty, members)


def _anomaly(values: np.ndarray) -> np.ndarray:
    return values - values.mean()


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _trend(days: np.ndarray, values: np.ndarray) -> float:
    """Return the slope of the line of least squares, for ``DAYS_OF_GROWTH`` days."""
    return float(np.polyfit(days, values, 1)[0] * DAYS_OF_GROWTH)


def _rank(measured: np.ndarray, uncertainty: np.ndarray, members: np.ndarray) -> dict[str, float]:
    """Return ranks and coverage of measurements (point,) among the members (point, n), in percent.

    An uncertain measurement is the truth plus an error: members with such errors, which are random and always the same,
    are what it must be compared with. Neither is negative; what is equal, such as open water, is ranked at random.
    """
    random = np.random.default_rng(STREAM)
    errors = random.standard_normal(members.shape)
    perturbed = members + np.where(np.isfinite(uncertainty), uncertainty, 0.0)[:, None] * errors
    below = find_ranks(np.clip(perturbed, 0, None).T, measured, random)
    thinner = below / members.shape[1]
    scores = {
        "rank_percent": thinner.mean(),
        "lower_half_percent": (thinner <= 0.5).mean(),
        "below_all_percent": (thinner == 0).mean(),
    }
    ranks = np.bincount(below, minlength=members.shape[1] + 1)
    coverage = [float(compute_coverage(ranks, percent)) for percent in INTERVALS]
    return {name: 100 * float(value) for name, value in scores.items()} | dict(zip(COVERAGES, coverage, strict=True))
