"""Divergence and shear of the ice motion, by contour integrals or by differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from superice.fields.grid import Grid

if TYPE_CHECKING:
    import pyproj


def total_deformation(divergence: np.ndarray, shear: np.ndarray) -> np.ndarray:
    """Return sqrt(divergence^2 + shear^2), in the unit of its arguments (report, section 2)."""
    return np.hypot(divergence, shear)


def _combine_gradients(ux: np.ndarray, uy: np.ndarray, vx: np.ndarray, vy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return divergence and shear from the four velocity gradients."""
    return ux + vy, np.hypot(ux - vy, uy + vx)


def _list_perimeter(cells: int) -> list[tuple[int, int]]:
    """List the nodes (row, column) around a block of ``cells`` x ``cells``, anticlockwise with y upwards."""
    bottom = [(0, k) for k in range(cells)]
    right = [(k, cells) for k in range(cells)]
    top = [(cells, cells - k) for k in range(cells)]
    left = [(cells - k, 0) for k in range(cells)]
    return bottom + right + top + left


def contour_deformation(
    u: np.ndarray, v: np.ndarray, x: np.ndarray, y: np.ndarray, cells: int = 2, fewest_points: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute divergence and shear over blocks of ``cells`` x ``cells`` at a stride of one cell (Green's theorem).

    The contour runs through the lattice nodes around a block, 4 * ``cells`` when all are known. The velocity is taken
    to be linear between two nodes, so that the gradients of a linear field are exact.

    Parameters
    ----------
    u
        Velocity along x in m s-1, (y, x), y ascending, NaN where unknown.
    v
        Along y, likewise.
    x
        Positions of the nodes along x in the plane of the velocities, m, (y, x) or a row of it.
    y
        Positions along y, (y, x) or a column of it.
    cells
        Side of a block.
    fewest_points
        Number of nodes that must be known; the contour runs through those. None: all of them.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        Divergence and shear in s-1, each (ny - cells, nx - cells), NaN where the contour has too few nodes. Entry (0,
        0) lies in the middle of the nodes (0, 0) and (cells, cells).

    """
    perimeter = _list_perimeter(cells)
    fewest_points = len(perimeter) if fewest_points is None else fewest_points
    rows, columns = u.shape[0] - cells, u.shape[1] - cells
    x, y = np.broadcast_to(x, u.shape), np.broadcast_to(y, u.shape)

    def select(field: np.ndarray, row: int, column: int) -> np.ndarray:
        """Return the values at one node of every block."""
        return field[row : row + rows, column : column + columns]

    def read_node(row: int, column: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return velocity and position of one node of every block, and where all of them are known."""
        node = {
            "u": select(u, row, column),
            "v": select(v, row, column),
            "x": select(x, row, column) - select(x, 0, 0),
            "y": select(y, row, column) - select(y, 0, 0),
        }
        return node, np.logical_and.reduce([np.isfinite(values) for values in node.values()])

    contour = [read_node(row, column) for row, column in perimeter]
    area, ux, uy, vx, vy, points = (np.zeros((rows, columns)) for _ in range(6))
    before = {name: np.zeros((rows, columns)) for name in "uvxy"}
    for node, known in contour:  # the last known node of a contour precedes the first one
        before = {name: np.where(known, node[name], before[name]) for name in node}
    for node, known in contour:
        dx, dy = node["x"] - before["x"], node["y"] - before["y"]
        mean_u, mean_v = (node["u"] + before["u"]) / 2, (node["v"] + before["v"]) / 2
        points += known
        area += np.where(known, (before["x"] * node["y"] - node["x"] * before["y"]) / 2, 0)
        ux += np.where(known, mean_u * dy, 0)
        uy -= np.where(known, mean_u * dx, 0)
        vx += np.where(known, mean_v * dy, 0)
        vy -= np.where(known, mean_v * dx, 0)
        before = {name: np.where(known, node[name], before[name]) for name in node}
    enough = (points >= fewest_points) & (area > 0)
    gradients = (np.where(enough, integral, np.nan) / np.where(enough, area, 1) for integral in (ux, uy, vx, vy))
    return _combine_gradients(*gradients)


def drift_deformation(
    u: np.ndarray, v: np.ndarray, grid: Grid, crs: pyproj.CRS, cells: int = 2, fewest_points: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute divergence and shear of a drift product over blocks of its own nodes, see ``contour_deformation``.

    ``u`` and ``v`` are map velocities along the axes of ``grid``. On a map that is not conformal (EASE2 stretches by
    3 % at 70 degrees north) they are first rotated to the axes of ``crs``, which must be conformal. There the scale of
    the map cancels out of the strain rates, because displacement and distance are lengths on the same map.
    """
    x, y = grid.x, grid.y[:, None]
    if not is_conformal(grid.crs):
        x, y, u, v = rotate_velocity(crs, u, v, grid)
    return contour_deformation(u, v, x, y, cells, fewest_points)


def drift_deformation_uncertainty(uncertainty: np.ndarray, grid: Grid, cells: int = 2) -> np.ndarray:
    """Compute the standard deviation of divergence and of shear in the blocks of ``drift_deformation``, s-1, (y, x).

    Parameters
    ----------
    uncertainty
        Standard deviation of each component of the drift in m s-1, (y, x), NaN where not known.
    grid
        Of the drift.
    cells
        Side of the blocks.

    Errors of the nodes are taken as independent of each other. Each side of a block then contributes to divergence and
    shear the sum of its nodes, those at its ends by half: with n cells, their variance is 4 (n - 1/2) step² of that of a
    node, over the square of the area. It is also that of the total deformation, where this is well above the deviation.
    """
    size = cells + 1
    blocks = np.lib.stride_tricks.sliding_window_view(uncertainty, (size, size))
    known = np.isfinite(blocks).sum(axis=(2, 3))
    variance = np.nansum(blocks**2, axis=(2, 3)) / np.maximum(known, 1)
    factor = 2 * np.sqrt(cells - 0.5) / (cells**2 * grid.step)
    return np.where(known > 0, factor * np.sqrt(variance), np.nan)


def is_conformal(crs: pyproj.CRS) -> bool:
    """Return whether a map preserves angles; among the maps of polar products, the stereographic ones do."""
    operation = crs.coordinate_operation
    return operation is not None and "stereographic" in operation.method_name.lower()


def rotate_velocity(
    crs: pyproj.CRS, u: np.ndarray, v: np.ndarray, grid: Grid
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rotate velocities to the axes of another map, and locate the nodes on it.

    ``u`` and ``v`` (m s-1 on the map of ``grid``, (y, x), NaN where unknown) are rotated and stretched as the
    displacement over a minute is. Returns x, y (m) and u, v (m s-1) on the map ``crs``, each (y, x).
    """
    import pyproj

    step = 60.0
    x, y = np.meshgrid(grid.x, grid.y)
    x0, y0 = pyproj.Transformer.from_crs(grid.crs, crs, always_xy=True).transform(x, y)
    x1, y1 = find_ends(grid.crs, crs, (x, y), (step * u, step * v))
    return x0, y0, (x1 - x0) / step, (y1 - y0) / step


def find_ends(
    crs: pyproj.CRS,
    other: pyproj.CRS,
    start: tuple[np.ndarray, np.ndarray],
    displacement: tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Find where displacements on a map end on another map.

    ``start`` and ``displacement`` are x and y (m on the map ``crs``, any shape). Returns x and y (m on the map ``other``),
    NaN where a component of the displacement is unknown.
    """
    import pyproj

    (x, y), (moved_x, moved_y) = start, displacement
    known = np.isfinite(moved_x) & np.isfinite(moved_y)
    to_other = pyproj.Transformer.from_crs(crs, other, always_xy=True)
    end_x, end_y = to_other.transform(np.where(known, x + moved_x, x), np.where(known, y + moved_y, y))
    return np.where(known, end_x, np.nan), np.where(known, end_y, np.nan)


def make_contour_grid(grid: Grid, cells: int = 2) -> Grid:
    """Return the grid of the blocks' centres that belongs to ``contour_deformation``."""
    x = (grid.x[: grid.x.size - cells] + grid.x[cells:]) / 2
    y = (grid.y[: grid.y.size - cells] + grid.y[cells:]) / 2
    return Grid(grid.name, grid.crs, x, y)


def _differentiate(field: np.ndarray, spacing_m: float, axis: int) -> np.ndarray:
    """Return the derivative by central differences, one-sided where only one neighbour is known.

    It is NaN where the cell itself or both of its neighbours are missing.
    """
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
    """Compute divergence and shear by central differences on the model's grid.

    Parameters
    ----------
    u
        Velocity along x in m s-1, (y, x), y ascending, NaN where unknown.
    v
        Along y, likewise.
    spacing_m
        Distance between cell centres on the map.
    map_scale
        Length on the map over length on the ground, (y, x), of a conformal projection; ``u`` and ``v`` are then
        velocities over ground. None: velocities and distances on the map are taken as those over ground.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        Divergence and shear in s-1, each (y, x).

    With the scale k and the velocity on the map U = k u, the strain rate over ground is that of U on the map minus
    (U . grad k) / k times the identity: shear has no such term, divergence has it twice.

    """
    scale = 1.0 if map_scale is None else map_scale
    map_u, map_v = u * scale, v * scale
    divergence, shear = _combine_gradients(
        ux=_differentiate(map_u, spacing_m, axis=1),
        uy=_differentiate(map_u, spacing_m, axis=0),
        vx=_differentiate(map_v, spacing_m, axis=1),
        vy=_differentiate(map_v, spacing_m, axis=0),
    )
    if map_scale is not None:
        log_y, log_x = np.gradient(np.log(map_scale), spacing_m)
        divergence = divergence - 2 * (map_u * log_x + map_v * log_y)
    return divergence, shear


def polar_map_scale(grid: Grid) -> np.ndarray:
    """Return the length on the map over the length on the ground at the cells of a polar stereographic grid, (y, x).

    The scale depends on the distance from the pole alone: it is interpolated from a profile.
    """
    import pyproj

    projection = pyproj.Proj(grid.crs)
    pole_x, pole_y = projection(0, 90)  # the origin may lie elsewhere
    radius = np.hypot(grid.x - pole_x, grid.y[:, None] - pole_y)
    profile = np.linspace(0, radius.max(), 1000)
    longitude, latitude = projection(np.full_like(profile, pole_x), pole_y - profile, inverse=True)
    return np.interp(radius, profile, projection.get_factors(longitude, latitude).parallel_scale)
