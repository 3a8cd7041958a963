"""What a value of a cell is: a mean over the cell, or over its ice alone."""

from datetime import date, datetime

import netCDF4
import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError
from superice.readers import nextsim_moorings
from superice.readers.cell_methods import is_mean_over_ice
from superice.readers.nextsim_thickness import read_thickness
from superice.readers.product_file import open_product

DAY = date(2022, 4, 12)
OVER_ICE = "time: mean (interval: 24 hours) area: mean where sea_ice"


def state(path, methods, name="sit"):
    with netCDF4.Dataset(path, "a") as data:
        data[name].cell_methods = methods
    return path


@pytest.fixture
def path(tmp_path, small_grid, fields):
    return write_moorings(tmp_path, small_grid, [DAY], fields)


@pytest.mark.parametrize(
    ("methods", "expected"),
    [
        ("", False),
        ("time: mean (interval: 24 hours) area: mean", False),
        ("time: point area: mean", False),
        ("area: mean where sea time: mean", False),
        ("area: mean where sea_ice over sea time: mean", False),
        ("area: mean where sea_ice over all_area_types", False),
        (OVER_ICE, True),
        ("area: time: mean where sea_ice (comment: mask=siconc)", True),
        ("area: mean where sea_ice time: mean within days time: mean over days", True),
    ],
)
def test_cell_methods_of_the_conventions_and_of_climate_models(path, methods, expected):
    with open_product("nextsim", state(path, methods)) as file:
        assert is_mean_over_ice(file, "sit") is expected


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ("time: mean area: sum", "neither a mean nor a snapshot"),
        ("time: maximum area: mean", "neither a mean nor a snapshot"),
        ("realization: standard_deviation", "neither a mean nor a snapshot"),
        ("area: mean where ice_free_sea", "a mean neither over the cell nor over its ice"),
    ],
)
def test_other_statistics_are_refused(path, small_grid, methods, reason):
    with pytest.raises(InputError, match=f"sit: {reason}.*{methods}"):
        nextsim_moorings.read(state(path, methods), DAY, small_grid)


def test_a_thickness_of_the_ice_becomes_one_of_the_cell(tmp_path, small_grid, fields):
    """In each time step by its own concentration; where there is no ice, the file has no thickness of it."""
    fields["sic"] = fields["sic"] * np.array([0.2, 1.0])[:, None, None]
    fields["sit"] = fields["sit"] * np.array([1.0, 0.3])[:, None, None]
    expected = (fields["sic"] * fields["sit"]).mean(axis=0)
    fields["sic"][:, 20, 20], fields["sit"][:, 20, 20] = 0.0, np.nan
    expected[20, 20] = 0.0
    moments = [datetime(2022, 4, 12, hour) for hour in (6, 18)]
    path = state(write_moorings(tmp_path, small_grid, moments, fields), OVER_ICE)
    np.testing.assert_allclose(nextsim_moorings.read(path, DAY, small_grid).sit, expected, rtol=1e-5)
    for moment, thickness in zip(moments, read_thickness(tmp_path, moments, small_grid), strict=True):
        step = moments.index(moment)
        known = np.isfinite(fields["sit"][step])
        np.testing.assert_allclose(thickness[known], (fields["sic"] * fields["sit"])[step][known], rtol=1e-5)
        assert thickness[20, 20] == 0


def test_a_thickness_of_the_ice_without_concentration_is_refused(tmp_path, small_grid, fields):
    moment = datetime(2022, 4, 12, 12)
    state(write_moorings(tmp_path, small_grid, [moment], {"sit": fields["sit"]}), OVER_ICE)
    with pytest.raises(InputError, match="sit: a mean over the ice, and no concentration sic is beside it"):
        list(read_thickness(tmp_path, [moment], small_grid))


def test_a_concentration_of_the_ice_is_refused(path, small_grid):
    with pytest.raises(InputError, match="sic: a concentration cannot be a mean over the ice"):
        nextsim_moorings.read(state(path, OVER_ICE, "sic"), DAY, small_grid)
