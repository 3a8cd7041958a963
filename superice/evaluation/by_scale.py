"""Scores of means over areas: boxes of growing width, regions of the sea, and the whole grid.

An ensemble can have the right spread at every pixel and the wrong one in a sum over many: that depends on how the errors of
neighbouring pixels go together. The mean of each member over an area is therefore compared with the mean of the truth.

Means are weighted by the area of the cells, and over the cells where all fields are known. They are kept for wide boxes and
for regions: means over several days are made of them (``sums_table``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superice.evaluation.area_scores import AreaMeans, AreaScores, Part
from superice.evaluation.scored_date import ScoredDate
from superice.fields.regions import RegionMasks

BOX, REGION = "box", "region"


def list_scales(
    scored: ScoredDate, pixels: AreaScores, regions: RegionMasks, random: np.random.Generator
) -> list[Part]:
    """Return the sums over the boxes of each width, and of each region.

    ``pixels`` are the scores of the pixels of the mask, which are boxes themselves.
    """
    settings = scored.settings
    widths = sorted(width for width in settings.scale_widths_km if scored.count_pixels(width) > 1)
    parts = []
    if len(widths) < len(settings.scale_widths_km):
        parts.append(Part(BOX, f"{scored.spacing_km:g} km", pixels.add_up(), scored.spacing_km))
    for width, means in zip(widths, average_boxes(scored, widths), strict=True):
        kept = means if width >= settings.scale_kept_from_km else None
        parts.append(Part(BOX, f"{width:g} km", means.score(random).add_up(), width, kept))
    of_regions = average_regions(scored, regions)
    for place, name in enumerate(regions.names):
        means = of_regions.select(np.array([place]))
        parts.append(Part(REGION, name, means.score(random).add_up(), kept=means))
    return parts


def average_boxes(scored: ScoredDate, widths_km: Sequence[float]) -> list[AreaMeans]:
    """Return the means over boxes of each width, which lie side by side from the first row and column of the grid.

    A box counts where at least ``scale_known_share`` of its cells are known; cells outside the grid are not.

    Raises InputError when a width is not a whole number of pixels.
    """
    widths = [scored.count_pixels(width_km) for width_km in widths_km]
    sums = _sum_boxes(scored, widths)
    means = []
    for width in widths:
        *fields, area, cells = sums[width].reshape(len(sums[width]), -1)
        enough = cells >= max(scored.settings.scale_known_share * width**2, 1)
        known_area = np.where(enough, area, np.nan)
        *members, truth, low = np.stack(fields) / known_area
        means.append(AreaMeans(np.stack(members), truth, low, np.where(enough, area, 0)))
    return means


def _sum_boxes(scored: ScoredDate, widths: Sequence[int]) -> dict[int, np.ndarray]:
    """Return the sums over boxes by width in pixels, each (n + 4, row, column).

    Of members, truth and low-resolution field they are sums of thickness times area, then come the area and the number of
    known cells.
    """
    area = np.where(scored.mask, scored.cell_km2, 0.0)
    fields = (*scored.members, scored.truth, scored.low_resolution)
    sums: dict[int, np.ndarray] = {}
    for width in sorted(set(widths)):
        # The sums of wide boxes are those of the narrower ones that fit in them.
        fitting = [narrower for narrower in sums if width % narrower == 0]
        if fitting:
            sums[width] = pool_sums(sums[fitting[-1]], width // fitting[-1])
            continue
        volumes = [pool_sums(np.where(scored.mask, field, 0) * area, width) for field in fields]
        sums[width] = np.stack([*volumes, pool_sums(area, width), pool_sums(scored.mask.astype(float), width)])
    return sums


def pool_sums(field: np.ndarray, width: int) -> np.ndarray:
    """Sum a field (…, y, x) over boxes of ``width`` x ``width`` cells; the last row and column of boxes may be smaller."""
    for axis in (-2, -1):
        field = np.add.reduceat(field, range(0, field.shape[axis], width), axis=axis)
    return field


def average_regions(scored: ScoredDate, regions: RegionMasks) -> AreaMeans:
    """Return the means over the known pixels of each region."""
    area = scored.cell_km2[scored.mask]
    fields = (*scored.members_on_ice, scored.truth[scored.mask], scored.low_resolution[scored.mask])
    means, areas = [], []
    for inside in regions.inside:
        pixels = np.flatnonzero(inside[scored.mask])
        weight = area[pixels]
        areas.append(weight.sum())
        means.append([field[pixels] @ weight / areas[-1] if pixels.size else np.nan for field in fields])
    *members, truth, low = np.array(means).T
    return AreaMeans(np.stack(members), truth, low, np.array(areas))
