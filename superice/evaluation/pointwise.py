"""Scores that compare the fields pixel by pixel: error of the ensemble mean, CRPS, variability, and spread.

Errors are errors of the ensemble mean; the variability is the mean over the members.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from superice.evaluation.score_group import ScoreGroup, Variable, stack_regions
from superice.evaluation.scored_date import RegionPixels, ScoredDate


def compute_pointwise(scored: ScoredDate) -> dict[str, np.ndarray]:
    """Return the pointwise scores by name, (region,) or (region, field); NaN in a region without a pixel."""
    by_region = [score_region(scored.select_pixels(region)) for region in scored.regions.values()]
    scores = stack_regions(by_region)
    ice_share = scores["n_pixels"] / scored.mask.size
    return scores | {"rmse_domain": scores["rmse"] * np.sqrt(ice_share)[:, None]}


def score_region(pixels: RegionPixels) -> dict[str, Any]:
    """Return the scores of one region by name: a number, or one for the ensemble and one for the low resolution."""
    members, truth, low, statistics = pixels.members, pixels.truth, pixels.low_resolution, pixels.statistics
    mean_square_error = [
        average((statistics.mean - truth) ** 2),
        average((low.astype(np.float64) - truth) ** 2),
    ]
    member_square_error = np.mean([average((member - truth) ** 2) for member in members])
    mean_variance = average(statistics.variance)
    truth_deviation = standard_deviation(truth)
    member_variability = np.mean([divide(standard_deviation(member), truth_deviation) for member in members])
    return {
        "n_pixels": truth.size,
        "rmse": np.sqrt(mean_square_error),
        "mean_square_error": mean_square_error,
        "bias": [average(statistics.mean - truth), average(low - truth)],
        "crps": [average(statistics.crps), average(np.abs(low - truth))],
        "variability": [member_variability, divide(standard_deviation(low), truth_deviation)],
        "rmse_member": np.sqrt(member_square_error),
        "mean_variance": mean_variance,
        "spread": np.sqrt(mean_variance),
        "spread_skill": spread_skill(mean_variance, mean_square_error[0], len(members)),
    }


def spread_skill(mean_variance: float, mean_square_error: float, n: int) -> float:
    """Return spread over error, 1 for n members drawn from the distribution of the truth (Fortin et al. 2014).

    mean_variance: mean of the members' unbiased variance; mean_square_error: of the ensemble mean; both in one unit.
    """
    return float(np.sqrt((n + 1) / n * mean_variance / mean_square_error)) if mean_square_error > 0 else float("nan")


def average(values: np.ndarray) -> float:
    """Return the mean in double precision, NaN for no values."""
    return float(np.mean(values, dtype=np.float64)) if values.size else float("nan")


def standard_deviation(values: np.ndarray) -> float:
    """Return the standard deviation in double precision, NaN for no values."""
    return float(np.std(values, dtype=np.float64)) if values.size else float("nan")


def divide(value: float, reference: float) -> float:
    """Return value / reference, NaN for a reference of 0."""
    return value / reference if reference > 0 else float("nan")


BY_REGION = ("region",)
BY_FIELD = ("region", "field")
POINTWISE = ScoreGroup(
    (
        Variable("n_pixels", BY_REGION, "pixels scored"),
        Variable("rmse", BY_FIELD, "root mean square error over ice; generated: of the ensemble mean", "m"),
        Variable("mean_square_error", BY_FIELD, "mean square error over ice; generated: of the ensemble mean", "m2"),
        Variable("bias", BY_FIELD, "mean error over ice; generated: of the ensemble mean", "m"),
        Variable(
            "crps", BY_FIELD, "fair continuous ranked probability score; low_resolution: mean absolute error", "m"
        ),
        Variable(
            "variability",
            BY_FIELD,
            "spatial standard deviation over that of the truth; generated: mean over the members",
        ),
        Variable("rmse_member", BY_REGION, "root mean square error of single members", "m"),
        Variable("mean_variance", BY_REGION, "mean over ice of the unbiased variance of the members", "m2"),
        Variable("spread", BY_REGION, "root of mean_variance", "m"),
        Variable(
            "spread_skill",
            BY_REGION,
            "spread over the RMSE of the mean, with the factor for finitely many members",
        ),
        Variable(
            "rmse_domain", BY_FIELD, "root mean square error over the whole domain, no error outside the ice", "m"
        ),
    ),
    compute_pointwise,
)
