"""Summaries of an ensemble: at each pixel mean, spread, quantiles, and shares of the members by thickness.

The members are collected while they are drawn and only where there is ice, 84 MB of 30 members on the full grid, so that
nothing is read again. Their order does not matter: they are sorted at each pixel first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from superice.dataset.layout import AREA, COMPLETE, make_field, make_frame, make_mask_reason
from superice.dataset.settings import SummarySettings
from superice.errors import InputError
from superice.utils.netcdf import FileContent, Variable, open_whole_file, write_content

if TYPE_CHECKING:
    from superice.features.day import Features
    from superice.fields.grid import Grid

PIXELS_AT_ONCE = 2**16
THICKNESS_STEP_M = 2.0**-11  # thicknesses are multiples of it, exact to 0.25 mm: files are half as large
THICKNESS = ("sit_mean", "sit_std", "sit_quantile")
ONE_MEMBER = 1  # has no standard deviation


class MemberStatistics:
    """Collect the members of one day, and compute their statistics.

    Attributes
    ----------
    mask
        Where there is ice, bool (y, x).
    """

    def __init__(self, mask: np.ndarray, members: int) -> None:
        """Take the mask of the ice, (y, x), and the number of members that are awaited."""
        self.mask = mask
        self._members = np.empty((members, int(mask.sum())), np.float32)
        self._count = 0

    def add(self, member: np.ndarray) -> None:
        """Add a member: thickness in m, (y, x)."""
        self._members[self._count] = member[self.mask]
        self._count += 1

    @property
    def count(self) -> int:
        """Number of members that were added."""
        return self._count

    def compute(self, settings: SummarySettings) -> dict[str, np.ndarray]:
        """Return the statistics by name, float32 (…, y, x), NaN where there is no ice or no member.

        ``sit_mean`` and ``sit_std`` (with N - 1) in m; ``sit_quantile`` (quantile, y, x) in m, at which member i of M
        stands for i / (M + 1); ``probability_thinner`` (threshold, y, x) and ``class_fraction`` (class, y, x), shares of
        the members.
        """
        layers = {
            "sit_mean": (),
            "sit_std": (),
            "sit_quantile": (len(settings.quantiles),),
            "probability_thinner": (len(settings.thinner_than),),
            "class_fraction": (len(settings.classes) + 1,),
        }
        fields = {name: np.full((*shape, *self.mask.shape), np.nan, np.float32) for name, shape in layers.items()}
        if not self._count:
            return fields
        pixels = np.flatnonzero(self.mask)
        for first in range(0, pixels.size, PIXELS_AT_ONCE):
            part = slice(first, first + PIXELS_AT_ONCE)
            members = np.sort(self._members[: self._count, part].T, axis=1)
            for name, values in _summarise_pixels(members, settings).items():
                flat = fields[name].reshape(*layers[name], -1)
                flat[..., pixels[part]] = values
        return fields


def _summarise_pixels(members: np.ndarray, settings: SummarySettings) -> dict[str, np.ndarray]:
    """Return the statistics of sorted members (pixel, member), each (…, pixel)."""
    count = members.shape[1]
    thickness = {
        "sit_mean": members.mean(axis=1, dtype=np.float64),
        "sit_std": _compute_spread(members),
        "sit_quantile": np.stack([_interpolate(members, share) for share in settings.quantiles]),
    }
    # Ice as thick as a limit is not thinner than it.
    thinner = lambda limits: np.stack([(members < limit).sum(axis=1) / count for limit in limits])
    below = thinner(settings.classes)
    return {name: round_thickness(values) for name, values in thickness.items()} | {
        "probability_thinner": thinner(settings.thinner_than),
        "class_fraction": np.diff(below, axis=0, prepend=0, append=1),
    }


def _compute_spread(members: np.ndarray) -> np.ndarray:
    """Return the standard deviation of members (pixel, member), with N - 1; NaN of one member."""
    if members.shape[1] == ONE_MEMBER:
        return np.full(len(members), np.nan)
    return members.std(axis=1, ddof=1, dtype=np.float64)


def _interpolate(members: np.ndarray, share: float) -> np.ndarray:
    """Return a quantile of sorted members (pixel, member): linear between the two nearest ones.

    Member i of M stands for the probability i / (M + 1), so that a truth that is exchangeable with the members lies below a
    quantile as often as it says. Probabilities beyond the first and the last member are theirs.
    """
    last = members.shape[1] - 1
    position = min(max(share * (members.shape[1] + 1) - 1, 0.0), float(last))
    lower = int(position)
    upper = min(lower + 1, last)
    low, high = (members[:, at].astype(np.float64) for at in (lower, upper))
    return low + (position - lower) * (high - low)


def round_thickness(values: np.ndarray) -> np.ndarray:
    """Return thicknesses in m as multiples of ``THICKNESS_STEP_M``, which float32 holds exactly and files compress well."""
    return np.round(values / THICKNESS_STEP_M) * THICKNESS_STEP_M


@dataclass(frozen=True)
class Summary:
    """Where a summary is written, and what it tells.

    Attributes
    ----------
    path
        The file, ``sit_summary_YYYYMMDD.nc``.
    settings
        Which quantiles, thresholds and classes.
    """

    path: Path
    settings: SummarySettings


def make_summary(
    settings: SummarySettings,
    grid: Grid,
    features: Features,
    mask_reason: np.ndarray | None,
    statistics: MemberStatistics,
    details: Mapping[str, str | float],
) -> FileContent:
    """Return the content of the summary of one day.

    Parameters
    ----------
    settings
        What it tells.
    grid
        The grid of the features.
    features
        The low-resolution fields that the members were drawn from, (y, x).
    mask_reason
        Why pixels are masked, (y, x); None where it is not known.
    statistics
        The members.
    details
        Further attributes of the file.
    """
    content = make_frame(
        grid,
        features.date,
        "SuperIce summary of an ensemble of sea ice thickness",
        f"Mean, spread, quantiles and shares by thickness of the members of one day at {grid.spacing}.",
        details,
    )
    add = content.variables
    add["quantile"] = _make_axis("quantile", settings.quantiles, "share of the members that are thinner", "1")
    add["threshold"] = _make_axis("threshold", settings.thinner_than, "thickness that members are compared with", "m")
    edges = np.array([0.0, *settings.classes, np.inf])
    add["class"] = _make_axis("class", edges[:-1], "lower limit of the thickness class", "m", bounds="class_bounds")
    add["class_bounds"] = Variable(("class", "bound"), np.stack([edges[:-1], edges[1:]], axis=1), {})
    for name, values in statistics.compute(settings).items():
        add[name] = _make_statistic(name, values)
    for name in ("sit", "sic"):
        note = ", at low resolution, that the members were drawn from"
        add[f"{name}_low_resolution"] = make_field(getattr(features, name), name, "auxiliaryInformation", note)
    add["mask"] = _make_mask(features.mask)
    if mask_reason is not None:
        add["mask_reason"] = make_mask_reason(mask_reason)
    size = {
        "long_name": "number of members that the statistics are of",
        "standard_name": "number_of_observations",
        "units": "1",
        "coverage_content_type": "auxiliaryInformation",
    }
    add["ensemble_size"] = Variable((), np.int32(statistics.count), size)
    return FileContent(add, (*content.coordinates, *AXES.values()), content.attributes)


def write_summary(
    summary: Summary,
    grid: Grid,
    features: Features,
    mask_reason: np.ndarray | None,
    statistics: MemberStatistics,
    details: Mapping[str, str | float],
) -> None:
    """Write the summary of one day; the parameters are those of ``make_summary``."""
    content = make_summary(summary.settings, grid, features, mask_reason, statistics, details)
    write_content(summary.path, content, complete=(*COMPLETE, *AXES.values(), "class_bounds"), by_map=True)


def _make_axis(name: str, values: object, long_name: str, units: str, **more: str) -> Variable:
    return Variable((name,), np.asarray(values, np.float64), {"long_name": long_name, "units": units, **more})


DESCRIPTIONS = {
    "sit_mean": ("mean of the members", "m", "area: mean (mean of the members)"),
    "sit_std": ("standard deviation of the members, with N - 1", "m", "area: mean (standard deviation of the members)"),
    "sit_quantile": ("quantile of the members, linear between the sorted members", "m", "area: mean"),
    "probability_thinner": ("share of the members that are thinner than the threshold", "1", "area: mean"),
    "class_fraction": ("share of the members in the thickness class", "1", "area: mean"),
}
AXES = {"sit_quantile": "quantile", "probability_thinner": "threshold", "class_fraction": "class"}


def _make_statistic(name: str, values: np.ndarray) -> Variable:
    """Return the variable of a statistic, (y, x) or with its axis in front."""
    long_name, units, cell_methods = DESCRIPTIONS[name]
    attributes = {
        "long_name": f"sea ice thickness, mean over the cell: {long_name}",
        **({"standard_name": "sea_ice_thickness"} if name in THICKNESS else {}),
        "units": units,
        "cell_methods": cell_methods,
        "coverage_content_type": "modelResult",
        "grid_mapping": "crs",
        **AREA,
    }
    axis = (AXES[name],) if name in AXES else ()
    return Variable((*axis, "y", "x"), values, attributes)


def _make_mask(mask: np.ndarray) -> Variable:
    attributes = {
        "long_name": "where members were drawn",
        "standard_name": "status_flag",
        "flag_values": np.array([0, 1], np.int8),
        "flag_meanings": "no_ensemble ensemble",
        "coverage_content_type": "qualityInformation",
        "grid_mapping": "crs",
        **AREA,
    }
    return Variable(("y", "x"), mask.astype(np.int8), attributes)


def collect_members(path: str | Path, mask: np.ndarray) -> MemberStatistics:
    """Return the statistics of the members in a file ``sit_hrai_YYYYMMDD.nc``, which are read one by one.

    Members that are missing, as those of a day without ice, do not count. Raises InputError when the file has no members,
    or has them on another grid than that of ``mask`` (y, x).
    """
    with open_whole_file(path) as file:
        file.set_auto_mask(False)
        if "sit_ai" not in file.variables:
            raise InputError("variable missing", file=path, variable="sit_ai")
        stored = file["sit_ai"]
        if stored.shape[1:] != mask.shape:
            raise InputError(f"its cells are not the {mask.shape} of the mask", file=path, value=stored.shape[1:])
        statistics = MemberStatistics(mask, len(stored))
        for number in range(len(stored)):
            member = stored[number]
            if np.isfinite(member[mask]).all() and mask.any():
                statistics.add(member)
    return statistics


def read_day_of(path: str | Path) -> date:
    """Return the day in the name of a summary. Raises InputError when its name has none."""
    try:
        return date.fromisoformat(Path(path).stem[-8:])
    except ValueError as error:
        raise InputError("its name does not end in a date YYYYMMDD", file=path) from error
