"""Simulate the satellite products of a model day, each on its own grid.

The code of the observed branch (``features.observed``) turns these products into low-resolution features. They share
the grids, contours, coastal gaps and interpolation of the observations, whereas box filters share only their widths.
Each day is simulated alone: the weekly mean of CS2SMOS and the 48 hours of the drift are not reproduced.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from superice.features.settings import LowResolution
from superice.fields.box_filter import box_mean, count_pixels
from superice.fields.deformation import find_ends, polar_map_scale
from superice.fields.grid import Grid
from superice.fields.regridding import locate_pixels, sample_bilinear
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.readers.nextsim_day import ModelDay

STEP_SECONDS = 60.0  # velocities are rotated to another map as the displacement over this time


def simulate_products(
    model: ModelDay, grid: Grid, widths: LowResolution, sic_threshold: float
) -> tuple[cs2smos.Thickness, osisaf_concentration.Concentration, osisaf_drift.Drift]:
    """Simulate the three products of a model day on ``grid``, and sample each on the grid of its product.

    The thickness is that of the ice, averaged over ``widths.thickness_km``. The concentration is averaged over
    ``widths.concentration_km``, the velocity over one cell of the drift product.
    """
    concentration = box_mean(model.sic, count_pixels(widths.concentration_km, grid.step))
    with np.errstate(invalid="ignore", divide="ignore"):
        ice = concentration > sic_threshold
        ice_thickness = np.where(ice & (model.sic > sic_threshold), model.sit / model.sic, np.nan)
    thickness = box_mean(ice_thickness, count_pixels(widths.thickness_km, grid.step))
    u, v = _simulate_drift(model, grid, ice)
    path = Path(model.path)
    return (
        cs2smos.Thickness(path, cs2smos.GRID, sample_bilinear(thickness, grid, cs2smos.GRID)),
        osisaf_concentration.Concentration(
            path, osisaf_concentration.GRID, sample_bilinear(concentration, grid, osisaf_concentration.GRID)
        ),
        osisaf_drift.Drift(path, osisaf_drift.GRID, u, v),
    )


def _simulate_drift(model: ModelDay, grid: Grid, ice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the map velocity along the axes of the drift product's grid, each (y, x) in m s-1, NaN off the ice."""
    native = osisaf_drift.GRID
    width = round(native.step / grid.step)
    scale = polar_map_scale(grid)

    def displace(component: np.ndarray) -> np.ndarray:
        """Return the displacement over ``STEP_SECONDS`` at the product's cells, in m on the map of ``grid``."""
        on_map = np.where(ice, component * scale, np.nan)
        return STEP_SECONDS * sample_bilinear(box_mean(on_map, width), grid, native)

    displacement = displace(model.u), displace(model.v)
    rows, columns = locate_pixels(grid, native)
    start = grid.x[0] + grid.step * columns, grid.y[0] + grid.step * rows
    end_x, end_y = find_ends(grid.crs, native.crs, start, displacement)
    start_x, start_y = np.meshgrid(native.x, native.y)
    return (end_x - start_x) / STEP_SECONDS, (end_y - start_y) / STEP_SECONDS
