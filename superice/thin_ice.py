"""Where the ice is thin: leads, the thin end of the distribution of thickness, and how well thin ice is placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from superice.degradation import box_mean, box_sum


def thickness_quantiles(thickness: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Quantiles (probability,) of the thickness (p,) in m; NaN where there is no pixel."""
    return np.quantile(thickness, probabilities) if thickness.size else np.full(len(probabilities), np.nan)


def lead_fractions(
    fields: Iterable[np.ndarray], mask: np.ndarray, width: int, share: float, regions: Sequence[np.ndarray]
) -> np.ndarray:
    """Share of each region's pixels where each field (y, x) is thinner than ``share`` of the mean of the ice around.

    mask: the ice, (y, x), where no field is missing. Around a pixel is the box of ``width`` pixels that is centred on
    it. regions: masks (y, x) within the ice. Returns (field, region), NaN for a region without a pixel.
    """
    around = box_sum(mask, width)
    leads = (field * around < share * box_sum(np.where(mask, field, 0), width) for field in fields)
    return np.array([[np.mean(lead[region]) if region.any() else np.nan for region in regions] for lead in leads])


def fractions_sums(
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
