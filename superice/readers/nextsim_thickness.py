"""Read neXtSIM thickness at given moments: snapshots or short means, one or several in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.readers.cell_methods import is_mean_over_ice
from superice.readers.curvilinear import BetweenCells, SameCells, compute_lattice_digest, locate_grid
from superice.readers.nextsim_day import read_cell_mean
from superice.readers.product_file import ProductFile
from superice.readers.time_series import TimeSeries
from superice.readers.units import convert_units
from superice.readers.valid_times import require_axes

PRODUCT = "nextsim"
NAME = "sit"
VARIABLES = {"sic": "sic", "sit": "sit"}
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
                require_axes(file, NAME, *file.get_variable("longitude").dimensions)
            target = targets[file.path]
            yield np.maximum(target.regrid(_read_cell_mean(file, series, moment, target.part)), 0)


def _read_cell_mean(file: ProductFile, series: TimeSeries, moment: datetime, part: tuple[slice, slice]) -> np.ndarray:
    """Read the thickness of a moment, mean over the cell in m, (row, column)."""
    if is_mean_over_ice(file, NAME):
        if "sic" not in file:
            stated = file.get_attribute(NAME, "cell_methods")
            raise file.error("a mean over the ice, and no concentration sic is beside it", NAME, stated)
        return read_cell_mean(file, NAME, VARIABLES, series.steps[NAME][moment].place, part)
    low, high, unit = RANGES["sit"]
    field = convert_units(file, NAME, series.read_field(NAME, moment, part), unit, assumed=unit)
    file.require_range(NAME, field, low, high, unit, ROUNDING_M)
    return field
