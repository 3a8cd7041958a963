"""OSI SAF sea ice drift: OSI-405 (48 h, 62.5 km polar stereographic) and OSI-455 (24 h, 75 km EASE2).

The time of a file is the end of the displacement. The file of a date is, for OSI-405, the one whose 48 hours
are centred on it (from noon of the day before to noon of the day after); for OSI-455, whose 24 hours run from
noon to noon and have no day in their middle, the one that ends on the date, as the provider names it.

Displacements run along the axes of the grid, y positive upwards, and are lengths on the map: a speed over
ground is the map speed divided by the projection's scale (0.97 at the pole for OSI-405). Shear is free of
that factor, and divergence but for a term of some 1e-9 s-1, as displacement and spacing are lengths on the
same map.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers.product_file import (
    METRES,
    POLAR_STEREOGRAPHIC,
    ProductFile,
    days_around,
    find_best_file,
    open_product,
)

PRODUCT = "osisaf_drift"
TWO_DAYS = re.compile(r"ice_drift_nh_polstere-625_(?P<sensor>[\w-]+)_(?P<start>\d{8})\d{4}-(?P<end>\d{8})\d{4}\.nc")
ONE_DAY = re.compile(
    r"ice_drift_nh_ease2-750_cdr-v(?P<version>\d+p\d+)(?P<sensor>-[\w-]+)?_24h-(?P<end>\d{8})\d{4}\.nc"
)
GRID = Grid(
    PRODUCT, pyproj.CRS(POLAR_STEREOGRAPHIC), 62.5e3 * np.arange(119) - 3750e3, 62.5e3 * np.arange(177) - 5250e3
)
LOWEST_USABLE_STATUS = 20
FASTEST = 150e3 / (48 * 3600)
END_POINT_TOLERANCE_M = 1000.0


@dataclass(frozen=True)
class Drift:
    """The drift of one date.

    Attributes:
        path: the file.
        grid: the native grid.
        u, v: map velocity along the grid's x and y in m s-1, (y, x), NaN where there is no usable vector.

    """

    path: Path
    grid: Grid
    u: np.ndarray
    v: np.ndarray


def rank(name: str, day: date) -> tuple | None:
    """Of a file's name: the 48 h product before the 24 h one, merged sensors before single ones."""
    before, after, on = (f"{day + timedelta(offset):%Y%m%d}" for offset in (-1, 1, 0))
    if (match := TWO_DAYS.fullmatch(name)) and (match["start"], match["end"]) == (before, after):
        return True, match["sensor"].startswith("multi"), match["sensor"]
    if (match := ONE_DAY.fullmatch(name)) and match["end"] == on:
        return False, match["sensor"] is None, match["version"]
    return None


def months(day: date) -> list[date]:
    """Days whose months may be those that the file is kept under."""
    return days_around(day, 1)


def find(folder: str | Path, day: date) -> Path:
    """The file of ``day``. Raises MissingInput when there is none."""
    return find_best_file(PRODUCT, folder, day, months(day), rank)


def read(path: str | Path, day: date) -> Drift:
    """Read the drift of ``day``: vectors with a status of 20 or more over the file's own time bounds.

    Raises InputError for another window, a wrong grid, displacements faster than 150 km in 48 h, or no usable vector.
    """
    with open_product(PRODUCT, path) as file:
        seconds = _duration(file, day)
        grid = file.read_grid("dX", steps_km=(62.5, 75.0))
        status = file.orient(file.read_stored("status_flag"))
        usable = (status >= LOWEST_USABLE_STATUS) & (status != file.attribute("status_flag", "_FillValue"))
        u, v = (_velocity(file, name, seconds, usable) for name in ("dX", "dY"))
        known = np.isfinite(u) & np.isfinite(v)
        if not known.any():
            raise file.error("no usable vector in the whole field", "dX, dY")
        if (lacking := int((usable & ~known).sum())) > 0:
            raise file.error(f"{lacking} cells of a usable status have no displacement", "status_flag, dX, dY")
        _agrees_with_end_points(file, grid, u * seconds, v * seconds)
        return Drift(Path(path), grid, np.where(known, u, np.nan), np.where(known, v, np.nan))


def _duration(file: ProductFile, day: date) -> float:
    """Length of the displacement in seconds, after checking that it is the one of ``day``."""
    start, end = file.read_times("time_bnds")
    hours = (end - start) / timedelta(hours=1)
    if hours == 48:
        expected = (day - timedelta(1), day + timedelta(1))
    elif hours == 24:
        expected = (day - timedelta(1), day)
    else:
        raise file.error("the displacement is neither of 48 nor of 24 hours", "time_bnds", f"{hours:g} h")
    if (start.date(), end.date()) != expected:
        raise file.error(f"not the window of {day}", "time_bnds", f"{start} to {end}")
    return hours * 3600


def _velocity(file: ProductFile, name: str, seconds: float, usable: np.ndarray) -> np.ndarray:
    factor = METRES.get(file.units(name))
    if factor is None:
        raise file.error("displacement in neither km nor m", name, file.units(name) or "no unit")
    values = file.read_field(name)
    if values.shape != usable.shape:
        raise file.error("the flags have not the shape of the field", "status_flag", usable.shape)
    velocity = np.where(usable, values * factor / seconds, np.nan)
    file.require_range(name, velocity, -FASTEST, FASTEST, "m s-1 (150 km in 48 h)")
    return velocity


def _agrees_with_end_points(file: ProductFile, grid: Grid, dx: np.ndarray, dy: np.ndarray) -> None:
    """Compare displacements in m with the end points that the file also gives: a damaged part shows."""
    if "lat1" not in file or "lon1" not in file:
        return
    latitude, longitude = (file.decode(name, file.orient(file.read_stored(name))) for name in ("lat1", "lon1"))
    x, y = pyproj.Proj(grid.crs)(longitude, latitude, errcheck=False)
    apart = np.hypot(grid.x + dx - x, grid.y[:, None] + dy - y)[np.isfinite(dx) & np.isfinite(dy)]
    wrong = ~(apart < END_POINT_TOLERANCE_M)
    if wrong.any():
        raise file.error(f"{wrong.sum()} displacements do not lead to their end points", "dX, dY, lat1, lon1")
