"""ERA5: both layouts, units, calendars, coverage, and vectors at the pole."""

import os
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
import pytest
import xarray as xr

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.fields.vectors import east_on_map, rotate_to_geographic
from superice.readers import era5, time_series
from superice.readers.era5 import prepare_interpolation, read_forcings
from superice.readers.product_file import open_product
from superice.readers.time_series import TimeSeries
from superice.synthetic.forced_files import write_new_era5, write_old_era5

LATITUDE = np.arange(90, 74.9, -0.5)
FIRST = datetime(2018, 1, 1)
REAL = os.environ.get("SUPERICE_REAL_DATA")
real = pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")


def moments(count=3):
    return [FIRST + timedelta(hours=6 * n) for n in range(count)]


def longitudes(first=0.0):
    return first + np.arange(0, 360, 2.0)


def fields(longitude, times=3, latitude=LATITUDE):
    """Return a temperature that falls towards the pole, and a uniform wind on the map: 5 m/s along x, -2 along y."""
    points = np.meshgrid(longitude, latitude)
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    wind = rotate_to_geographic(
        east_on_map(crs, *points), np.full(points[0].shape, 5.0), np.full(points[0].shape, -2.0)
    )
    repeated = lambda values: np.repeat(values[None], times, axis=0)
    return {"t2m": repeated(340 - points[1]), "u10": repeated(wind[0]), "v10": repeated(wind[1])}


@pytest.fixture(scope="module")
def polar_grid():
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    return Grid("polar", crs, 25e3 * np.arange(-20, 24), 25e3 * np.arange(-30, 20))


@pytest.mark.parametrize(("write", "west"), [(write_old_era5, 0.0), (write_new_era5, -180.0)])
@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_both_layouts_give_one_wind_on_the_whole_map(polar_grid, tmp_path, write, west, method):
    write(tmp_path / "any.nc", moments(), LATITUDE, longitudes(west), fields(longitudes(west)))
    for found in read_forcings(tmp_path, moments(), polar_grid, method):
        assert np.abs(found["u10"] - 5).max() < 2e-3 and np.abs(found["v10"] + 2).max() < 2e-3
        expected = 340 - polar_grid.lonlat()[1]
        assert np.abs(found["t2m"] - expected).max() < (0.26 if method == "nearest" else 1e-3)


def test_bilinear_reproduces_a_linear_field_across_the_seam(polar_grid, tmp_path):
    """Within 2 degrees cos(longitude) is nearly linear; an error at the seam would be as large as its whole range."""
    longitude = longitudes()
    content = fields(longitude, 1)
    content["t2m"] = np.broadcast_to(250 + 10 * np.cos(np.deg2rad(longitude)), content["t2m"].shape)
    write_new_era5(tmp_path / "any.nc", moments(1), LATITUDE, longitude, content)
    (found,) = read_forcings(tmp_path, moments(1), polar_grid, "bilinear")
    expected = 250 + 10 * np.cos(np.deg2rad(polar_grid.lonlat()[0]))
    assert np.abs(found["t2m"] - expected).max() < 10 * np.deg2rad(2) ** 2 / 8 * 1.01


def test_bilinear_takes_the_near_edge_of_a_regional_file_beside_it(tmp_path):
    """Cells up to half a step west of the first longitude are covered; the last one is 20 degrees away."""
    longitude = np.arange(10.0, 32.0, 2.0)
    content = fields(longitude, 1)
    content["t2m"] = np.broadcast_to(250 + longitude, content["t2m"].shape)
    write_new_era5(tmp_path / "any.nc", moments(1), LATITUDE, longitude, content)
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=10 +R=6378273")
    _, y = pyproj.Proj(crs)(10.0, 80.0)
    grid = Grid("edge", crs, 3e3 * np.arange(-4, 6), y + 3e3 * np.arange(-3, 3))
    assert grid.lonlat()[0].min() < 10
    (found,) = read_forcings(tmp_path, moments(1), grid, "bilinear")
    np.testing.assert_allclose(found["t2m"], 250 + np.maximum(grid.lonlat()[0], 10), atol=1e-3)


def make_grid_at(longitude):
    """Return a small grid around a longitude at 80 degrees north."""
    crs = pyproj.CRS(f"+proj=stere +lat_0=90 +lat_ts=90 +lon_0={longitude} +R=6378273")
    _, y = pyproj.Proj(crs)(longitude, 80.0)
    return Grid("region", crs, 3e3 * np.arange(-5, 5), y + 3e3 * np.arange(-5, 5))


@pytest.mark.parametrize("northward", [True, False], ids=["latitudes upwards", "latitudes downwards"])
@pytest.mark.parametrize("eastward", [True, False], ids=["longitudes upwards", "longitudes downwards"])
@pytest.mark.parametrize("first", [10.0, 170.0, -30.0], ids=["east", "across 180", "west"])
def test_regional_axes_of_either_direction_hold_the_same_field(tmp_path, first, eastward, northward):
    """A plane in longitude and latitude is exact between points; a region 40 degrees farther on is refused."""
    longitude = first + np.arange(0, 22, 2.0)[:: 1 if eastward else -1]
    latitude = LATITUDE[:: -1 if northward else 1]
    content = fields(longitude, 1, latitude)
    plane = 200 + (longitude - first) + 0.5 * latitude[:, None]
    write_new_era5(tmp_path / "any.nc", moments(1), latitude, longitude, content | {"t2m": plane[None]})
    grid = make_grid_at(first + 9)
    wanted_longitude, wanted_latitude = grid.lonlat()
    expected = 200 + (wanted_longitude - first) % 360 + 0.5 * wanted_latitude
    for method, error in (("bilinear", 1e-3), ("nearest", 1.3)):
        (found,) = read_forcings(tmp_path, moments(1), grid, method)
        assert np.abs(found["t2m"] - expected).max() < error
        for distance in (-40, 40, 180):
            with pytest.raises(InputError, match=r"does not cover the grid: 100 of 100 cells of 'region' lie outside"):
                list(read_forcings(tmp_path, moments(1), make_grid_at(first + 9 + distance), method))


def test_times_without_a_calendar_have_the_standard_one(polar_grid, tmp_path):
    """As CF says; without units they are refused for what they lack."""
    path = tmp_path / "any.nc"
    write_new_era5(path, moments(), LATITUDE, longitudes(), fields(longitudes()))
    whole = list(read_forcings(tmp_path, moments(), polar_grid))
    with netCDF4.Dataset(path, "a") as file:
        del file["valid_time"].calendar
    for found, expected in zip(read_forcings(tmp_path, moments(), polar_grid), whole, strict=True):
        assert all(np.array_equal(found[name], expected[name]) for name in expected)
    with netCDF4.Dataset(path, "a") as file:
        del file["valid_time"].units
    with pytest.raises(InputError, match=r"any\.nc, valid_time: times that cannot be converted .*\(found no unit\)"):
        list(read_forcings(tmp_path, moments(), polar_grid))


def test_variables_may_have_files_of_their_own(polar_grid, tmp_path):
    content = fields(longitudes())
    for name, values in content.items():
        write_old_era5(tmp_path / f"ERA5_{name}_y2018.nc", moments(), LATITUDE, longitudes(), {name: values})
    assert len(list(read_forcings(tmp_path, moments(), polar_grid))) == 3


def test_daily_files_of_the_same_points_share_their_weights(polar_grid, tmp_path, monkeypatch):
    """Three variables in files of their own, a file a day, beside as many files of another year."""
    for year in (2017, 2018):
        for day in range(5):
            moment = datetime(year, 1, 1 + day)
            for name, values in fields(longitudes(), 1).items():
                path = tmp_path / f"{name}_{moment:%Y%m%d}.nc"
                write_new_era5(path, [moment], LATITUDE, longitudes(), {name: values})
    prepared, opened = [], []
    monkeypatch.setattr(
        era5, "prepare_interpolation", lambda *given: prepared.append(given) or prepare_interpolation(*given)
    )
    monkeypatch.setattr(time_series, "open_product", lambda *given: opened.append(given[1]) or open_product(*given))
    wanted = [FIRST + timedelta(days=day) for day in range(5)]
    assert len(list(read_forcings(tmp_path, wanted, polar_grid))) == 5
    assert len(prepared) == 1
    assert {path.name[-11:-7] for path in opened} == {"2018"} and len(opened) <= 2 * 15


@pytest.mark.parametrize("order", [("a_final.nc", "b_preliminary.nc"), ("b_final.nc", "a_preliminary.nc")])
def test_of_two_files_the_final_one_is_taken(polar_grid, tmp_path, order):
    """A month that was fetched as ERA5T (version 0005), and again when it had become ERA5 (0001)."""
    for name, version, warmer in zip(order, ("0001", "0005"), (0, 7), strict=True):
        content = fields(longitudes())
        write_new_era5(tmp_path / name, moments(), LATITUDE, longitudes(), content | {"t2m": content["t2m"] + warmer})
        with netCDF4.Dataset(tmp_path / name, "a") as file:
            file["expver"][:] = np.array([version] * 3, dtype=object)
    found = next(read_forcings(tmp_path, moments(), polar_grid))
    assert np.abs(found["t2m"] - (340 - polar_grid.lonlat()[1])).max() < 0.26


@pytest.mark.parametrize("numbers", [(1, 5), (5, 1)])
def test_a_value_of_the_final_version_comes_before_the_preliminary_one(polar_grid, tmp_path, numbers):
    content = fields(longitudes(), 1)
    write_old_era5(tmp_path / "wind.nc", moments(1), LATITUDE, longitudes(), {k: content[k] for k in ("u10", "v10")})
    with netCDF4.Dataset(tmp_path / "versions.nc", "w") as file:
        for name, size in (("time", 1), ("expver", 2), ("latitude", LATITUDE.size), ("longitude", 180)):
            file.createDimension(name, size)
        file.createVariable("time", "i4", ("time",)).setncatts({"units": "hours since 2018-01-01"})
        file["time"][:] = [0]
        file.createVariable("expver", "i4", ("expver",))[:] = numbers
        for name, axis in (("latitude", LATITUDE), ("longitude", longitudes())):
            file.createVariable(name, "f8", (name,))[:] = axis
        values = file.createVariable("t2m", "f4", ("time", "expver", "latitude", "longitude"), fill_value=np.nan)
        values.units = "K"
        for place, number in enumerate(numbers):
            values[0, place] = content["t2m"][0] + number
    (found,) = read_forcings(tmp_path, moments(1), polar_grid)
    assert np.abs(found["t2m"] - (340 - polar_grid.lonlat()[1] + 1)).max() < 0.26


def test_of_two_versions_the_one_with_values_is_taken(polar_grid, tmp_path):
    """An old file of recent months has a dimension expver: one version is ERA5, the other the preliminary ERA5T."""
    content = fields(longitudes(), 2)
    path = tmp_path / "mixed.nc"
    write_old_era5(path, moments(2), LATITUDE, longitudes(), {k: content[k] for k in ("u10", "v10")})
    with netCDF4.Dataset(tmp_path / "versions.nc", "w") as file:
        for name, size in (("time", 2), ("expver", 2), ("latitude", LATITUDE.size), ("longitude", 180)):
            file.createDimension(name, size)
        file.createVariable("time", "i4", ("time",)).setncatts({"units": "hours since 2018-01-01"})
        file["time"][:] = [0, 6]
        for name, axis in (("latitude", LATITUDE), ("longitude", longitudes())):
            file.createVariable(name, "f8", (name,))[:] = axis
        values = file.createVariable("t2m", "f4", ("time", "expver", "latitude", "longitude"), fill_value=np.nan)
        values.units = "K"
        values[0, 0], values[0, 1] = content["t2m"][0], np.nan
        values[1, 0], values[1, 1] = np.nan, content["t2m"][1] + 7
    first, second = read_forcings(tmp_path, moments(2), polar_grid)
    assert np.allclose(second["t2m"], first["t2m"] + 7, atol=1e-3)


def changed(path, name, **attributes):
    with netCDF4.Dataset(path, "a") as file:
        file[name].setncatts(attributes)


@pytest.mark.parametrize(
    ("name", "attributes", "sentence"),
    [
        ("t2m", {"units": "Pa"}, "t2m: a unit that cannot be converted to K .found Pa"),
        ("u10", {"units": ""}, "u10: no unit is stated"),
        ("u10", {"units": "knotty"}, "u10: an unknown unit; m s-1 .* is needed"),
        ("u10", {"standard_name": "northward_wind"}, "u10: a component to east is needed .found northward_wind"),
        ("v10", {"GRIB_gridType": "rotated_ll"}, "v10: not on a regular grid .*rotated_ll"),
        ("latitude", {"standard_name": "grid_latitude"}, "latitude: an axis of a rotated grid"),
        ("valid_time", {"calendar": "360_day"}, "valid_time: a calendar other than the standard one.*360_day"),
    ],
)
def test_another_unit_or_calendar_is_refused_by_name(polar_grid, tmp_path, name, attributes, sentence):
    path = tmp_path / "any.nc"
    write_new_era5(path, moments(), LATITUDE, longitudes(), fields(longitudes()))
    changed(path, name, **attributes)
    with pytest.raises(InputError, match=sentence) as refused:
        list(read_forcings(tmp_path, moments(), polar_grid))
    assert str(path) in str(refused.value)


def test_other_units_of_wind_and_temperature_are_converted(polar_grid, tmp_path):
    content = fields(longitudes(), 1)
    other = {"t2m": content["t2m"] - 273.15, "u10": content["u10"] * 3.6, "v10": content["v10"] / 0.5144444}
    write_new_era5(tmp_path / "any.nc", moments(1), LATITUDE, longitudes(), other)
    for name, units in (("t2m", "°C"), ("u10", "km h**-1"), ("v10", "knots")):
        changed(tmp_path / "any.nc", name, units=units)
    (found,) = read_forcings(tmp_path, moments(1), polar_grid, "bilinear")
    assert np.abs(found["u10"] - 5).max() < 2e-3 and np.abs(found["v10"] + 2).max() < 2e-3
    assert np.abs(found["t2m"] - (340 - polar_grid.lonlat()[1])).max() < 1e-3


def test_celsius_under_the_name_of_kelvin_is_refused(polar_grid, tmp_path):
    content = fields(longitudes())
    write_new_era5(tmp_path / "any.nc", moments(), LATITUDE, longitudes(), content | {"t2m": content["t2m"] - 273.15})
    with pytest.raises(InputError, match="t2m: temperature in °C though its unit says K"):
        list(read_forcings(tmp_path, moments(), polar_grid))


def test_moments_that_are_not_covered_are_named(polar_grid, tmp_path):
    write_new_era5(tmp_path / "any.nc", moments(), LATITUDE, longitudes(), fields(longitudes()))
    with pytest.raises(InputError, match=r"t2m: 2018-01-01 18:00 is not covered, nor are 1 other.*to 2018-01-01 12:00"):
        list(read_forcings(tmp_path, moments(5), polar_grid))


def test_a_moment_in_two_files_is_refused(polar_grid, tmp_path):
    for name in ("a.nc", "b.nc"):
        write_new_era5(tmp_path / name, moments(), LATITUDE, longitudes(), fields(longitudes()))
    with pytest.raises(InputError, match=r"b.nc, t2m: 2018-01-01 00:00 is in the files twice.*a.nc"):
        list(read_forcings(tmp_path, moments(), polar_grid))


def test_a_region_that_does_not_hold_the_grid_is_refused(polar_grid, tmp_path):
    south = LATITUDE[LATITUDE <= 85]
    write_new_era5(tmp_path / "any.nc", moments(), south, longitudes(), fields(longitudes(), latitude=south))
    with pytest.raises(InputError, match=r"does not cover the grid: .* lie outside"):
        list(read_forcings(tmp_path, moments(), polar_grid))


def test_nearest_is_nearest_on_the_sphere(polar_grid, tmp_path):
    """Compare with a search over all points."""
    path = tmp_path / "any.nc"
    write_new_era5(path, moments(1), LATITUDE, longitudes(), fields(longitudes(), 1))
    with open_product("era5", path) as file:
        interpolation = prepare_interpolation(file, polar_grid)
    points = np.meshgrid(longitudes(), LATITUDE)
    geod = pyproj.Geod(a=6371000, b=6371000)
    longitude, latitude = polar_grid.lonlat()
    for row, column in ((0, 0), (3, 40), (29, 20), (45, 11)):
        here = (np.full(points[0].size, part[row, column]) for part in (longitude, latitude))
        distance = geod.inv(*here, *(part.ravel() for part in points))[2]
        assert distance[interpolation.points[0, row, column]] <= distance.min() + 1


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("cdsnew_2m_temperature_stream-oper_daily-mean_jan2018.nc", datetime(2018, 1, 17)),
        ("earthkit_notebooks_era5.nc", datetime(2017, 1, 1, 12)),
    ],
)
@real
def test_real_files_against_xarray(tmp_path, name, moment):
    """Compare a region in the new layout, and the globe with other names, with xarray's interpolation to single cells."""
    (tmp_path / name).symlink_to(Path(REAL) / "era5" / name)
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-142 +ellps=WGS84")
    x, y = pyproj.Proj(crs)(-142, 70.2)
    grid = Grid("coast", crs, x + 9e3 * np.arange(-5, 5), y + 9e3 * np.arange(-4, 4))
    with closing(TimeSeries("era5", tmp_path, {"t2m": ("t2m",)}, [moment])) as series:
        file, field = series.open_file("t2m", moment), series.read_field("t2m", moment)
        near, between = (prepare_interpolation(file, grid, method).regrid(field) for method in ("nearest", "bilinear"))
    assert 230 < near.min() < near.max() < 280
    with xr.open_dataset(tmp_path / name) as dataset:
        t2m = dataset.t2m.rename({d: d[:3] for d in dataset.t2m.dims if d.startswith("l")})
        t2m = t2m.sel(valid_time=moment) if "valid_time" in t2m.dims else t2m
        points = {n: xr.DataArray(v, dims=("y", "x")) for n, v in zip(("lon", "lat"), grid.lonlat())}
        linear = t2m.interp(**points).values
    assert np.abs(between - linear).max() < 1e-3
    assert np.abs(near - linear).max() < 3
