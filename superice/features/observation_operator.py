"""What the satellite products would hold of a model day, each on its own grid: the model seen as observations are.

Through the same code as the observed branch (``features.observed_day``) these become low-resolution features that
share the observations' grids, contours, gaps along coasts and interpolation, where box filters share only their widths.
A day is seen alone: the week of CS2SMOS and the 48 hours of the drift are not averaged over.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
from scipy.ndimage import map_coordinates

from superice.fields.box_filter import LowResolution, box_mean, count_pixels
from superice.fields.deformation import polar_map_scale
from superice.fields.grid import Grid
from superice.fields.regridding import locate_pixels
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.readers.nextsim_day import ModelDay

STEP_SECONDS = 60.0


def simulate_products(
    model: ModelDay, grid: Grid, widths: LowResolution, sic_threshold: float
) -> tuple[cs2smos.Thickness, osisaf_concentration.Concentration, osisaf_drift.Drift]:
    """The three products of a model day on ``grid``.

    Thickness is that of the ice and is averaged over ``widths.thickness_km``, concentration over
    ``widths.concentration_km``, velocity over a cell of the drift product; each is then sampled on the product's grid.
    """
    sic = box_mean(model.sic, count_pixels(widths.concentration_km, grid.step))
    with np.errstate(invalid="ignore", divide="ignore"):
        ice = sic > sic_threshold
        of_ice = np.where(ice & (model.sic > sic_threshold), model.sit / model.sic, np.nan)
    thickness = box_mean(of_ice, count_pixels(widths.thickness_km, grid.step))
    u, v = _drift(model, grid, ice)
    here = Path(model.path)
    return (
        cs2smos.Thickness(here, cs2smos.GRID, sample_bilinear(thickness, grid, cs2smos.GRID)),
        osisaf_concentration.Concentration(
            here, osisaf_concentration.GRID, sample_bilinear(sic, grid, osisaf_concentration.GRID)
        ),
        osisaf_drift.Drift(here, osisaf_drift.GRID, u, v),
    )


def _drift(model: ModelDay, grid: Grid, ice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Map velocity along the axes of the drift product's grid, each (y, x) in m s-1, NaN off the ice."""
    native, width = osisaf_drift.GRID, round(osisaf_drift.GRID.step / grid.step)
    scale = polar_map_scale(grid)
    moved = [
        STEP_SECONDS * sample_bilinear(box_mean(np.where(ice, component * scale, np.nan), width), grid, native)
        for component in (model.u, model.v)
    ]
    to_native = pyproj.Transformer.from_crs(grid.crs, native.crs, always_xy=True)
    rows, columns = locate_pixels(grid, native)
    x, y = grid.x[0] + grid.step * columns, grid.y[0] + grid.step * rows
    known = np.isfinite(moved[0]) & np.isfinite(moved[1])
    ends = to_native.transform(*(np.where(known, p + m, p) for p, m in zip((x, y), moved, strict=True)))
    starts = np.meshgrid(native.x, native.y)
    return tuple(np.where(known, (end - start) / STEP_SECONDS, np.nan) for end, start in zip(ends, starts, strict=True))


def sample_bilinear(field: np.ndarray, grid: Grid, native: Grid) -> np.ndarray:
    """A field (y, x) of ``grid`` at the cells of ``native`` by bilinear interpolation; NaN outside and beside NaN."""
    rows, columns = locate_pixels(grid, native)
    inside = (rows >= 0) & (rows <= grid.shape[0] - 1) & (columns >= 0) & (columns <= grid.shape[1] - 1)
    values = np.full(native.shape, np.nan)
    values[inside] = map_coordinates(field, [rows[inside], columns[inside]], order=1)
    return values
