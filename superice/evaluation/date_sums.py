"""The sums of one date in its file, which are added up to scores by scale, class of thickness and stratum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superice.evaluation.area_scores import SUMS, Part
from superice.evaluation.by_part import ALL_INPUTS, SOME_INPUTS, list_strata, list_thicknesses, score_pixels
from superice.evaluation.by_scale import list_scales
from superice.evaluation.scored_date import ScoredDate
from superice.fields.regions import ALL, RegionMasks
from superice.utils.netcdf import FileContent, Variable

KEPT = {
    "members": ("mean thickness of each member over the area", "m"),
    "truth": ("mean thickness of the truth over the area", "m"),
    "low_resolution": ("mean thickness of the low-resolution field over the area", "m"),
    "area_km2": ("known area", "km2"),
}


def compute_sums(
    scored: ScoredDate,
    regions: RegionMasks | None = None,
    near_land: np.ndarray | None = None,
    beyond_mask: ScoredDate | None = None,
) -> FileContent:
    """Compute the sums of one date by scale, class of thickness and stratum, and the means that are kept.

    Parameters
    ----------
    scored
        The date.
    regions
        Regions of the sea; by default the whole grid is the only one.
    near_land
        Cells along the coast, bool (y, x); None where the land is not known.
    beyond_mask
        The same date on the pixels that lack some input, if members were drawn there.
    """
    settings = scored.settings
    random = np.random.default_rng([settings.seed, scored.day.toordinal()])
    regions = regions or RegionMasks((ALL,), np.ones((1, *scored.mask.shape), bool))
    pixels = score_pixels(scored, random)
    parts = list_scales(scored, pixels, regions, random)
    parts += list_thicknesses(scored, pixels)
    parts += list_strata(scored, pixels, ALL_INPUTS, near_land)
    if beyond_mask is not None:
        parts += list_strata(beyond_mask, score_pixels(beyond_mask, random), SOME_INPUTS, near_land)
    attributes = {
        "date": scored.day.isoformat(),
        "members": len(scored.members),
        "mean_days": list(settings.scale_days),
    }
    return FileContent(_describe_sums(parts) | _describe_kept(parts), ("part", "kind", "width"), attributes)


def _describe_sums(parts: Sequence[Part]) -> dict[str, Variable]:
    """Return the variables of what is added up."""
    about_ranks = {"long_name": "areas by the rank of the truth among the members", "units": "1"}
    variables = {
        "part": Variable(("part",), np.array([part.name for part in parts]), {"long_name": "what is added up"}),
        "kind": Variable(
            ("part",), np.array([part.kind for part in parts]), {"long_name": "what the areas of a part have in common"}
        ),
        "width": Variable(
            ("part",), np.array([part.width_km for part in parts]), {"long_name": "width of the boxes", "units": "km"}
        ),
        "rank_count": Variable(("part", "rank"), np.array([part.sums["rank_count"] for part in parts]), about_ranks),
    }
    for name, (meaning, unit) in SUMS.items():
        values = np.array([part.sums[name] for part in parts])
        variables[name] = Variable(("part",), values, {"long_name": meaning, "units": unit})
    return variables


def _describe_kept(parts: Sequence[Part]) -> dict[str, Variable]:
    """Return the variables of the means that are kept, one after the other."""
    kept = {place: part.kept for place, part in enumerate(parts) if part.kept is not None}
    part_of_mean = np.concatenate([np.full(means.truth.size, place) for place, means in kept.items()])
    variables = {"part_of_mean": Variable(("mean",), part_of_mean, {"long_name": "index of the part", "units": "1"})}
    for name, (meaning, unit) in KEPT.items():
        values = np.concatenate([getattr(means, name) for means in kept.values()], axis=-1)
        dimensions = ("n", "mean") if name == "members" else ("mean",)
        variables[f"mean_{name}"] = Variable(dimensions, values, {"long_name": meaning, "units": unit})
    return variables
