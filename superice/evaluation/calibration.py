"""Scores that tell whether the members are as likely as the truth: by rank, by forecast probability and by spread.

All are counts and sums, so that dates are combined by adding them up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superice.evaluation.pixel_statistics import find_ranks
from superice.evaluation.score_group import ScoreGroup, Variable, stack_regions
from superice.evaluation.scored_date import ScoredDate

INTERVALS = (50, 90)  # central intervals whose coverage is shown, in percent
COVERAGES = tuple(f"coverage_{percent}_percent" for percent in INTERVALS)

NARROW, WIDE = 0.8, 1.25  # spread over error between which a band can be used
FEWEST = 5  # means from which on it is judged
LEVEL = 0.95  # of the interval that must not hold 1 where a band is called too narrow or too wide


def judge_spread(ratio: float, count: int) -> str:
    """Return whether a spread is ``narrow``, ``wide`` or ``right``; nothing where ``count`` errors are too few to tell.

    Of independent Gaussian errors the mean square follows a chi-square distribution, which bounds the true ratio. Errors
    that are alike from date to date leave it less certain still.

    Parameters
    ----------
    ratio
        Spread over the root mean square of the errors.
    count
        Number of the errors.
    """
    if count < FEWEST or not np.isfinite(ratio):
        return ""
    if NARROW <= ratio <= WIDE:
        return "right"
    from scipy.special import gammaincinv

    tail = (1 - LEVEL) / 2
    lower, upper = (ratio * np.sqrt(2 * gammaincinv(count / 2, share) / count) for share in (tail, 1 - tail))
    if ratio < NARROW:
        return "narrow" if upper < 1 else ""
    return "wide" if lower > 1 else ""


def compute_calibration(scored: ScoredDate) -> dict[str, np.ndarray]:
    """Return counts and sums by name, (region, ...)."""
    return stack_regions([calibrate_region(scored, region) for region in scored.regions.values()])


def calibrate_region(scored: ScoredDate, region: np.ndarray) -> dict[str, np.ndarray]:
    """Return counts and sums by name over the pixels of a region (y, x)."""
    settings, pixels = scored.settings, scored.select_pixels(region)
    # Ranks are counted on a lattice of pixels that are far enough apart to be nearly independent.
    lattice = np.zeros_like(region)
    lattice[:: settings.rank_thinning, :: settings.rank_thinning] = True
    thinned = lattice[region]
    random = np.random.default_rng([settings.seed, scored.day.toordinal()])
    ranks = count_ranks(pixels.members[:, thinned], pixels.truth[thinned], random)

    pixels_above, hits = [], []
    for threshold in settings.thickness_thresholds_m:
        pixels_by_count, hits_by_count = count_reliability(pixels.members, pixels.truth, threshold)
        pixels_above.append(pixels_by_count)
        hits.append(hits_by_count)

    square_error = (pixels.statistics.mean - pixels.truth) ** 2
    class_pixels, class_variance, class_square_error = sum_by_spread(
        pixels.statistics.variance, square_error, settings.spread_edges_m
    )
    return {
        "rank_count": ranks,
        "reliability_pixels": np.array(pixels_above),
        "reliability_hits": np.array(hits),
        "spread_class_pixels": class_pixels,
        "spread_class_variance": class_variance,
        "spread_class_square_error": class_square_error,
    }


def count_ranks(members: np.ndarray, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Count how often the truth (p,) has each rank among the members (n, p): (n + 1,); ties are ranked at random."""
    return np.bincount(find_ranks(members, truth, random), minlength=members.shape[0] + 1)


def count_reliability(members: np.ndarray, truth: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Count the pixels where k of the n members (n, p) exceed the threshold, and those of them where the truth does.

    Both are (n + 1,), for k = 0 to n; the threshold has the unit of members and truth.
    """
    exceeding = (members > threshold).sum(axis=0)
    bins = members.shape[0] + 1
    return np.bincount(exceeding, minlength=bins), np.bincount(exceeding[truth > threshold], minlength=bins)


def sum_by_spread(
    variance: np.ndarray, square_error: np.ndarray, edges_m: Sequence[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum pixels, variance and square error of the mean, each (class,), by class of spread.

    variance, square_error: (p,) in m2. Spreads beyond the outer edges belong to the outer classes.
    """
    edges = np.asarray(edges_m, dtype=float)
    classes = edges.size - 1
    class_above = np.searchsorted(edges, np.sqrt(variance), side="right")
    spread_class = np.clip(class_above - 1, 0, classes - 1)
    return (
        np.bincount(spread_class, minlength=classes),
        np.bincount(spread_class, variance, classes),
        np.bincount(spread_class, square_error, classes),
    )


def reliability_index(counts: np.ndarray) -> float:
    """Return the distance of a rank histogram (n + 1,) from flat (Delle Monache et al., 2006).

    It is the sum of ``|frequency - 1 / (n + 1)|``: 0 for a flat histogram, 2 (1 - 1 / (n + 1)) with all counts in one rank.
    It grows with the number of ranks: compare only ensembles of equal size. NaN without counts, and for a single member,
    which has no spread to be judged.
    """
    if counts.size < 3 or not counts.sum() > 0:
        return float("nan")
    return float(np.abs(counts / counts.sum() - 1 / counts.size).sum())


def compute_coverage(counts: np.ndarray, percent: float) -> np.ndarray:
    """Return how often the truth lies in the central interval of the members, in percent, from its ranks.

    A truth that is exchangeable with n members lies between the k-th lowest and the k-th highest of them with a
    probability of 1 - 2 k / (n + 1), whatever their distribution. This is hardly ever the wanted one, so that the two
    neighbouring intervals are averaged with the weights that give it: the expectation is ``percent`` for every n.

    Parameters
    ----------
    counts
        How often the truth has each rank, (..., n + 1).
    percent
        Probability of the interval.

    Returns
    -------
    np.ndarray
        Coverage (...); NaN without counts, and for ensembles with so few members that the interval would reach beyond
        them: fewer than 3 for 50 %, than 19 for 90 %.
    """
    counts = np.asarray(counts, float)
    total, ranks = counts.sum(axis=-1), counts.shape[-1]
    tail = (1 - percent / 100) / 2 * ranks  # of the ranks, on either side
    if tail < 1 - 1e-9:
        return np.full(total.shape, np.nan)
    inner = np.clip(np.arange(ranks) + 1 - tail, 0, 1)  # the share of each rank that lies above the lower tail
    within = counts @ (inner + inner[::-1] - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 100 * np.where(total > 0, within / total, np.nan)


BY_THRESHOLD = ("region", "threshold", "members_above")
BY_SPREAD = ("region", "spread_class")
CALIBRATION = ScoreGroup(
    (
        Variable("rank_count", ("region", "rank"), "thinned pixels by the rank of the truth among the members"),
        Variable("reliability_pixels", BY_THRESHOLD, "pixels by the number of members above the threshold"),
        Variable(
            "reliability_hits", BY_THRESHOLD, "of reliability_pixels, those where the truth is above the threshold"
        ),
        Variable("spread_class_pixels", BY_SPREAD, "pixels by class of the members' standard deviation"),
        Variable("spread_class_variance", BY_SPREAD, "sum of the variance over the pixels of the class", "m2"),
        Variable(
            "spread_class_square_error",
            BY_SPREAD,
            "sum of the square error of the mean over the pixels of the class",
            "m2",
        ),
    ),
    compute_calibration,
)
