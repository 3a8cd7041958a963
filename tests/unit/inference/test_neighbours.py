"""Members of networks that read the concentrations of other days, where these are known, unknown, and not held."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from random_networks import NETWORK, make_trained_network

from superice.dataset.layout import write_model_features
from superice.errors import InputError
from superice.features.files import read_model_features
from superice.inference.compatibility import require_distance
from superice.inference.day import generate_day
from superice.inference.ensemble import draw_members
from superice.inference.input_errors import perturb_members, simulate_observation
from superice.inference.settings import InputErrors, SamplerSettings
from superice.network.settings import INPUTS, NetworkSettings
from superice.seasons import NEIGHBOURS

PARTLY = NETWORK.model_copy(update={"partly_missing": True})
READING = PARTLY.model_copy(update={"inputs": (*INPUTS, *NEIGHBOURS)})
ERRORS = InputErrors(sic=((9, 0.01),), sit=((12, 0.06),))
SAMPLER = SamplerSettings(name="stochastic_multistep", steps=2, members=2)


@pytest.fixture
def plain(model_days):
    return read_model_features(model_days[0])


@pytest.fixture
def features(plain, model_days):
    others = zip(NEIGHBOURS, (read_model_features(path).sic for path in model_days[1:3]))
    return replace(plain, neighbours=dict(others))


def draw(trained, features, **sampler):
    return np.stack(list(draw_members(trained, features, SAMPLER.model_copy(update=sampler), seed=0)))


def hide(features):
    return replace(features, neighbours={name: np.nan * values for name, values in features.neighbours.items()})


def test_the_mask_does_not_depend_on_them(features, plain):
    for partly_missing in (True, False):
        masks = [replace(each, partly_missing=partly_missing).mask for each in (plain, features, hide(features))]
        assert masks[0].any() and np.array_equal(masks[0], masks[1]) and np.array_equal(masks[0], masks[2])


def test_members_change_with_them_unless_the_network_gives_them_no_weight(normalisation, features, plain):
    trained = make_trained_network(normalisation, seed=0, settings=READING)
    known, unknown, absent = (draw(trained, each) for each in (features, hide(features), plain))
    assert np.nanmax(abs(known - unknown)) > 1e-3
    assert np.array_equal(unknown, absent, equal_nan=True), "features that hold none are as those of an empty array"
    with torch.no_grad():  # the noisy field, five inputs, where each is known, and the mask
        trained.network.stem.weight[:, [4, 5, 9, 10]] = 0
    known, unknown = (draw(trained, each) for each in (features, hide(features)))
    assert np.array_equal(known, unknown, equal_nan=True) and np.isfinite(known).any()


@pytest.mark.parametrize("observed", [False, True])
def test_a_network_without_them_draws_the_same_from_features_that_hold_them(normalisation, features, plain, observed):
    trained = make_trained_network(normalisation, seed=0, settings=PARTLY)
    one, other = (draw(trained, replace(each, observed=observed), input_errors=ERRORS) for each in (plain, features))
    assert np.array_equal(one, other, equal_nan=True)


def test_the_errors_of_days_are_independent_and_leave_those_of_the_date(features, plain):
    settings = SamplerSettings(input_errors=ERRORS)
    half = np.full_like(plain.sit, 0.5)
    day = replace(features, sic=half, neighbours=dict.fromkeys(NEIGHBOURS, half))
    members = perturb_members(day, settings, 1, range(200), 3.0)
    alone = perturb_members(replace(day, neighbours={}), settings, 1, range(2), 3.0)
    for one, other in zip(alone, members):
        assert np.array_equal(one.sic, other.sic) and np.array_equal(one.sit, other.sit, equal_nan=True)
    fields = [[each.sic, *(each.neighbours[name] for name in NEIGHBOURS)] for each in members]
    errors = np.array(fields)[:, :, ::12, ::12].transpose(1, 0, 2, 3).reshape(3, -1) - 0.5
    assert errors.std(axis=1) == pytest.approx(0.01, rel=0.05)
    np.testing.assert_allclose(np.corrcoef(errors), np.eye(3), atol=0.07)


def test_errors_of_the_products_size_are_as_configured_where_no_size_is_stated(features):
    """Of other days no standard deviation is held, and an unknown field stays unknown."""
    settings = SamplerSettings(input_errors=ERRORS.model_copy(update={"sizes": "products"}))
    configured = SamplerSettings(input_errors=ERRORS)
    day = replace(features, uncertainties={"sic_uncertainty": np.full_like(features.sic, 0.05)})
    day = replace(day, neighbours=day.neighbours | {"sic_after": np.full_like(day.sic, np.nan)})
    (stated,), (plain,) = (perturb_members(day, each, 1, [0], 3.0) for each in (settings, configured))
    assert np.array_equal(stated.neighbours["sic_before"], plain.neighbours["sic_before"], equal_nan=True)
    assert not np.array_equal(stated.sic, plain.sic, equal_nan=True)
    assert np.isnan(stated.neighbours["sic_after"]).all()


def test_validation_days_show_them_with_errors_as_well(features):
    seen = simulate_observation(features, ERRORS, 3.0)
    for name in NEIGHBOURS:
        assert 0 < np.nanmax(abs(seen.neighbours[name] - features.neighbours[name])) < 0.1


@pytest.mark.parametrize(("empty", "unknown"), [(None, "sic_before, sic_after"), ("sic_before", "sic_before")])
def test_the_file_names_those_that_are_unknown(normalisation, features, small_grid, tmp_path, empty, unknown):
    """Both where the features hold none, or the one that is empty."""
    fields = {name: getattr(features, name) for name in ("sic", "sit", "divergence", "shear")}
    path = tmp_path / "20200101.nc"
    neighbours = {**features.neighbours, empty: np.nan * features.sic} if empty else {}
    write_model_features(path, small_grid, features.date, fields, fields, {}, neighbours)
    for settings, expected in ((READING, unknown), (PARTLY, None)):
        make_trained_network(normalisation, seed=0, settings=settings).save(tmp_path / "w.safetensors")
        generate_day(path, tmp_path / "w.safetensors", small_grid, SAMPLER, 0, tmp_path / "out.nc")
        with xr.open_dataset(tmp_path / "out.nc") as file:
            assert file.attrs.get("unknown_inputs") == expected


def test_days_that_are_as_far_as_those_of_the_training_are_needed(normalisation):
    trained = make_trained_network(normalisation, seed=0, settings=READING)
    trained.features = {"neighbouring_days": 2}
    for stated in ({}, {"neighbouring_days": 2}):
        require_distance(trained, stated, None)
    with pytest.raises(InputError, match=r"neighbouring_days 2.* 1"):
        require_distance(trained, {"neighbouring_days": 1}, None)
    trained.network.settings = PARTLY
    require_distance(trained, {"neighbouring_days": 1}, None)


def test_a_network_of_complete_inputs_reads_none():
    with pytest.raises(InputError, match=r"network.partly_missing must be true"):
        NetworkSettings(inputs=("sit", "sic_before"))
