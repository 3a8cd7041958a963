"""Where the ice is thin: the thin end of the distribution of thickness, and how well thin ice is placed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superice.fields.box_filter import box_mean


def thickness_quantiles(thickness: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Quantiles (probability,) of the thickness (p,) in m; NaN where there is no pixel."""
    return np.quantile(thickness, probabilities) if thickness.size else np.full(len(probabilities), np.nan)


def sum_fractions(
    probability: np.ndarray, event: np.ndarray, mask: np.ndarray, width: int, regions: Sequence[np.ndarray]
) -> np.ndarray:
    """What the fractions skill score is made of (Roberts and Lean 2008): 1 - difference / worst.

    probability of the event, (y, x), 0 or 1 for a single field; event: where it is true, bool (y, x). Fractions are
    means over the ice, the ``mask``, in boxes of ``width`` pixels. Returns (region, 2): the sum of their square
    differences over the pixels of each region, and the largest that it could be, the sum of their squares.
    """
    forecast, observed = (box_mean(np.asarray(field, np.float64), width, mask) for field in (probability, event))
    sums = lambda f, o: (np.sum((f - o) ** 2), np.sum(f**2) + np.sum(o**2))
    return np.array([sums(forecast[region], observed[region]) for region in regions])
