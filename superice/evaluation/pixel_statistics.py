"""Statistics of an ensemble at each pixel: mean, variance and CRPS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PIXELS_AT_ONCE = 2**16


@dataclass(frozen=True)
class PixelStatistics:
    """Statistics of an ensemble at each pixel.

    Attributes
    ----------
    mean
        Mean of the members, (p,) in m.
    variance
        Unbiased variance of the members, (p,) in m2; NaN for a single member.
    crps
        Fair continuous ranked probability score, (p,) in m.
    """

    mean: np.ndarray
    variance: np.ndarray
    crps: np.ndarray

    def select(self, where: np.ndarray) -> PixelStatistics:
        """Return the statistics of the pixels where the mask (p,) is True."""
        return PixelStatistics(self.mean[where], self.variance[where], self.crps[where])


def compute_pixel_statistics(members: np.ndarray, truth: np.ndarray) -> PixelStatistics:
    """Return the statistics of members (n, p) with the truth (p,), both in m; computed block by block to save memory."""
    n, pixels = members.shape
    mean, variance, crps = np.full((3, pixels), np.nan)
    for start in range(0, pixels, PIXELS_AT_ONCE):
        block = slice(start, start + PIXELS_AT_ONCE)
        values = members[:, block].astype(np.float64)
        mean[block] = values.mean(axis=0)
        crps[block] = fair_crps(values, truth[block])
        if n > 1:
            variance[block] = values.var(axis=0, ddof=1)
    return PixelStatistics(mean, variance, crps)


def find_ranks(members: np.ndarray, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return how many of the members (n, p) lie below the truth (p,), from 0 to n; ties are ranked at random."""
    below = (members < truth).sum(axis=0)
    ties = (members == truth).sum(axis=0)
    return below + random.integers(0, ties + 1)


def fair_crps(members: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the continuous ranked probability score (...) of members (n, ...), unbiased by their number (Ferro 2014).

    It is ``mean |x_i - y| - sum_ij |x_i - x_j| / (2 n (n - 1))``; for a single member it is the absolute error.
    """
    n = members.shape[0]
    error = sum(np.abs(member - truth, dtype=np.float64) for member in members) / n
    if n == 1:
        return error
    # In ascending order, the i-th of n members is larger than i - 1 members and smaller than n - i.
    weight = 2 * np.arange(1, n + 1) - n - 1
    differences = np.tensordot(weight, np.sort(members, axis=0).astype(np.float64), axes=1)
    return error - differences / (n * (n - 1))
