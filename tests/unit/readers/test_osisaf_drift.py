"""OSI SAF drift files: windows, status, components."""

import os
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from product_files import EASE2, frame, noon, write_drift

from superice.errors import InputError, MissingInput
from superice.fields.deformation import drift_deformation
from superice.readers import osisaf_drift

DAY = date(2022, 4, 12)
SHAPE = (177, 119)
REAL = os.environ.get("SUPERICE_REAL_DATA")
real = pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")


def motion():
    """Return dX and dY in km and status, from the top: 10 km to the right and 5 km up, in a block."""
    dx, dy = np.full(SHAPE, np.nan), np.full(SHAPE, np.nan)
    dx[60:90, 40:70], dy[60:90, 40:70] = 10.0, 5.0
    return dx, dy, np.where(np.isfinite(dx), 30, 2)


def test_displacements_become_velocities_on_an_ascending_grid(tmp_path):
    dx, dy, status = motion()
    dy[60] = -5.0
    write_drift(tmp_path, DAY, dx, dy, status)
    drift = osisaf_drift.read(osisaf_drift.find(tmp_path, DAY), DAY)
    assert drift.grid.shape == SHAPE
    assert (drift.grid.y[0], drift.grid.step) == (-5_250_000, 62_500)
    known = np.isfinite(drift.u)
    assert known.sum() == 900
    np.testing.assert_allclose(drift.u[known], 10_000 / 172_800, rtol=1e-6)
    np.testing.assert_allclose(drift.v[SHAPE[0] - 61][40:70], -5_000 / 172_800, rtol=1e-6)
    np.testing.assert_allclose(drift.v[SHAPE[0] - 62][40:70], 5_000 / 172_800, rtol=1e-6)


def test_only_usable_vectors_count(tmp_path):
    dx, dy, status = motion()
    for number, flag in enumerate((13, 20, 21, 22, 30, 0, 11)):
        status[70, 45 + number] = flag
    drift = osisaf_drift.read(write_drift(tmp_path, DAY, dx, dy, status), DAY)
    assert np.isfinite(drift.u[::-1][70, 45:52]).tolist() == [False, True, True, True, True, False, False]


def test_the_window_is_centred_on_the_date_and_merged_sensors_win(tmp_path):
    single = "ice_drift_nh_polstere-625_amsr2-gw1_202204111200-202204131200.nc"
    merged = "ice_drift_nh_polstere-625_multi-oi_202204111200-202204131200.nc"
    day_long = "ice_drift_nh_ease2-750_cdr-v1p0_24h-202204121200.nc"
    (tmp_path / day_long).touch()
    assert osisaf_drift.find(tmp_path, DAY).name == day_long
    (tmp_path / single).touch()
    assert osisaf_drift.find(tmp_path, DAY).name == single
    (tmp_path / merged).touch()
    (tmp_path / merged.replace("0411", "0410").replace("0413", "0412")).touch()
    assert osisaf_drift.find(tmp_path, DAY).name == merged
    with pytest.raises(MissingInput, match="osisaf_drift"):
        osisaf_drift.find(tmp_path, date(2022, 4, 14))


def test_files_of_the_end_month_are_found(tmp_path):
    path = tmp_path / "2022" / "02" / "ice_drift_nh_polstere-625_multi-oi_202201301200-202202011200.nc"
    path.parent.mkdir(parents=True)
    path.touch()
    assert osisaf_drift.find(tmp_path, date(2022, 1, 31)) == path


def test_the_daily_record_ends_on_the_date(tmp_path):
    """OSI-455: 24 hours that end at noon of the date, on the 75 km EASE2 grid."""
    path = tmp_path / "ice_drift_nh_ease2-750_cdr-v1p0_24h-202204121200.nc"
    axis = np.arange(-5362.5, 5400, 75.0)
    end = noon(DAY)
    with frame(path, EASE2, axis, axis[::-1], (end - timedelta(1), end), "NETCDF4", time=end) as data:
        for name, value in (("dX", 4.32), ("dY", -8.64)):
            data.createVariable(name, "f4", ("time", "yc", "xc"), fill_value=np.float32(-1e10))[:] = value
            data[name].units, data[name].grid_mapping = "km", "mapping"
        data.createVariable("status_flag", "i1", ("time", "yc", "xc"))[:] = 30
    drift = osisaf_drift.read(osisaf_drift.find(tmp_path, DAY), DAY)
    assert (drift.grid.shape, drift.grid.step) == ((144, 144), 75_000)
    np.testing.assert_allclose([drift.u[0, 0], drift.v[0, 0]], [0.05, -0.1], rtol=1e-5)


def test_another_window_is_refused(tmp_path):
    path = write_drift(tmp_path, DAY, *motion())
    with pytest.raises(InputError, match="not the window of 2022-04-13"):
        osisaf_drift.read(path, date(2022, 4, 13))
    path = write_drift(tmp_path, DAY, *motion(), hours=72)
    with pytest.raises(InputError, match=r"neither of 48 nor of 24 hours \(found 72 h\)"):
        osisaf_drift.read(path, DAY)


def test_absurd_and_absent_motion_is_refused(tmp_path):
    dx, dy, status = motion()
    fast = dx.copy()
    fast[70, 50] = 151.0
    with pytest.raises(InputError, match="150 km in 48 h") as caught:
        osisaf_drift.read(write_drift(tmp_path, DAY, fast, dy, status), DAY)
    assert caught.value.variable == "dX"
    with pytest.raises(InputError, match=r"no usable vector|no valid value"):
        osisaf_drift.read(write_drift(tmp_path, DAY, dx, dy, status * 0), DAY)
    path = write_drift(tmp_path, DAY, dx, dy, status)
    with netCDF4.Dataset(path, "a") as data:
        data.renameVariable("dY", "dZ")
    with pytest.raises(InputError, match="variable missing") as caught:
        osisaf_drift.read(path, DAY)
    assert caught.value.variable == "dY"


@real
@pytest.mark.parametrize(("day", "vectors"), [(date(2021, 10, 28), 1495), (date(2022, 4, 12), 2274)])
def test_real_vectors_are_those_with_a_usable_status(day, vectors):
    folder = Path(REAL) / "osisaf_drift"
    drift = osisaf_drift.read(osisaf_drift.find(folder, day), day)
    assert np.isfinite(drift.u).sum() == np.isfinite(drift.v).sum() == vectors


@real
def test_real_velocity_follows_the_end_points():
    """The displacement agrees with the projected end points of the vectors, y positive up."""
    folder = Path(REAL) / "osisaf_drift"
    path = osisaf_drift.find(folder, DAY)
    drift = osisaf_drift.read(path, DAY)
    import pyproj

    with netCDF4.Dataset(path) as data:
        longitude, latitude = (data[name][0].filled(np.nan)[::-1] for name in ("lon1", "lat1"))
    x, y = pyproj.Proj(drift.grid.crs)(longitude, latitude, errcheck=False)
    known = np.isfinite(drift.u)
    seconds = 48 * 3600
    assert np.abs((x - drift.grid.x - drift.u * seconds)[known]).max() < 100
    assert np.abs((y - drift.grid.y[:, None] - drift.v * seconds)[known]).max() < 100


@real
@pytest.mark.parametrize("name", ["dX", "dY", "lat1"])
def test_a_damaged_part_of_a_real_file_shows(tmp_path, name):
    """Zeros in the middle of the pack are recognised as damage: the end points contradict them."""
    source = osisaf_drift.find(Path(REAL) / "osisaf_drift", DAY)
    path = tmp_path / source.name
    shutil.copyfile(source, path)
    path.chmod(0o644)
    with netCDF4.Dataset(path, "a") as data:
        data[name][0, 80:84] = 0 * data[name][0, 80:84]
    with pytest.raises(InputError, match="do not lead to their end points"):
        osisaf_drift.read(path, DAY)


@real
def test_real_deformation_has_the_size_of_sea_ice_in_winter():
    folder = Path(REAL) / "osisaf_drift"
    divergence, shear = [], []
    for day in (date(2021, 10, 28), date(2022, 1, 1), date(2022, 4, 10), date(2022, 4, 12)):
        drift = osisaf_drift.read(osisaf_drift.find(folder, day), day)
        rates = [
            rate[np.isfinite(rate)] * 86400 for rate in drift_deformation(drift.u, drift.v, drift.grid, drift.grid.crs)
        ]
        divergence.append(rates[0])
        shear.append(rates[1])
    low, high = np.percentile(np.concatenate(divergence), [1, 99])
    assert -0.15 < low < -0.03 and 0.03 < high < 0.15
    middle, top = np.percentile(np.concatenate(shear), [50, 99])
    assert 0.01 < middle < 0.05 and 0.08 < top < 0.3


@real
def test_the_real_southern_file_is_refused(tmp_path):
    source = next((Path(REAL) / "osisaf_drift").glob("*_sh_*.nc"))
    with pytest.raises(InputError, match="wrong hemisphere"):
        osisaf_drift.read(source, date(2016, 9, 14))
    half = tmp_path / source.name
    shutil.copyfile(source, half)
    half.chmod(0o644)
    with half.open("r+b") as file:
        file.truncate(300_000)
    with pytest.raises(InputError, match="truncated"):
        osisaf_drift.read(half, date(2016, 9, 14))


def add_times(path, names, starts, ends, units=("seconds", "seconds")):
    """Add the times of vectors to a file, from the top."""
    with netCDF4.Dataset(path, "a") as data:
        for name, values, unit in zip(names, (starts, ends), units, strict=True):
            variable = data.createVariable(name, "i4", ("time", "yc", "xc"), fill_value=2147483647)
            variable.units = unit
            variable[0] = values
    return path


def take_at_other_times():
    """Return offsets of starts and ends in s, from the top: the right half ends late, the lower half starts early."""
    starts, ends = np.zeros(SHAPE), np.zeros(SHAPE)
    ends[:, 55:], starts[75:] = 6 * 3600, -3 * 3600
    return starts, ends


UNITS = {
    "dt": ("seconds", "seconds"),
    "hours": ("hours", "hours"),
    "t": ("seconds since 2022-04-11T12:00:00Z", "seconds since 2022-04-13T12:00:00Z"),
    "epoch": ("seconds since 1978-01-01 00:00:00", "seconds since 1978-01-01 00:00:00"),
}


@pytest.mark.parametrize("kind", UNITS)
def test_a_displacement_is_divided_by_its_own_duration(tmp_path, kind):
    """A uniform velocity whose images were taken at other times: nominal durations would make it deform."""
    starts, ends = take_at_other_times()
    seconds = 172_800 + ends - starts
    _, _, status = motion()
    path = write_drift(tmp_path, DAY, 1e-4 * seconds, -5e-5 * seconds, status)
    if kind == "hours":
        starts, ends = starts / 3600, ends / 3600
    if kind == "epoch":
        first, last = ((noon(DAY + timedelta(n)) - datetime(1978, 1, 1)).total_seconds() for n in (-1, 1))
        starts, ends = starts + first, ends + last
    add_times(path, ("dt0", "dt1") if kind in ("dt", "hours") else ("t0", "t1"), starts, ends, UNITS[kind])
    drift = osisaf_drift.read(path, DAY)
    known = np.isfinite(drift.u)
    np.testing.assert_allclose(drift.u[known], 0.1, rtol=1e-6)
    np.testing.assert_allclose(drift.v[known], -0.05, rtol=1e-6)


def test_vectors_without_times_of_their_own_last_the_nominal_period(tmp_path):
    dx, dy, status = motion()
    path = add_times(write_drift(tmp_path, DAY, dx, dy, status), ("dt0", "dt1"), np.full(SHAPE, 2147483647), 0)
    drift = osisaf_drift.read(path, DAY)
    assert np.nanmax(drift.u) == np.nanmin(drift.u) == 10_000 / 172_800


def test_times_of_vectors_far_from_their_period_are_refused(tmp_path):
    dx, dy, status = motion()
    starts = np.zeros(SHAPE)
    starts[70, 50] = 90_000
    path = add_times(write_drift(tmp_path, DAY, dx, dy, status), ("dt0", "dt1"), starts, 0)
    with pytest.raises(InputError, match=r"dt0: 1 values outside -43200 to 43200 s .*found 90000 s"):
        osisaf_drift.read(path, DAY)


@real
@pytest.mark.parametrize(
    "path", sorted((Path(REAL or "") / "osisaf_drift").glob("*_nh_*.nc")), ids=lambda path: path.name
)
def test_merged_products_are_corrected_to_the_nominal_period(path):
    with netCDF4.Dataset(path) as data:
        assert not data["dt0"][:].any() and not data["dt1"][:].any()
        day = noon(date(1978, 1, 1)) + timedelta(seconds=float(data["time_bnds"][0].mean()), hours=-12)
        status, dx = (data[name][0][::-1] for name in ("status_flag", "dX"))
    u = osisaf_drift.read(path, day.date()).u
    np.testing.assert_array_equal(u[status >= 20], np.asarray(dx, float)[status >= 20] * 1000 / 172_800)
