"""Moorings files: which one holds a day, and damaged ones."""

import os
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from product_files import write_moorings

from superice.errors import InputError, MissingInput
from superice.readers import nextsim_moorings

DAY = date(2022, 4, 12)
REAL = os.environ.get("SUPERICE_REAL_DATA")


def test_a_day_reads_with_fill_values_missing(tmp_path, small_grid, fields):
    write_moorings(tmp_path, small_grid, [DAY], fields)
    model = nextsim_moorings.read(nextsim_moorings.find(tmp_path, DAY), DAY, small_grid)
    for name, values in (("sic", model.sic), ("sit", model.sit), ("siu", model.u), ("siv", model.v)):
        np.testing.assert_allclose(values, fields[name], rtol=1e-6)
    np.testing.assert_allclose(model.divergence, fields["divergence"], rtol=1e-6)


@pytest.mark.parametrize("name", ["Moorings_2022m04.nc", "Moorings_2022.nc", "Moorings.nc", "Moorings_2022w15.nc"])
def test_the_day_is_picked_from_longer_files(tmp_path, small_grid, fields, name):
    days = [DAY + timedelta(n) for n in range(-1, 4)]
    for key in fields:
        fields[key] = np.stack([fields[key] / (1 + n) for n in range(5)])
    write_moorings(tmp_path, small_grid, days, fields, name)
    model = nextsim_moorings.read(nextsim_moorings.find(tmp_path, days[3]), days[3], small_grid)
    np.testing.assert_allclose(model.sit, fields["sit"][3], rtol=1e-6)


@pytest.mark.parametrize("label", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 24])
def test_a_mean_is_of_the_day_of_its_bounds_wherever_its_time_lies_in_them(tmp_path, small_grid, fields, label, steps):
    """Files label a mean at its start, its middle or its end; the thickness of each day is its number here."""
    start, count = datetime(2022, 4, 10), 4 * steps
    length = timedelta(1) / steps
    numbers = np.repeat(np.arange(1.0, 5.0), steps)[:, None, None]
    repeated = {name: np.repeat(values[None], count, axis=0) for name, values in fields.items()}
    repeated["sit"] = np.where(np.isfinite(fields["sit"]), numbers, np.nan)
    middles = [start + (n + 0.5) * length for n in range(count)]
    path = write_moorings(tmp_path, small_grid, middles, repeated, "Moorings.nc", bounds=length)
    with netCDF4.Dataset(path, "a") as data:
        bounds = data["time_bnds"][:]
        data["time"][:] = bounds[:, 0] + label * (bounds[:, 1] - bounds[:, 0])
    read = nextsim_moorings.read(path, DAY, small_grid)
    np.testing.assert_allclose(read.sit[np.isfinite(read.sit)], 3.0, rtol=1e-6)


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


def refused(path, grid, match):
    with pytest.raises(InputError, match=match) as caught:
        nextsim_moorings.read(path, DAY, grid)
    assert caught.value.file == str(path)
    return caught.value.variable


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
    """Overwrite a part of the compressed ``field``, found by its bytes, with zeros."""
    import zlib

    raw = np.frombuffer(field.astype("<f4").tobytes(), np.uint8).reshape(-1, 4).T.tobytes()
    content = bytearray(path.read_bytes())
    start = content.find(zlib.compress(raw, 4))
    assert start > 0
    content[start + 500 : start + 900] = bytes(400)
    path.write_bytes(content)


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_the_real_snapshot_is_of_another_grid_and_without_velocities(small_grid):
    """The file is a curvilinear 12 km snapshot of thickness alone."""
    path = next((Path(REAL) / "nextsim").glob("*.nc"))
    day = date(2015, 1, 1)
    with pytest.raises(InputError, match="wrong grid"):
        nextsim_moorings.read(path, day, small_grid)
    with pytest.raises(InputError, match="variable missing") as caught:
        nextsim_moorings.read(path, day, small_grid, resample=True)
    assert caught.value.variable == "sic"


@pytest.mark.skipif(not REAL, reason="SUPERICE_REAL_DATA is not set")
def test_a_real_file_of_another_model_names_its_groups(small_grid):
    path = Path(REAL) / "nextsim_dg" / "ParaGridIO_input_test.nc"
    with pytest.raises(InputError, match=r"variable missing; what is in groups \(.*data\), as in files of neXtSIM-DG"):
        nextsim_moorings.read(path, DAY, small_grid)
