"""A variable over time in the files of a folder: which file holds a moment, and its field."""

import os
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError, MissingInput
from superice.readers.product_file import open_product
from superice.readers.time_series import TimeSeries, list_moments, read_moments

FIRST = datetime(2018, 1, 1)
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
    with ExitStack() as files:
        series = TimeSeries("nextsim", folder, ("thickness", "sit"), files)
        moments = list_moments(FIRST, FIRST + timedelta(hours=18), 6)
        series.require(moments)
        for hours, moment in zip((0, 6, 12, 18), moments, strict=True):
            file, values = series.read_field(moment, (slice(3, 5), slice(10)))
            assert file.path.name == ("b.nc" if hours < 12 else "a.nc")
            np.testing.assert_array_equal(values, np.full((2, 10), hours))


def test_moments_that_no_file_holds_are_counted_and_the_first_is_named(folder):
    with ExitStack() as files:
        series = TimeSeries("nextsim", folder, ("sit",), files)
        with pytest.raises(InputError, match="2018-01-01 03:00 is not covered, nor are 2 other times") as caught:
            series.require(list_moments(FIRST, FIRST + timedelta(hours=18), 3))
        assert caught.value.value == "4 times from 2018-01-01 00:00 to 2018-01-01 18:00"
        assert (caught.value.file, caught.value.variable) == (str(folder), "sit")


def test_times_are_read_to_the_minute(tmp_path, small_grid):
    wanted = datetime(2018, 1, 1, 4, 20)
    for seconds in (-29, 0, 29):
        stored = wanted + timedelta(seconds=seconds)
        path = write_moorings(tmp_path, small_grid, [stored], {"sit": np.zeros(small_grid.shape)}, "a.nc")
        with open_product("nextsim", path) as file:
            assert read_moments(file) == [wanted]


def test_moments_include_both_ends():
    assert list_moments(FIRST, FIRST + timedelta(hours=3), 1.5) == [
        FIRST,
        FIRST + timedelta(hours=1.5),
        FIRST + timedelta(hours=3),
    ]
    assert list_moments(FIRST, FIRST + timedelta(hours=2.9), 1.5)[-1] == FIRST + timedelta(hours=1.5)


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_a_folder_of_another_product_does_not_hold_the_variable():
    with ExitStack() as files, pytest.raises(MissingInput, match="no file holds t2m"):
        TimeSeries("era5", Path(REAL) / "osisaf_drift", ("t2m",), files)
