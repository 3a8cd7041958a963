"""Read CS2SMOS and CS3SMOS (ESA/AWI): weekly ice thickness from altimetry and SMOS radiometry.

Two layouts differ in the name of the variable: v202 to v206 have ``analysis_sea_ice_thickness`` on the 25 km EASE2 grid,
v300 has ``sea_ice_thickness`` on the 12.5 km one. A file is the mean of seven days; the file of a date is the one
centred on it. The thickness is that of the ice, not of the cell. Where the flags of v300 report land or no ice, the
thickness is missing, whatever number the file holds there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers.finding import find_best_file, format_day
from superice.readers.product_file import EASE2, ProductFile, open_product
from superice.readers.uncertainty import read_uncertainty
from superice.readers.units import convert_units

PRODUCT = "cs2smos"
NAME = re.compile(
    r"W_XX-ESA,SMOS_CS2(?:_S3A)?(?:_S3B)?,NH_(?:25KM|12P5KM)_EASE2_(?P<start>\d{8})_(?P<end>\d{8})"
    r"_(?P<kind>[ro])_v(?P<version>\d{3})_(?P<file>\d{2})_l4sit\.nc"
)
DAYS_AROUND = 3  # the file lies in the month of any day of its week
VARIABLES = ("analysis_sea_ice_thickness", "sea_ice_thickness")
UNCERTAINTIES = ("analysis_sea_ice_thickness_unc", "sea_ice_thickness_uncertainty")  # one standard deviation
AXIS = 25e3 * (np.arange(432) - 215.5)
GRID = Grid("cs2smos", pyproj.CRS(EASE2), AXIS, AXIS)
FLAGS = ("status_flag", "quality_flag")
WITHOUT_ICE = {"no_sea_ice", "open_water", "open_ocean", "ocean", "land", "lake", "missing", "invalid", "no_data"}
THICKEST_M = 20.0
# The fields of v202 to v206, and the meanings of the flags of v300, that tell of a sensor.
SENSORS = {
    "SMOS": ("smos_sea_ice_thickness", "radiometry"),
    "CryoSat-2": ("cryosat_sea_ice_thickness", "altimetry"),
}
# What the provider tells of operational files, which are made before all data are there: first and last day without them.
NOTICES = (
    (
        date(2022, 12, 2),
        date(2022, 12, 9),
        "SMOS lacks days of 2 to 9 December 2022 (https://spaces.awi.de/display/CS2SMOS/2022/12)",
    ),
)


@dataclass(frozen=True)
class Thickness:
    """The ice thickness of a week.

    Attributes
    ----------
    path
        The file.
    grid
        The native grid.
    thickness
        Thickness of the ice in m, (y, x), NaN where there is no ice, no data or land.
    notes
        What is worse than in other weeks, a sentence each; mostly none.
    uncertainty
        Its standard deviation in m, (y, x), NaN where not known; None where the file has none.
    """

    path: Path
    grid: Grid
    thickness: np.ndarray
    notes: tuple[str, ...] = ()
    uncertainty: np.ndarray | None = None


def rank(name: str, day: date) -> tuple | None:
    """Rank a file by its name. Returns None for another week.

    Reprocessed (r), from final orbits and concentrations, before operational (o), then the newest version of the product
    (v300 before v206), then the newest of the file (02 before 01), then the most altimeters.
    """
    match = NAME.fullmatch(name)
    week = {"start": format_day(day - timedelta(3)), "end": format_day(day + timedelta(3))}
    if match is None or any(match[key] != value for key, value in week.items()):
        return None
    return match["kind"] == "r", int(match["version"]), int(match["file"]), name.count("_S3")


def find(folder: str | Path, day: date) -> Path:
    """Find the file of the week centred on ``day``. Raises MissingInput when there is none."""
    week = f"{day - timedelta(3):%Y%m%d}_{day + timedelta(3):%Y%m%d}"
    example = f"W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_{week}_r_v206_01_l4sit.nc"
    return find_best_file(PRODUCT, folder, day, rank, DAYS_AROUND, example=example)


def read(path: str | Path, day: date) -> Thickness:
    """Read the thickness of the week centred on ``day``.

    Raises InputError for another week, a wrong grid or unit, a thickness outside 0 to 20 m, or a file without ice.
    """
    with open_product(PRODUCT, path) as file:
        name = _find_variable(file)
        _check_week(file, day)
        grid = file.read_grid(name, steps_km=(25.0, 12.5))
        thickness = convert_units(file, name, file.read_field(name), "m", "m")
        for flag in FLAGS:
            without_ice = file.read_flags(flag, WITHOUT_ICE) if flag in file else None
            if without_ice is not None:
                if without_ice.shape != grid.shape:
                    raise file.error("the flags do not have the shape of the field", flag, without_ice.shape)
                thickness[without_ice] = np.nan
        file.require_range(name, thickness, 0.0, THICKEST_M, "m")
        if not np.nanmax(thickness, initial=0.0) > 0:
            raise file.error("no ice in the whole field", name)
        notes = (*file.read_notes(), *_find_idle_sensors(file, grid), *_recall_notices(Path(path).name, day))
        uncertainty = read_uncertainty(file, UNCERTAINTIES, thickness, "m", THICKEST_M)
        return Thickness(Path(path), grid, thickness, notes, uncertainty)


def _find_variable(file: ProductFile) -> str:
    """Return the name of the thickness in the file. Raises InputError when there is none."""
    for name in VARIABLES:
        if name in file:
            return name
    raise file.missing_variable(*VARIABLES)


def _check_week(file: ProductFile, day: date) -> None:
    """Raise InputError unless the file's week is centred on ``day``.

    The week is that of the time bounds; in files without bounds, the time is the middle of the week.
    """
    times = file.read_times("time_bnds" if "time_bnds" in file else "time")
    first, last = times[0], times[-1]
    middle = first + (last - first) / 2
    if middle.date() != day:
        raise file.error(f"not the week centred on {day}", "time", f"{middle:%Y-%m-%d %H:%M} in its middle")
    if len(times) > 1 and not timedelta(6) <= last - first <= timedelta(7):
        raise file.error("not a week", "time_bnds", f"{first} to {last}")


def _find_idle_sensors(file: ProductFile, grid: Grid) -> list[str]:
    """Return a sentence for each sensor of which the file holds no thickness at all, where it tells the sensors apart."""
    notes = []
    for sensor, (name, word) in SENSORS.items():
        used = _find_valid(file, name) if name in file else _find_flagged(file, word, grid)
        if used is not None and not used.any():
            notes.append(f"no cell has a thickness of {sensor}")
    return notes


def _find_valid(file: ProductFile, name: str) -> np.ndarray:
    """Return the cells with a value of a field, bool (y, x)."""
    return np.isfinite(file.decode(name, file.read_stored(name)))


def _find_flagged(file: ProductFile, word: str, grid: Grid) -> np.ndarray | None:
    """Return the cells whose flag names a kind of sensor, bool (y, x); None where no flag of the file names one."""
    for flag in FLAGS:
        if flag not in file:
            continue
        stated = str(file.get_attribute(flag, "flag_meanings", "")).split()
        meanings = {meaning for meaning in stated if word in meaning}
        used = file.read_flags(flag, meanings) if meanings else None
        if used is not None and used.shape == grid.shape:
            return used
    return None


def _recall_notices(name: str, day: date) -> list[str]:
    """Return what the provider told of the week around a day, of an operational file."""
    match = NAME.fullmatch(name)
    if match is None or match["kind"] != "o":
        return []
    first, last = day - timedelta(DAYS_AROUND), day + timedelta(DAYS_AROUND)
    return [text for begin, end, text in NOTICES if begin <= last and first <= end]
