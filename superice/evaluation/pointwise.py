"""Scores that look at one pixel at a time: how far the mean is from the truth, and whether the spread says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

PIXELS_AT_ONCE = 2**16


@dataclass(frozen=True)
class PixelStatistics:
    """What the members (n, p) say of each pixel: mean (p,) and fair CRPS (p,) in m, unbiased variance (p,) in m2."""

    mean: np.ndarray
    variance: np.ndarray
    crps: np.ndarray

    def of(self, where: np.ndarray) -> PixelStatistics:
        """Those of the pixels where the mask (p,) is True."""
        return PixelStatistics(*(values[where] for values in vars(self).values()))


def pixel_statistics(members: np.ndarray, truth: np.ndarray) -> PixelStatistics:
    """Mean, variance (NaN for a single member) and CRPS of members (n, p) with the truth (p,), a part at a time."""
    n, pixels = members.shape
    mean, variance, crps = (np.full(pixels, np.nan) for _ in range(3))
    for start in range(0, pixels, PIXELS_AT_ONCE):
        part = slice(start, start + PIXELS_AT_ONCE)
        values = members[:, part].astype(np.float64)
        mean[part] = values.mean(axis=0)
        crps[part] = fair_crps(values, truth[part])
        if n > 1:
            variance[part] = values.var(axis=0, ddof=1)
    return PixelStatistics(mean, variance, crps)


def fair_crps(members: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score (...) of members (n, ...), unbiased by their number (Ferro 2014).

    mean |x_i - y| - sum_ij |x_i - x_j| / (2 n (n - 1)); for a single member the absolute error.
    """
    n = members.shape[0]
    error = sum(np.abs(member - truth, dtype=np.float64) for member in members) / n
    if n == 1:
        return error
    # In ascending order x_(i), the i-th of n, stands above i - 1 members and below n - i.
    weight = 2 * np.arange(1, n + 1) - n - 1
    differences = np.tensordot(weight, np.sort(members, axis=0).astype(np.float64), axes=1)
    return error - differences / (n * (n - 1))


def spread_skill(mean_variance: float, mean_square_error: float, n: int) -> float:
    """Spread over error, 1 for an ensemble of n members drawn like the truth (Fortin et al. 2014).

    mean_variance: mean of the unbiased variance of the members; mean_square_error: of their mean; same unit.
    """
    return float(np.sqrt((n + 1) / n * mean_variance / mean_square_error)) if mean_square_error > 0 else float("nan")


def accuracy(
    members: np.ndarray,
    truth: np.ndarray,
    low: np.ndarray,
    statistics: PixelStatistics,
    regions: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Scores by region, (region,) or (region, field) with the fields generated and low-resolution.

    members (n, p), truth (p,), low-resolution field (p,) in m; regions: masks (p,) by name. NaN in an empty region.
    """
    rows = [
        _of_region([member[where] for member in members], truth[where], low[where], statistics.of(where))
        for where in regions.values()
    ]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _of_region(
    members: list[np.ndarray], truth: np.ndarray, low: np.ndarray, statistics: PixelStatistics
) -> dict[str, float | list[float]]:
    mean, deviation = statistics.mean, _deviation(truth)
    mse = [_mean((mean - truth) ** 2), _mean((low.astype(np.float64) - truth) ** 2)]
    variance = _mean(statistics.variance)
    of_members = np.mean([_ratio(_deviation(member), deviation) for member in members])
    return {
        "n_pixels": truth.size,
        "rmse": np.sqrt(mse),
        "mean_square_error": mse,
        "bias": [_mean(mean - truth), _mean(low - truth)],
        "crps": [_mean(statistics.crps), _mean(np.abs(low - truth))],
        "variability": [of_members, _ratio(_deviation(low), deviation)],
        "rmse_member": np.sqrt(np.mean([_mean((member - truth) ** 2) for member in members])),
        "mean_variance": variance,
        "spread": np.sqrt(variance),
        "spread_skill": spread_skill(variance, mse[0], len(members)),
    }


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values, dtype=np.float64)) if values.size else float("nan")


def _deviation(values: np.ndarray) -> float:
    return float(np.std(values, dtype=np.float64)) if values.size else float("nan")


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
