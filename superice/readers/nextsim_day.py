"""A day of the model from any layout of its files: time steps, the target grid, limits of the values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.readers.curvilinear import placed
from superice.readers.product_file import ProductFile

ROUNDING = 1e-4
FILL_AS_NUMBER = 1e9
WHOLE_DAY, SLACK = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True)
class ModelDay:
    """The fields of one day on the target grid, each (y, x), NaN where missing.

    Attributes:
        path: the file.
        sic: fraction. sit: mean over the cell, m. u, v: along the grid's x and y, m s-1.
        divergence: s-1, or None where the model has not written it.

    """

    path: Path
    sic: np.ndarray
    sit: np.ndarray
    u: np.ndarray
    v: np.ndarray
    divergence: np.ndarray | None


def read_day(file: ProductFile, day: date, grid: Grid, names: dict[str, str], resample: bool = False) -> ModelDay:
    """Read the mean of ``day`` on ``grid``, one time step in memory at a time.

    Args:
        file: with longitude and latitude (y, x), time, and the variables (time, y, x).
        day: the day.
        grid: the target grid.
        names: the file's names of sic, sit, u, v and, where it is written, divergence; velocities run along the
            axes of the file's lattice.
        resample: whether a file of another lattice is interpolated; else it is refused.

    Raises InputError when the file lacks the day, a part of it, or holds it twice, its lattice is another, a variable
    is missing, or a value is out of its physical range (a fill value left as a number, a percentage, day-1 for s-1).
    """
    steps = steps_of(file, day)
    place = placed(file, grid, resample)
    wanted = [key for key in RANGES if key != "divergence" or names.get(key) in file]
    fields = {key: _mean(file, key, names[key], steps, place.where) for key in wanted}
    u, v = place.vector(fields.pop("u"), fields.pop("v"))
    sic, sit = (place.scalar(fields.pop(key)) for key in ("sic", "sit"))
    if not np.isfinite(sic).any():
        raise file.error(f"no valid value on the cells of {grid.name!r}", names["sic"])
    divergence = place.scalar(fields["divergence"]) if fields else None
    return ModelDay(file.path, np.clip(sic, 0, 1), np.maximum(sit, 0), u, v, divergence)


def steps_of(file: ProductFile, day: date) -> list[int]:
    """The time steps of a day. Raises InputError unless they fill its 24 hours evenly, and once."""
    moments = file.read_times()
    steps = sorted((index for index, moment in enumerate(moments) if moment.date() == day), key=moments.__getitem__)
    if not steps:
        held = f"{len(moments)} times from {min(moments):%Y-%m-%d} to {max(moments):%Y-%m-%d}"
        raise file.error(f"{day} is not in the file", "time", held)
    gaps = [moments[after] - moments[before] for before, after in pairwise(steps)]
    if timedelta(0) in gaps:
        raise file.error(f"{day} is in the file twice", "time", moments[steps[gaps.index(timedelta(0))]])
    length = _length(file, moments, steps[0])
    if length > WHOLE_DAY + SLACK:
        raise file.error(f"{day} is the middle of a mean over more than a day", "time", length)
    if abs(length * len(steps) - WHOLE_DAY) > SLACK or any(abs(gap - length) > SLACK for gap in gaps):
        found = ", ".join(f"{moments[step]:%H:%M}" for step in steps)
        raise file.error(f"{day} is not evenly filled by steps of {length}", "time", found)
    return steps


def _length(file: ProductFile, moments: list[datetime], step: int) -> timedelta:
    """How long a time step lasts: by its bounds, or else by the usual distance of the times, a day at most."""
    if "time_bnds" in file:
        first, last = file.read_times("time_bnds")[2 * step : 2 * step + 2]
        if last > first:
            return last - first
    times = sorted(set(moments))
    gaps = sorted(after - before for before, after in pairwise(times))
    return min(gaps[len(gaps) // 2], WHOLE_DAY) if gaps else WHOLE_DAY


def _mean(file: ProductFile, key: str, name: str, steps: list[int], where: tuple[slice, slice]) -> np.ndarray:
    """The mean over the steps, (row, column); missing where any of them is."""
    if file.variable(name).ndim != 3:
        raise file.error("not (time, y, x)", name, file.variable(name).dimensions)
    total = sum(_step(file, key, name, (step, *where)) for step in steps)
    if not np.isfinite(total).any():
        raise file.error("no valid value in the whole field", name)
    return total / len(steps)


def _step(file: ProductFile, key: str, name: str, where: tuple) -> np.ndarray:
    values = file.decode(name, file.read_part(name, where))
    largest = max(np.nanmin(values, initial=0), np.nanmax(values, initial=0), key=abs)
    if abs(largest) > FILL_AS_NUMBER:
        raise file.error("a fill value left as a number", name, f"{largest:g}")
    low, high, unit = RANGES[key]
    file.require_range(name, values, low, high, unit, ROUNDING * (high - low))
    return values
