"""A variable over time in the files of a folder: which file holds a moment, and its field."""

import os
import resource
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError, MissingInput
from superice.fields.grid import Grid, load_grid
from superice.readers import nextsim_thickness, time_series
from superice.readers.curvilinear import locate_grid
from superice.readers.nextsim_thickness import read_thickness
from superice.readers.product_file import open_product
from superice.readers.time_series import TimeSeries, list_moments, list_moments_of_year, may_hold, read_moments

FIRST = datetime(2018, 1, 1)
THICKNESS = {"sit": ("sit",)}
REAL = os.environ.get("SUPERICE_REAL_DATA")


@pytest.fixture
def folder(tmp_path, small_grid):
    """Two files of two moments each, six hours apart, and one without the variable; values are the hours since FIRST."""
    for number, name in enumerate(("b.nc", "below/a.nc")):
        moments = [FIRST + timedelta(hours=12 * number + hours) for hours in (0, 6)]
        hours = [(moment - FIRST) / timedelta(hours=1) for moment in moments]
        thickness = np.array(hours)[:, None, None] + np.zeros(small_grid.shape)
        write_moorings(tmp_path, small_grid, moments, {"sit": thickness}, name)
    write_moorings(tmp_path, small_grid, [FIRST], {"sic": np.zeros(small_grid.shape)}, "other.nc")
    return tmp_path


def test_each_moment_is_read_from_its_file(folder):
    moments = list_moments(FIRST, FIRST + timedelta(hours=18), 6)
    with closing(TimeSeries("nextsim", folder, {"h": ("thickness", "sit")}, moments)) as series:
        for hours, moment in zip((0, 6, 12, 18), moments, strict=True):
            assert series.open_file("h", moment).path.name == ("b.nc" if hours < 12 else "a.nc")
            values = series.read_field("h", moment, (slice(3, 5), slice(10)))
            np.testing.assert_array_equal(values, np.full((2, 10), hours))


def test_moments_that_no_file_holds_are_counted_and_the_first_is_named(folder):
    with pytest.raises(InputError, match="2018-01-01 03:00 is not covered, nor are 2 other times") as caught:
        TimeSeries("nextsim", folder, THICKNESS, list_moments(FIRST, FIRST + timedelta(hours=18), 3))
    assert caught.value.value == "4 times from 2018-01-01 00:00 to 2018-01-01 18:00"
    assert (caught.value.file, caught.value.variable) == (str(folder), "sit")


@pytest.mark.parametrize(("held", "needed"), [(3, 0), (0, 3), (5, 1)])
def test_times_that_all_lie_beside_the_needed_ones_are_told_with_the_key_to_set(tmp_path, small_grid, held, needed):
    first = FIRST + timedelta(hours=held)
    moments = list_moments(first, first + timedelta(hours=18), 6)
    write_moorings(tmp_path, small_grid, moments, {"sit": np.zeros((4, *small_grid.shape))}, "a.nc")
    offset = (held - needed) % 6
    sentence = f"files are {offset} h later than such a time: state surrogate.first_hour: {held}, or get files"
    with pytest.raises(InputError, match=sentence):
        TimeSeries("nextsim", tmp_path, THICKNESS, list_moments_of_year(2018, 6, needed))


def test_times_of_different_offsets_are_told_without_one(folder):
    with pytest.raises(InputError, match=r"nor are 5 other times that are needed \(found"):
        TimeSeries("nextsim", folder, THICKNESS, list_moments(FIRST + timedelta(hours=1), FIRST + timedelta(days=2), 8))


@pytest.fixture
def opened(monkeypatch):
    """The names of the files that a time series opens, in order."""
    names = []

    def open_and_count(product, path):
        names.append(path.name)
        return open_product(product, path)

    monkeypatch.setattr(time_series, "open_product", open_and_count)
    return names


def write_days(folder, grid, first, count):
    """Write a file for each day, the thickness in m: it grows from FIRST by 0.1 a day."""
    for moment in list_moments(first, first + timedelta(days=count - 1), 24):
        metres = (moment - FIRST) / timedelta(days=10)
        fields = {"sit": np.full((1, *grid.shape), metres)}
        write_moorings(folder, grid, [moment], fields, f"{moment:%Y}/nextsim_{moment:%Y%m%d}.nc")


@pytest.mark.parametrize("name", ["t2m_{year}.nc", "t2m_{year}01.nc", "t2m_{year}0101T03.nc", "era5_jan{year}.nc"])
def test_a_year_in_a_name_says_what_a_file_may_hold(name):
    assert may_hold(name.format(year=2015), {2015, 2016})
    assert not may_hold(name.format(year=2014), {2015, 2016})


def test_names_without_a_year_and_spans_of_years_may_hold_any_year_within():
    assert may_hold("any_12km_512x512.nc", {2015})
    assert may_hold("thickness_2013-2016.nc", {2015}) and not may_hold("thickness_2013-2016.nc", {2017})


def test_files_of_other_years_are_not_opened(tmp_path, small_grid, opened):
    for year in (2016, 2017, 2018):
        write_days(tmp_path, small_grid, datetime(year, 1, 1), 5)
    moments = list_moments(FIRST, FIRST + timedelta(days=4), 24)
    with closing(TimeSeries("nextsim", tmp_path, THICKNESS, moments)) as series:
        thickness = [series.read_field("sit", moment)[0, 0] for moment in moments]
    assert thickness == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert opened == [f"nextsim_201801{day:02d}.nc" for day in range(1, 6)]


def test_a_moment_is_found_in_a_file_that_names_another_year(tmp_path, small_grid, opened):
    """The names are only a hint: the file of 2017 ends with the first moment of 2018."""
    moments = [datetime(2017, 12, 31), FIRST]
    write_moorings(tmp_path, small_grid, moments, {"sit": np.ones((2, *small_grid.shape))}, "year_2017.nc")
    write_moorings(tmp_path, small_grid, [FIRST + timedelta(days=1)], {"sit": np.ones(small_grid.shape)}, "2018.nc")
    TimeSeries("nextsim", tmp_path, THICKNESS, [FIRST, FIRST + timedelta(days=1)]).close()
    assert opened == ["2018.nc", "year_2017.nc"]


def test_a_folder_may_hold_more_files_than_may_be_open(tmp_path, small_grid, opened):
    write_days(tmp_path, small_grid, FIRST, 40)
    moments = list_moments(FIRST, FIRST + timedelta(days=39), 24)
    limit, hard_limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 16, hard_limit))
    try:
        thickness = [field[0, 0] for field in read_thickness(tmp_path, moments, small_grid)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard_limit))
    assert thickness == pytest.approx(0.1 * np.arange(40))
    assert len(opened) == 2 * 40  # once for its times, once for its field


def test_files_of_one_lattice_are_located_once(tmp_path, small_grid, monkeypatch):
    """Weights for an interpolation are large; a folder of daily files must not hold them for each of them."""
    write_days(tmp_path, small_grid, FIRST, 3)
    shifted = Grid("shifted", small_grid.crs, small_grid.x[4:-4] + 1000, small_grid.y[4:-4] + 1000)
    located = []
    monkeypatch.setattr(nextsim_thickness, "locate_grid", lambda *given: located.append(given) or locate_grid(*given))
    moments = list_moments(FIRST, FIRST + timedelta(days=2), 24)
    thickness = list(read_thickness(tmp_path, moments, shifted, resample=True))
    np.testing.assert_allclose([field[5, 5] for field in thickness], [0, 0.1, 0.2])
    assert len(located) == 1


def test_times_are_read_to_the_minute(tmp_path, small_grid):
    wanted = datetime(2018, 1, 1, 4, 20)
    for seconds in (-29, 0, 29):
        stored = wanted + timedelta(seconds=seconds)
        path = write_moorings(tmp_path, small_grid, [stored], {"sit": np.zeros(small_grid.shape)}, "a.nc")
        with open_product("nextsim", path) as file:
            assert [time.moment for time in read_moments(file, "sit")] == [wanted]


def test_moments_include_both_ends():
    assert list_moments(FIRST, FIRST + timedelta(hours=3), 1.5) == [
        FIRST,
        FIRST + timedelta(hours=1.5),
        FIRST + timedelta(hours=3),
    ]
    assert list_moments(FIRST, FIRST + timedelta(hours=2.9), 1.5)[-1] == FIRST + timedelta(hours=1.5)


def test_the_moments_of_a_year_end_before_those_of_the_next():
    moments = list_moments_of_year(2016, 6, 3)
    assert moments[:2] == [datetime(2016, 1, 1, 3), datetime(2016, 1, 1, 9)] and len(moments) == 366 * 4
    assert moments[-1] + timedelta(hours=6) == list_moments_of_year(2017, 6, 3)[0]


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_a_real_mean_over_six_hours_is_read_at_its_middle():
    folder, grid = Path(REAL) / "nextsim", load_grid(None, "surrogate")
    with pytest.raises(InputError, match=r"files are 3 h later than such a time: state surrogate\.first_hour: 3"):
        next(read_thickness(folder, list_moments_of_year(2015, 6), grid, resample=True))
    thickness = next(read_thickness(folder, list_moments_of_year(2015, 6, 3)[:1], grid, resample=True))
    assert 0.2 < np.isfinite(thickness).mean() < 0.8 and 2 < np.nanmax(thickness) < 30


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_a_folder_of_another_product_does_not_hold_the_variable():
    with pytest.raises(MissingInput, match="no file holds t2m"):
        TimeSeries("era5", Path(REAL) / "osisaf_drift", {"t2m": ("t2m",)}, [FIRST])
