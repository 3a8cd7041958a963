"""Divergence and shear of the ice motion, by contour integrals or by differences."""

from __future__ import annotations

import numpy as np
import pyproj

from superice.fields.grid import Grid


def total_deformation(divergence: np.ndarray, shear: np.ndarray) -> np.ndarray:
    """sqrt(divergence^2 + shear^2), in the unit of its arguments (report, section 2)."""
    return np.hypot(divergence, shear)


def _invariants(ux, uy, vx, vy) -> tuple[np.ndarray, np.ndarray]:
    """Divergence and shear from the four velocity gradients."""
    return ux + vy, np.hypot(ux - vy, uy + vx)


def _perimeter(cells: int) -> list[tuple[int, int]]:
    """The nodes (row, column) around a block of ``cells`` x ``cells``, anticlockwise, y ascending with the row."""
    side = range(cells)
    bottom, right = [(0, k) for k in side], [(k, cells) for k in side]
    top, left = [(cells, cells - k) for k in side], [(cells - k, 0) for k in side]
    return bottom + right + top + left


def contour_deformation(
    u: np.ndarray, v: np.ndarray, x: np.ndarray, y: np.ndarray, cells: int = 2, fewest_points: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divergence and shear over blocks of ``cells`` x ``cells`` at a stride of one cell (Green's theorem).

    The contour runs through the lattice nodes around a block, 4 * ``cells`` when all are known; the velocity
    between two nodes is linear, so that a linear field has its exact gradients.

    Args:
        u: velocity along x in m s-1, (y, x), y ascending, NaN where unknown.
        v: along y, likewise.
        x: where the nodes lie in the plane of the velocities, m, (y, x) or its row.
        y: likewise, (y, x) or its column.
        cells: side of a block.
        fewest_points: nodes that must be known; the contour then runs through those. None: all of them.

    Returns:
        divergence and shear in s-1, each (ny - cells, nx - cells), NaN where the contour has too few nodes.
        Entry (0, 0) lies in the middle of the nodes (0, 0) and (cells, cells).

    """
    nodes = _perimeter(cells)
    fewest_points = len(nodes) if fewest_points is None else fewest_points
    rows, columns = u.shape[0] - cells, u.shape[1] - cells
    fields = {"u": u, "v": v, "x": np.broadcast_to(x, u.shape), "y": np.broadcast_to(y, u.shape)}
    at = lambda name, row, column: fields[name][row : row + rows, column : column + columns]
    corner = {name: at(name, 0, 0) if name in "xy" else 0.0 for name in fields}
    zeros = lambda: np.zeros((rows, columns))
    before = {name: zeros() for name in fields}
    area, ux, uy, vx, vy, points = (zeros() for _ in range(6))
    # The first turn only finds, for every block, the known node that precedes its first one.
    for turn in (0, 1):
        for row, column in nodes:
            now = {name: at(name, row, column) - corner[name] for name in fields}
            known = np.logical_and.reduce([np.isfinite(now[name]) for name in fields])
            if turn:
                dx, dy = now["x"] - before["x"], now["y"] - before["y"]
                mean_u, mean_v = (now["u"] + before["u"]) / 2, (now["v"] + before["v"]) / 2
                points += known
                area += np.where(known, (before["x"] * now["y"] - now["x"] * before["y"]) / 2, 0)
                ux += np.where(known, mean_u * dy, 0)
                uy -= np.where(known, mean_u * dx, 0)
                vx += np.where(known, mean_v * dy, 0)
                vy -= np.where(known, mean_v * dx, 0)
            before = {name: np.where(known, now[name], before[name]) for name in fields}
    enough = (points >= fewest_points) & (area > 0)
    gradients = (np.where(enough, g, np.nan) / np.where(enough, area, 1) for g in (ux, uy, vx, vy))
    return _invariants(*gradients)


def drift_deformation(
    u: np.ndarray, v: np.ndarray, grid: Grid, crs: pyproj.CRS, cells: int = 2, fewest_points: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divergence and shear of a drift product over the blocks of its own nodes, see ``contour_deformation``.

    ``u`` and ``v`` are map velocities along the axes of ``grid``. On a map that is not conformal (EASE2 stretches by
    3 % at 70 degrees north) they are first turned to the axes of ``crs``, which must be conformal: there the scale of
    the map cancels out of the strain rates, as displacement and distance are lengths on the same map.
    """
    x, y = grid.x, grid.y[:, None]
    if not is_conformal(grid.crs):
        x, y, u, v = rotate_velocity(crs, u, v, grid)
    return contour_deformation(u, v, x, y, cells, fewest_points)


def is_conformal(crs: pyproj.CRS) -> bool:
    """Whether a map keeps angles; of the maps of polar products, the stereographic ones do."""
    operation = crs.coordinate_operation
    return operation is not None and "stereographic" in operation.method_name.lower()


def rotate_velocity(
    crs: pyproj.CRS, u: np.ndarray, v: np.ndarray, grid: Grid
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Velocities along the axes of another map, and where the nodes lie on it.

    ``u`` and ``v`` (m s-1 on the map of ``grid``, (y, x), NaN where unknown) are turned and stretched as the step of a
    minute is. Returns x, y (m) and u, v (m s-1) on the map ``crs``, each (y, x).
    """
    step = 60.0
    to_other = pyproj.Transformer.from_crs(grid.crs, crs, always_xy=True)
    x, y = np.meshgrid(grid.x, grid.y)
    known = np.isfinite(u) & np.isfinite(v)
    ends = (np.where(known, start + step * part, start) for start, part in ((x, u), (y, v)))
    (x0, y0), (x1, y1) = to_other.transform(x, y), to_other.transform(*ends)
    return x0, y0, np.where(known, (x1 - x0) / step, np.nan), np.where(known, (y1 - y0) / step, np.nan)


def contour_grid(grid: Grid, cells: int = 2) -> Grid:
    """The grid of the blocks' middles that belongs to ``contour_deformation``."""
    middles = lambda axis: (axis[: axis.size - cells] + axis[cells:]) / 2
    return Grid(grid.name, grid.crs, middles(grid.x), middles(grid.y))


def _difference(field: np.ndarray, spacing_m: float, axis: int) -> np.ndarray:
    """Central difference; one-sided where only one neighbour is known, NaN where none or the cell itself is."""
    f = np.moveaxis(field, axis, 0)
    forward = np.full_like(f, np.nan)
    forward[:-1] = f[1:] - f[:-1]
    backward = np.full_like(f, np.nan)
    backward[1:] = forward[:-1]
    central = (forward + backward) / 2
    one_sided = np.where(np.isnan(forward), backward, forward)
    return np.moveaxis(np.where(np.isnan(central), one_sided, central) / spacing_m, 0, axis)


def gradient_deformation(
    u: np.ndarray, v: np.ndarray, spacing_m: float, map_scale: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divergence and shear by central differences on the model's grid.

    Args:
        u: velocity along x in m s-1, (y, x), y ascending, NaN where unknown.
        v: along y, likewise.
        spacing_m: distance between cell centres on the map.
        map_scale: length on the map over length on the ground, (y, x), of a conformal projection; ``u`` and ``v``
            are then velocities over ground. None takes the map for the ground.

    Returns:
        divergence and shear in s-1, each (y, x).

    With k the scale and U = k u the velocity on the map, the strain rate over ground is that of U on the map less
    (U . grad k) / k times the identity: shear has no such term, divergence has it twice.

    """
    scale = 1.0 if map_scale is None else map_scale
    map_u, map_v = u * scale, v * scale
    gradients = (_difference(f, spacing_m, axis) for f in (map_u, map_v) for axis in (1, 0))
    divergence, shear = _invariants(*gradients)
    if map_scale is not None:
        log_y, log_x = np.gradient(np.log(map_scale), spacing_m)
        divergence = divergence - 2 * (map_u * log_x + map_v * log_y)
    return divergence, shear


def polar_map_scale(grid: Grid) -> np.ndarray:
    """Length on the map over length on the ground at the cells of a polar stereographic grid, (y, x).

    It depends on the distance from the pole alone, so that a profile is enough.
    """
    projection = pyproj.Proj(grid.crs)
    radius = np.hypot(grid.x, grid.y[:, None])
    profile = np.linspace(0, radius.max(), 1000)
    longitude, latitude = projection(np.zeros_like(profile), -profile, inverse=True)
    return np.interp(radius, profile, projection.get_factors(longitude, latitude).parallel_scale)
