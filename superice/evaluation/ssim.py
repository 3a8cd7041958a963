"""Structural similarity with the truth (Wang et al. 2004), over ice.

Version 2.0 of the report dropped this score because it hardly differs between fields; it is computed on request.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion, uniform_filter

from superice.evaluation.score_group import ScoreGroup, Variable, reduce_to_fields
from superice.evaluation.scored_date import ScoredDate

WIDTH = 7  # pixels
RANGE_M = 5.0  # the same for all dates: with a range taken from each field, scores of dates would differ because of it
STABILISER_OF_MEANS = (0.01 * RANGE_M) ** 2
STABILISER_OF_STRUCTURE = (0.03 * RANGE_M) ** 2


def compute_ssim(scored: ScoredDate) -> dict[str, np.ndarray]:
    """Return the structural similarity with the truth, (field,)."""
    ssim = [structural_similarity(forecast, scored.truth, scored.mask) for forecast in scored.forecasts]
    return {"ssim": reduce_to_fields(ssim)}


def structural_similarity(field: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Return the mean structural similarity of two thicknesses (y, x) in m, 1 for equal fields.

    The mean is taken over the pixels whose window of 7 x 7 pixels is all ice (``mask``, (y, x)); NaN if there is none.
    """
    inside = binary_erosion(mask, np.ones((WIDTH, WIDTH)))
    if not inside.any():
        return float("nan")
    x = np.where(mask, field, 0).astype(np.float64)
    y = np.where(mask, truth, 0).astype(np.float64)

    def average(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values, WIDTH)[inside]

    mean_x, mean_y = average(x), average(y)
    variance = average(x * x) - mean_x**2 + average(y * y) - mean_y**2
    covariance = average(x * y) - mean_x * mean_y
    means = 2 * mean_x * mean_y + STABILISER_OF_MEANS
    square_means = mean_x**2 + mean_y**2 + STABILISER_OF_MEANS
    luminance = means / square_means
    structure = 2 * covariance + STABILISER_OF_STRUCTURE
    return float(np.mean(luminance * structure / (variance + STABILISER_OF_STRUCTURE)))


SSIM = ScoreGroup(
    (Variable("ssim", ("field",), "structural similarity with the truth; generated: mean over the members"),),
    compute_ssim,
)
