"""The target grid: the area of its cells."""

import os
from datetime import date

import numpy as np
import pyproj
import pytest

from superice.fields.grid import Grid, load_grid
from superice.fields.regridding import regrid
from superice.readers import cs2smos

REAL = os.environ.get("SUPERICE_REAL_DATA")
LATTICE = "+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273"


@pytest.mark.parametrize("projection", [LATTICE, "EPSG:6931", "EPSG:3413", "EPSG:3976"])
@pytest.mark.parametrize("step", [3000.0, 50_000.0])
def test_cell_area_is_that_of_the_geodesic_polygon(projection, step):
    """Cells from the pole to 60 degrees, on two ellipsoids and a sphere, conformal and not, in the north and south."""
    crs = pyproj.CRS(projection)
    axis = step * (np.arange(3_000_000 // step) - 2)
    grid = Grid("quadrant", crs, axis, axis)
    area = grid.compute_cell_area()
    project, earth = pyproj.Proj(crs), pyproj.Geod(ellps="WGS84")
    random = np.random.default_rng(0)
    for row, column in [(2, 2), (-1, -1), *random.integers(0, axis.size, (50, 2))]:
        x = grid.x[column] + step / 2 * np.array([-1, 1, 1, -1])
        y = grid.y[row] + step / 2 * np.array([-1, -1, 1, 1])
        geodesic, _ = earth.polygon_area_perimeter(*project(x, y, inverse=True))
        # The sides of a cell are straight on the map, not on the Earth.
        assert area[row, column] == pytest.approx(abs(geodesic), rel=1e-5 + (step / 2e6) ** 2)


def test_square_of_the_step_is_another_area():
    """At 60 degrees, a stereographic map that is true at the pole enlarges areas by (2 / (1 + sin 60))^2."""
    crs = pyproj.CRS("+proj=stere +lat_0=90 +k=1 +lon_0=0 +R=6371000")
    _, y = pyproj.Proj(crs)(0, 60)
    area = Grid("60 north", crs, np.array([0, 3000.0]), y + np.array([0, 3000.0])).compute_cell_area()[0, 0]
    on_sphere = 9e6 / (2 / (1 + np.sin(np.radians(60)))) ** 2
    assert 1.1 < 9e6 / area < 1.16
    # The sphere's radius against the radii of curvature of WGS 84 at 60 degrees.
    assert area / on_sphere == pytest.approx(6383_454 * 6394_209 / 6371_000**2, rel=1e-5)


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_beaufort_sea_has_the_volume_that_the_provider_s_own_cells_give():
    """CS2SMOS lies on equal areas of 625 km2; on our lattice a cell of 9 km2 would give 3 % more ice."""
    day, grid = date(2022, 4, 12), load_grid(None, "superice")
    product = cs2smos.read(cs2smos.find(f"{REAL}/cs2smos", day), day)
    thickness = regrid(product.thickness, product.grid, grid)
    within = select_beaufort_sea(product.grid), select_beaufort_sea(grid)
    provided = np.nansum(product.thickness[within[0]]) * product.grid.step**2
    assert np.nansum((thickness * grid.compute_cell_area())[within[1]]) == pytest.approx(provided, rel=2e-3)
    assert np.nansum(thickness[within[1]]) * 9e6 > 1.025 * provided


def select_beaufort_sea(grid):
    longitude, latitude = grid.lonlat()
    return (longitude > -155) & (longitude < -125) & (latitude > 70) & (latitude < 80)
