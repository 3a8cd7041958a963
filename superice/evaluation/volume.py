"""Volume and extent of the sea ice of one date by region, for every member of its ensemble.

The error of a sum over a region depends on how the errors of its pixels are correlated. Each member is therefore summed by
itself: the spread of the sums contains these correlations, as the ensemble has them. Whether it has them rightly is
checked against the truth (``volume_table``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from superice.dataset.layout import MASK_REASONS
from superice.fields.regions import RegionMasks
from superice.utils.netcdf import FileContent, Variable

KM3, KM2 = 1e9, 1e6  # m3 and m2
BITS = {name: bit for bit, name in MASK_REASONS.items()}


@dataclass(frozen=True)
class IceCover:
    """Where there is ice on one date, each bool (y, x).

    Attributes
    ----------
    ice
        Pixels whose low-resolution concentration is above the threshold.
    water
        Pixels of the sea whose concentration is known and not above it.
    unknown
        Pixels of the sea without a concentration, which may be ice or not.
    """

    ice: np.ndarray
    water: np.ndarray
    unknown: np.ndarray


def find_model_cover(concentration: np.ndarray, threshold: float) -> IceCover:
    """Find the ice of a model day, which knows all of its sea.

    Its gaps are land, unless the whole day is missing; then every pixel is unknown.
    """
    known = np.isfinite(concentration)
    unknown = np.zeros_like(known) if known.any() else ~known
    ice = np.nan_to_num(concentration) > threshold
    return IceCover(ice, known & ~ice, unknown)


def find_observed_cover(mask_reason: np.ndarray) -> IceCover:
    """Find the ice of an observed day from the reasons of its mask, integer (y, x)."""

    def has(name: str) -> np.ndarray:
        return (mask_reason & BITS[name]) > 0

    sea = ~has("land")
    unknown = sea & has("concentration_missing")
    water = sea & has("concentration_below_threshold")
    return IceCover(sea & ~unknown & ~water, water, unknown)


@dataclass(frozen=True)
class Sums:
    """Sums of thickness fields over one region.

    Attributes
    ----------
    volume
        Volume of each field in km3, (n,).
    thin_ice_area
        Area of ice thinner than each threshold in km2, (t, n).
    """

    volume: np.ndarray
    thin_ice_area: np.ndarray


def sum_fields(thickness: np.ndarray, cell_area: np.ndarray, thin_ice_m: Sequence[float]) -> Sums:
    """Sum thickness fields over the pixels of a region; NaN for a field with a gap.

    Parameters
    ----------
    thickness
        Mean thickness over the cell in m, (n, p).
    cell_area
        Area of the cells on the Earth in m2, (p,).
    thin_ice_m
        Thresholds of thin ice in m.
    """
    area = np.asarray(cell_area, np.float64)
    volume = np.array([field @ area for field in np.asarray(thickness)]) / KM3
    thin = [[area[field < threshold].sum() for field in thickness] for threshold in thin_ice_m]
    thin_ice_area = np.reshape(thin, (len(thin_ice_m), len(thickness))) / KM2
    return Sums(volume, np.where(np.isnan(volume), np.nan, thin_ice_area))


def compute_volumes(
    members: np.ndarray,
    low_resolution: np.ndarray,
    truth: np.ndarray | None,
    cover: IceCover,
    cell_area: np.ndarray,
    regions: RegionMasks,
    thin_ice_m: Sequence[float] = (),
) -> FileContent:
    """Compute the sums of one date by region, in the form of its file.

    A pixel counts where every member and, if it is given, the truth are known. Ice elsewhere has no volume that could be
    told: its area is given instead. A region in which no pixel counts has a volume of zero if it is known to be free of ice,
    and NaN otherwise. So have the sums of a low-resolution field that lacks a pixel that counts.

    Parameters
    ----------
    members
        Mean thickness over the cell in m, (n, y, x), NaN where missing.
    low_resolution, truth
        The same of the field that members are drawn from, and of the truth, (y, x); None where no truth is known.
    cover
        Where there is ice.
    cell_area
        Area of the cells on the Earth in m2, (y, x).
    regions
        The regions.
    thin_ice_m
        Thresholds of thin ice in m.
    """
    counted = np.isfinite(members).all(axis=0)
    fields = [*members, low_resolution]
    if truth is not None:
        counted &= np.isfinite(truth)
        fields.append(truth)
    sums, areas = [], []
    for inside in regions.inside:
        pixels = inside & counted
        not_counted, unknown = inside & cover.ice & ~counted, inside & cover.unknown & ~counted
        of_region = sum_fields(np.stack([field[pixels] for field in fields]), cell_area[pixels], thin_ice_m)
        if not pixels.any() and (not_counted.any() or unknown.any()):
            of_region = Sums(of_region.volume * np.nan, of_region.thin_ice_area * np.nan)
        sums.append(of_region)
        areas.append([cell_area[where].sum(dtype=np.float64) / KM2 for where in (pixels, not_counted, unknown)])
        if unknown.any() and not (pixels | not_counted).any() and not (inside & cover.water).any():
            areas[-1][1] = np.nan  # nothing is known of the region
    return _make_content(sums, np.array(areas), len(members), truth is not None, regions.names, thin_ice_m)


def _make_content(
    sums: Sequence[Sums],
    areas: np.ndarray,
    members: int,
    has_truth: bool,
    names: Sequence[str],
    thin_ice_m: Sequence[float],
) -> FileContent:
    """Return the sums, members first, and the areas (region, 3) as variables with their attributes."""
    volume = np.stack([of_region.volume for of_region in sums])
    thin = np.stack([of_region.thin_ice_area for of_region in sums])
    sources: dict[str, slice | int] = {"": slice(members), "low_resolution_": members}
    if has_truth:
        sources["truth_"] = members + 1
    variables = {
        "region": Variable(("region",), np.array(names), {"long_name": "region"}),
        "thin_ice": Variable(
            ("thin_ice",),
            np.asarray(thin_ice_m, np.float64),
            {"long_name": "thickness below which ice is thin", "units": "m"},
        ),
    }
    for source, place in sources.items():
        member = () if source else ("n",)
        of = source.replace("_", " ").strip() or "each member"
        about = {"long_name": f"sea ice volume where there is an ensemble, {of}", "units": "km3"}
        variables[f"{source}volume"] = Variable(("region", *member), volume[:, place], about)
        about = {"long_name": f"area of ice thinner than a threshold where there is an ensemble, {of}", "units": "km2"}
        variables[f"{source}thin_ice_area"] = Variable(("region", "thin_ice", *member), thin[:, :, place], about)
    meanings = {
        "counted_area": "area of the pixels with an ensemble",
        "area_without_ensemble": "area of pixels with ice but without an ensemble",
        "unknown_area": "area of pixels of which it is not known whether there is ice",
    }
    for (name, meaning), column in zip(meanings.items(), areas.T, strict=True):
        variables[name] = Variable(("region",), column, {"long_name": meaning, "units": "km2"})
    extent = {"long_name": "sea ice extent: area of pixels with ice", "units": "km2"}
    variables["extent"] = Variable(("region",), areas[:, 0] + areas[:, 1], extent)
    return FileContent(variables, ("region", "thin_ice"), {"members": members})
