"""neXtSIM output in its own Moorings layout: daily, weekly, monthly or yearly files, or one file.

Files have longitude and latitude but no axes; the target grid must lie on the file's lattice, as the whole of
it or as a window, and only that window of the one day is read. ``sit`` is a volume per cell area, ``siu`` and
``siv`` run along the axes of the grid, rows ascend in y.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from superice.grid import Grid
from superice.products import ProductFile, best, opened

PRODUCT = "nextsim"
NAME = re.compile(r"Moorings(?:_(?P<year>\d{4})(?:d(?P<day>\d{3})|w(?P<week>\d{2})|m(?P<month>\d{2}))?)?\.nc")
REQUIRED = ("sic", "sit", "siu", "siv")
# The last guards against day-1 and percent per day taken for s-1: 86 day-1 is beyond any daily mean.
RANGES = {
    "sic": (0.0, 1.0, "1"),
    "sit": (0.0, 20.0, "m"),
    "siu": (-3.0, 3.0, "m s-1"),
    "siv": (-3.0, 3.0, "m s-1"),
    "divergence": (-1e-3, 1e-3, "s-1"),
}
ROUNDING = 1e-4
FILL_AS_NUMBER = -1e13
LATTICE_DEGREES = 1e-4
METRES_PER_DEGREE = 111_195.0


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


def rank(name: str, day: date) -> tuple | None:
    """Of a file's name: the shortest interval first; None for another interval."""
    wanted = {
        "year": f"{day:%Y}",
        "day": f"{day:%j}",
        "week": f"{day.isocalendar().week:02d}",
        "month": f"{day:%m}",
    }
    shortness = {"day": 4, "week": 3, "month": 2, "year": 1}
    match = NAME.fullmatch(name)
    if match is None or any(part is not None and part != wanted[key] for key, part in match.groupdict().items()):
        return None
    return (max((shortness[key] for key, part in match.groupdict().items() if part is not None), default=0),)


def find(folder: str | Path, day: date) -> Path:
    """The file that should hold ``day``. Raises MissingInput when there is none."""
    return best(PRODUCT, folder, day, [day], rank)


def read(path: str | Path, day: date, grid: Grid) -> ModelDay:
    """Read the fields of ``day`` on ``grid``.

    Raises InputError when the file lacks the day or holds it twice, its lattice is not that of ``grid``, a variable is
    missing, or a value is out of its physical range (a fill value left as a number, a percentage, day-1 for s-1).
    """
    with opened(PRODUCT, path) as file:
        index = _index_of(file, day)
        window = _window(file, grid)
        names = [*REQUIRED, *(["divergence"] if "divergence" in file else [])]
        fields = {name: _field(file, name, index, window) for name in names}
    sic = np.clip(fields["sic"], 0, 1)
    sit = np.maximum(fields["sit"], 0)
    return ModelDay(Path(path), sic, sit, fields["siu"], fields["siv"], fields.get("divergence"))


def _index_of(file: ProductFile, day: date) -> int:
    days = [moment.date() for moment in file.moments()]
    if days.count(day) != 1:
        held = f"{len(days)} times from {min(days)} to {max(days)}"
        reason = f"{day} is not in the file" if day not in days else f"{day} is in the file {days.count(day)} times"
        raise file.error(reason, "time", held)
    return days.index(day)


def _window(file: ProductFile, grid: Grid) -> tuple[slice, slice]:
    """Where ``grid`` lies in the file's lattice.

    Positions are compared on the target's projection, as longitudes lose their meaning near the pole.
    """
    longitude, latitude = file.variable("longitude"), file.variable("latitude")
    if longitude.ndim != 2 or longitude.shape != latitude.shape:
        raise file.error("longitude and latitude are not (y, x)", "longitude", longitude.shape)
    project = pyproj.Proj(grid.crs)
    x, y = project(float(longitude[0, 0]), float(latitude[0, 0]), errcheck=False)
    if not np.isfinite([x, y]).all():
        raise file.error("wrong grid: the first cell has no place on the target's projection", "longitude")
    row, column = round((grid.y[0] - y) / grid.step), round((grid.x[0] - x) / grid.step)
    (rows, columns), (height, width) = longitude.shape, grid.shape
    if row < 0 or column < 0 or row + height > rows or column + width > columns:
        raise file.error(
            f"wrong grid: the {height} x {width} cells of {grid.name!r} do not lie within it",
            "longitude",
            f"{rows} x {columns}",
        )
    window = slice(row, row + height), slice(column, column + width)
    _check_lattice(file, grid, window, project)
    return window


def _check_lattice(file: ProductFile, grid: Grid, window: tuple[slice, slice], project: pyproj.Proj) -> None:
    """Compare positions at some 40 x 40 cells of the window, its edges included."""
    rows, columns = (np.unique(np.linspace(0, n - 1, 40).astype(int)) for n in grid.shape)
    where = np.ix_(rows, columns)
    longitude, latitude = (np.asarray(file.variable(n)[window], float)[where] for n in ("longitude", "latitude"))
    x, y = project(longitude, latitude, errcheck=False)
    distance = np.hypot(x - grid.x[columns], y - grid.y[rows, None])
    allowed = LATTICE_DEGREES * METRES_PER_DEGREE
    if not np.all(distance <= allowed):
        raise file.error(
            f"wrong grid: its cells are not those of {grid.name!r} to {LATTICE_DEGREES:g} degrees",
            "longitude, latitude",
            f"up to {np.nanmax(np.where(np.isfinite(distance), distance, np.nan), initial=0):.0f} m apart",
        )


def _field(file: ProductFile, name: str, index: int, window: tuple[slice, slice]) -> np.ndarray:
    variable = file.variable(name)
    if variable.ndim != 3:
        raise file.error("not (time, y, x)", name, variable.dimensions)
    values = file.decode(name, variable[(index, *window)])
    low, high, unit = RANGES[name]
    if np.nanmin(values, initial=0) < FILL_AS_NUMBER:
        raise file.error("a fill value left as a number", name, f"{np.nanmin(values):g}")
    file.within(name, values, low, high, unit, ROUNDING * (high - low))
    if not np.isfinite(values).any():
        raise file.error("no valid value in the whole field", name)
    return values
