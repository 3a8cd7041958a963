"""Read ERA5 near the surface: 2 m temperature and 10 m winds, in both layouts of the Climate Data Store.

Old files hold packed integers over ``time``, some with a dimension ``expver``. New files hold floats over ``valid_time``
with a scalar ``number``. Longitudes run from 0 or from -180, latitudes usually downwards. Winds are components to the
east and north. They are rotated to the axes of the map at ERA5's own points and interpolated afterwards: in this order
the pole, where each longitude has another east, needs no special treatment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.fields.vectors import east_on_map, rotate_to_map
from superice.readers.product_file import ProductFile
from superice.readers.time_series import TimeSeries
from superice.readers.units import convert_units
from superice.readers.valid_times import require_axes
from superice.readers.vector_axes import read_direction

PRODUCT = "era5"
NAMES = {"t2m": ("t2m", "2t", "tas"), "u10": ("u10", "10u", "uas"), "v10": ("v10", "10v", "vas")}
RANGES = {"t2m": (180.0, 340.0, "K"), "u10": (-100.0, 100.0, "m s-1"), "v10": (-100.0, 100.0, "m s-1")}
METHODS = ("nearest", "bilinear")
AXES = (("latitude", "lat"), ("longitude", "lon"))
# Along axes of longitude and latitude, components along the grid are those to the east and north.
DIRECTIONS = {"u10": ("east", "x"), "v10": ("north", "y")}


@dataclass(frozen=True)
class Interpolation:
    """Weights that bring fields from the points of ERA5 to a grid.

    Attributes
    ----------
    points
        Indices into the flattened (latitude, longitude) field, shape (corners, y, x).
    weights
        Weights of the points, shape (corners, y, x), sum over the corners 1.
    east
        Unit vector to the east at the points: components along the grid's x and y, each (latitude, longitude).
    """

    points: np.ndarray
    weights: np.ndarray
    east: tuple[np.ndarray, np.ndarray]

    def regrid(self, field: np.ndarray) -> np.ndarray:
        """Bring a field (latitude, longitude) to the grid, (y, x)."""
        return (field.ravel()[self.points] * self.weights).sum(axis=0)

    def regrid_vector(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bring components to the east and north (latitude, longitude) to those along the grid's axes, each (y, x)."""
        x, y = rotate_to_map(self.east, u, v)
        return self.regrid(x), self.regrid(y)


def prepare_interpolation(file: ProductFile, grid: Grid, method: str = "nearest") -> Interpolation:
    """Find the points of a file that each cell of ``grid`` is interpolated from.

    Parameters
    ----------
    file
        With regular axes of latitude and longitude in degrees.
    grid
        The target grid.
    method
        ``nearest`` (on the sphere, as in the slides that docs/surrogate.md follows) or ``bilinear``.

    Raises
    ------
    InputError
        For an unknown method, axes that are not regular, or axes that do not cover the grid.
    """
    if method not in METHODS:
        raise InputError(f"no such interpolation of forcings; the methods are {', '.join(METHODS)}", value=method)
    latitude, longitude = _read_points(file)
    _require_covered(file, grid, latitude, longitude)
    if method == "nearest":
        points, weights = _find_nearest(grid, latitude, longitude)
    else:
        points, weights = _find_corners(grid, latitude, longitude)
    all_longitudes, all_latitudes = np.meshgrid(longitude, latitude)
    return Interpolation(points, weights, east_on_map(grid.crs, all_longitudes, all_latitudes))


def _find_nearest(grid: Grid, latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest point of each cell and its weight of 1, each (1, y, x)."""
    from scipy.spatial import cKDTree

    all_longitudes, all_latitudes = np.meshgrid(longitude, latitude)
    tree = cKDTree(_convert_to_unit_vectors(all_longitudes, all_latitudes).reshape(-1, 3))
    _, point = tree.query(_convert_to_unit_vectors(*grid.lonlat()))
    return point[None], np.ones((1, *grid.shape))


def _find_corners(grid: Grid, latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the four points around each cell and their bilinear weights, each (4, y, x)."""
    wanted_longitude, wanted_latitude = grid.lonlat()
    row = (wanted_latitude - latitude[0]) / (latitude[1] - latitude[0])
    column = _locate_columns(wanted_longitude, longitude)
    first_row = np.clip(np.floor(row), 0, latitude.size - 2).astype(int)
    left = np.floor(column).astype(int)
    right = left + 1
    to_second_row, to_right = np.clip(row - first_row, 0, 1), column - left
    if _goes_around_globe(longitude):
        left, right = left % longitude.size, right % longitude.size
    else:
        left, right = np.clip(left, 0, longitude.size - 1), np.clip(right, 0, longitude.size - 1)
    points, weights = [], []
    for rows, row_weight in ((first_row, 1 - to_second_row), (first_row + 1, to_second_row)):
        for columns, column_weight in ((left, 1 - to_right), (right, to_right)):
            points.append(rows * longitude.size + columns)
            weights.append(row_weight * column_weight)
    return np.stack(points), np.stack(weights)


def _read_points(file: ProductFile) -> tuple[np.ndarray, np.ndarray]:
    """Read the axes of latitude and longitude in degrees. Raises InputError when one is not regular."""
    latitude, longitude = (_read_axis(file, names) for names in AXES)
    return latitude, longitude


def _read_axis(file: ProductFile, names: tuple[str, ...]) -> np.ndarray:
    """Read the axis with one of the names, in degrees. Raises InputError when it is not regular."""
    name = _find_axis(file, names)
    if str(file.get_attribute(name, "standard_name", names[0])).startswith("grid_"):
        raise file.error("an axis of a rotated grid", name, file.get_attribute(name, "standard_name"))
    axis = file.read_values(name)
    axis = convert_units(file, name, axis, "degree", assumed="degree")
    steps = np.diff(axis)
    if axis.ndim != 1 or axis.size < 2 or not np.allclose(steps, steps[0], atol=1e-3):
        raise file.error("not a regular axis", name, axis.shape)
    return axis


def _find_axis(file: ProductFile, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in file), names[0])


def _goes_around_globe(longitude: np.ndarray) -> bool:
    """Return whether the last longitude is one step before the first."""
    return abs(longitude.size * abs(longitude[1] - longitude[0]) - 360) < 1e-3


def _locate_columns(wanted: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return the fractional columns of longitudes on an axis that runs to the east or to the west.

    They begin half a step before the first longitude: cells there take its value, and not that of the last.
    """
    step = longitude[1] - longitude[0]
    return ((wanted - longitude[0]) / step + 0.5) % (360 / abs(step)) - 0.5


def _convert_to_unit_vectors(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Convert degrees to points on the unit sphere, shape (..., 3)."""
    east, north = np.deg2rad(longitude), np.deg2rad(latitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def _require_covered(file: ProductFile, grid: Grid, latitude: np.ndarray, longitude: np.ndarray) -> None:
    """Raise InputError unless every cell lies among the points, or at most half a step outside."""
    wanted_longitude, wanted_latitude = grid.lonlat()
    half_step = abs(latitude[1] - latitude[0]) / 2
    outside = (wanted_latitude < latitude.min() - half_step) | (wanted_latitude > latitude.max() + half_step)
    if not _goes_around_globe(longitude):
        outside |= _locate_columns(wanted_longitude, longitude) > longitude.size - 0.5
    if outside.any():
        lost = f"{outside.sum()} of {outside.size} cells of {grid.name!r} lie outside"
        span = f"{latitude.min():g} to {latitude.max():g} N, {longitude.min():g} to {longitude.max():g} E"
        raise file.error(f"does not cover the grid: {lost}", "latitude, longitude", span)


def read_forcings(
    folder: str | Path, moments: Sequence[datetime], grid: Grid, method: str = "nearest"
) -> Iterator[dict[str, np.ndarray]]:
    """Read the forcings of the ``moments`` on ``grid``, one after the other.

    Parameters
    ----------
    folder
        Folder of ERA5 files, whatever they are called; a variable may have files of its own.
    moments
        Moments in UTC.
    grid
        The target grid.
    method
        ``nearest`` or ``bilinear``.

    Yields
    ------
    dict
        t2m in K, u10 and v10 along the grid's x and y in m s-1, each (y, x).

    Raises
    ------
    InputError
        For a moment that is not covered, a calendar other than the standard one, a dimension other than those of times
        and versions, a unit that does not convert, components that are not to the east and north, a region that does
        not hold the grid, or a value that is missing or out of range.
    """
    with closing(TimeSeries(PRODUCT, folder, NAMES, moments)) as series:
        by_points: dict[bytes, Interpolation] = {}  # files of the same points share theirs
        interpolations: dict[Path, Interpolation] = {}
        for moment in moments:
            values, target = {}, {}
            for key in NAMES:
                file, field = series.open_file(key, moment), series.read_field(key, moment)
                if file.path not in interpolations:
                    points = b"".join(axis.tobytes() for axis in _read_points(file))
                    if points not in by_points:
                        by_points[points] = prepare_interpolation(file, grid, method)
                    interpolations[file.path] = by_points[points]
                    _check_layout(file, series)
                field = _convert_values(file, key, series.get_name(key, file), field, moment)
                values[key], target[key] = field, interpolations[file.path]
            if values["u10"].shape != values["v10"].shape:
                raise InputError("u10 and v10 are not on the same points", product=PRODUCT, file=folder, value=moment)
            u, v = target["u10"].regrid_vector(values["u10"], values["v10"])
            yield {"t2m": target["t2m"].regrid(values["t2m"]), "u10": u, "v10": v}


def _check_layout(file: ProductFile, series: TimeSeries) -> None:
    """Raise InputError unless each variable of the file lies on latitudes and longitudes, and winds follow them."""
    rows, columns = (file.get_variable(_find_axis(file, axis)).dimensions[0] for axis in AXES)
    for key in NAMES:
        name = series.find_name(key, file)
        if name is None:
            continue
        require_axes(file, name, rows, columns)
        grid_type = file.get_attribute(name, "GRIB_gridType", "regular_ll")
        if grid_type != "regular_ll":
            raise file.error(
                "not on a regular grid of longitudes and latitudes, according to its GRIB_gridType", name, grid_type
            )
        expected, direction = DIRECTIONS.get(key, ()), read_direction(file, name)
        if expected and direction not in (None, *expected):
            raise file.error(f"a component to {expected[0]} is needed", name, file.get_attribute(name, "standard_name"))


def _convert_values(file: ProductFile, key: str, name: str, values: np.ndarray, moment: datetime) -> np.ndarray:
    """Convert the values of a moment to the unit of ``RANGES``. Raises InputError for one missing or out of range."""
    if not np.isfinite(values).all():
        raise file.error(f"{np.isnan(values).sum()} values missing at {moment:%Y-%m-%d %H:%M}", name)
    low, high, unit = RANGES[key]
    values = convert_units(file, name, values, unit)
    if key == "t2m" and values.max() < low and values.min() > -100:
        raise file.error("temperature in °C though its unit says K", name, f"{values.min():.1f} to {values.max():.1f}")
    file.require_range(name, values, low, high, unit)
    return values
