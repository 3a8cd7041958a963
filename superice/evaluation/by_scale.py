"""Scores of means over areas: boxes of growing width, regions of the sea, and the whole grid.

An ensemble can have the right spread at every pixel and the wrong one in a sum over many: that depends on how the errors of
neighbouring pixels go together. The mean of each member over an area is therefore compared with the mean of the truth.

Means are weighted by the area of the cells, and over the cells where all fields are known. The scores of a date are sums
over its areas, weighted by their known area, so that dates are combined by adding them up. The means themselves are kept
for wide boxes and for regions: means over several days are made of them (``by_scale_table``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from superice.evaluation.calibration import count_ranks
from superice.evaluation.pixel_statistics import PixelStatistics, compute_pixel_statistics
from superice.evaluation.scored_date import ScoredDate
from superice.fields.regions import ALL, RegionMasks
from superice.utils.netcdf import FileContent, Variable

BOX, REGION = "box", "region"
SUMS = {
    "areas": ("number of areas", "1"),
    "area": ("known area of the areas", "km2"),
    "variance": ("sum of the unbiased variance of the members, weighted by area", "m2 km2"),
    "square_error": ("sum of the square error of the ensemble mean, weighted by area", "m2 km2"),
    "error": ("sum of the error of the ensemble mean, weighted by area", "m km2"),
    "low_resolution_square_error": ("sum of the square error of the low-resolution field, weighted by area", "m2 km2"),
    "crps": ("sum of the fair continuous ranked probability score, weighted by area", "m km2"),
}


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

    def sum_scores(
        self, random: np.random.Generator, statistics: PixelStatistics | None = None
    ) -> dict[str, float | np.ndarray]:
        """Return the sums named in ``SUMS`` and the counts of the truth's ranks, (n + 1,), over the known areas.

        ``statistics`` are those of the members, where they are already computed and all areas are known.
        """
        means = self.select(np.isfinite(self.truth)) if statistics is None else self
        of_members = statistics or compute_pixel_statistics(means.members, means.truth)
        weight = means.area_km2
        error = of_members.mean - means.truth
        low_error = means.low_resolution.astype(np.float64) - means.truth
        return {
            "areas": weight.size,
            "area": weight.sum(),
            "variance": weight @ of_members.variance,
            "square_error": weight @ error**2,
            "error": weight @ error,
            "low_resolution_square_error": weight @ low_error**2,
            "crps": weight @ of_members.crps,
            "rank_count": count_ranks(means.members, means.truth, random),
        }


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
    sums = {}
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
    """Sum a field (…, y, x) over boxes of ``width`` x ``width`` cells, of which the last ones may hold fewer."""
    for axis in (-2, -1):
        field = np.add.reduceat(field, range(0, field.shape[axis], width), axis=axis)
    return field


def average_pixels(scored: ScoredDate) -> AreaMeans:
    """Return the known pixels as the areas that they are."""
    mask = scored.mask
    return AreaMeans(scored.members_on_ice, scored.truth[mask], scored.low_resolution[mask], scored.cell_km2[mask])


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


def compute_by_scale(scored: ScoredDate, regions: RegionMasks | None = None) -> FileContent:
    """Compute the sums of one date by scale, and the means that are kept, as they stand in its file.

    Without ``regions`` the whole grid is the only one.
    """
    settings, random = scored.settings, np.random.default_rng([scored.settings.seed, scored.day.toordinal()])
    regions = regions or RegionMasks((ALL,), np.ones((1, *scored.mask.shape), bool))
    widths = sorted(settings.scale_widths_km)
    wide = [width for width in widths if scored.count_pixels(width) > 1]
    of_boxes, of_regions = average_boxes(scored, wide), average_regions(scored, regions)
    sums = [average_pixels(scored).sum_scores(random, scored.statistics)] if len(wide) < len(widths) else []
    sums += [means.sum_scores(random) for means in of_boxes]
    sums += [of_regions.select(np.array([place])).sum_scores(random) for place in range(len(regions.names))]
    names = [*(f"{width:g} km" for width in widths), *regions.names]
    kept = {
        names.index(f"{width:g} km"): means
        for width, means in zip(wide, of_boxes, strict=True)
        if width >= settings.scale_kept_from_km
    }
    kept |= {len(widths) + place: of_regions.select(np.array([place])) for place in range(len(regions.names))}
    variables = {
        "scale": Variable(("scale",), np.array(names), {"long_name": "width of the boxes, or region"}),
        "kind": Variable(
            ("scale",),
            np.array([BOX] * len(widths) + [REGION] * len(regions.names)),
            {"long_name": "kind of the areas"},
        ),
        "width": Variable(
            ("scale",),
            np.array([*widths, *(np.nan for _ in regions.names)], float),
            {"long_name": "width of the boxes", "units": "km"},
        ),
    }
    return FileContent(
        variables | _describe_sums(sums) | _describe_kept(kept),
        ("scale",),
        {"date": scored.day.isoformat(), "members": len(scored.members), "mean_days": list(settings.scale_days)},
    )


def _describe_sums(sums: Sequence[dict[str, float | np.ndarray]]) -> dict[str, Variable]:
    """Return the variables of the sums of each scale."""
    variables = {
        name: Variable(
            ("scale",), np.array([of_scale[name] for of_scale in sums]), {"long_name": meaning, "units": unit}
        )
        for name, (meaning, unit) in SUMS.items()
    }
    about_ranks = {"long_name": "areas by the rank of the truth among the members", "units": "1"}
    ranks = np.array([of_scale["rank_count"] for of_scale in sums])
    return variables | {"rank_count": Variable(("scale", "rank"), ranks, about_ranks)}


def _describe_kept(kept: dict[int, AreaMeans]) -> dict[str, Variable]:
    """Return the variables of the means that are kept, by the index of their scale."""
    scale = np.concatenate([np.full(means.truth.size, place) for place, means in kept.items()])
    joined = {
        name: np.concatenate([getattr(means, name) for means in kept.values()], axis=-1)
        for name in ("members", "truth", "low_resolution", "area_km2")
    }
    meanings = {
        "members": ("mean thickness of each member over the area", "m"),
        "truth": ("mean thickness of the truth over the area", "m"),
        "low_resolution": ("mean thickness of the low-resolution field over the area", "m"),
        "area_km2": ("known area", "km2"),
    }
    variables = {"scale_of_mean": Variable(("mean",), scale, {"long_name": "index of the scale", "units": "1"})}
    for name, (meaning, unit) in meanings.items():
        dimensions = ("n", "mean") if name == "members" else ("mean",)
        variables[f"mean_{name}"] = Variable(dimensions, joined[name], {"long_name": meaning, "units": unit})
    return variables
