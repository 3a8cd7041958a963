"""A day of neXtSIM: time steps, memory, refusals."""

import re
import tracemalloc
from datetime import date, datetime, timedelta

import netCDF4
import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError
from superice.readers import nextsim_moorings

DAY = date(2022, 4, 12)


def test_divergence_may_be_absent(tmp_path, small_grid, fields):
    del fields["divergence"]
    assert (
        nextsim_moorings.read(write_moorings(tmp_path, small_grid, [DAY], fields), DAY, small_grid).divergence is None
    )


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


def test_a_cell_with_a_missing_hour_is_missing(tmp_path, small_grid, fields):
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
    """Means at midnight and at noon would pass for two halves of a day, were it not for the other days."""
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
    reason = "variable missing; the file holds time, longitude, latitude, sic, sit, siu"
    assert refused(write_moorings(tmp_path, small_grid, [DAY], fields), small_grid, reason) == "siv"


@pytest.mark.parametrize("calendar", ["noleap", "365_day", "360_day", "julian", "none", "Standard", "gregorian"])
def test_another_calendar_is_refused_by_its_name(tmp_path, small_grid, fields, calendar):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    with netCDF4.Dataset(path, "a") as data:
        data["time"].calendar = calendar
    if calendar in ("Standard", "gregorian"):
        assert nextsim_moorings.read(path, DAY, small_grid).sit.shape == small_grid.shape
    else:
        assert refused(path, small_grid, rf"a calendar other than the standard one.*\(found {calendar}\)") == "time"


@pytest.mark.parametrize("units", ["day as %Y%m%d.%f", "months since 2019-01-01", "fortnights since 2019-01-01", "1"])
def test_units_of_time_that_say_no_moment_are_refused_by_name(tmp_path, small_grid, fields, units):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    with netCDF4.Dataset(path, "a") as data:
        data["time"].units = units
    reason = rf"times that cannot be converted .*units such as .*are expected \(found {re.escape(units)}\)"
    assert refused(path, small_grid, reason) == "time"


def test_a_file_with_its_variables_in_groups_says_so(tmp_path, small_grid, fields):
    path = tmp_path / "Moorings.nc"
    with netCDF4.Dataset(path, "w") as data:
        data.createGroup("metadata")
        data.createGroup("data").createDimension("x", 3)
    refused(
        path,
        small_grid,
        r"variable missing; what is in groups \(metadata, data\), as in files of neXtSIM-DG, is not read: write",
    )
