"""Read neXtSIM thickness at given moments: snapshots or short means, one or several in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.readers.curvilinear import BetweenCells, SameCells, compute_lattice_digest, locate_grid
from superice.readers.time_series import TimeSeries

PRODUCT = "nextsim"
NAME = "sit"
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
    with closing(TimeSeries(PRODUCT, folder, {NAME: (NAME,)}, moments)) as series:
        by_lattice: dict[bytes, SameCells | BetweenCells] = {}  # files of the same lattice share theirs
        targets: dict[Path, SameCells | BetweenCells] = {}
        for moment in moments:
            file = series.open_file(NAME, moment)
            if file.path not in targets:
                lattice = compute_lattice_digest(file)
                if lattice not in by_lattice:
                    by_lattice[lattice] = locate_grid(file, grid, resample)
                targets[file.path] = by_lattice[lattice]
            target = targets[file.path]
            field = series.read_field(NAME, moment, target.part)
            file.require_range(NAME, field, low, high, unit, ROUNDING_M)
            yield np.maximum(target.regrid(field), 0)
