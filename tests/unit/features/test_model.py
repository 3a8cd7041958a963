"""Features of the model, and the command that makes them."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from feature_days import DAY, make_grid_near_pole, run_script, strained_day
from product_files import write_cmems, write_moorings

from superice.dataset.layout import FIELDS, write_model_features
from superice.features.files import read_model_features
from superice.features.model import make_model_day, measure_floored_fraction
from superice.features.settings import FeatureSettings, LowResolution
from superice.fields.grid import Grid
from superice.network.normalisation import compute_moments
from superice.readers import nextsim_cmems, nextsim_moorings


@pytest.fixture(scope="module")
def grid():
    return make_grid_near_pole()


def test_the_open_ocean_takes_no_part_in_means_over_ice(grid):
    features = make_model_day(strained_day(grid), grid, FeatureSettings()).as_features(DAY, 0.15)
    ice = features.mask
    assert ice[21:].all() and not ice[:17].any()
    # Near the edge the thickness is that of the ice, less the lead and the rim of the concentration's box.
    assert features.sit[50, 35] == pytest.approx(2 * 29 / 30, abs=0.02)
    assert features.sit[24, 35] > 1.5
    # A current of 5 m/s in open water would show as a shear of 1e-3 s-1.
    assert np.nanmax(features.shear) < 3e-4
    np.testing.assert_allclose(features.divergence[55, 35], 3e-7, rtol=0.02)
    np.testing.assert_allclose(features.shear[55, 35], 1e-7, rtol=0.05)


def test_the_models_own_divergence_is_taken_where_it_is_written(grid):
    own = np.full(grid.shape, -4e-7)
    fields = make_model_day(strained_day(grid, divergence=own), grid, FeatureSettings())
    assert fields.high["divergence"] is own
    known = np.isfinite(fields.low["divergence"])
    np.testing.assert_allclose(fields.low["divergence"][known], -4e-7)


def test_means_over_the_boxes_are_those_of_the_settings(grid):
    narrow = FeatureSettings(low_resolution=LowResolution(concentration_km=3, thickness_km=9, deformation_km=9))
    low = make_model_day(strained_day(grid), grid, narrow).low
    assert low["sit"][45, 30] == pytest.approx(2.0)
    assert low["sit"][41, 30] == pytest.approx(2.0)
    assert np.isnan(low["sit"][40, 30])
    assert low["sic"][40, 30] == 0


def test_statistics_cover_the_mask_and_count_the_floored(grid):
    features = make_model_day(strained_day(grid), grid, FeatureSettings()).as_features(DAY, 0.15)
    statistics = compute_moments(features, 1e-4)
    assert statistics["sit"]["n"] == features.mask.sum()
    assert statistics["increment"]["mean"] == pytest.approx(
        (features.truth - features.sit)[features.mask].mean(), abs=1e-6
    )
    assert measure_floored_fraction(features, 1e-4) == 0.0
    assert measure_floored_fraction(features, 1e3) == 1.0


def run_model_features(folder, kind, source, day, *options):
    """Features and record of a model day by the workflow's command."""
    output, record = folder / kind / f"{day:%Y%m%d}.nc", folder / kind / f"{day:%Y%m%d}.json"
    said = run_script("model_features.py", folder, "--source", source, "--kind", kind, "--date", day,
                "--output", output, "--record", record, *options)  # fmt: skip
    return said, read_model_features(output), json.loads(record.read_text())


def test_the_command_writes_a_model_day_and_tells_of_a_missing_one(tmp_path, grid):
    day = strained_day(grid)
    fields = {"sic": day.sic, "sit": day.sit, "siu": day.u / 5, "siv": day.v / 5}
    write_moorings(tmp_path / "nextsim", grid, [DAY], fields)

    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY)
    assert said == "" and record["available"]
    with xr.open_dataset(tmp_path / "moorings" / "20220412.nc") as data:
        stated = json.loads(data.attrs["feature_settings"])
    assert FeatureSettings(**stated) == FeatureSettings(), (
        "networks are drawn from on features like those of their training"
    )
    assert features.mask.sum() == record["statistics"]["sic"]["n"] > 2000
    said, again, archived = run_model_features(tmp_path, "archive", tmp_path / "moorings", DAY)
    np.testing.assert_array_equal(again.sit, features.sit)
    assert archived["statistics"] == record["statistics"]
    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", date(2022, 4, 13))
    assert "warning: nextsim" in said and "no file for 2022-04-13" in said
    assert not np.isfinite(features.sic).any() and not features.mask.any()
    assert not record["available"] and record["statistics"]["sit"]["n"] == 0


def test_the_layouts_of_the_model_give_the_same_features(tmp_path, grid):
    """A day of Moorings, and 24 equal hours as the Copernicus Marine Service would deliver them."""
    day = strained_day(grid)
    values = {"sic": day.sic, "sit": day.sit, "u": day.u / 5, "v": day.v / 5}
    hours = [datetime(2022, 4, 12) + timedelta(hours=n) for n in range(24)]
    renamed = lambda names: {names[key]: field for key, field in values.items()}
    write_moorings(tmp_path / "nextsim", grid, [DAY], renamed(nextsim_moorings.VARIABLES))
    name = "20220412_hr-nersc-MODEL-nextsimf-ARC-b20220413-fv00.0.nc"
    write_cmems(tmp_path / "marine", grid, hours, renamed(nextsim_cmems.VARIABLES), name)
    _, of_moorings, _ = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY)
    said, of_cmems, record = run_model_features(tmp_path, "cmems", tmp_path / "marine", DAY)
    assert said == "" and record["available"]
    for field in (*FIELDS, "truth"):
        np.testing.assert_allclose(getattr(of_cmems, field), getattr(of_moorings, field), rtol=1e-5, atol=1e-12)


def test_another_lattice_is_refused_unless_resampling_is_asked_for(tmp_path, grid):
    beyond = lambda axis: axis[0] - 30_000 + 10_000.0 * np.arange(30)
    coarse = Grid("coarse", grid.crs, beyond(grid.x), beyond(grid.y))
    fields = dict.fromkeys(("sic", "sit", "siu", "siv"), np.full(coarse.shape, 0.9))
    write_moorings(tmp_path / "nextsim", coarse, [DAY], fields)
    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY)
    assert "wrong grid" in said and not record["available"] and not features.mask.any()
    said, features, record = run_model_features(tmp_path, "moorings", tmp_path / "nextsim", DAY, "--resample")
    assert said == "" and record["available"] and features.mask.all()
    np.testing.assert_allclose(features.sit, 0.9, rtol=1e-6)


def test_days_weeks_and_months_give_the_same_bits(tmp_path, grid):
    days = [date(2022, 4, 8) + timedelta(n) for n in range(6)]
    random = np.random.default_rng(0)
    land = np.arange(grid.shape[1]) < 5
    field = lambda low, high: np.where(land, np.nan, random.uniform(low, high, (6, *grid.shape)))
    ranges = {"sic": (0.5, 1), "sit": (0, 4), "siu": (-0.3, 0.3), "siv": (-0.3, 0.3), "divergence": (-1e-5, 1e-5)}
    fields = {name: field(*limits) for name, limits in ranges.items()}
    of_days = lambda first, last: {name: values[first:last] for name, values in fields.items()}
    for n, day in enumerate(days):
        write_moorings(tmp_path / "days", grid, [day], of_days(n, n + 1))
    write_moorings(tmp_path / "weeks", grid, days[:3], of_days(0, 3), "Moorings_2022w14.nc")
    write_moorings(tmp_path / "weeks", grid, days[3:], of_days(3, 6), "Moorings_2022w15.nc")
    write_moorings(tmp_path / "months", grid, days, fields, "Moorings_2022m04.nc")

    def made(kind, day):
        source = nextsim_moorings.read(nextsim_moorings.find(tmp_path / kind, day), day, grid)
        fields = make_model_day(source, grid, FeatureSettings())
        path = tmp_path / "made" / kind / f"{day:%Y%m%d}.nc"
        write_model_features(path, grid, day, fields.high, fields.low, {})
        with xr.open_dataset(path) as data:
            return {name: variable.values.tobytes() for name, variable in data.variables.items()}

    for day in days:
        once = made("days", day)
        assert len(once) == 8 + 8
        assert made("weeks", day) == once and made("months", day) == once
    assert made("days", days[0])["sit"] != made("days", days[1])["sit"]
