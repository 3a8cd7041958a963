"""The target grid: the area of its cells, and the forms that files of areas may have."""

import json
import os
import subprocess
import sys
from datetime import date

import numpy as np
import pyproj
import pyresample
import pytest
import yaml

from superice.errors import InputError
from superice.fields.grid import Grid, load_grid
from superice.fields.regridding import regrid
from superice.readers import cs2smos

REAL = os.environ.get("SUPERICE_REAL_DATA")
LATTICE = "+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273"


@pytest.mark.parametrize("projection", [LATTICE, "EPSG:6931", "EPSG:3413", "EPSG:3976"])
@pytest.mark.parametrize("step", [3000.0, 50_000.0])
@pytest.mark.parametrize("distance", [0.0, 1_000_000.0, 2_000_000.0])
def test_cell_area_is_that_of_the_geodesic_polygon(projection, step, distance):
    """Cells from the pole to 60 degrees, on two ellipsoids and a sphere, conformal and not, in the north and south."""
    crs = pyproj.CRS(projection)
    axis = distance + step * (np.arange(20) - 2)
    grid = Grid("square", crs, axis, axis)
    area = grid.compute_cell_area()
    project, earth = pyproj.Proj(crs), pyproj.Geod(ellps="WGS84")
    random = np.random.default_rng(0)
    for row, column in [(2, 2), (-1, -1), *random.integers(0, axis.size, (20, 2))]:
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


STEREOGRAPHIC = {"proj": "stere", "lat_0": 90, "lat_ts": 90, "lon_0": -45, "R": 6378273}
SHAPE = {"height": 30, "width": 40}
EXTENT = {"lower_left_xy": [0, -300000], "upper_right_xy": [120000, -210000]}
IN_KM = {"lower_left_xy": [0, -300], "upper_right_xy": [120, -210]}
PLAIN = {"projection": STEREOGRAPHIC, "shape": SHAPE, "area_extent": EXTENT}
# The forms of pyresample's documentation, all of one grid of 30 x 40 cells of 3 km.
FORMS = {
    "plain": PLAIN,
    "units": PLAIN | {"area_extent": {**EXTENT, "units": "m"}},
    "extent_as_a_list": PLAIN | {"area_extent": [0, -300000, 120000, -210000]},
    "extent_in_km": PLAIN | {"area_extent": {**IN_KM, "units": "km"}},
    "by_resolution": {"projection": STEREOGRAPHIC, "area_extent": EXTENT, "resolution": {"dx": 3000, "dy": 3000}},
    "by_centre": {"projection": STEREOGRAPHIC, "shape": [30, 40], "center": [60000, -255000], "resolution": 3000},
    "by_corner": {
        "projection": STEREOGRAPHIC,
        "shape": SHAPE,
        "upper_left_extent": [0, -210000],
        "resolution": [3000, 3000],
    },
    "as_text": PLAIN | {"projection": "+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273"},
}
REFUSED = {
    "extent_in_km_called_m": (PLAIN | {"area_extent": IN_KM}, "not of 100 m to 100 km.*found 3 m by 3 m"),
    "extent_in_m_called_km": (
        PLAIN | {"area_extent": {**EXTENT, "units": "km"}},
        r"not of 100 m to 100 km.*found 3e\+06 m by 3e\+06 m",
    ),
    "oblong": (PLAIN | {"shape": {"height": 30, "width": 20}}, "not square.*found 6000 m by 3000 m"),
    "upside_down": (
        PLAIN | {"area_extent": {"lower_left_xy": [0, -210000], "upper_right_xy": [120000, -300000]}},
        "not square.*found 3000 m by -3000 m",
    ),
    "map_in_km": (PLAIN | {"projection": STEREOGRAPHIC | {"units": "km"}, "area_extent": IN_KM}, "in kilometre"),
    "degrees": (PLAIN | {"projection": {"proj": "longlat", "datum": "WGS84"}}, "in degree"),
    "unfinished": ({"projection": STEREOGRAPHIC, "resolution": 3000}, "projection, shape or extent is missing"),
    "unknown_projection": (PLAIN | {"projection": {"proj": "flat"}}, "pyresample can read.*(?i:unknown) projection"),
    "unknown_units": (PLAIN | {"area_extent": {**EXTENT, "units": "miles"}}, "pyresample can read.*miles"),
    "rotated": (PLAIN | {"rotation": 45}, "rotation"),
    "nothing": (None, "pyresample can read"),
    "a_list": ([1, 2], "pyresample can read"),
}


@pytest.fixture(scope="module")
def areas(tmp_path_factory):
    path = tmp_path_factory.mktemp("areas") / "areas.yaml"
    refused = {name: definition for name, (definition, _) in REFUSED.items()}
    path.write_text(yaml.safe_dump(FORMS | refused | {"epsg": PLAIN | {"projection": {"EPSG": 3413}}}))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_area_gives_its_grid(areas, form):
    grid = load_grid(areas, form)
    assert grid.shape == (30, 40) and grid.step == pytest.approx(3000)
    assert grid.extent() == pytest.approx(pyresample.load_area(str(areas), form).area_extent)
    assert grid.extent() == pytest.approx((0, -300000, 120000, -210000), abs=1e-3)
    np.testing.assert_allclose(grid.lonlat(), load_grid(areas, "plain").lonlat(), rtol=1e-9)


def test_a_projection_may_be_a_number_of_epsg(areas):
    grid = load_grid(areas, "epsg")
    expected = pyproj.Proj("EPSG:3413")(grid.x[3], grid.y[2], inverse=True)
    assert [values[2, 3] for values in grid.lonlat()] == pytest.approx(expected)


@pytest.mark.parametrize("name", REFUSED)
def test_an_area_that_makes_no_grid_is_refused_by_its_name(areas, name):
    with pytest.raises(InputError, match=f"(?s){REFUSED[name][1]}") as refusal:
        load_grid(areas, name)
    assert (refusal.value.file, refusal.value.variable) == (str(areas), name)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a file of area definitions"),
        (b"- 1\n", "not a file of"),
        (b"a: [", "not a YAML file"),
        (b"\xff\xfe\x00", "not a YAML"),
    ],
)
def test_a_file_without_areas_is_refused(tmp_path, content, reason):
    path = tmp_path / "areas.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        load_grid(path, "demo")


def test_plain_areas_do_without_pyresample(areas):
    """Its start takes longer than all else that planning does with a grid."""
    program = (
        "import sys; from superice.fields.grid import load_grid\n"
        f"load_grid(None, 'superice'); load_grid({str(areas)!r}, 'plain'); load_grid({str(areas)!r}, 'units')\n"
        f"assert 'pyresample' not in sys.modules; load_grid({str(areas)!r}, 'by_centre'); assert 'pyresample' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("name", ["superice", "demo", "surrogate_demo"])
def test_a_grid_is_made_again_from_its_description(name):
    """As JSON, which weights files hold."""
    grid = load_grid(None, name)
    again = Grid.from_description(json.loads(json.dumps(grid.describe())))
    assert (again.name, again.shape, again.step) == (grid.name, grid.shape, grid.step)
    np.testing.assert_allclose(again.lonlat(), grid.lonlat(), atol=1e-12)
