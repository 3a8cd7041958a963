"""Read OSI SAF sea-ice concentration: OSI-401, -408 (10 km polar stereographic), OSI-450, -430, -458, -438 (25 km EASE2).

The filtered field ``ice_conc`` is taken as delivered: the filters for open water and climatology have already set it to
0, and these zeros stay. Land, lakes, missing and unclassified cells become missing: by the meanings of the flags if the
file states them, otherwise by the numbers of OSI-401 and OSI-450. OSI-408 describes its bits only in a text; it has no
value over land and where data are missing, so its flags are not needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.fields.units import SPELLINGS
from superice.readers.finding import find_best_file, format_day
from superice.readers.product_file import POLAR_STEREOGRAPHIC, ProductFile, open_product
from superice.readers.uncertainty import read_uncertainty
from superice.readers.units import convert_units

PRODUCT = "osisaf_concentration"
VARIABLE = "ice_conc"
# One standard deviation, by the names of OSI-401 and -408, of OSI-450 and -430, and of their older versions.
UNCERTAINTIES = ("total_uncertainty", "total_standard_uncertainty", "total_standard_error", "uncertainty")
NAME = re.compile(r"ice_conc_nh_(?P<grid>polstere-100|ease2-250)_(?P<kind>[\w.-]+?)_(?P<day>\d{8})(?:\d{4})?\.nc")
# What ``kind`` may be in the name, the best last. A climate data record (cdr) is followed by an interim one (icdr) after 16
# days, for which a fast track (icdrft) stands in after 2. The names without a version are those of 10 km: near real time
# (multi: OSI-401, of several SSMIS, amsr2: OSI-408), and the older record with its continuation.
KINDS = ("amsr2", "multi", "icdrft", "icdr", "cont-reproc", "reproc", "cdr")
RECORD = re.compile(r"(?P<record>cdr|icdr|icdrft)-v(?P<major>\d+)p(?P<minor>\d+)(?P<sensor>-.+)?")
DAYS_AROUND = 0  # the file lies in the month of the day
GRID = Grid(PRODUCT, pyproj.CRS(POLAR_STEREOGRAPHIC), 10e3 * np.arange(760) - 3845e3, 10e3 * np.arange(1120) - 5345e3)
EXCLUDED = {"land", "lake", "missing", "missing_value", "missing_data", "unclassified"}
# For flags without meanings: the values of OSI-401 (10 km) and the bits of OSI-450 (25 km).
EXCLUDED_VALUES, EXCLUDED_BITS = (2, 100, 101, 102), 1 | 2
ROUNDING = 0.005  # of the range


@dataclass(frozen=True)
class Concentration:
    """The ice concentration of a day.

    Attributes
    ----------
    path
        The file.
    grid
        The native grid.
    concentration
        Fraction of the cell covered by ice, (y, x), NaN over land and lakes and where missing.
    notes
        What attributes of the file say of a degraded product, a sentence each; mostly none.
    uncertainty
        Its standard deviation as a fraction, (y, x), NaN where not known; None where the file has none.
    """

    path: Path
    grid: Grid
    concentration: np.ndarray
    notes: tuple[str, ...] = ()
    uncertainty: np.ndarray | None = None


def rank(name: str, day: date) -> tuple | None:
    """Rank a file by its name. Returns None for another day.

    10 km before 25 km, then by ``KINDS``, then the long record of SSMIS before that of AMSR, then the newest version.
    Kinds that are not known come last.
    """
    match = NAME.fullmatch(name)
    if match is None or match["day"] != format_day(day):
        return None
    record = RECORD.fullmatch(match["kind"])
    kind = record["record"] if record else match["kind"]
    place = KINDS.index(kind) if kind in KINDS else -1
    version = (int(record["major"]), int(record["minor"])) if record else (0, 0)
    return match["grid"] == "polstere-100", place, not (record and record["sensor"]), version


def find(folder: str | Path, day: date) -> Path:
    """Find the file of ``day``. Raises MissingInput when there is none."""
    example = f"ice_conc_nh_polstere-100_multi_{day:%Y%m%d}1200.nc"
    return find_best_file(PRODUCT, folder, day, rank, DAYS_AROUND, example=example)


def read(path: str | Path, day: date) -> Concentration:
    """Read the concentration of ``day``.

    Raises InputError for another day, a wrong grid, values that contradict their unit (percent or fraction), or a file
    without ice.
    """
    with open_product(PRODUCT, path) as file:
        times = file.read_times()
        if [moment.date() for moment in times] != [day]:
            raise file.error(f"not {day}", "time", ", ".join(f"{moment:%Y-%m-%d}" for moment in times))
        grid = file.read_grid(VARIABLE, steps_km=(10.0, 25.0))
        concentration = _convert_to_fraction(file, file.read_field(VARIABLE))
        if "status_flag" in file:
            concentration[_read_excluded(file, grid)] = np.nan
        if not np.nanmax(concentration, initial=0.0) > 0:
            raise file.error("no ice in the whole field", VARIABLE)
        uncertainty = _read_uncertainty(file, concentration)
        return Concentration(Path(path), grid, concentration, tuple(file.read_notes()), uncertainty)


def _read_uncertainty(file: ProductFile, concentration: np.ndarray) -> np.ndarray | None:
    """Read the standard deviation of the concentration as a fraction, (y, x); None where the file has none.

    OSI-401 and -408 state a unit of 1 for percentages, so that the unit of the concentration holds for both.
    """
    unit = file.get_units(VARIABLE)
    stated = "1" if SPELLINGS.get(unit, unit) == "1" else "%"
    return read_uncertainty(file, UNCERTAINTIES, concentration, "1", 1.0, stated)


def _convert_to_fraction(file: ProductFile, values: np.ndarray) -> np.ndarray:
    """Convert percent, or a fraction if the unit says so, to a fraction within 0 to 1."""
    unit = file.get_units(VARIABLE)
    if SPELLINGS.get(unit, unit) == "1":
        file.require_range(VARIABLE, values, 0, 1, "(a fraction, as its unit says)", ROUNDING)
        return np.clip(values, 0, 1)
    values = convert_units(file, VARIABLE, values, "%", assumed="%")
    file.require_range(VARIABLE, values, 0, 100, "%", 100 * ROUNDING)
    if 0 < np.nanmax(values) <= 1:
        raise file.error("a fraction, though its unit says %", VARIABLE, f"maximum {np.nanmax(values):g}")
    return np.clip(values / 100, 0, 1)


def _read_excluded(file: ProductFile, grid: Grid) -> np.ndarray:
    """Read which cells have a status flag of one of the excluded meanings, bool (y, x)."""
    status = file.orient(file.read_stored("status_flag"))
    if status.shape != grid.shape:
        raise file.error("the flags do not have the shape of the field", "status_flag", status.shape)
    by_meaning = file.read_flags("status_flag", EXCLUDED)
    if by_meaning is not None:
        return by_meaning
    if "amsr2" in file.path.name:  # OSI-408
        return np.zeros(grid.shape, bool)
    if grid.step < 20_000:
        return np.isin(status, EXCLUDED_VALUES)
    return np.bitwise_and(status, EXCLUDED_BITS) != 0
