"""Structural similarity of two fields (Wang et al. 2004), over ice.

The report's version 2.0 dropped it, as it hardly tells its fields apart; it is made on request.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import binary_erosion, uniform_filter

WIDTH = 7  # pixels
RANGE_M = 5.0  # one for all dates: a range taken from each field would make scores of dates differ by it
STABILISERS = ((0.01 * RANGE_M) ** 2, (0.03 * RANGE_M) ** 2)


def structural_similarity(field: np.ndarray, truth: np.ndarray, mask: np.ndarray) -> float:
    """Mean structural similarity of two thicknesses (y, x) in m, 1 for equal fields.

    Over the pixels whose window of 7 x 7 pixels is all ice, ``mask`` (y, x); NaN when there is none.
    """
    inside = binary_erosion(mask, np.ones((WIDTH, WIDTH)))
    if not inside.any():
        return float("nan")
    x, y = (np.where(mask, values, 0).astype(np.float64) for values in (field, truth))
    around = lambda values: uniform_filter(values, WIDTH)[inside]
    mean_x, mean_y = around(x), around(y)
    variance = around(x * x) - mean_x**2 + around(y * y) - mean_y**2
    covariance = around(x * y) - mean_x * mean_y
    of_means, of_structure = STABILISERS
    luminance = (2 * mean_x * mean_y + of_means) / (mean_x**2 + mean_y**2 + of_means)
    return float(np.mean(luminance * (2 * covariance + of_structure) / (variance + of_structure)))
