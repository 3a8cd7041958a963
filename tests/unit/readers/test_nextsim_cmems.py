"""neXtSIM of the Copernicus Marine Service: names, hours, refusals."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from product_files import write_cmems

from superice.errors import InputError, MissingInput
from superice.fields.grid import Grid
from superice.readers import nextsim_cmems

DAY = date(2022, 4, 12)
NAME = "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220412-fv00.0.nc"
HOURS = [datetime(2022, 4, 12) + timedelta(hours=n) for n in range(24)]


@pytest.fixture
def fields(small_grid):
    random = np.random.default_rng(0)
    highest = {"siconc": 1, "sithick": 4, "vxsi": 0.3, "vysi": 0.3}
    values = {name: high * random.uniform(0, 1, (24, *small_grid.shape)) for name, high in highest.items()}
    for field in values.values():
        field[:, :4, :6] = np.nan
    return values


def test_a_day_is_the_mean_of_its_hours(tmp_path, small_grid, fields):
    write_cmems(tmp_path, small_grid, HOURS, fields, NAME)
    model = nextsim_cmems.read(nextsim_cmems.find(tmp_path, DAY), DAY, small_grid)
    for name, values in (("siconc", model.sic), ("sithick", model.sit), ("vxsi", model.u), ("vysi", model.v)):
        np.testing.assert_allclose(values, fields[name].mean(axis=0), rtol=1e-5)
    assert model.divergence is None
    inner = Grid("inner", small_grid.crs, small_grid.x[5:30], small_grid.y[3:20])
    window = nextsim_cmems.read(tmp_path / NAME, DAY, inner)
    np.testing.assert_array_equal(window.sit, model.sit[3:20, 5:30])


def test_a_daily_mean_of_the_reanalysis_reads(tmp_path, small_grid, fields):
    first = {name: values[0] for name, values in fields.items()}
    write_cmems(tmp_path / "2022" / "04", small_grid, HOURS[:1], first, "20220412_dm-nersc-MODEL-nextsim-ARC-RAN.nc")
    model = nextsim_cmems.read(nextsim_cmems.find(tmp_path, DAY), DAY, small_grid)
    np.testing.assert_allclose(model.sit, first["sithick"], rtol=1e-6)


def test_the_newest_bulletin_of_the_valid_date_wins(tmp_path):
    for valid, bulletin in (("12", "11"), ("12", "13"), ("12", "05"), ("13", "13"), ("11", "14")):
        (tmp_path / f"202204{valid}_hr-nersc-MODEL-nextsimf-ARC-b202204{bulletin}-fv00.0.nc").touch()
    (tmp_path / "20220412_hr-nersc-MODEL-topaz5-phy.txt").touch()
    assert nextsim_cmems.find(tmp_path, DAY).name == "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220413-fv00.0.nc"
    (tmp_path / "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220413-fv01.0.nc").touch()
    assert nextsim_cmems.find(tmp_path, DAY).name.endswith("-b20220413-fv01.0.nc")
    with pytest.raises(MissingInput, match="cmems"):
        nextsim_cmems.find(tmp_path, date(2022, 4, 14))


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("siconc", lambda f: f * 100, "outside 0 to 1"),
        ("sithick", lambda f: f + 19, "outside 0 to 20 m"),
        ("vxsi", lambda f: f * 86400, "outside -3 to 3 m s-1"),
        ("vysi", lambda f: None, "variable missing"),
        ("vysi", lambda f: np.where(np.isnan(f), -1e14, f), "a fill value left as a number"),
    ],
)
def test_refusals_name_the_variable(tmp_path, small_grid, fields, name, change, reason):
    changed = {**fields, name: change(fields[name])}
    present = {key: values for key, values in changed.items() if values is not None}
    path = write_cmems(tmp_path, small_grid, HOURS, present, NAME)
    with pytest.raises(InputError, match=reason) as caught:
        nextsim_cmems.read(path, DAY, small_grid)
    assert (caught.value.product, caught.value.file, caught.value.variable) == ("cmems", str(path), name)


def test_other_days_hours_and_grids_are_refused(tmp_path, small_grid, fields):
    path = write_cmems(tmp_path, small_grid, HOURS, fields, NAME)
    with pytest.raises(InputError, match="2022-04-13 is not in the file"):
        nextsim_cmems.read(path, date(2022, 4, 13), small_grid)
    with pytest.raises(InputError, match="wrong grid"):
        nextsim_cmems.read(path, DAY, small_grid.pad(1))
    few = write_cmems(tmp_path, small_grid, HOURS[:20], {n: f[:20] for n, f in fields.items()}, NAME)
    with pytest.raises(InputError, match="not evenly filled by steps of 1:00:00"):
        nextsim_cmems.read(few, DAY, small_grid)
