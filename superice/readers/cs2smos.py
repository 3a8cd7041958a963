"""CS2SMOS and CS3SMOS (ESA/AWI): weekly ice thickness from altimetry and SMOS radiometry.

Two layouts are told apart by what a file holds: v202 to v206 have ``analysis_sea_ice_thickness`` on the 25 km
EASE2 grid, v300 has ``sea_ice_thickness`` on the 12.5 km one. A file is the mean of seven days; a date's file
is the one centred on it. The thickness is that of the ice, not of the cell. Where the flags of v300 say that there
is no ice, or land, there is none, whatever number stands there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers.product_file import EASE2, ProductFile, days_around, find_best_file, open_product

PRODUCT = "cs2smos"
NAME = re.compile(
    r"W_XX-ESA,SMOS_CS2(?:_S3A)?(?:_S3B)?,NH_(?:25KM|12P5KM)_EASE2_(?P<start>\d{8})_(?P<end>\d{8})"
    r"_(?P<kind>[ro])_v(?P<version>\d{3})_(?P<file>\d{2})_l4sit\.nc"
)
VARIABLES = ("analysis_sea_ice_thickness", "sea_ice_thickness")
GRID = Grid("cs2smos", pyproj.CRS(EASE2), *(25e3 * (np.arange(432) - 215.5) for _ in "xy"))
FLAGS = ("status_flag", "quality_flag")
WITHOUT_ICE = {"no_sea_ice", "open_water", "open_ocean", "ocean", "land", "lake", "missing", "invalid", "no_data"}
THICKEST = 20.0


@dataclass(frozen=True)
class Thickness:
    """A week's thickness of the ice.

    Attributes:
        path: the file.
        grid: the native grid.
        thickness: m, (y, x), NaN where there is no ice, no data or land.

    """

    path: Path
    grid: Grid
    thickness: np.ndarray


def rank(name: str, day: date) -> tuple | None:
    """Of a file's name: reprocessed before operational, then the newest version; None for another week."""
    match = NAME.fullmatch(name)
    week = {"start": f"{day - timedelta(3):%Y%m%d}", "end": f"{day + timedelta(3):%Y%m%d}"}
    if match is None or any(match[key] != value for key, value in week.items()):
        return None
    return match["kind"] == "r", int(match["version"]), int(match["file"])


def months(day: date) -> list[date]:
    """Days whose months may be those that the file is kept under."""
    return days_around(day, 3)


def find(folder: str | Path, day: date) -> Path:
    """The file of the week centred on ``day``. Raises MissingInput when there is none."""
    return find_best_file(PRODUCT, folder, day, months(day), rank)


def read(path: str | Path, day: date) -> Thickness:
    """Read the thickness of the week centred on ``day``.

    Raises InputError for another week, a wrong grid or unit, a thickness outside 0 to 20 m, or a file without ice.
    """
    with open_product(PRODUCT, path) as file:
        name = _thickness_name(file)
        _check_week(file, day)
        grid = file.read_grid(name, steps_km=(25.0, 12.5))
        if file.units(name) not in ("m", "meters", "metre", ""):
            raise file.error("thickness not in m", name, file.units(name))
        thickness = file.read_field(name)
        for flag in FLAGS:
            if flag in file and (without := file.read_flags(flag, WITHOUT_ICE)) is not None:
                if without.shape != grid.shape:
                    raise file.error("the flags have not the shape of the field", flag, without.shape)
                thickness[without] = np.nan
        file.require_range(name, thickness, 0.0, THICKEST, "m")
        if not np.nanmax(thickness, initial=0.0) > 0:
            raise file.error("no ice in the whole field", name)
        return Thickness(Path(path), grid, thickness)


def _thickness_name(file: ProductFile) -> str:
    for name in VARIABLES:
        if name in file:
            return name
    raise file.error("variable missing", " or ".join(VARIABLES))


def _check_week(file: ProductFile, day: date) -> None:
    """The middle of the time bounds is the date; files without bounds give the middle as their time."""
    times = file.read_times("time_bnds" if "time_bnds" in file else "time")
    middle = times[0] + (times[-1] - times[0]) / 2
    if middle.date() != day:
        raise file.error(f"not the week centred on {day}", "time", f"{middle:%Y-%m-%d %H:%M} in its middle")
    if len(times) > 1 and not timedelta(6) <= times[-1] - times[0] <= timedelta(7):
        raise file.error("not a week", "time_bnds", f"{times[0]} to {times[-1]}")
