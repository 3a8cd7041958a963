"""Bring fields and velocities from the lattice of a model file, given by longitude and latitude, to the target grid.

The axes and the projection of such a file are not used: they may be absent or wrong. The target's cells are either
cells of the lattice, or they lie between them. In the second case fields are interpolated, and vectors are rotated from
the axes of the lattice to those of the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.fields.vectors import east_on_map
from superice.readers.product_file import ProductFile
from superice.readers.units import convert_units

TOLERANCE_DEGREES = 1e-4  # between cells that are taken to be the same; coordinates are stored as float32
METRES_PER_DEGREE = 111_195.0
CHECKED_CELLS = 40  # along each axis
MARGIN = 2  # cells of the lattice around the target, for interpolation and gradients


@dataclass(frozen=True)
class SameCells:
    """The target's cells are cells of the lattice.

    Attributes
    ----------
    part
        The part of the lattice that is the target, (rows, columns).
    """

    part: tuple[slice, slice]

    def regrid(self, field: np.ndarray) -> np.ndarray:
        """Return the field of the part as it is, (y, x)."""
        return field

    def regrid_vector(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the components of the part as they are, each (y, x)."""
        return u, v


@dataclass(frozen=True)
class BetweenCells:
    """The target's cells lie between those of the lattice.

    Attributes
    ----------
    part
        The part of the lattice that the target needs, (rows, columns).
    position
        Fractional (row, column) of the target's cells in that part, shape (2, y, x), NaN outside the lattice.
    axes
        Unit vectors along the axes of the lattice, as components on the target's map, shape (2, 2, rows, columns):
        axis, component, row, column. The first axis runs along the columns.
    """

    part: tuple[slice, slice]
    position: np.ndarray
    axes: np.ndarray

    def regrid(self, field: np.ndarray) -> np.ndarray:
        """Interpolate a field of the part, (rows, columns), bilinearly to the target, (y, x).

        Gaps are filled smoothly before the interpolation. Afterwards a pixel is missing if and only if the cell of
        the lattice that it lies in is missing, so that gaps neither grow nor shrink.
        """
        from scipy.ndimage import map_coordinates

        from superice.fields.regridding import fill_smoothly

        inside = np.isfinite(self.position).all(axis=0)
        position = np.where(inside, self.position, 0)
        row = _round_to_index(position[0], field.shape[0])
        column = _round_to_index(position[1], field.shape[1])
        known = inside & np.isfinite(field)[row, column]
        return np.where(known, map_coordinates(fill_smoothly(field), position, order=1, mode="nearest"), np.nan)

    def regrid_vector(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotate components along the lattice's axes to those along the target's, and interpolate them, each (y, x)."""
        along_x, along_y = u * self.axes[0] + v * self.axes[1]
        return self.regrid(along_x), self.regrid(along_y)


def locate_grid(file: ProductFile, grid: Grid, resample: bool = False) -> SameCells | BetweenCells:
    """Find where ``grid`` lies in the lattice of a file.

    Parameters
    ----------
    file
        With variables ``longitude`` and ``latitude``, (rows, columns), in degrees.
    grid
        The target grid.
    resample
        Whether the fields may be interpolated.

    Raises
    ------
    InputError
        When the target's cells are not cells of the lattice and ``resample`` is not set, or when no cell of the
        lattice lies within the target.
    """
    longitude, latitude = file.get_variable("longitude"), file.get_variable("latitude")
    if longitude.ndim != 2 or longitude.shape != latitude.shape or min(longitude.shape) < 2:
        raise file.error("longitude and latitude are not (y, x)", "longitude", longitude.shape)
    part = _find_matching_part(file, grid)
    distance = np.inf if part is None else _measure_distance(file, grid, part)
    if part is not None and distance <= TOLERANCE_DEGREES * METRES_PER_DEGREE:
        return SameCells(part)
    if resample:
        return _locate_between(file, grid)
    cells, wanted = (" x ".join(map(str, shape)) for shape in (longitude.shape, grid.shape))
    raise file.error(
        f"wrong grid: its cells are not those of {grid.name!r} to {TOLERANCE_DEGREES:g} degrees",
        "longitude, latitude",
        f"up to {distance:.0f} m apart" if np.isfinite(distance) else f"{cells} cells that do not hold its {wanted}",
    )


def compute_lattice_digest(file: ProductFile) -> bytes:
    """Return a digest of the longitudes and latitudes of a file: files of one digest have one lattice."""
    digest = sha256()
    for name in ("longitude", "latitude"):
        digest.update(file.read_part(name, (...,)).tobytes() + file.get_units(name).encode())
    return digest.digest()


def _read_positions(file: ProductFile, grid: Grid, part: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Read cells of the lattice as (x, y) on the target's map in m, as longitudes mean little near the pole."""
    longitude, latitude = _read_lonlat(file, part)
    return pyproj.Proj(grid.crs)(longitude, latitude, errcheck=False)


def _read_lonlat(file: ProductFile, part: tuple[slice, slice]) -> list[np.ndarray]:
    """Read the longitudes and latitudes of cells of the lattice in degrees, each (row, column)."""
    decoded = {name: file.decode(name, file.read_part(name, part)) for name in ("longitude", "latitude")}
    return [convert_units(file, name, values, "degree", "degree") for name, values in decoded.items()]


def find_east(file: ProductFile, grid: Grid, part: tuple[slice, slice]) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vector to the east at cells of the lattice, as components along the target's x and y."""
    with np.errstate(invalid="ignore"):  # a cell on land may have no place
        return east_on_map(grid.crs, *_read_lonlat(file, part))


def _find_matching_part(file: ProductFile, grid: Grid) -> tuple[slice, slice] | None:
    """Return the part of the lattice that is the target if the two have the same rows and columns.

    Only the first cell of the lattice is looked at. Returns None when the target would exceed the lattice.
    """
    first_x, first_y = _read_positions(file, grid, (slice(1), slice(1)))
    x, y = float(first_x[0, 0]), float(first_y[0, 0])
    if not np.isfinite([x, y]).all():
        return None
    row, column = round((grid.y[0] - y) / grid.step), round((grid.x[0] - x) / grid.step)
    (rows, columns), (height, width) = file.get_variable("longitude").shape, grid.shape
    if row < 0 or column < 0 or row + height > rows or column + width > columns:
        return None
    return slice(row, row + height), slice(column, column + width)


def _measure_distance(file: ProductFile, grid: Grid, part: tuple[slice, slice]) -> float:
    """Return the largest distance in m between cells of the part and of the target; infinite where one is missing.

    About 40 x 40 cells are compared, those at the edges included.
    """
    rows, columns = (np.unique(np.linspace(0, n - 1, CHECKED_CELLS).astype(int)) for n in grid.shape)
    x, y = (values[np.ix_(rows, columns)] for values in _read_positions(file, grid, part))
    distance = np.hypot(x - grid.x[columns], y - grid.y[rows, None])
    return float(np.max(distance)) if np.isfinite(distance).all() else np.inf


def _locate_between(file: ProductFile, grid: Grid) -> BetweenCells:
    """Locate the target's cells between those of the lattice."""
    part = _find_needed_part(file, grid)
    cells = np.array(_read_positions(file, grid, part))
    lost = ~np.isfinite(cells).all(axis=0)
    if lost.any():
        raise file.error("cells without a place on the target's projection", "longitude, latitude", int(lost.sum()))
    to_next_column = [np.gradient(component, axis=1) for component in cells]
    to_next_row = [np.gradient(component, axis=0) for component in cells]
    steps = np.array([to_next_column, to_next_row])
    # In a mirrored lattice it is unknown whether velocities follow its rows or its map.
    if not (_cross(steps[0], steps[1]) > 0).all():
        raise file.error("wrong grid: mirrored, rows do not ascend in y", "longitude, latitude")
    position = _find_positions(cells, steps, grid)
    return BetweenCells(part, position, axes=steps / np.linalg.norm(steps, axis=1, keepdims=True))


def _find_needed_part(file: ProductFile, grid: Grid) -> tuple[slice, slice]:
    """Return the part of the lattice that the target covers, and a margin around it, (rows, columns)."""
    x, y = _read_positions(file, grid, (slice(None), slice(None)))
    left, bottom, right, top = grid.extent()
    covered = (x > left) & (x < right) & (y > bottom) & (y < top)
    if not covered.any():
        raise file.error(f"wrong grid: none of its cells lies within {grid.name!r}", "longitude, latitude")
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    return (
        slice(max(rows[0] - MARGIN, 0), rows[-1] + MARGIN + 1),
        slice(max(columns[0] - MARGIN, 0), columns[-1] + MARGIN + 1),
    )


def _find_positions(cells: np.ndarray, steps: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the fractional (row, column) of the target's cells, (2, y, x), NaN beyond the edges of the lattice.

    Each position is found from the nearest cell of the lattice along the two steps to its neighbours. Pyresample's
    gradient search would find the same, but leaves holes where cells of both grids coincide.

    Parameters
    ----------
    cells
        (x, y) of the lattice's cells in m, shape (2, rows, columns).
    steps
        Steps from a cell to its neighbours in m, shape (2, 2, rows, columns): along the columns and the rows.
    grid
        The target grid.
    """
    from scipy.spatial import cKDTree

    shape = np.array(cells.shape[1:])[:, None, None]
    wanted = np.array(np.meshgrid(grid.x, grid.y))
    # Of equally near cells, KDTree with its other leaf size would choose another.
    _, nearest = cKDTree(cells.reshape(2, -1).T).query(np.moveaxis(wanted, 0, -1))
    row, column = np.unravel_index(nearest, cells.shape[1:])
    offset = wanted - cells[:, row, column]
    to_next_column, to_next_row = steps[..., row, column]
    area = _cross(to_next_column, to_next_row)
    position = np.array(
        [row + _cross(to_next_column, offset) / area, column + _cross(offset, to_next_row) / area],
    )
    within = (np.abs(position - (shape - 1) / 2) <= shape / 2).all(axis=0)
    return np.where(within, position, np.nan)


def _round_to_index(position: np.ndarray, size: int) -> np.ndarray:
    """Return the index of the cell that a fractional position lies in."""
    return np.clip(np.rint(position), 0, size - 1).astype(int)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the third component of the cross product of two vectors in the plane, components along the first axis."""
    return a[0] * b[1] - a[1] * b[0]
