"""Times and dimensions: valid times by their own dimensions, and no index where the user must choose."""

from datetime import date, datetime, timedelta

import netCDF4
import numpy as np
import pyproj
import pytest
from product_files import EASE2, ease2_axes, frame, write_moorings

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers import cs2smos, nextsim_moorings
from superice.readers.era5 import read_forcings
from superice.readers.nextsim_thickness import read_thickness
from superice.readers.time_series import TimeSeries

FIRST = datetime(2018, 1, 1)
DAY = date(2018, 1, 1)
LATITUDE, LONGITUDE = np.arange(90, 79.9, -1.0), np.arange(0, 360, 2.0)
POLAR = Grid(
    "polar",
    pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273"),
    25e3 * np.arange(-4, 5),
    25e3 * np.arange(-4, 5),
)


def write_weather(path, leading, valid_time=None, step=None, scalar_time=False, order=("latitude", "longitude")):
    """Write a temperature of 250 K plus the hours since FIRST, as GRIB converted to NetCDF may look.

    ``leading`` are dimensions and their sizes; ``time`` holds starts 12 hours apart, ``step`` the hours after them.
    """
    sizes = leading | {"latitude": LATITUDE.size, "longitude": LONGITUDE.size}
    with netCDF4.Dataset(path, "w") as data:
        for name, size in sizes.items():
            data.createDimension(name, size)
        for name, axis in (("latitude", LATITUDE), ("longitude", LONGITUDE)):
            data.createVariable(name, "f8", (name,))[:] = axis
        starts = 12.0 * np.arange(leading.get("time", 1))
        steps = np.asarray(step if step is not None else [0.0])
        time = data.createVariable("time", "f8", () if scalar_time else ("time",))
        time.setncatts({"units": f"hours since {FIRST}", "standard_name": "forecast_reference_time"})
        time[...] = starts[0] if scalar_time else starts
        if step is not None:
            data.createVariable("step", "f8", ("step",))[:] = steps
            data["step"].units = "hours"
        if valid_time:
            valid = starts[:, None] + steps if valid_time == ("time", "step") else steps
            data.createVariable("valid_time", "f8", valid_time)[:] = valid
            data["valid_time"].units = f"hours since {FIRST}"
        for name, value in (("t2m", 250.0), ("u10", 0.0), ("v10", 0.0)):
            dimensions = (*leading, *order)
            variable = data.createVariable(name, "f4", dimensions)
            variable.units = "K" if name == "t2m" else "m s**-1"
            hours = np.zeros([sizes[dimension] for dimension in dimensions])
            for axis, numbers in (("time", starts), ("step", steps)):
                if axis in leading:
                    shape = [-1 if dimension == axis else 1 for dimension in dimensions]
                    hours += numbers[: leading[axis]].reshape(shape)
            variable[:] = value + (hours if name == "t2m" else 0)


def read_hours(folder, moments):
    """Return the hours since FIRST that the temperature tells, of each moment."""
    return [float(fields["t2m"].mean()) - 250 for fields in read_forcings(folder, moments, POLAR)]


def hours_after(*hours):
    return [FIRST + timedelta(hours=hour) for hour in hours]


@pytest.mark.parametrize(
    ("leading", "layout"),
    [
        ({"time": 2, "step": 3}, {"valid_time": ("time", "step")}),
        ({"step": 3, "time": 2}, {"valid_time": ("time", "step")}),
        ({"number": 1, "time": 2, "step": 3}, {"valid_time": ("time", "step")}),
        ({"time": 2, "step": 3}, {}),
        ({"step": 3}, {"valid_time": ("step",), "scalar_time": True}),
        ({"step": 3}, {"scalar_time": True}),
    ],
)
def test_forecasts_are_read_at_their_valid_times(tmp_path, leading, layout):
    write_weather(tmp_path / "any.nc", leading, step=[3, 6, 9], **layout)
    wanted = (3, 6, 9, 15, 21) if "time" in leading else (3, 6, 9)
    assert read_hours(tmp_path, hours_after(*wanted)) == pytest.approx(wanted)
    with pytest.raises(InputError, match="2018-01-01 00:00 is not covered"):
        read_hours(tmp_path, hours_after(0))


def test_forecasts_that_overlap_are_refused(tmp_path):
    write_weather(tmp_path / "any.nc", {"time": 2, "step": 2}, step=[6, 18], valid_time=("time", "step"))
    with pytest.raises(InputError, match="2018-01-01 18:00 is in the files twice"):
        read_hours(tmp_path, hours_after(6))


@pytest.mark.parametrize(
    ("leading", "name", "size"),
    [
        ({"time": 2, "number": 10}, "number", 10),
        ({"number": 10, "time": 2}, "number", 10),
        ({"time": 2, "level": 3}, "level", 3),
        ({"time": 2, "expver": 2, "number": 5}, "number", 5),
    ],
)
def test_members_and_levels_are_refused_by_name_and_size(tmp_path, leading, name, size):
    write_weather(tmp_path / "any.nc", leading)
    with pytest.raises(InputError, match=f"t2m: unclear which of its {size} entries along {name}") as caught:
        read_hours(tmp_path, hours_after(0))
    assert caught.value.value == f"{name}: {size}"


def test_transposed_fields_are_refused(tmp_path):
    write_weather(tmp_path / "any.nc", {"time": 2}, order=("longitude", "latitude"))
    with pytest.raises(InputError, match=r"t2m: its last dimensions are not \(latitude, longitude\)"):
        read_hours(tmp_path, hours_after(0))


def test_times_that_a_variable_does_not_have_are_refused(tmp_path):
    write_weather(tmp_path / "any.nc", {"time": 2})
    with netCDF4.Dataset(tmp_path / "any.nc", "a") as data:
        data.createVariable("other", "f4", ("latitude", "longitude"))
    with pytest.raises(InputError, match="other: has no dimension time, which its times have"):
        TimeSeries("era5", tmp_path, {"other": ("other",)}, hours_after(0))


def rewrite_model(path, dimensions, sizes):
    """Replace the variables of a Moorings file by ones of other dimensions, all 0.5."""
    with netCDF4.Dataset(path, "a") as data:
        for name, size in sizes.items():
            data.createDimension(name, size)
        for name in ("sic", "sit", "siu", "siv"):
            data.renameVariable(name, f"old_{name}")
            variable = data.createVariable(name, "f4", dimensions)
            variable[:] = np.full([len(data.dimensions[dimension]) for dimension in dimensions], 0.5)


@pytest.fixture
def moorings(tmp_path, small_grid):
    fields = dict.fromkeys(("sic", "sit", "siu", "siv"), np.zeros(small_grid.shape))
    return write_moorings(tmp_path, small_grid, [DAY], fields)


@pytest.mark.parametrize("dimensions", [("time", "member", "y", "x"), ("member", "time", "y", "x")])
def test_members_of_the_model_are_refused_by_name_and_size(moorings, small_grid, dimensions):
    rewrite_model(moorings, dimensions, {"member": 4})
    with pytest.raises(InputError, match="sic: unclear which of its 4 entries along member") as caught:
        nextsim_moorings.read(moorings, DAY, small_grid)
    assert caught.value.value == "member: 4"
    with pytest.raises(InputError, match="sit: unclear which of its 4 entries along member"):
        list(read_thickness(moorings.parent, [datetime(2018, 1, 1, 12)], small_grid))


def test_one_member_of_the_model_is_read(moorings, small_grid):
    rewrite_model(moorings, ("member", "time", "y", "x"), {"member": 1})
    assert (nextsim_moorings.read(moorings, DAY, small_grid).sit == 0.5).all()


def test_a_transposed_model_is_refused(moorings, small_grid):
    rewrite_model(moorings, ("time", "x", "y"), {})
    with pytest.raises(InputError, match=r"sic: its last dimensions are not \(y, x\)"):
        nextsim_moorings.read(moorings, DAY, small_grid)
    with pytest.raises(InputError, match=r"sit: its last dimensions are not \(y, x\)"):
        list(read_thickness(moorings.parent, [datetime(2018, 1, 1, 12)], small_grid))


def test_a_day_of_forecasts_is_read_by_valid_times(tmp_path, moorings, small_grid):
    """Starts at noon and midnight with steps of 3 and 9 hours: the day is two forecasts, in four valid times."""
    rewrite_model(moorings, ("start", "lead", "y", "x"), {"start": 3, "lead": 2})
    with netCDF4.Dataset(moorings, "a") as data:
        starts, leads = np.array([-12.0, 0.0, 12.0]), np.array([3.0, 9.0])
        data.createVariable("valid_time", "f8", ("start", "lead"))[:] = starts[:, None] + leads
        data["valid_time"].units = "hours since 2018-01-01"
        data.createDimension("nv", 2)
        data.createVariable("time_bnds", "f8", ("start", "nv"))[:] = starts[:, None] / 24 + np.array([0, 0.5])
        data["sit"][:] = np.arange(3)[:, None, None, None] + 0.5 * np.arange(2)[:, None, None]
    assert nextsim_moorings.read(moorings, DAY, small_grid).sit == pytest.approx(np.mean([1, 1.5, 2, 2.5]))


def test_a_transposed_satellite_product_is_refused(tmp_path):
    """On a square grid nothing but the names of the dimensions tells rows from columns."""
    day = date(2022, 4, 12)
    path = tmp_path / "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220409_20220415_r_v205_01_l4sit.nc"
    bounds = (datetime(2022, 4, 9), datetime(2022, 4, 16))
    with frame(path, EASE2, *ease2_axes(), bounds, "NETCDF4") as data:
        variable = data.createVariable("analysis_sea_ice_thickness", "f4", ("time", "xc", "yc"))
        variable.units, variable.grid_mapping = "m", "mapping"
        variable[:] = 1.5
    with pytest.raises(InputError, match="analysis_sea_ice_thickness: its last dimensions are not those of yc and xc"):
        cs2smos.read(path, day)
