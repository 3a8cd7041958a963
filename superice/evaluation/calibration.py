"""Whether the members are as likely as the truth: counts by rank, by forecast probability and by class of spread.

All are counts and sums, so that dates are put together by adding them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def count_ranks(members: np.ndarray, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """How often the truth (p,) has each rank among the members (n, p): counts (n + 1,); ties are ranked at random."""
    below = (members < truth).sum(axis=0)
    ties = (members == truth).sum(axis=0)
    return np.bincount(below + random.integers(0, ties + 1), minlength=members.shape[0] + 1)


def count_reliability(members: np.ndarray, truth: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n + 1,) where k of the n members (n, p) exceed the threshold, and those of them where the truth does."""
    exceeding = (members > threshold).sum(axis=0)
    bins = members.shape[0] + 1
    return np.bincount(exceeding, minlength=bins), np.bincount(exceeding[truth > threshold], minlength=bins)


def sum_by_spread(
    variance: np.ndarray, square_error: np.ndarray, edges_m: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels, sum of the variance and of the mean's square error, each (class,), by class of the spread in m.

    variance, square_error: (p,) in m2. What lies beyond the outer edges belongs to the outer classes.
    """
    edges = np.asarray(edges_m, dtype=float)
    of_pixel = np.clip(np.searchsorted(edges, np.sqrt(variance), side="right") - 1, 0, edges.size - 2)
    return tuple(np.bincount(of_pixel, weights, edges.size - 1) for weights in (None, variance, square_error))


def reliability_index(counts: np.ndarray) -> float:
    """How far a rank histogram (n + 1,) is from flat: the sum of |frequency - 1 / (n + 1)| (Delle Monache et al., 2006).

    0 is flat, 2 (1 - 1 / (n + 1)) has all in one rank. It grows with the number of members, that is of ranks: compare
    ensembles of equal size. NaN for no count and for a single member, which has no spread to be judged.
    """
    if counts.size < 3 or not counts.sum() > 0:
        return float("nan")
    return float(np.abs(counts / counts.sum() - 1 / counts.size).sum())
