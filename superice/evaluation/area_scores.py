"""Scores of means over areas, added up over those that belong together: boxes of one width, a region, a kind of ice.

The sums are weighted by the known area of the areas, and are combined by adding them up: over the areas of a date, over
dates, over periods. A single pixel is an area too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superice.evaluation.pixel_statistics import PixelStatistics, compute_pixel_statistics, find_ranks

SUMS = {
    "areas": ("number of areas", "1"),
    "area": ("known area of the areas", "km2"),
    "variance": ("sum of the unbiased variance of the members, weighted by area", "m2 km2"),
    "square_error": ("sum of the square error of the ensemble mean, weighted by area", "m2 km2"),
    "error": ("sum of the error of the ensemble mean, weighted by area", "m km2"),
    "low_resolution_square_error": ("sum of the square error of the low-resolution field, weighted by area", "m2 km2"),
    "crps": ("sum of the fair continuous ranked probability score, weighted by area", "m km2"),
}
Sums = dict[str, float | np.ndarray]


@dataclass(frozen=True)
class AreaScores:
    """Scores of the means over each of some areas.

    Attributes
    ----------
    members
        Number of members.
    area
        Known area in km2, (a,).
    variance, square_error, error, low_resolution_square_error, crps
        What is added up, (a,), in m2 and m.
    ranks
        How many members lie below the truth, (a,).
    """

    members: int
    area: np.ndarray
    variance: np.ndarray
    square_error: np.ndarray
    error: np.ndarray
    low_resolution_square_error: np.ndarray
    crps: np.ndarray
    ranks: np.ndarray

    def add_up(self, where: np.ndarray | slice = slice(None)) -> Sums:
        """Return the sums named in ``SUMS`` and the counts of the ranks, (n + 1,), over some areas: a mask (a,)."""
        area = self.area[where]
        weighted = {name: area @ getattr(self, name)[where] for name in list(SUMS)[2:]}
        ranks = np.bincount(self.ranks[where], minlength=self.members + 1)
        return {"areas": area.size, "area": area.sum(), **weighted, "rank_count": ranks}


@dataclass(frozen=True)
class AreaMeans:
    """Means of the fields of a date, or of several, over areas of one kind.

    Attributes
    ----------
    members
        Mean of each member in m, (n, a); NaN for an area of which too little is known.
    truth, low_resolution
        The same of the other fields, (a,).
    area_km2
        Known area, (a,).
    """

    members: np.ndarray
    truth: np.ndarray
    low_resolution: np.ndarray
    area_km2: np.ndarray

    def select(self, where: np.ndarray) -> AreaMeans:
        """Return some of the areas, as an index or a mask (a,)."""
        return AreaMeans(self.members[:, where], self.truth[where], self.low_resolution[where], self.area_km2[where])

    def score(self, random: np.random.Generator) -> AreaScores:
        """Return the scores of the areas that are known."""
        known = self.select(np.isfinite(self.truth))
        return score_areas(known, compute_pixel_statistics(known.members, known.truth), random)


def score_areas(means: AreaMeans, statistics: PixelStatistics, random: np.random.Generator) -> AreaScores:
    """Return the scores of areas that are all known, from the statistics of their members; ``random`` ranks ties."""
    error = statistics.mean - means.truth
    low_error = means.low_resolution.astype(np.float64) - means.truth
    return AreaScores(
        members=len(means.members),
        area=means.area_km2,
        variance=statistics.variance,
        square_error=error**2,
        error=error,
        low_resolution_square_error=low_error**2,
        crps=statistics.crps,
        ranks=find_ranks(means.members, means.truth, random),
    )


@dataclass(frozen=True)
class Part:
    """What is added up of one date.

    Attributes
    ----------
    kind, name
        What the areas have in common, such as ``box`` and ``45 km``.
    sums
        Sums of their scores.
    width_km
        Width of boxes, else NaN.
    kept
        The means over the areas, if they are kept for means over several days.
    """

    kind: str
    name: str
    sums: Sums
    width_km: float = np.nan
    kept: AreaMeans | None = None
