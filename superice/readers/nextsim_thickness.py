"""Read neXtSIM thickness at given moments: snapshots or short means, one or several in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.readers.curvilinear import BetweenCells, SameCells, locate_grid
from superice.readers.time_series import TimeSeries

PRODUCT = "nextsim"
NAMES = ("sit",)
ROUNDING_M = 1e-3


def read_thickness(
    folder: str | Path, moments: Sequence[datetime], grid: Grid, resample: bool = False
) -> Iterator[np.ndarray]:
    """Read the thickness of the ``moments`` on ``grid``, one after the other.

    Parameters
    ----------
    folder
        Folder of neXtSIM files, whatever they are called.
    moments
        Moments in UTC.
    grid
        The target grid.
    resample
        Whether files on another lattice are interpolated; otherwise they are refused.

    Yields
    ------
    numpy.ndarray
        Mean thickness over the cell in m, (y, x), NaN on land.

    Raises
    ------
    InputError
        For a moment that is not covered, a calendar other than the standard one, another lattice, or a value out of
        range.
    """
    low, high, unit = RANGES["sit"]
    with ExitStack() as files:
        series = TimeSeries(PRODUCT, folder, NAMES, files)
        series.require(moments)
        targets: dict[Path, SameCells | BetweenCells] = {}
        for moment in moments:
            file, _ = series.steps[moment]
            if file.path not in targets:
                targets[file.path] = locate_grid(file, grid, resample)
            target = targets[file.path]
            _, field = series.read_field(moment, target.part)
            file.require_range(NAMES[0], field, low, high, unit, ROUNDING_M)
            yield np.maximum(target.regrid(field), 0)
