"""The orientation of vectors: one motion, written along the grid or to the east and north, gives one deformation."""

from datetime import date, datetime, timedelta

import netCDF4
import numpy as np
import pytest
from product_files import write_cmems, write_drift, write_moorings

from superice.errors import InputError
from superice.fields.deformation import gradient_deformation, polar_map_scale
from superice.fields.grid import Grid
from superice.fields.quantities import SECONDS_PER_DAY
from superice.readers import nextsim_cmems, nextsim_moorings, osisaf_drift

DAY = date(2022, 4, 12)
HOURS = [datetime(2022, 4, 12) + timedelta(hours=n) for n in range(24)]
CMEMS_NAME = "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220412-fv00.0.nc"
TURN = 2e-6  # s-1


def rotate_rigidly(x, y):
    return -TURN * y, TURN * x


def strain_linearly(x, y):
    return 0.05 + 3e-7 * x - 4e-7 * y, -0.02 + 2e-7 * x + 1e-7 * y


def to_east_and_north(grid, u, v):
    """Rotate components along the grid's axes by the angle of its meridians, which meet at the pole."""
    longitude, _ = grid.lonlat()
    angle = np.radians(longitude + 45)
    return u * np.cos(angle) + v * np.sin(angle), -u * np.sin(angle) + v * np.cos(angle)


@pytest.fixture(params=[rotate_rigidly, strain_linearly])
def motion(request, small_grid):
    """A motion along the axes of the grid, and the same to the east and north."""
    along = request.param(*np.meshgrid(small_grid.x, small_grid.y))
    return along, to_east_and_north(small_grid, *along)


def write(folder, grid, u, v, **projection):
    """Write a Moorings file with these components, and a projection variable as neXtSIM's writer makes it."""
    one = np.ones(grid.shape)
    path = write_moorings(folder, grid, [DAY], {"sic": one, "sit": one, "siu": u, "siv": v})
    name_components(path, "sea_ice_x_velocity", "sea_ice_y_velocity")
    if projection:
        with netCDF4.Dataset(path, "a") as data:
            mapping = data.createVariable("Polar_Stereographic_Grid", "i4", ())
            mapping.setncatts({"grid_mapping_name": "polar_stereographic", **projection})
    return path


def name_components(path, u, v, names=("siu", "siv")):
    with netCDF4.Dataset(path, "a") as data:
        data[names[0]].standard_name, data[names[1]].standard_name = u, v


def require_same_motion(model, grid, along):
    for found, expected in zip((model.u, model.v), along, strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-6)
    scale = polar_map_scale(grid)
    for found, expected in zip(
        gradient_deformation(model.u, model.v, grid.step, scale),
        gradient_deformation(*along, grid.step, scale),
        strict=True,
    ):
        np.testing.assert_allclose(found * SECONDS_PER_DAY, expected * SECONDS_PER_DAY, atol=2e-4)


@pytest.mark.parametrize("value", [0, 1])
def test_false_easting_of_nextsim_tells_the_orientation(tmp_path, small_grid, motion, value):
    """With 0 neXtSIM writes components to the east and north, under names that say x and y all the same."""
    along, geographic = motion
    path = write(tmp_path, small_grid, *(along if value else geographic), false_easting=np.float32(value))
    require_same_motion(nextsim_moorings.read(path, DAY, small_grid), small_grid, along)


def test_a_rigid_rotation_does_not_deform(tmp_path, small_grid):
    """Read along the wrong axes, it would have a median shear of some hundredths a day."""
    motion = to_east_and_north(small_grid, *rotate_rigidly(*np.meshgrid(small_grid.x, small_grid.y)))
    _, misread = gradient_deformation(*motion, small_grid.step)
    assert np.median(misread) * SECONDS_PER_DAY > 0.02
    path = write(tmp_path, small_grid, *motion, false_easting=0.0)
    model = nextsim_moorings.read(path, DAY, small_grid)
    _, shear = gradient_deformation(model.u, model.v, small_grid.step)
    assert np.median(shear) * SECONDS_PER_DAY < 2e-4


def test_standard_names_tell_the_orientation_in_every_reader(tmp_path, small_grid, motion):
    along, geographic = motion
    names = ("eastward_sea_ice_velocity", "northward_sea_ice_velocity")
    path = write(tmp_path, small_grid, *geographic)
    name_components(path, *names)
    require_same_motion(nextsim_moorings.read(path, DAY, small_grid), small_grid, along)
    one = np.ones(small_grid.shape)
    fields = {"siconc": one, "sithick": one, "vxsi": geographic[0], "vysi": geographic[1]}
    path = write_cmems(tmp_path, small_grid, HOURS, fields, CMEMS_NAME)
    name_components(path, *names, ("vxsi", "vysi"))
    require_same_motion(nextsim_cmems.read(path, DAY, small_grid), small_grid, along)


def test_components_to_the_east_are_rotated_at_their_own_cells(tmp_path, small_grid):
    """On another lattice around the pole, where each cell has another east."""
    lattice = Grid("wide", small_grid.crs, 5000.0 * np.arange(-20, 40), -330_000 + 5000.0 * np.arange(80))
    around_pole = Grid("pole", small_grid.crs, 3000.0 * np.arange(-10, 30), 3000.0 * np.arange(-30, 8))
    along = rotate_rigidly(*np.meshgrid(lattice.x, lattice.y))
    path = write(tmp_path, lattice, *to_east_and_north(lattice, *along), false_easting=0.0)
    model = nextsim_moorings.read(path, DAY, around_pole, resample=True)
    expected = rotate_rigidly(*np.meshgrid(around_pole.x, around_pole.y))
    np.testing.assert_allclose([model.u, model.v], expected, atol=1e-5)


def test_a_false_easting_of_cf_is_an_offset_elsewhere(tmp_path, small_grid, motion):
    """Copernicus Marine's projection variable follows the CF conventions."""
    (u, v), one = motion[0], np.ones(small_grid.shape)
    fields = {"siconc": one, "sithick": one, "vxsi": u, "vysi": v}
    path = write_cmems(tmp_path, small_grid, HOURS, fields, CMEMS_NAME)
    with netCDF4.Dataset(path, "a") as data:
        data.createVariable("stereographic", "i4", ()).setncatts(
            {"grid_mapping_name": "polar_stereographic", "false_easting": 0.0}
        )
    require_same_motion(nextsim_cmems.read(path, DAY, small_grid), small_grid, (u, v))


def test_contradictions_are_refused_by_name(tmp_path, small_grid, motion):
    def refuse(path, reason):
        with pytest.raises(InputError, match=reason) as caught:
            nextsim_moorings.read(path, DAY, small_grid)
        assert caught.value.file == str(path)

    along, _ = motion
    path = write(tmp_path / "a", small_grid, *along)
    name_components(path, "sea_ice_x_velocity", "northward_sea_ice_velocity")
    refuse(path, "siu, siv: the components do not belong together.*x and north")
    name_components(path, "sea_ice_y_velocity", "sea_ice_x_velocity")
    refuse(path, "siu, siv: the components do not belong together.*y and x")
    path = write(tmp_path / "b", small_grid, *along, false_easting=1.0)
    name_components(path, "eastward_sea_ice_velocity", "northward_sea_ice_velocity")
    refuse(path, "against the false_easting of Polar_Stereographic_Grid")
    path = write(tmp_path / "c", small_grid, *along, false_easting=0.0)
    with netCDF4.Dataset(path, "a") as data:
        data.createVariable("x", "f8", ("x",)).standard_name = "projection_x_coordinate"
    refuse(path, "unclear whether siu and siv run along the grid")


def test_displacements_to_the_east_are_refused(tmp_path):
    shape = (177, 119)
    path = write_drift(tmp_path, DAY, np.full(shape, 10.0), np.full(shape, 5.0), np.full(shape, 30))
    name_components(path, "sea_ice_x_displacement", "sea_ice_y_displacement", ("dX", "dY"))
    assert np.isfinite(osisaf_drift.read(path, DAY).u).all()
    with netCDF4.Dataset(path, "a") as data:
        data["dX"].standard_name, data["dY"].standard_name = "", ""
        data["dX"].long_name, data["dY"].long_name = "Eastward displacement", "Northward displacement"
    with pytest.raises(InputError, match="dX, dY: displacements to the east and north"):
        osisaf_drift.read(path, DAY)
