"""The concentrations of the days before and after a date: exactly those of these days, unknown where there is none."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
import xarray as xr
from feature_days import DAY, make_grid_near_pole, strained_day
from product_files import ease2_axes, write_concentration

from superice.dataset.layout import write_model_features, write_observed_features
from superice.errors import InputError
from superice.features.day import ModelFeatures
from superice.features.files import read_model_features, read_observed_features
from superice.features.model import make_low_concentration, make_model_day
from superice.features.neighbours import read_neighbours
from superice.features.observed import make_concentration, make_observed_day
from superice.features.settings import FeatureSettings, LowResolution, describe_feature_settings
from superice.network.normalisation import compute_quantities
from superice.readers import cs2smos, osisaf_concentration
from superice.seasons import NEIGHBOURS, find_neighbours
from superice.training.store import decode_day, open_day, write_day

BEFORE, AFTER = DAY - timedelta(2), DAY + timedelta(2)


@pytest.fixture(scope="module")
def grid():
    return make_grid_near_pole()


def make_model(grid, lead):
    """Return a model day with a lead in a row of its own."""
    sic = np.ones(grid.shape)
    sic[:20] = sic[lead] = 0
    return strained_day(grid, sic=sic, sit=2 * sic)


def test_the_days_lie_on_both_sides_and_there_are_none_without_a_distance():
    assert find_neighbours(date(2021, 1, 1), 2) == {"sic_before": date(2020, 12, 30), "sic_after": date(2021, 1, 3)}
    assert find_neighbours(DAY, 0) == {}


def test_a_model_day_holds_what_the_file_of_the_other_day_holds(grid, tmp_path):
    settings = FeatureSettings(neighbouring_days=2)
    models = {day: make_model(grid, lead) for day, lead in ((BEFORE, 35), (DAY, 40), (AFTER, 50))}
    of_day = {day: make_model_day(model, grid, settings) for day, model in models.items()}
    read = lambda day: make_low_concentration(models[day], grid, settings)
    neighbours, problems = read_neighbours(read, DAY, 2, grid)
    assert not problems
    path, without = tmp_path / "with" / f"{DAY:%Y%m%d}.nc", tmp_path / f"{DAY:%Y%m%d}.nc"
    path.parent.mkdir()
    write_model_features(path, grid, DAY, of_day[DAY].high, of_day[DAY].low, {}, neighbours)
    write_model_features(without, grid, DAY, of_day[DAY].high, of_day[DAY].low, {})
    features, plain = read_model_features(path), read_model_features(without)
    for name, day in (("sic_before", BEFORE), ("sic_after", AFTER)):
        own = of_day[day].low["sic"].astype(np.float32)
        known = np.isfinite(own)
        assert known.sum() > 1000
        assert np.array_equal(features.neighbours[name][known], own[known])
        assert not np.allclose(own, features.sic, equal_nan=True)
    assert np.array_equal(features.mask, plain.mask) and plain.neighbours == {}
    assert np.array_equal(features.sic, plain.sic, equal_nan=True)


def test_simulated_products_are_known_without_the_drift_that_masks_their_own_date(grid):
    settings = FeatureSettings(low_resolution=LowResolution(method="satellites"))
    model = make_model(grid, 40)
    low = make_low_concentration(model, grid, settings)
    assert np.isnan(make_model_day(model, grid, settings).low["sic"]).all(), "the grid is smaller than a contour"
    known = np.isfinite(low)
    assert known[10:50, 10:60].all()
    boxes = make_low_concentration(model, grid, FeatureSettings())
    np.testing.assert_allclose(low[10:50, 10:60], boxes[10:50, 10:60], atol=0.2)


def test_a_day_that_is_not_there_is_unknown_and_named_and_costs_nothing(grid):
    model, settings = make_model(grid, 40), FeatureSettings()

    def read(day):
        if day == BEFORE:
            raise InputError(f"no file for {day}", product="nextsim")
        return make_low_concentration(model, grid, settings)

    neighbours, (problem,) = read_neighbours(read, DAY, 2, grid)
    assert np.isnan(neighbours["sic_before"]).all() and np.isfinite(neighbours["sic_after"]).all()
    assert problem.as_record()["reason"] == "no file for 2022-04-10"
    fields = make_model_day(model, grid, settings)
    features = ModelFeatures(fields.high, fields.low, neighbours).as_features(DAY, 0.15)
    assert np.array_equal(features.mask, fields.as_features(DAY, 0.15).mask) and features.mask.any()


def test_an_observed_day_holds_the_product_of_the_other_day(grid, tmp_path):
    """Wherever that is known at sea, even where the date itself has a gap, or too little ice."""
    near = np.hypot(ease2_axes()[0], ease2_axes()[1][:, None]) < 1200
    settings, land = FeatureSettings(neighbouring_days=2), np.zeros(grid.shape, bool)
    land[:, :3] = True
    for day, percent in ((BEFORE, 60.0), (DAY, 80.0)):
        write_concentration(tmp_path, day, np.where(near, percent, 0.0))
    find, read = osisaf_concentration.find, osisaf_concentration.read
    make = lambda day: make_concentration(read(find(tmp_path, day), day), grid, land, settings.observations)
    neighbours, (problem,) = read_neighbours(make, DAY, 2, grid)
    assert problem.as_record()["product"] == "osisaf_concentration"
    path = tmp_path / f"sic_sit_e1_e2_{DAY:%Y%m%d}.npz"
    nothing, reasons = dict.fromkeys(("sic", "sit", "divergence", "shear"), np.full(grid.shape, np.nan)), land * 8
    write_observed_features(path, path.with_suffix(".nc"), grid, DAY, nothing, reasons, {}, neighbours=neighbours)
    features = read_observed_features(path)
    known = np.isfinite(features.neighbours["sic_before"])
    assert np.array_equal(known, ~land) and np.isnan(features.neighbours["sic_after"]).all()
    np.testing.assert_allclose(features.neighbours["sic_before"][known], 0.6, atol=1e-6)
    with xr.open_dataset(path.with_suffix(".nc")) as file:
        assert set(NEIGHBOURS) < set(file) and "before the date" in file.sic_before.long_name
        assert np.array_equal(file.sic_before, features.neighbours["sic_before"], equal_nan=True)


def test_the_concentration_of_a_date_is_made_as_that_of_another_one(grid, tmp_path):
    """The field of a date, where it is not masked, is what the features of other dates take of it."""
    percent = np.clip(50 + ease2_axes()[0] / 20, 0, 100)
    write_concentration(tmp_path, DAY, np.broadcast_to(percent, (432, 432)).copy())
    product = osisaf_concentration.read(osisaf_concentration.find(tmp_path, DAY), DAY)
    land, settings = np.zeros(grid.shape, bool), FeatureSettings()
    thickness = cs2smos.Thickness(tmp_path, cs2smos.GRID, np.full(cs2smos.GRID.shape, 2.0))
    own = make_observed_day(thickness, product, None, grid, land, settings).beyond_mask["sic"]
    known = np.isfinite(own)
    assert known.sum() > 1000
    assert np.array_equal(make_concentration(product, grid, land, settings.observations)[known], own[known])


def test_a_value_that_is_a_percentage_is_refused(grid, tmp_path):
    fields = make_model_day(make_model(grid, 40), grid, FeatureSettings())
    path = tmp_path / f"{DAY:%Y%m%d}.nc"
    write_model_features(path, grid, DAY, fields.high, fields.low, {}, {"sic_after": 100 * fields.low["sic"]})
    with pytest.raises(InputError, match="sic_after"):
        read_model_features(path)


def test_files_say_how_far_the_days_are_and_nothing_where_there_are_none():
    assert json.loads(describe_feature_settings(FeatureSettings(neighbouring_days=3)))["neighbouring_days"] == 3
    assert "neighbouring_days" not in describe_feature_settings(FeatureSettings())


def test_the_store_holds_them_behind_the_others_and_only_where_asked_for(grid, tmp_path):
    model, settings = make_model(grid, 40), FeatureSettings()
    fields = make_model_day(model, grid, settings)
    other = make_low_concentration(make_model(grid, 50), grid, settings)
    unknown = np.full(grid.shape, np.nan)
    given = ModelFeatures(fields.high, fields.low, {"sic_before": other, "sic_after": unknown})
    for name, made in (("plain", fields), ("more", given)):
        write_day(tmp_path / f"{name}.npy", compute_quantities(made.as_features(DAY, 0.15)))
    plain, more = (open_day(tmp_path / f"{name}.npy") for name in ("plain", "more"))
    assert len(plain) == 4 and len(more) == 6 and np.array_equal(more[:4], plain)
    held = decode_day(more)
    mask = np.isfinite(held["sit"])
    np.testing.assert_allclose(held["sic_before"][mask], other[mask], atol=5e-5)
    assert np.isnan(held["sic_before"][~mask]).all() and np.isnan(held["sic_after"]).all()
    assert set(decode_day(plain)) == {"sic", "sit", "log_deformation", "increment"}
