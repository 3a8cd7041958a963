"""Read a day of neXtSIM from a file of any layout: time steps, the target grid, limits of the values."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.readers.curvilinear import locate_grid
from superice.readers.product_file import ProductFile

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


def read_day(file: ProductFile, day: date, grid: Grid, names: dict[str, str], resample: bool = False) -> ModelDay:
    """Read the mean of ``day`` on ``grid``, with one time step in memory at a time.

    Parameters
    ----------
    file
        With longitude and latitude (y, x), time, and the variables (time, y, x).
    day
        The day.
    grid
        The target grid.
    names
        Names in the file of sic, sit, u, v and, if it is written, divergence. Velocities run along the axes of the
        file's lattice.
    resample
        Whether a file on another lattice is interpolated; otherwise it is refused.

    Raises
    ------
    InputError
        When the file lacks the day or a part of it, or holds it twice; when its lattice is another one; when a
        variable is missing; when a value is out of its physical range (an undeclared fill value, a percentage, day-1
        labelled s-1).
    """
    steps = find_steps(file, day)
    target = locate_grid(file, grid, resample)
    wanted = [key for key in RANGES if key != "divergence" or names.get(key) in file]
    fields = {key: _read_mean(file, key, names[key], steps, target.part) for key in wanted}
    u, v = target.regrid_vector(fields.pop("u"), fields.pop("v"))
    sic = target.regrid(fields.pop("sic"))
    sit = target.regrid(fields.pop("sit"))
    if not np.isfinite(sic).any():
        raise file.error(f"no valid value on the cells of {grid.name!r}", names["sic"])
    divergence = target.regrid(fields["divergence"]) if "divergence" in fields else None
    return ModelDay(file.path, np.clip(sic, 0, 1), np.maximum(sit, 0), u, v, divergence)


def find_steps(file: ProductFile, day: date) -> list[int]:
    """Return the indices of the time steps of a day, in order of time.

    Raises InputError unless the steps fill the 24 hours of the day evenly, and once.
    """
    moments = file.read_times()
    steps = sorted((index for index, moment in enumerate(moments) if moment.date() == day), key=moments.__getitem__)
    if not steps:
        held = f"{len(moments)} times from {min(moments):%Y-%m-%d} to {max(moments):%Y-%m-%d}"
        raise file.error(f"{day} is not in the file", "time", held)
    gaps = [moments[after] - moments[before] for before, after in pairwise(steps)]
    if timedelta(0) in gaps:
        raise file.error(f"{day} is in the file twice", "time", moments[steps[gaps.index(timedelta(0))]])
    length = _find_step_length(file, moments, steps[0])
    if length > WHOLE_DAY + SLACK:
        raise file.error(f"{day} is the middle of a mean over more than a day", "time", length)
    fills_day = abs(length * len(steps) - WHOLE_DAY) <= SLACK
    evenly = all(abs(gap - length) <= SLACK for gap in gaps)
    if not (fills_day and evenly):
        found = ", ".join(f"{moments[step]:%H:%M}" for step in steps)
        raise file.error(f"{day} is not evenly filled by steps of {length}", "time", found)
    return steps


def _find_step_length(file: ProductFile, moments: list[datetime], step: int) -> timedelta:
    """Return the duration of a time step: that of its bounds, or else the median gap between times, at most a day."""
    if "time_bnds" in file:
        first, last = file.read_times("time_bnds")[2 * step : 2 * step + 2]
        if last > first:
            return last - first
    gaps = [after - before for before, after in pairwise(sorted(set(moments)))]
    return min(statistics.median_high(gaps), WHOLE_DAY) if gaps else WHOLE_DAY


def _read_mean(file: ProductFile, key: str, name: str, steps: list[int], part: tuple[slice, slice]) -> np.ndarray:
    """Read the mean over the time steps, (row, column), missing where any of them is."""
    if file.get_variable(name).ndim != 3:
        raise file.error("not (time, y, x)", name, file.get_variable(name).dimensions)
    total = sum(_read_step(file, key, name, (step, *part)) for step in steps)
    if not np.isfinite(total).any():
        raise file.error("no valid value in the whole field", name)
    return total / len(steps)


def _read_step(file: ProductFile, key: str, name: str, part: tuple) -> np.ndarray:
    """Read one time step, (row, column). Raises InputError for a value out of its physical range."""
    values = file.decode(name, file.read_part(name, part))
    largest = max(np.nanmin(values, initial=0), np.nanmax(values, initial=0), key=abs)
    if abs(largest) > FILL_AS_NUMBER:
        raise file.error("a fill value left as a number", name, f"{largest:g}")
    low, high, unit = RANGES[key]
    file.require_range(name, values, low, high, unit, ROUNDING * (high - low))
    return values
