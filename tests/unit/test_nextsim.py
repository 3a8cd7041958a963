"""Moorings files: days, lattices, refusals."""

import os
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError, MissingInput
from superice.grid import Grid
from superice.products import nextsim

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
    model = nextsim.read(nextsim.find(tmp_path, DAY), DAY, small_grid)
    for name, values in (("sic", model.sic), ("sit", model.sit), ("siu", model.u), ("siv", model.v)):
        np.testing.assert_allclose(values, fields[name], rtol=1e-6)
    np.testing.assert_allclose(model.divergence, fields["divergence"], rtol=1e-6)


def test_divergence_may_be_absent(tmp_path, small_grid, fields):
    del fields["divergence"]
    assert nextsim.read(write_moorings(tmp_path, small_grid, [DAY], fields), DAY, small_grid).divergence is None


@pytest.mark.parametrize("name", ["Moorings_2022m04.nc", "Moorings_2022.nc", "Moorings.nc", "Moorings_2022w15.nc"])
def test_the_day_is_picked_from_longer_files(tmp_path, small_grid, fields, name):
    days = [DAY + timedelta(n) for n in range(-1, 4)]
    for key in fields:
        fields[key] = np.stack([fields[key] / (1 + n) for n in range(5)])
    write_moorings(tmp_path, small_grid, days, fields, name)
    model = nextsim.read(nextsim.find(tmp_path, days[3]), days[3], small_grid)
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
    assert nextsim.find(tmp_path, DAY).name == "Moorings_2022d102.nc"
    assert nextsim.find(tmp_path, date(2022, 4, 13)).name == "Moorings_2022m04.nc"
    assert nextsim.find(tmp_path, date(2022, 6, 1)).name == "Moorings_2022.nc"
    assert nextsim.find(tmp_path, date(2021, 6, 1)).name == "Moorings.nc"
    with pytest.raises(MissingInput, match="nextsim"):
        nextsim.find(tmp_path / "nowhere", DAY)


def test_a_window_of_a_larger_lattice_reads(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    inner = Grid("inner", small_grid.crs, small_grid.x[5:30], small_grid.y[3:20])
    np.testing.assert_allclose(nextsim.read(path, DAY, inner).sit, fields["sit"][3:20, 5:30], rtol=1e-6)


def test_other_lattices_are_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    for other in (
        Grid("shifted", small_grid.crs, small_grid.x + 400, small_grid.y),
        Grid("coarser", small_grid.crs, small_grid.x[:10] * 2, small_grid.y[0] + 6000.0 * np.arange(10)),
        small_grid.padded(1),
    ):
        with pytest.raises(InputError, match="wrong grid"):
            nextsim.read(path, DAY, other)


def refused(path, grid, match):
    with pytest.raises(InputError, match=match) as caught:
        nextsim.read(path, DAY, grid)
    assert caught.value.file == str(path)
    return caught.value.variable


def test_days_missing_or_twice_are_refused(tmp_path, small_grid, fields):
    refused(
        write_moorings(tmp_path, small_grid, [date(2022, 4, 11)], fields),
        small_grid,
        "2022-04-12 is not in the file",
    )
    twice = write_moorings(tmp_path, small_grid, [DAY, DAY], fields)
    refused(twice, small_grid, "2022-04-12 is in the file 2 times")


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("sic", lambda f: f * 100, "outside 0 to 1"),
        ("sit", lambda f: f * 6, "outside 0 to 20 m"),
        ("sit", lambda f: f - 1, "outside 0 to 20 m"),
        ("divergence", lambda f: f * 86400, "outside -0.001 to 0.001 s-1"),
        ("siu", lambda f: f * 100, "outside -3 to 3 m s-1"),
        ("siv", lambda f: f * np.nan, "no valid value"),
    ],
)
def test_values_out_of_range_are_refused_by_variable(tmp_path, small_grid, fields, name, change, reason):
    fields[name] = change(fields[name])
    assert refused(write_moorings(tmp_path, small_grid, [DAY], fields), small_grid, reason) == name


def test_fill_values_as_numbers_are_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields, fill=False)
    refused(path, small_grid, "fill value left as a number")


def test_a_missing_variable_is_refused_by_name(tmp_path, small_grid, fields):
    del fields["siv"]
    assert refused(write_moorings(tmp_path, small_grid, [DAY], fields), small_grid, "variable missing") == "siv"


def test_a_damaged_file_is_refused(tmp_path, small_grid, fields):
    path = write_moorings(tmp_path, small_grid, [DAY], fields)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    refused(path, small_grid, "cannot be read")


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_the_real_snapshot_is_of_another_grid(small_grid):
    """A curvilinear 12 km snapshot with thickness alone: refused for its lattice before anything else."""
    path = next((Path(REAL) / "nextsim").glob("*.nc"))
    with pytest.raises(InputError, match="wrong grid"):
        nextsim.read(path, date(2015, 1, 1), small_grid)
