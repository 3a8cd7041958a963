"""Where the ice is thin: leads, the thin end of the distribution of thickness, and how well thin ice is placed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from superice.degradation import box_mean, box_sum


def thickness_quantiles(thickness: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Quantiles (probability,) of the thickness (p,) in m; NaN where there is no pixel."""
    return np.quantile(thickness, probabilities) if thickness.size else np.full(len(probabilities), np.nan)


def lead_fractions(fields: Iterable[np.ndarray], mask: np.ndarray, width: int, share: float) -> list[float]:
    """Share of the ice of each field (y, x) that is thinner than ``share`` of the mean of the ice around it.

    mask: the ice, (y, x), where no field is missing. Around a pixel is the box of ``width`` pixels that is centred on
    it. NaN without ice.
    """
    if not mask.any():
        return [float("nan") for _ in fields]
    around = box_sum(mask, width)
    return [float(np.mean((field * around < share * _sum_of(field, mask, width))[mask])) for field in fields]


def _sum_of(field: np.ndarray, mask: np.ndarray, width: int) -> np.ndarray:
    return box_sum(np.where(mask, field, 0), width)


def fractions_sums(probability: np.ndarray, event: np.ndarray, mask: np.ndarray, width: int) -> tuple[float, float]:
    """What the fractions skill score is made of (Roberts and Lean 2008): 1 - difference / worst.

    probability of the event, (y, x), 0 or 1 for a single field; event: where it is true, bool (y, x). Fractions are
    means over the ice in boxes of ``width`` pixels. Returns the sum of their square differences over the ice, and the
    largest that it could be: the sum of their squares.
    """
    forecast, observed = (box_mean(np.asarray(field, np.float64), width, mask)[mask] for field in (probability, event))
    return float(np.sum((forecast - observed) ** 2)), float(np.sum(forecast**2) + np.sum(observed**2))
