"""Members where only some inputs are known: wherever there is a thickness, and without a seam."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from random_networks import NETWORK, make_trained_network
from random_networks import trained as make_random_network

from superice.dataset.layout import FIELDS, write_observed_features
from superice.features.files import read_model_features
from superice.inference.day import generate_day
from superice.inference.ensemble import draw_members
from superice.inference.settings import SamplerSettings
from superice.network.normalisation import compute_quantities
from superice.network.settings import INPUTS
from superice.network.weights import TrainedNetwork

PARTLY_MISSING = NETWORK.model_copy(update={"partly_missing": True})
SAMPLER = SamplerSettings(name="stochastic_multistep", steps=3, members=3)


@pytest.fixture
def partly(normalisation):
    return make_trained_network(normalisation, seed=0, settings=PARTLY_MISSING)


@pytest.fixture
def features(model_days):
    """A day whose deformation is unknown on the right, and whose concentration at the bottom."""
    day = read_model_features(model_days[0])
    unknown = {"shear": (slice(None), slice(30, None)), "divergence": (slice(None), slice(30, None)), "sic": slice(5)}
    fields = {name: getattr(day, name).copy() for name in unknown}
    for name, place in unknown.items():
        fields[name][place] = np.nan
    return replace(day, **fields)


def draw(trained, features, **sampler):
    return np.stack(list(draw_members(trained, features, SAMPLER.model_copy(update=sampler), seed=0)))


def test_members_are_drawn_wherever_there_is_a_thickness(partly, normalisation, features):
    drawn = np.isfinite(draw(partly, features)).all(axis=0)
    assert np.array_equal(drawn, np.isfinite(features.sit))
    of_all_inputs = make_trained_network(normalisation, seed=0)
    assert np.array_equal(np.isfinite(draw(of_all_inputs, features)).all(axis=0), features.mask)
    assert drawn.sum() > 1.3 * features.mask.sum()


def test_a_network_of_all_inputs_draws_the_same_from_features_with_more_pixels(normalisation, features):
    trained = make_trained_network(normalisation, seed=0)
    masked = {name: np.where(features.mask, getattr(features, name), np.nan) for name in FIELDS}
    more = replace(features, partly_missing=True)
    assert np.array_equal(draw(trained, more), draw(trained, replace(features, **masked)), equal_nan=True)


def test_what_is_unknown_is_told_to_the_network_and_is_not_average(partly, model_days, normalisation):
    """A deformation of exactly the training's mean differs from an unknown one by its channel alone."""
    day = read_model_features(model_days[0])
    mean = np.float32(10 ** normalisation.mean["log_deformation"] / 86400)
    average = replace(day, divergence=0 * day.divergence, shear=0 * day.shear + mean)
    unknown = replace(day, shear=day.shear * np.nan)
    contexts = [
        normalisation.normalise_inputs(compute_quantities(replace(each, partly_missing=True)), INPUTS, True)
        for each in (average, unknown)
    ]
    changed = np.abs(contexts[0] - contexts[1]).max(axis=(1, 2))
    assert changed[5] == 1 and np.delete(changed, 5).max() < 1e-4
    assert np.nanmax(np.abs(draw(partly, average) - draw(partly, unknown))) > 1e-3


def test_the_file_has_members_on_a_day_without_drift(partly, features, small_grid, tmp_path):
    """The four published arrays are empty; the ice comes from the additional ones."""
    nothing = np.full(small_grid.shape, np.nan, np.float32)
    beyond = {"sic": features.sic, "sit": features.sit, "divergence": nothing, "shear": nothing}
    observed = tmp_path / "sic_sit_e1_e2_20200101.npz"
    reasons = np.full(small_grid.shape, 4, np.uint8)
    empty = dict.fromkeys(FIELDS, nothing)
    write_observed_features(
        observed, observed.with_suffix(".nc"), small_grid, features.date, empty, reasons, {}, beyond
    )
    partly.save(tmp_path / "w.safetensors")
    generate_day(observed, tmp_path / "w.safetensors", small_grid, SAMPLER, 0, tmp_path / "out.nc")
    with xr.open_dataset(tmp_path / "out.nc") as data:
        assert np.array_equal(np.isfinite(data["sit_ai"]).all("n").values, np.isfinite(features.sit))


def test_the_edge_of_an_input_reaches_no_farther_than_the_network(normalisation, model_days):
    """Beyond the receptive field a member is that of a day with the input everywhere, or of a day without it."""
    network, origin = make_random_network(PARTLY_MISSING), {"experiment": "test", "seed": 0}
    random = TrainedNetwork(network, {"formulation": "proper_scores"}, normalisation, origin)
    whole = read_model_features(model_days[0])
    edge, reach = 22, PARTLY_MISSING.reach
    half = whole.shear.copy()
    half[:, edge:] = np.nan
    days = whole, replace(whole, shear=half), replace(whole, shear=np.full_like(half, np.nan))
    known, partly_known, unknown = (draw(random, day, name="one_pass", steps=1) for day in days)
    same = {"rtol": 0, "atol": 1e-4, "equal_nan": True}
    assert np.allclose(partly_known[..., : edge - reach], known[..., : edge - reach], **same)
    assert np.allclose(partly_known[..., edge + reach :], unknown[..., edge + reach :], **same)
    at_edge = np.s_[..., edge - 2 : edge + 2]
    assert min(np.nanstd(partly_known[at_edge] - other[at_edge]) for other in (known, unknown)) > 1e-2
