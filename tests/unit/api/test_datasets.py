"""Datasets of features are taken in other units and orders, and refused with a sentence where they are not understood."""

import json

import numpy as np
import pytest
import xarray

import superice
from superice.api.datasets import read_feature_days
from superice.errors import InputError

NAMES = ("sic", "sit", "divergence", "shear")


@pytest.fixture
def network(weights):
    return superice.load(weights, precision="fp32")


@pytest.fixture
def observed(features):
    """The fields under the names of an observed day."""
    renamed = features[[f"{name}_reprocessed" for name in NAMES]]
    return renamed.rename({f"{name}_reprocessed": name for name in NAMES})


def draw(network, dataset):
    return network.draw(dataset, members=1).sit_ai.values


def test_both_names_of_fields_give_the_same_members(network, features, observed):
    np.testing.assert_array_equal(draw(network, observed), draw(network, features))


def test_centimetres_and_percent_are_converted(network, observed):
    other = observed.copy()
    other["sit"] = (100 * observed.sit.astype("f8")).assign_attrs(units="cm")
    other["sic"] = (100 * observed.sic.astype("f8")).assign_attrs(units="%")
    other["shear"] = (86400 * observed.shear.astype("f8")).assign_attrs(units="day-1")
    np.testing.assert_allclose(draw(network, other), draw(network, observed), atol=1e-5)


def test_what_lies_beyond_the_mask_is_converted_as_well(network, observed):
    """Networks for partly missing inputs draw there: a field stored in cm must not be read as m."""
    west = observed.x < observed.x.mean()
    beyond = observed.copy()
    for name in ("sic", "sit"):
        beyond[f"{name}_beyond_mask"] = observed[name].where(west)
        beyond[name] = observed[name].where(~west)
    other = beyond.copy()
    for name, unit in (("sit", "cm"), ("sic", "%")):
        for variable in (name, f"{name}_beyond_mask"):
            other[variable] = (100 * beyond[variable].astype("f8")).assign_attrs(units=unit)
    days = [read_feature_days(data) for data in (beyond, other)]
    arrays = [{name: np.asarray(field) for name, field in day.select_arrays(0).items()} for day in days]
    first, second = (day.make_features(found, 0, 0.15, True) for day, found in zip(days, arrays, strict=True))
    np.testing.assert_array_equal(np.isfinite(first.sit), np.isfinite(observed.sit))
    np.testing.assert_allclose(second.sit, first.sit, atol=1e-5)
    np.testing.assert_allclose(second.sic, first.sic, atol=1e-5)


def test_axes_in_kilometres_are_converted(network, observed):
    other = observed.assign_coords({axis: (observed[axis] / 1000).assign_attrs(units="km") for axis in ("x", "y")})
    np.testing.assert_array_equal(draw(network, other), draw(network, observed))


def test_dimensions_may_stand_in_another_order(network, observed, season):
    np.testing.assert_array_equal(draw(network, observed.transpose("x", "y")), draw(network, observed))
    lazy = network.draw(season.transpose("x", "time", "y"), members=1).sit_ai
    assert lazy.dims == ("time", "member", "y", "x")
    np.testing.assert_array_equal(lazy[0], draw(network, observed))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.drop_vars("shear"), "shear: variable missing; the dataset holds .*divergence"),
        (lambda data: data.rename(y="lat"), r"the dimensions \(y, x\) are needed; rename .* \(found lat, x\)"),
        (lambda data: data.expand_dims(level=2), r"sic: the dimensions \(y, x\) are needed.* \(found level, y, x\)"),
        (lambda data: data.drop_vars("time"), "time: does not say which day it is"),
        (lambda data: data.assign_coords(time=3.0), "time: is not a date of the real calendar"),
        (lambda data: data.drop_vars("x"), "x: has no coordinate of cell centres"),
        (lambda data: data.drop_vars("crs"), "crs: does not say which map projection its cells are on"),
        (lambda data: data.assign_coords(crs=0), "crs: its projection cannot be read"),
        (
            lambda data: data.isel(y=slice(None, None, -1)),
            "x, y: is not a regular lattice of square cells, y ascending",
        ),
        (lambda data: data.isel(y=slice(None, None, 2)), "x, y: is not a regular lattice"),
        (lambda data: data.isel(y=slice(None, None, 4), x=slice(None, None, 4)), "on cells of 3 km, not of 12 km"),
        (
            lambda data: data.assign(sit=data.sit.assign_attrs(units="kg")),
            r"sit: a unit that cannot be converted to m \(f",
        ),
        (lambda data: data.assign(sic=100 * data.sic), r"sic: above 1.001 \(found"),
        (lambda data: data.sit, r"features are an xarray.Dataset .*\(found DataArray\)"),
    ],
)
def test_other_datasets_are_refused_by_name(network, observed, change, sentence):
    with pytest.raises(InputError, match=sentence):
        network.draw(change(observed), members=1)


def test_features_of_another_set_are_refused(weights, features, tmp_path):
    network = superice.load(weights)
    network.trained.features = {"low_resolution": {"method": "boxes"}}
    other = features.assign_attrs(feature_settings=json.dumps({"low_resolution": {"method": "satellites"}}))
    with pytest.raises(InputError, match=r"features.low_resolution.method boxes \(found satellites\)"):
        network.draw(other, members=1)


def test_one_map_may_serve_all_days(season):
    """Such as a mask that does not change."""
    days = read_feature_days(season.assign(mask_reason=xarray.zeros_like(season.sic[0], dtype="i1")))
    assert days.arrays["mask_reason"].shape == season.sic.shape
