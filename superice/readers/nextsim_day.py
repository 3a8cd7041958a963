"""Read a day of neXtSIM from a file of any layout: time steps, the target grid, limits of the values."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.fields.vectors import rotate_to_map
from superice.readers.cell_methods import is_mean_over_ice
from superice.readers.curvilinear import BetweenCells, SameCells, find_east, locate_grid
from superice.readers.product_file import ProductFile
from superice.readers.units import convert_units
from superice.readers.valid_times import ValidTime, read_at, read_valid_times, require_axes
from superice.readers.vector_axes import are_geographic

ROUNDING = 1e-4  # of a range
FILL_AS_NUMBER = 1e9  # a larger value is a fill value that the file does not declare
WHOLE_DAY, SLACK = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True)
class ModelDay:
    """The fields of one day on the target grid, each (y, x), NaN where missing.

    Attributes
    ----------
    path
        The file.
    sic
        Concentration, a fraction.
    sit
        Thickness, mean over the cell, m.
    u, v
        Velocity along the grid's x and y, m s-1.
    divergence
        Divergence in s-1, or None when the file does not hold it.
    """

    path: Path
    sic: np.ndarray
    sit: np.ndarray
    u: np.ndarray
    v: np.ndarray
    divergence: np.ndarray | None


def read_day(
    file: ProductFile,
    day: date,
    grid: Grid,
    names: dict[str, str],
    resample: bool = False,
    find_orientation: Callable[[ProductFile, str, str], bool | None] = are_geographic,
) -> ModelDay:
    """Read the mean of ``day`` on ``grid``, with one time step in memory at a time.

    Parameters
    ----------
    file
        With longitude and latitude (y, x), times, and the variables, whose last dimensions are (y, x).
    day
        The day.
    grid
        The target grid.
    names
        Names in the file of sic, sit, u, v and, if it is written, divergence.
    resample
        Whether a file on another lattice is interpolated; otherwise it is refused.
    find_orientation
        Returns whether u and v run to the east and north. Where the file does not say, they run along the axes of its
        lattice.

    Raises
    ------
    InputError
        When the file lacks the day or a part of it, or holds it twice; when its lattice is another one; when a
        variable is missing, has other dimensions, a unit that does not convert, or is no mean; when a value is out of
        its physical range (an undeclared fill value, a percentage, day-1 labelled s-1).
    """
    target = locate_grid(file, grid, resample)
    steps = find_steps(file, day, names["sic"])
    wanted = [key for key in RANGES if key != "divergence" or names.get(key) in file]
    fields = {key: _read_mean(file, key, names, steps, target.part) for key in wanted}
    geographic = find_orientation(file, names["u"], names["v"])
    u, v = _bring_to_grid(file, grid, target, fields.pop("u"), fields.pop("v"), bool(geographic))
    sic = target.regrid(fields.pop("sic"))
    sit = target.regrid(fields.pop("sit"))
    if not np.isfinite(sic).any():
        raise file.error(f"no valid value on the cells of {grid.name!r}", names["sic"])
    divergence = target.regrid(fields["divergence"]) if "divergence" in fields else None
    return ModelDay(file.path, np.clip(sic, 0, 1), np.maximum(sit, 0), u, v, divergence)


def _bring_to_grid(
    file: ProductFile, grid: Grid, target: SameCells | BetweenCells, u: np.ndarray, v: np.ndarray, geographic: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Bring components along the axes of the lattice, or to the east and north, to those along the grid's, each (y, x)."""
    if not geographic:
        return target.regrid_vector(u, v)
    x, y = rotate_to_map(find_east(file, grid, target.part), u, v)
    return target.regrid(x), target.regrid(y)


def find_steps(file: ProductFile, day: date, name: str) -> list[ValidTime]:
    """Find the time steps of a day in the variable ``name``, in order of time.

    A mean lies in the middle of its bounds, wherever in them the file puts its time. Raises InputError unless the steps
    fill the 24 hours of the day evenly, and once.
    """
    times = read_valid_times(file, name)
    bounds = _read_bounds(file, len(times))
    moments = [
        first + (last - first) / 2 if first <= time.moment <= last else time.moment
        for time, (first, last) in zip(times, bounds or [(time.moment, time.moment) for time in times], strict=True)
    ]
    steps = sorted((index for index, moment in enumerate(moments) if moment.date() == day), key=moments.__getitem__)
    if not steps:
        held = f"{len(moments)} times from {min(moments):%Y-%m-%d} to {max(moments):%Y-%m-%d}"
        raise file.error(f"{day} is not in the file", "time", held)
    gaps = [moments[after] - moments[before] for before, after in pairwise(steps)]
    if timedelta(0) in gaps:
        raise file.error(f"{day} is in the file twice", "time", moments[steps[gaps.index(timedelta(0))]])
    length = _find_step_length(bounds, moments, steps[0])
    if length > WHOLE_DAY + SLACK:
        raise file.error(f"{day} is the middle of a mean over more than a day", "time", length)
    fills_day = abs(length * len(steps) - WHOLE_DAY) <= SLACK
    evenly = all(abs(gap - length) <= SLACK for gap in gaps)
    if not (fills_day and evenly):
        found = ", ".join(f"{moments[step]:%H:%M}" for step in steps)
        raise file.error(f"{day} is not evenly filled by steps of {length}", "time", found)
    return [times[step] for step in steps]


def _read_bounds(file: ProductFile, times: int) -> list[tuple[datetime, datetime]]:
    """Return the bounds of each time; none where the file has none, or those of the starts of its forecasts."""
    bounds = file.read_times("time_bnds") if "time_bnds" in file else []
    return list(zip(bounds[::2], bounds[1::2], strict=True)) if len(bounds) == 2 * times else []


def _find_step_length(bounds: list[tuple[datetime, datetime]], moments: list[datetime], step: int) -> timedelta:
    """Return the duration of a time step: that of its bounds, or else the median gap between times, at most a day."""
    if bounds and bounds[step][1] > bounds[step][0]:
        return bounds[step][1] - bounds[step][0]
    gaps = [after - before for before, after in pairwise(sorted(set(moments)))]
    return min(statistics.median_high(gaps), WHOLE_DAY) if gaps else WHOLE_DAY


def _read_mean(
    file: ProductFile, key: str, names: dict[str, str], steps: list[ValidTime], part: tuple[slice, slice]
) -> np.ndarray:
    """Read the mean over the time steps, (row, column), missing where any of them is."""
    name = names[key]
    require_axes(file, name, *file.get_variable("longitude").dimensions)
    over_ice = is_mean_over_ice(file, name)
    if key == "sic" and over_ice:
        raise file.error(
            "a concentration cannot be a mean over the ice", name, file.get_attribute(name, "cell_methods")
        )
    read = read_cell_mean if key == "sit" and over_ice else read_step
    total = sum((read(file, key, names, step.place, part) for step in steps), start=np.zeros(()))
    if not np.isfinite(total).any():
        raise file.error("no valid value in the whole field", name)
    return total / len(steps)


def read_cell_mean(
    file: ProductFile, key: str, names: dict[str, str], place: dict[str, int], part: tuple[slice, slice]
) -> np.ndarray:
    """Read one time step of a mean over the ice as a mean over the cell, (row, column): 0 where there is no ice.

    Raises InputError as ``read_step`` does.
    """
    concentration = read_step(file, "sic", names, place, part)
    values = read_step(file, key, names, place, part)
    return np.where(concentration == 0, 0, values * concentration)


def read_step(
    file: ProductFile, key: str, names: dict[str, str], place: dict[str, int], part: tuple[slice, slice]
) -> np.ndarray:
    """Read one time step in the units of ``RANGES``, (row, column).

    Raises InputError for another unit, an unknown dimension, or a value out of its physical range.
    """
    name = names[key]
    values = read_at(file, name, place, part)
    largest = max(np.nanmin(values, initial=0), np.nanmax(values, initial=0), key=abs)
    if abs(largest) > FILL_AS_NUMBER:
        raise file.error("a fill value left as a number", name, f"{largest:g}")
    low, high, unit = RANGES[key]
    values = convert_units(file, name, values, unit, assumed=unit)
    file.require_range(name, values, low, high, unit, ROUNDING * (high - low))
    return values
