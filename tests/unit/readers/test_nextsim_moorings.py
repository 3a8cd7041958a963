"""Moorings files: days, weeks and hours, memory, refusals."""

import os
import tracemalloc
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError, MissingInput
from superice.fields.grid import Grid
from superice.readers import nextsim_moorings

DAY = date(2022, 4, 12)
REAL = os.environ.get("SUPERICE_REAL_DATA")


@pytest.fixture
def fields(small_grid):
    random = np.random.default_rng(0)
    shape = small_grid.shape
    values = {
        "sic": random.uniform(0, 1, shape),
        "sit": random.uniform(0, 4, shape),
        "siu": random.uniform(-0.3, 0.3, shape),
        "siv": random.uniform(-0.3, 0.3, shape),
        "divergence": random.uniform(-1e-5, 1e-5, shape),
    }
    for field in values.values():
        field[:4, :6] = np.nan
    return values


def test_a_day_reads_with_fill_values_missing(tmp_path, small_grid, fields):
    write_moorings(tmp_path, small_grid, [DAY], fields)
    model = nextsim_moorings.read(nextsim_moorings.find(tmp_path, DAY), DAY, small_grid)
    for name, values in (("sic", model.sic), ("sit", model.sit), ("siu", model.u), ("siv", model.v)):
        np.testing.assert_allclose(values, fields[name], rtol=1e-6)
    np.testing.assert_allclose(model.divergence, fields["divergence"], rtol=1e-6)


def test_divergence_may_be_absent(tmp_path, small_grid, fields):
    del fields["divergence"]
    assert (
        nextsim_moorings.read(write_moorings(tmp_path, small_grid, [DAY], fields), DAY, small_grid).divergence is None
    )


@pytest.mark.parametrize("name", ["Moorings_2022m04.nc", "Moorings_2022.nc", "Moorings.nc", "Moorings_2022w15.nc"])
def test_the_day_is_picked_from_longer_files(tmp_path, small_grid, fields, name):
    days = [DAY + timedelta(n) for n in range(-1, 4)]
    for key in fields:
        fields[key] = np.stack([fields[key] / (1 + n) for n in range(5)])
    write_moorings(tmp_path, small_grid, days, fields, name)
    model = nextsim_moorings.read(nextsim_moorings.find(tmp_path, days[3]), days[3], small_grid)
    np.testing.assert_allclose(model.sit, fields["sit"][3], rtol=1e-6)


def test_the_shortest_interval_is_found_first(tmp_path):
    for name in (
        "Moorings.nc",
        "Moorings_2022.nc",
        "Moorings_2022m04.nc",
        "Moorings_2022m05.nc",
        "Moorings_2022d102.nc",
    ):
        (tmp_path / name).touch()
    assert nextsim_moorings.find(tmp_path, DAY).name == "Moorings_2022d102.nc"
    assert nextsim_moorings.find(tmp_path, date(2022, 4, 13)).name == "Moorings_2022m04.nc"
    assert nextsim_moorings.find(tmp_path, date(2022, 6, 1)).name == "Moorings_2022.nc"
    assert nextsim_moorings.find(tmp_path, date(2021, 6, 1)).name == "Moorings.nc"
    with pytest.raises(MissingInput, match="nextsim"):
        nextsim_moorings.find(tmp_path / "nowhere", DAY)


def week(first):
    return [first + timedelta(n) for n in range(7)]


@pytest.mark.parametrize("numbering", ["%Gw%V", "%Yw%V", "%Yw%W", "%Yw%U"])
@pytest.mark.parametrize("start", [date(2020, 12, 28), date(2020, 12, 27), date(2021, 1, 1)])
def test_weeks_are_matched_by_their_times_however_they_are_numbered(tmp_path, small_grid, fields, numbering, start):
    weeks = {}
    for shift in (-14, -7, 0, 7):
        first = start + timedelta(shift)
        weeks[first] = write_moorings(tmp_path, small_grid, week(first), fields, f"Moorings_{first:{numbering}}.nc")
    assert len(set(weeks.values())) == 4
    for first, path in weeks.items():
        assert {nextsim_moorings.find(tmp_path, day) for day in week(first)} == {path}
    with pytest.raises(MissingInput):
        nextsim_moorings.find(tmp_path, start + timedelta(14))


def test_a_damaged_week_is_not_missing_and_leaves_its_neighbours_alone(tmp_path, small_grid, fields):
    for monday in (date(2022, 4, 4), date(2022, 4, 18)):
        write_moorings(tmp_path, small_grid, week(monday), fields, f"Moorings_{monday:%Yw%V}.nc")
    damaged = tmp_path / "2022" / "04" / "Moorings_2022w15.nc"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no NetCDF")
    assert nextsim_moorings.find(tmp_path, DAY) == damaged
    refused(damaged, small_grid, "cannot be read")
    assert nextsim_moorings.find(tmp_path, date(2022, 4, 10)).name == "Moorings_2022w14.nc"
    assert nextsim_moorings.find(tmp_path, date(2022, 4, 18)).name == "Moorings_2022w16.nc"


def hours(day, step, first=0.0):
    return [datetime(day.year, day.month, day.day) + timedelta(hours=first + n * step) for n in range(int(24 / step))]


@pytest.mark.parametrize("step", [1, 6, 12])
@pytest.mark.parametrize("first", [0, 0.5])
def test_a_day_of_hours_is_their_mean(tmp_path, small_grid, fields, step, first):
    times = [moment for n in (-1, 0, 1) for moment in hours(DAY + timedelta(n), step, first * step)]
    random = np.random.default_rng(1)
    for key in fields:
        fields[key] = fields[key] * random.uniform(0.2, 1, (len(times), 1, 1))
    model = nextsim_moorings.read(write_moorings(tmp_path, small_grid, times, fields, "Moorings.nc"), DAY, small_grid)
    today = slice(24 // step, 48 // step)
    for name, values in (("sic", model.sic), ("sit", model.sit), ("siu", model.u), ("divergence", model.divergence)):
        np.testing.assert_allclose(values, fields[name][today].mean(axis=0), rtol=1e-5, atol=1e-12)


def test_a_cell_that_lacks_an_hour_is_missing(tmp_path, small_grid, fields):
    fields["sit"] = np.repeat(fields["sit"][None], 4, axis=0)
    fields["sit"][2, 20, 20] = np.nan
    model = nextsim_moorings.read(write_moorings(tmp_path, small_grid, hours(DAY, 6), fields), DAY, small_grid)
    assert np.isnan(model.sit[20, 20]) and np.isfinite(model.sit[20, 21])


@pytest.mark.parametrize(
    ("times", "bounds", "reason"),
    [
        (hours(DAY, 6)[:3], None, "not evenly filled by steps of 6:00:00"),
        (hours(DAY, 1)[:5] + hours(DAY, 1)[6:], None, "not evenly filled by steps of 1:00:00"),
        ([*hours(DAY, 6)[:3], hours(DAY, 6)[3] + timedelta(hours=2)], None, "not evenly filled"),
        (hours(DAY, 6)[:1], timedelta(hours=6), "not evenly filled by steps of 6:00:00"),
        ([*hours(DAY, 6), *hours(DAY, 6)[:1]], None, "2022-04-12 is in the file twice"),
        ([DAY, DAY], None, "2022-04-12 is in the file twice"),
        ([DAY - timedelta(1)], None, "2022-04-12 is not in the file"),
        ([DAY], timedelta(30), "a mean over more than a day"),
    ],
)
def test_a_day_in_parts_or_twice_is_refused(tmp_path, small_grid, fields, times, bounds, reason):
    path = write_moorings(tmp_path, small_grid, times, fields, "Moorings.nc", bounds=bounds)
    assert refused(path, small_grid, reason) == "time"


def test_two_means_of_one_day_among_days_are_refused(tmp_path, small_grid, fields):
    """A day at midnight and at noon would pass for two halves, if the other days did not say otherwise."""
    days = [DAY + timedelta(n) for n in range(-2, 3)]
    path = write_moorings(tmp_path, small_grid, [*days, *hours(DAY, 24)], fields, "Moorings.nc")
    refused(path, small_grid, "not evenly filled by steps of 1 day")
    assert nextsim_moorings.read(path, days[0], small_grid).sit.shape == small_grid.shape


def test_a_day_of_a_month_takes_the_memory_of_a_day(tmp_path, small_grid):
    big = small_grid.pad(150)
    days = [date(2022, 3, 1) + timedelta(n) for n in range(31)]
    names = ("sic", "sit", "siu", "siv", "divergence")
    month = write_moorings(tmp_path, big, days, dict.fromkeys(names, np.zeros(big.shape)), "Moorings_2022m03.nc")
    one = write_moorings(tmp_path, big, days[:1], dict.fromkeys(names, np.zeros(big.shape)))

    def peak(path):
        tracemalloc.start()
        nextsim_moorings.read(path, days[0], big)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(one)
    assert peak(month) < 1.1 * peak(one)
    # A month of one variable alone is more than all that the day needs.
    assert peak(month) < 31 * 4 * big.shape[0] * big.shape[1]


def test_a_window_of_a_larger_lattice_reads(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    inner = Grid("inner", small_grid.crs, small_grid.x[5:30], small_grid.y[3:20])
    np.testing.assert_allclose(nextsim_moorings.read(path, DAY, inner).sit, fields["sit"][3:20, 5:30], rtol=1e-6)


def test_other_lattices_are_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    for other in (
        Grid("shifted", small_grid.crs, small_grid.x + 400, small_grid.y),
        Grid("coarser", small_grid.crs, small_grid.x[:10] * 2, small_grid.y[0] + 6000.0 * np.arange(10)),
        small_grid.pad(1),
    ):
        assert refused(path, other, "wrong grid") == "longitude, latitude"


def refused(path, grid, match):
    with pytest.raises(InputError, match=match) as caught:
        nextsim_moorings.read(path, DAY, grid)
    assert caught.value.file == str(path)
    return caught.value.variable


@pytest.mark.parametrize(
    ("name", "change", "reason", "value"),
    [
        ("sic", lambda f: f * 100, "outside 0 to 1", "9"),
        ("sit", lambda f: f * 6, "outside 0 to 20 m", "2"),
        ("sit", lambda f: f - 1, "outside 0 to 20 m", "-0.9"),
        ("divergence", lambda f: f * 86400, "outside -0.001 to 0.001 s-1", ""),
        ("siu", lambda f: f * 100, "outside -3 to 3 m s-1", ""),
        ("siv", lambda f: f * np.nan, "no valid value", ""),
    ],
)
def test_values_out_of_range_are_refused_by_variable(tmp_path, small_grid, fields, name, change, reason, value):
    fields[name] = change(fields[name])
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    with pytest.raises(InputError, match=reason) as caught:
        nextsim_moorings.read(path, DAY, small_grid)
    assert (caught.value.file, caught.value.variable) == (str(path), name)
    assert str(caught.value.value or "").startswith(value)


def test_fill_values_as_numbers_are_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields, fill=False)
    with pytest.raises(InputError, match=r"fill value left as a number \(found -1e\+14\)") as caught:
        nextsim_moorings.read(path, DAY, small_grid)
    assert (caught.value.file, caught.value.variable) == (str(path), "sic")


def test_a_missing_variable_is_refused_by_name(tmp_path, small_grid, fields):
    del fields["siv"]
    assert refused(write_moorings(tmp_path, small_grid, [DAY], fields), small_grid, "variable missing") == "siv"


def test_a_truncated_file_is_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY + timedelta(n) for n in range(3)], fields, "Moorings_2022m04.nc")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    refused(path, small_grid, "cannot be read")


def test_a_damaged_day_of_a_month_is_refused_and_the_others_read(tmp_path, small_grid, fields):
    days = [DAY + timedelta(n) for n in range(-1, 2)]
    random = np.random.default_rng(2)
    for name in fields:
        fields[name] = fields[name] * random.uniform(0.5, 1, (3, *small_grid.shape))
    path = write_moorings(tmp_path, small_grid, days, fields, "Moorings_2022m04.nc")
    with netCDF4.Dataset(path) as data:
        data.set_auto_mask(False)
        stored = data["sit"][1]
    overwrite_compressed(path, stored)
    assert refused(path, small_grid, "damaged") == "sit"
    assert np.isfinite(nextsim_moorings.read(path, days[0], small_grid).sit).any()


def overwrite_compressed(path, field):
    """Zeros in place of a part of the compressed ``field``, which is found by its bytes."""
    import zlib

    raw = np.frombuffer(field.astype("<f4").tobytes(), np.uint8).reshape(-1, 4).T.tobytes()
    content = bytearray(path.read_bytes())
    start = content.find(zlib.compress(raw, 4))
    assert start > 0
    content[start + 500 : start + 900] = bytes(400)
    path.write_bytes(content)


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_the_real_snapshot_is_of_another_grid_and_without_velocities(small_grid):
    """A curvilinear 12 km snapshot with thickness alone."""
    path = next((Path(REAL) / "nextsim").glob("*.nc"))
    day = date(2015, 1, 1)
    with pytest.raises(InputError, match="wrong grid"):
        nextsim_moorings.read(path, day, small_grid)
    with pytest.raises(InputError, match="variable missing") as caught:
        nextsim_moorings.read(path, day, small_grid, resample=True)
    assert caught.value.variable == "sic"
