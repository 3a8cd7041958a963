"""The model seen as satellites see: known fields come back, on the observations' masks and resolution."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from superice.features.model import make_model_day
from superice.features.observation_operator import simulate_products
from superice.features.observed import make_observed_day
from superice.features.settings import FeatureSettings, LowResolution, ObservationSettings
from superice.fields.grid import Grid, load_grid
from superice.readers import osisaf_drift
from superice.readers.nextsim_day import ModelDay

DAY = date(2022, 1, 1)
SEEN = FeatureSettings(low_resolution=LowResolution(method="satellites"))


@pytest.fixture(scope="module")
def grid():
    whole = load_grid(None, "superice")
    return Grid("part", whole.crs, whole.x[400:720], whole.y[400:700])


def model(grid, rate=1e-7, **fields):
    """A day with a uniform shear of 2 ``rate`` over the ground and no divergence."""
    x, y = np.meshgrid(grid.x - grid.x.mean(), grid.y - grid.y.mean())
    whole = {
        "sic": np.full(grid.shape, 0.9),
        "sit": np.full(grid.shape, 1.8),
        "u": rate * x,
        "v": -rate * y,
        "divergence": None,
    } | fields
    return ModelDay(Path("model.nc"), **whole)


def test_uniform_fields_come_back(grid):
    fields = make_model_day(model(grid), grid, SEEN)
    high, low = fields.high, fields.low
    known = np.isfinite(low["sit"])
    assert known.mean() > 0.6
    np.testing.assert_allclose(low["sic"][known], 0.9, rtol=1e-5)
    np.testing.assert_allclose(low["sit"][known], 1.8, rtol=1e-4)
    np.testing.assert_allclose(low["shear"][known], 2e-7, rtol=0.02)
    assert np.abs(low["divergence"][known]).max() < 5e-9
    assert high["sit"] is not low["sit"]


def test_all_fields_share_one_mask(grid):
    sic = np.full(grid.shape, 0.9)
    sic[:, :120] = 0.0
    low = make_model_day(model(grid, sic=sic, sit=2 * sic), grid, SEEN).low
    masks = [np.isfinite(field) for field in low.values()]
    assert all((mask == masks[0]).all() for mask in masks)
    assert not masks[0][:, :115].any() and masks[0][:, 200:280].any()


def test_thickness_of_the_ice_is_what_the_product_holds(grid):
    thickness, concentration, _ = simulate_products(model(grid), grid, LowResolution(), 0.15)
    assert np.nanmedian(thickness.thickness) == pytest.approx(2.0)
    assert np.nanmedian(concentration.concentration) == pytest.approx(0.9)


def test_velocity_is_along_the_axes_of_the_drift_product_on_its_map(grid):
    """Both maps have the same central meridian; lengths on the product's map are 0.97 of those over ground at the pole."""
    even = {"u": np.full(grid.shape, 0.2), "v": np.full(grid.shape, -0.1)}
    drift = simulate_products(model(grid, **even), grid, LowResolution(), 0.15)[2]
    known = np.isfinite(drift.u)
    assert known.any()
    latitude = osisaf_drift.GRID.lonlat()[1][known]
    k0 = (1 + np.sin(np.radians(70))) / 2
    expected = k0 * 2 / (1 + np.sin(np.radians(latitude)))
    np.testing.assert_allclose(drift.u[known] / 0.2, expected, rtol=5e-3)
    np.testing.assert_allclose(drift.v[known] / -0.1, expected, rtol=5e-3)


def test_what_is_finer_than_the_products_is_lost(grid):
    random = np.random.default_rng(0)
    sit = 1.8 + 0.3 * random.standard_normal(grid.shape)
    fields = make_model_day(model(grid, sit=sit), grid, SEEN)
    high, low = fields.high, fields.low
    boxes = make_model_day(model(grid, sit=sit), grid, FeatureSettings()).low
    assert high["sit"].std() == pytest.approx(0.3, rel=0.02)
    assert np.nanstd(low["sit"]) < 0.03
    assert np.nanstd(low["sit"]) == pytest.approx(np.nanstd(boxes["sit"]), rel=0.3)


def test_the_ice_edge_is_as_thick_as_in_the_boxes_of_the_model(grid):
    """Both are means over 90 km: half of the ice's thickness times that of a pixel is no such mean."""
    across = grid.step / 1000 * np.arange(grid.shape[1]) - 450
    sic = np.broadcast_to(np.clip(across / 45, 0, 1), grid.shape)
    fields = model(grid, sic=sic, sit=2 * sic)
    boxes = make_model_day(fields, grid, FeatureSettings()).low
    products = simulate_products(fields, grid, LowResolution(), 0.15)
    day = make_observed_day(*products, grid, np.zeros(grid.shape, bool), FeatureSettings())
    observed = np.where(np.isfinite(day.fields["sit"]), day.fields["sit"], day.beyond_mask["sit"])
    marginal = np.isfinite(observed) & (boxes["sic"] > 0.2) & (boxes["sic"] < 0.8)
    assert marginal.sum() > 1000
    ratio = observed[marginal] / boxes["sit"][marginal]
    assert np.mean(ratio) == pytest.approx(1, abs=0.06)
    assert np.quantile(ratio, [0.05, 0.95]) == pytest.approx(1, abs=0.15)


def test_the_features_of_both_ways_have_the_same_truth(grid):
    fields = model(grid, sit=1.8 + np.random.default_rng(1).random(grid.shape))
    ways = [make_model_day(fields, grid, how).as_features(DAY, 0.15) for how in (SEEN, FeatureSettings())]
    np.testing.assert_array_equal(ways[0].truth, ways[1].truth)
    assert 0 < ways[0].mask.sum() <= ways[1].mask.sum()


def test_a_coarser_contour_is_a_setting_of_the_observations(grid):
    wide = FeatureSettings(
        low_resolution=LowResolution(method="satellites"), observations=ObservationSettings(contour_cells=4)
    )
    fields = model(grid)
    assert (
        np.isfinite(make_model_day(fields, grid, wide).low["shear"]).sum()
        < np.isfinite(make_model_day(fields, grid, SEEN).low["shear"]).sum()
    )
