"""Where the target grid lies in a file whose cells have longitude and latitude, and no axes to be trusted.

The target's cells are the file's, whole or a window of them, or they lie between them: then fields are interpolated,
and vectors turned from the axes of the lattice to those of the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from superice.fields.grid import Grid
from superice.fields.regridding import fill_smoothly
from superice.readers.product_file import ProductFile

LATTICE_DEGREES = 1e-4
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class Window:
    """The target's cells are those of ``where``, (rows, columns)."""

    where: tuple[slice, slice]

    def scalar(self, field: np.ndarray) -> np.ndarray:
        """The field as it is, (y, x)."""
        return field

    def vector(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The components as they are, each (y, x)."""
        return u, v


@dataclass(frozen=True)
class Between:
    """The target's cells lie between those of the lattice.

    Attributes:
        where: the part of the lattice that is needed, (rows, columns).
        position: of the target's cells in that part, fractional (row, column), (2, y, x), NaN outside.
        axes: directions of the lattice's axes on the target's map: unit vectors (axis, component, row, column), the
            axis along the columns first.

    """

    where: tuple[slice, slice]
    position: np.ndarray
    axes: np.ndarray

    def scalar(self, field: np.ndarray) -> np.ndarray:
        """Bilinear between the known cells and their smooth continuation, (y, x).

        A pixel is missing if and only if the cell of the lattice that it lies in is: a gap neither grows nor shrinks.
        """
        inside = np.isfinite(self.position).all(axis=0)
        position = np.where(inside, self.position, 0)
        row, column = (
            np.clip(np.rint(part), 0, n - 1).astype(int) for part, n in zip(position, field.shape, strict=True)
        )
        known = inside & np.isfinite(field)[row, column]
        return np.where(known, map_coordinates(fill_smoothly(field), position, order=1, mode="nearest"), np.nan)

    def vector(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Components along the lattice's axes to components along the target's, each (y, x)."""
        along_x, along_y = u * self.axes[0] + v * self.axes[1]
        return self.scalar(along_x), self.scalar(along_y)


def placed(file: ProductFile, grid: Grid, resample: bool = False) -> Window | Between:
    """Where ``grid`` lies in the file's lattice.

    Raises InputError when its cells are not the file's and ``resample`` does not allow to interpolate, or when they
    do not overlap at all.
    """
    longitude, latitude = file.variable("longitude"), file.variable("latitude")
    if longitude.ndim != 2 or longitude.shape != latitude.shape or min(longitude.shape) < 2:
        raise file.error("longitude and latitude are not (y, x)", "longitude", longitude.shape)
    window = _window(file, grid)
    apart = np.inf if window is None else _distance(file, grid, window)
    if apart <= LATTICE_DEGREES * METRES_PER_DEGREE:
        return Window(window)
    if resample:
        return _between(file, grid)
    cells, wanted = (" x ".join(map(str, shape)) for shape in (longitude.shape, grid.shape))
    raise file.error(
        f"wrong grid: its cells are not those of {grid.name!r} to {LATTICE_DEGREES:g} degrees",
        "longitude, latitude",
        f"up to {apart:.0f} m apart" if np.isfinite(apart) else f"{cells} cells that do not hold its {wanted}",
    )


def _positions(file: ProductFile, grid: Grid, where: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Cells on the target's map in m: longitudes lose their meaning near the pole."""
    longitude, latitude = (file.decode(name, file.read_part(name, where)) for name in ("longitude", "latitude"))
    return pyproj.Proj(grid.crs)(longitude, latitude, errcheck=False)


def _window(file: ProductFile, grid: Grid) -> tuple[slice, slice] | None:
    """The window that the target fills if the lattice is its own, as the first cell says; None beyond the lattice."""
    x, y = (float(values[0, 0]) for values in _positions(file, grid, (slice(1), slice(1))))
    if not np.isfinite([x, y]).all():
        return None
    row, column = round((grid.y[0] - y) / grid.step), round((grid.x[0] - x) / grid.step)
    (rows, columns), (height, width) = file.variable("longitude").shape, grid.shape
    if row < 0 or column < 0 or row + height > rows or column + width > columns:
        return None
    return slice(row, row + height), slice(column, column + width)


def _distance(file: ProductFile, grid: Grid, window: tuple[slice, slice]) -> float:
    """The largest distance in m between cells of the window and of the target, at some 40 x 40, edges included."""
    rows, columns = (np.unique(np.linspace(0, n - 1, 40).astype(int)) for n in grid.shape)
    x, y = (values[np.ix_(rows, columns)] for values in _positions(file, grid, window))
    distance = np.hypot(x - grid.x[columns], y - grid.y[rows, None])
    return float(np.max(distance)) if np.isfinite(distance).all() else np.inf


def _between(file: ProductFile, grid: Grid) -> Between:
    where = _around(file, grid)
    cells = np.array(_positions(file, grid, where))
    lost = ~np.isfinite(cells).all(axis=0)
    if lost.any():
        raise file.error("cells without a place on the target's projection", "longitude, latitude", int(lost.sum()))
    steps = np.array([[np.gradient(part, axis=axis) for part in cells] for axis in (1, 0)])
    # Of a lattice that is mirrored, nobody knows whether velocities follow its rows or its map.
    if not (_cross(*steps) > 0).all():
        raise file.error("wrong grid: mirrored, rows do not ascend in y", "longitude, latitude")
    return Between(where, _fractional(cells, steps, grid), steps / np.linalg.norm(steps, axis=1, keepdims=True))


def _fractional(cells: np.ndarray, steps: np.ndarray, grid: Grid) -> np.ndarray:
    """Fractional (row, column) of the target's cells, (2, y, x), NaN beyond the outer edges of the lattice.

    From the nearest cell along the two steps to its neighbours. Pyresample's gradient search finds the same, but
    leaves holes where cells of both grids coincide.
    """
    wanted = np.array(np.meshgrid(grid.x, grid.y))
    _, nearest = cKDTree(cells.reshape(2, -1).T).query(np.moveaxis(wanted, 0, -1))
    row, column = np.unravel_index(nearest, cells.shape[1:])
    away = wanted - cells[:, row, column]
    across, up = steps[..., row, column]
    area = _cross(across, up)
    position = np.array([row + _cross(across, away) / area, column + _cross(away, up) / area])
    middle, half = ((np.array(cells.shape[1:]) - k)[:, None, None] / 2 for k in (1, 0))
    return np.where((np.abs(position - middle) <= half).all(axis=0), position, np.nan)


def _around(file: ProductFile, grid: Grid) -> tuple[slice, slice]:
    """The part of the lattice that the target needs, (rows, columns): two cells more than it covers."""
    x, y = _positions(file, grid, (slice(None), slice(None)))
    left, bottom, right, top = grid.extent()
    covered = (x > left) & (x < right) & (y > bottom) & (y < top)
    if not covered.any():
        raise file.error(f"wrong grid: none of its cells lies within {grid.name!r}", "longitude, latitude")
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    return slice(max(rows[0] - 2, 0), rows[-1] + 3), slice(max(columns[0] - 2, 0), columns[-1] + 3)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The third component of the product of two vectors in the plane, their components first."""
    return a[0] * b[1] - a[1] * b[0]
