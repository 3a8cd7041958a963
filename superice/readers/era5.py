"""ERA5 near the surface: 2 m temperature and 10 m winds, in the old and the new layout of the Climate Data Store.

Old files are packed integers over ``time``, sometimes with a dimension ``expver``; new ones are floats over
``valid_time`` with a scalar ``number``. Longitudes run from 0 or from -180, latitudes usually downwards. Winds are
components to the east and north: they are turned to the map's axes at ERA5's own points and interpolated then, so that
nothing happens at the pole, where each longitude has an east of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.fields.vectors import east_on_map, rotate_to_map
from superice.readers.product_file import ProductFile
from superice.readers.time_series import Series, in_one_axis

PRODUCT = "era5"
NAMES = {"t2m": ("t2m", "2t", "tas"), "u10": ("u10", "10u", "uas"), "v10": ("v10", "10v", "vas")}
KELVIN = ("K", "kelvin", "Kelvin")
CELSIUS = ("C", "°C", "degC", "celsius", "Celsius", "degree_Celsius", "degrees_Celsius", "deg_C")
SPEED = ("m s**-1", "m s-1", "m s^-1", "m/s", "meter/second")
RANGES = {"t2m": (180.0, 340.0, "K"), "u10": (-100.0, 100.0, "m s-1"), "v10": (-100.0, 100.0, "m s-1")}
METHODS = ("nearest", "bilinear")


@dataclass(frozen=True)
class Placement:
    """Where the cells of a grid lie among points of a regular longitude and latitude.

    Attributes:
        point: index into the flattened (latitude, longitude) field, (corners, y, x). weight: of each, sum 1.
        east: the unit vector to the east at the points, components along the grid's x and y.
    """

    point: np.ndarray
    weight: np.ndarray
    east: tuple[np.ndarray, np.ndarray]

    def scalar(self, field: np.ndarray) -> np.ndarray:
        """The field (latitude, longitude) on the grid, (y, x)."""
        return (field.ravel()[self.point] * self.weight).sum(axis=0)

    def vector(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Components to the east and north (latitude, longitude) to those along the grid's axes, each (y, x)."""
        x, y = rotate_to_map(self.east, u, v)
        return self.scalar(x), self.scalar(y)


def placement(file: ProductFile, grid: Grid, method: str = "nearest") -> Placement:
    """Where ``grid`` lies among the file's points; ``method`` is nearest (on the sphere, as in the slides) or bilinear.

    Raises InputError when the file's axes are not regular or do not cover the grid.
    """
    if method not in METHODS:
        raise InputError(f"no such interpolation of forcings; there are {', '.join(METHODS)}", value=method)
    latitude, longitude = _axis(file, ("latitude", "lat")), _axis(file, ("longitude", "lon"))
    wanted_longitude, wanted_latitude = grid.lonlat()
    _check_covered(file, grid, latitude, longitude)
    every_longitude, every_latitude = np.meshgrid(longitude, latitude)
    east = east_on_map(grid.crs, every_longitude, every_latitude)
    if method == "nearest":
        tree = cKDTree(_on_sphere(every_longitude, every_latitude).reshape(-1, 3))
        _, point = tree.query(_on_sphere(wanted_longitude, wanted_latitude))
        return Placement(point[None], np.ones((1, *grid.shape)), east)
    row = (wanted_latitude - latitude[0]) / (latitude[1] - latitude[0])
    column = ((wanted_longitude - longitude[0]) % 360) / (longitude[1] - longitude[0])
    top = np.clip(np.floor(row), 0, latitude.size - 2).astype(int)
    left = np.floor(column).astype(int)
    down, right = np.clip(row - top, 0, 1), column - left
    ends = [np.clip(left + step, 0, longitude.size - 1) for step in (0, 1)]
    if _goes_round(longitude):
        ends = [(left + step) % longitude.size for step in (0, 1)]
    corners = [(top + i) * longitude.size + ends[j] for i in (0, 1) for j in (0, 1)]
    weights = [a * b for a in (1 - down, down) for b in (1 - right, right)]
    return Placement(np.stack(corners), np.stack(weights), east)


def _axis(file: ProductFile, names: tuple[str, ...]) -> np.ndarray:
    name = next((name for name in names if name in file), names[0])
    axis = np.asarray(file.variable(name)[:], dtype=np.float64)
    steps = np.diff(axis)
    if axis.ndim != 1 or axis.size < 2 or not np.allclose(steps, steps[0], atol=1e-3):
        raise file.error("not a regular axis", name, axis.shape)
    return axis


def _goes_round(longitude: np.ndarray) -> bool:
    return abs(longitude.size * abs(longitude[1] - longitude[0]) - 360) < 1e-3


def _on_sphere(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    east, north = np.deg2rad(longitude), np.deg2rad(latitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def _check_covered(file: ProductFile, grid: Grid, latitude: np.ndarray, longitude: np.ndarray) -> None:
    """Every cell must lie among the points, or within half of their distance outside."""
    wanted_longitude, wanted_latitude = grid.lonlat()
    half = abs(latitude[1] - latitude[0]) / 2
    outside = (wanted_latitude < latitude.min() - half) | (wanted_latitude > latitude.max() + half)
    if not _goes_round(longitude):
        step = longitude[1] - longitude[0]
        column = ((wanted_longitude - longitude[0] + step / 2) % 360) / step
        outside |= column > longitude.size
    if outside.any():
        lost = f"{outside.sum()} of {outside.size} cells of {grid.name!r} lie outside"
        span = f"{latitude.min():g} to {latitude.max():g} N, {longitude.min():g} to {longitude.max():g} E"
        raise file.error(f"does not cover the grid: {lost}", "latitude, longitude", span)


def forcings(
    folder: str | Path, moments: Sequence[datetime], grid: Grid, method: str = "nearest"
) -> Iterator[dict[str, np.ndarray]]:
    """The forcings of the moments on ``grid``, one after the other.

    Args:
        folder: of ERA5 files, whatever they are called; a variable may have files of its own.
        moments: in UTC.
        grid: the model's.
        method: ``nearest`` or ``bilinear``.

    Yields:
        t2m in K, u10 and v10 along the grid's x and y in m s-1, each (y, x).

    Raises:
        InputError: for a moment that is not covered, a calendar or unit that is another (temperature in °C), a region
            that does not hold the grid, a value that is missing or out of its range.
    """
    with ExitStack() as files:
        series = {key: Series(PRODUCT, folder, names, files) for key, names in NAMES.items()}
        in_one_axis(series.values(), moments)
        placed: dict[Path, Placement] = {}
        for moment in moments:
            values, at = {}, {}
            for key, one in series.items():
                file, field = one.field(moment)
                if file.path not in placed:
                    placed[file.path] = placement(file, grid, method)
                    for inside in (k for k, s in series.items() if s.name_in(file)):
                        _check_unit(file, inside, series[inside].name_in(file))
                _check_values(file, key, one.name_in(file), field, moment)
                values[key], at[key] = field, placed[file.path]
            if values["u10"].shape != values["v10"].shape:
                raise InputError("u10 and v10 are not on the same points", product=PRODUCT, file=folder, value=moment)
            u, v = at["u10"].vector(values["u10"], values["v10"])
            yield {"t2m": at["t2m"].scalar(values["t2m"]), "u10": u, "v10": v}


def _check_unit(file: ProductFile, key: str, name: str) -> None:
    unit, known = file.units(name), KELVIN if key == "t2m" else SPEED
    if key == "t2m" and unit in CELSIUS:
        raise file.error(
            "temperature in °C, kelvin are needed: convert it, or ask the provider for ERA5's own", name, unit
        )
    if unit not in known:
        raise file.error(f"the unit is none of {', '.join(known)}", name, unit or "no unit")


def _check_values(file: ProductFile, key: str, name: str, values: np.ndarray, moment: datetime) -> None:
    if not np.isfinite(values).all():
        raise file.error(f"{np.isnan(values).sum()} values missing at {moment:%Y-%m-%d %H:%M}", name)
    low, high, unit = RANGES[key]
    if key == "t2m" and values.max() < low and values.min() > -100:
        raise file.error("temperature in °C though its unit says K", name, f"{values.min():.1f} to {values.max():.1f}")
    file.require_range(name, values, low, high, unit)
