"""Bring fields from the native grid of a product to the target grid, without artefacts and without spreading gaps.

A field is first filled smoothly beyond its edges, so that a cubic spline on the native grid does not ring there. Then
it is cut off where the native cell is missing: a target pixel is valid if and only if it lies in a valid native cell.
"""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import pyproj
from scipy.ndimage import correlate1d, distance_transform_edt, map_coordinates, spline_filter, uniform_filter

from superice.errors import InputError
from superice.fields.grid import Grid

METHODS = ("spline", "gauss")
MARGIN = 8  # native cells kept around the target grid
RELAXATIONS = 30
# Radius and standard deviation of the report's Gaussian resampling in steps of the native grid: 60 and 30 km for 25 km.
GAUSS_RADIUS, GAUSS_SIGMA, GAUSS_NEIGHBOURS = 2.4, 1.2, 8
_pixel_cache: OrderedDict[tuple, np.ndarray] = OrderedDict()


def locate_pixels(native: Grid, target: Grid) -> np.ndarray:
    """Locate the target's cell centres in the native array: fractional (row, column), shape (2, y, x).

    The positions of the last few pairs of grids are cached, because the fields of a day share them.
    """
    key = tuple(
        (grid.crs.to_wkt(), grid.shape, grid.x[0], grid.x[-1], grid.y[0], grid.y[-1]) for grid in (native, target)
    )
    if key not in _pixel_cache:
        x, y = pyproj.Proj(native.crs)(*target.lonlat())
        rows = (y - native.y[0]) / (native.y[1] - native.y[0])
        columns = (x - native.x[0]) / native.step
        _pixel_cache[key] = np.stack([rows, columns])
        while len(_pixel_cache) > 4:
            _pixel_cache.popitem(last=False)
    return _pixel_cache[key]


def regrid(field: np.ndarray, native: Grid, target: Grid, method: str = "spline") -> np.ndarray:
    """Bring ``field`` from ``native`` to ``target``.

    Parameters
    ----------
    field
        (y, x) on the native grid, y ascending, NaN where missing.
    native
        The product's grid.
    target
        The grid to bring it to.
    method
        ``spline`` (cubic, on the native grid) or ``gauss`` (pyresample's resample_gauss with 8 neighbours, the report's
        method, kept for comparison).

    Returns
    -------
    np.ndarray
        (y, x) on the target grid, NaN where the native cell is missing. Values overshoot slightly at steps of the
        field: clip them to the physical range.

    Raises InputError for an unknown method.

    """
    if method not in METHODS:
        raise InputError(f"no such regridding method; the methods are {', '.join(METHODS)}", value=method)
    covered = find_covered(field, native, target)
    if method == "gauss":
        return np.where(covered, sample_gaussian(field, native, target), np.nan)
    return sample_spline(field, native, target, covered)


def find_covered(field: np.ndarray, native: Grid, target: Grid) -> np.ndarray:
    """Find the target pixels that lie in a native cell with a known value, bool (y, x)."""
    rows, columns = np.rint(locate_pixels(native, target)).astype(np.intp)
    inside = (rows >= 0) & (rows < field.shape[0]) & (columns >= 0) & (columns < field.shape[1])
    known = np.isfinite(field)
    return inside & known[np.clip(rows, 0, field.shape[0] - 1), np.clip(columns, 0, field.shape[1] - 1)]


def sample_spline(field: np.ndarray, native: Grid, target: Grid, where: np.ndarray | None = None) -> np.ndarray:
    """Sample the cubic spline through the native values and their smooth continuation at the target pixels, (y, x).

    Where ``where``, bool (y, x), is given, only its pixels are sampled and the others are NaN. A native grid that is
    finer than the target is first averaged over the target's cells.
    """
    where = np.ones(target.shape, bool) if where is None else where
    sampled = np.full(target.shape, np.nan)
    values, part = crop_to(field, native, target)
    if not np.isfinite(values).any():
        return sampled
    filled = fill_smoothly(values)
    ratio = int(target.step / native.step)
    if ratio > 1:
        filled = uniform_filter(filled, ratio + 1 - ratio % 2, mode="nearest")
    cropped = [(part.y[0] - native.y[0]) / native.step, (part.x[0] - native.x[0]) / native.step]
    position = locate_pixels(native, target)[:, where] - np.rint(cropped)[:, None]
    coefficients = spline_filter(filled, order=3, mode="mirror")
    sampled[where] = map_coordinates(coefficients, position, mode="mirror", prefilter=False)
    return sampled


def sample_bilinear(field: np.ndarray, native: Grid, target: Grid) -> np.ndarray:
    """Interpolate ``field`` (y, x) of ``native`` bilinearly at the cells of ``target``; NaN outside and beside NaN."""
    return interpolate(field, locate_pixels(native, target))


def interpolate(field: np.ndarray, positions: np.ndarray, order: int = 1) -> np.ndarray:
    """Interpolate ``field`` (y, x) at fractional (row, column), shape (2, ...), by splines of ``order``; NaN outside."""
    rows, columns = positions
    inside = (rows >= 0) & (rows <= field.shape[0] - 1) & (columns >= 0) & (columns <= field.shape[1] - 1)
    values = np.full(rows.shape, np.nan)
    values[inside] = map_coordinates(field, [rows[inside], columns[inside]], order=order)
    return values


def crop_to(field: np.ndarray, native: Grid, target: Grid) -> tuple[np.ndarray, Grid]:
    """Crop a native field and its grid to the part that the target needs: some cells more than the target covers."""
    row_positions, column_positions = locate_pixels(native, target)
    rows = _select_span(row_positions, field.shape[0])
    columns = _select_span(column_positions, field.shape[1])
    return field[rows, columns], Grid(native.name, native.crs, native.x[columns], native.y[rows])


def _select_span(position: np.ndarray, size: int) -> slice:
    """Return the indices of an axis of ``size`` cells around fractional positions, with a margin, two at least."""
    first, last = np.floor(position.min()) - MARGIN, np.ceil(position.max()) + MARGIN
    start = int(np.clip(first, 0, size - 2))
    return slice(start, int(np.clip(last + 1, start + 2, size)))


def fill_smoothly(field: np.ndarray) -> np.ndarray:
    """Fill the missing cells of ``field`` (y, x) by a smooth continuation of their known neighbours.

    The nearest known values are relaxed towards a harmonic surface. The result is continuous at the edge, where a
    constant would leave a step and make the spline ring.
    """
    missing = ~np.isfinite(field)
    if not missing.any():
        return np.asarray(field, dtype=np.float64)
    nearest = distance_transform_edt(missing, return_distances=False, return_indices=True)
    filled = np.asarray(field, dtype=np.float64)[tuple(nearest)]
    for _ in range(RELAXATIONS):
        filled = np.where(missing, uniform_filter(filled, 3, mode="nearest"), filled)
    return filled


def sample_gaussian(field: np.ndarray, native: Grid, target: Grid) -> np.ndarray:
    """Resample with pyresample's Gaussian weights of 8 neighbours, (y, x): the report's method.

    Only known cells are passed on, because a single missing neighbour would make the result missing.
    """
    from pyresample import SwathDefinition
    from pyresample.kd_tree import resample_gauss

    known = np.isfinite(field)
    longitude, latitude = (values[known] for values in native.lonlat())
    top_down = resample_gauss(
        SwathDefinition(longitude, latitude),
        field[known],
        target.as_area(),
        radius_of_influence=GAUSS_RADIUS * native.step,
        sigmas=GAUSS_SIGMA * native.step,
        neighbours=GAUSS_NEIGHBOURS,
        fill_value=np.nan,
    )
    return top_down[::-1]


def smooth_gaussian(field: np.ndarray, sigma_px: float = 1.0, truncate_px: int = 2) -> np.ndarray:
    """Smooth lightly over the known pixels, (y, x), NaN where ``field`` is NaN (report, section 8.2: 5 x 5)."""
    offsets = np.arange(-truncate_px, truncate_px + 1)
    weights = np.exp(-0.5 * (offsets / sigma_px) ** 2)
    weights /= weights.sum()

    def smooth(values: np.ndarray) -> np.ndarray:
        return correlate1d(correlate1d(values, weights, axis=0, mode="constant"), weights, axis=1, mode="constant")

    known = np.isfinite(field)
    total = smooth(np.where(known, field, 0.0))
    return np.where(known, total / np.where(known, smooth(known.astype(float)), 1), np.nan)


def smooth_as_product(field: np.ndarray, sigma_px: float) -> np.ndarray:
    """Smooth a float32 field (y, x) by a Gaussian as the cells of a product do; it stays as it is for a width of 0."""
    if not sigma_px:
        return field
    return smooth_gaussian(field, sigma_px, math.ceil(3 * sigma_px)).astype(np.float32)
