"""OSI SAF sea ice concentration: OSI-401, -408 (10 km polar stereographic), OSI-450, -430, -458, -438 (25 km EASE2).

The filtered field ``ice_conc`` is taken as delivered: open water and climatology filters have already set it
to 0 there, and those zeros stay. Land, lakes, missing and unclassified cells become missing: by the meanings
of the flags where the file tells them, else by the numbers of OSI-401 and OSI-450. OSI-408 numbers its bits in
a text of its own; it has no value over land and where it misses, and that is taken as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers.product_file import POLAR_STEREOGRAPHIC, ProductFile, find_best_file, open_product

PRODUCT = "osisaf_concentration"
VARIABLE = "ice_conc"
NAME = re.compile(r"ice_conc_nh_(?P<grid>polstere-100|ease2-250)_(?P<kind>[\w.-]+?)_(?P<day>\d{8})(?:\d{4})?\.nc")
GRID = Grid(PRODUCT, pyproj.CRS(POLAR_STEREOGRAPHIC), 10e3 * np.arange(760) - 3845e3, 10e3 * np.arange(1120) - 5345e3)
EXCLUDED = {"land", "lake", "missing", "missing_value", "missing_data", "unclassified"}
# Of files whose flags carry no meanings: the enumeration of OSI-401 and the bits of OSI-450.
EXCLUDED_VALUES, EXCLUDED_BITS = (2, 100, 101, 102), 1 | 2
ROUNDING = 0.005


@dataclass(frozen=True)
class Concentration:
    """A day's concentration.

    Attributes:
        path: the file.
        grid: the native grid.
        concentration: fraction of the cell covered by ice, (y, x), NaN over land and lakes and where missing.

    """

    path: Path
    grid: Grid
    concentration: np.ndarray


def rank(name: str, day: date) -> tuple | None:
    """Of a file's name: the 10 km grid before the 25 km one, climate record before its extension, then by name."""
    match = NAME.fullmatch(name)
    if match is None or match["day"] != f"{day:%Y%m%d}":
        return None
    return match["grid"] == "polstere-100", match["kind"].startswith("cdr"), match["kind"]


def months(day: date) -> list[date]:
    """Days whose months may be those that the file is kept under."""
    return [day]


def find(folder: str | Path, day: date) -> Path:
    """The day's file. Raises MissingInput when there is none."""
    return find_best_file(PRODUCT, folder, day, months(day), rank)


def read(path: str | Path, day: date) -> Concentration:
    """Read the concentration of ``day``.

    Raises InputError for another day, a wrong grid, values that are neither a percentage nor a fraction as the
    unit says, or a file without ice.
    """
    with open_product(PRODUCT, path) as file:
        when = file.read_times()
        if [moment.date() for moment in when] != [day]:
            raise file.error(f"not {day}", "time", ", ".join(f"{moment:%Y-%m-%d}" for moment in when))
        grid = file.read_grid(VARIABLE, steps_km=(10.0, 25.0))
        concentration = _fraction(file, file.read_field(VARIABLE))
        if "status_flag" in file:
            concentration[_excluded(file, grid)] = np.nan
        if not np.nanmax(concentration, initial=0.0) > 0:
            raise file.error("no ice in the whole field", VARIABLE)
        return Concentration(Path(path), grid, concentration)


def _fraction(file: ProductFile, values: np.ndarray) -> np.ndarray:
    """Percent, as all providers deliver it, or a fraction where the unit says so, to a fraction within 0 to 1."""
    if file.units(VARIABLE) in ("1", "fraction"):
        file.require_range(VARIABLE, values, 0, 1, "(a fraction, as its unit says)", ROUNDING)
        return np.clip(values, 0, 1)
    if file.units(VARIABLE) not in ("%", "percent", ""):
        raise file.error("concentration in neither % nor 1", VARIABLE, file.units(VARIABLE))
    file.require_range(VARIABLE, values, 0, 100, "%", 100 * ROUNDING)
    if 0 < np.nanmax(values) <= 1:
        raise file.error("a fraction, though its unit says %", VARIABLE, f"maximum {np.nanmax(values):g}")
    return np.clip(values / 100, 0, 1)


def _excluded(file: ProductFile, grid: Grid) -> np.ndarray:
    """Cells whose status flag is one of the excluded meanings, bool (y, x)."""
    status = file.orient(file.read_stored("status_flag"))
    if status.shape != grid.shape:
        raise file.error("the flags have not the shape of the field", "status_flag", status.shape)
    if (told := file.read_flags("status_flag", EXCLUDED)) is not None:
        return told
    if "amsr2" in file.path.name:
        return np.zeros(grid.shape, bool)
    return np.isin(status, EXCLUDED_VALUES) if grid.step < 20_000 else np.bitwise_and(status, EXCLUDED_BITS) != 0
