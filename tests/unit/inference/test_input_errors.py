"""Errors of the observed inputs: their size and correlation, what they depend on, and the limits that they keep."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from random_networks import DIFFUSION, make_trained_network

from superice.features.day import Features
from superice.features.files import read_model_features
from superice.inference.ensemble import draw_members
from superice.inference.input_errors import describe_input_errors, perturb, perturb_members
from superice.inference.noise import weigh_days
from superice.inference.settings import InputErrors, SamplerSettings

ERRORS = InputErrors(sic=((9, 0.01),), sit=((12, 0.06), (60, 0.05)), deformation=((18, 0.1),))
FEW_PASSES = {"name": "stochastic_multistep", "steps": 3}
ONE_PASS = {"name": "one_pass", "steps": 1}


@pytest.fixture
def observed(model_days):
    return replace(read_model_features(model_days[0]), observed=True)


@pytest.fixture
def trained(normalisation):
    return make_trained_network(normalisation, seed=0)


def draw(trained, features, seed=0, **sampler):
    settings = SamplerSettings(**{**FEW_PASSES, "members": 3, "input_errors": ERRORS} | sampler)
    return np.stack(list(draw_members(trained, features, settings, seed)))


@pytest.mark.parametrize(
    ("diffusion", "sampler"),
    [
        (DIFFUSION, FEW_PASSES),
        (DIFFUSION, FEW_PASSES | {"shared_first_step": True}),
        ({"formulation": "proper_scores"}, ONE_PASS),
    ],
)
def test_members_with_errors_depend_neither_on_the_batch_nor_on_the_tiles(trained, observed, diffusion, sampler):
    trained.diffusion = diffusion
    sic = np.zeros_like(observed.sic)
    sic[2:12, 20:34] = sic[30:, :6] = 0.9  # ice in two corners
    features = replace(observed, sic=sic)
    alone, together, tiled = (
        draw(trained, features, **sampler, **how) for how in ({"batch": 1}, {"batch": 3}, {"tile": (4, 6)})
    )
    exact = draw(trained, features, **sampler, input_errors=InputErrors())
    assert np.nanmax(abs(alone - exact)) > 0.05
    assert np.allclose(alone, together, rtol=0, atol=1e-5, equal_nan=True)
    assert np.allclose(alone, tiled, rtol=0, atol=1e-5, equal_nan=True)


def test_errors_depend_on_seed_date_and_member_alone(observed):
    settings = SamplerSettings(input_errors=ERRORS)
    (one,) = perturb_members(observed, settings, 7, [3], 3.0)
    again = perturb_members(observed, settings, 7, [2, 3], 3.0)[1]
    assert np.array_equal(one.sit, again.sit, equal_nan=True)
    others = [
        *perturb_members(observed, settings, 8, [3], 3.0),
        *perturb_members(observed, settings, 7, [4], 3.0),
        *perturb_members(replace(observed, date=observed.date + timedelta(1)), settings, 7, [3], 3.0),
    ]
    for other in others:
        assert np.nanmax(abs(other.sit - one.sit)) > 0.05


def test_exact_inputs_stay_exact(trained, observed):
    """The low resolution of the model is made of its own truth and has no errors."""
    exact = replace(observed, observed=False)
    without = draw(trained, exact, input_errors=InputErrors())
    assert np.array_equal(draw(trained, exact), without, equal_nan=True)
    assert np.array_equal(draw(trained, observed, input_errors=InputErrors()), without, equal_nan=True)


def test_a_member_is_its_own_low_resolution_and_an_increment(normalisation, observed):
    """A network that makes no increment leaves the errors alone: their variance is the sum of that of their parts."""
    trained = make_trained_network(normalisation, seed=0)
    torch.nn.init.zeros_(trained.network.output.weight)
    torch.nn.init.zeros_(trained.network.output.bias)
    trained.diffusion = {"formulation": "regression"}
    members = draw(trained, observed, **ONE_PASS, members=200, batch=20) - normalisation.mean["increment"]
    difference = (members - observed.sit)[:, observed.mask]
    assert difference.std(axis=0).mean() == pytest.approx(np.hypot(0.06, 0.05), rel=0.05)
    assert abs(difference.mean()) < 0.01


@pytest.mark.parametrize("memory_days", [0.0, 2.0])
def test_errors_have_the_memory_of_the_noise(observed, memory_days):
    """Of 200 members, at pixels that are far apart, on a date and on the next."""
    settings = SamplerSettings(input_errors=InputErrors(sit=((3, 0.05),)), memory_days=memory_days)
    far = replace(observed, sit=np.full_like(observed.sit, 3.0))
    today, tomorrow = (
        np.stack([member.sit[::12, ::12] - 3 for member in perturb_members(day, settings, 1, range(200), 3.0)])
        for day in (far, replace(far, date=far.date + timedelta(1)))
    )
    weights = weigh_days(memory_days)
    expected = sum(one * other for one, other in pairwise(weights))
    assert np.corrcoef(today.ravel(), tomorrow.ravel())[0, 1] == pytest.approx(expected, abs=0.06)
    assert today.std() == pytest.approx(0.05, rel=0.06)


numbers = st.floats(0, 5, width=32) | st.just(np.nan)
errors = arrays(np.float32, (3, 4), elements=st.floats(-3, 3, width=32))


@given(fields=arrays(np.float32, (4, 3, 4), elements=numbers), sic=errors, sit=errors, deformation=errors)
def test_perturbed_fields_keep_their_limits_and_their_gaps(fields, sic, sit, deformation):
    fields[0] /= 5
    features = Features(None, *fields)
    perturbed = perturb(features, {"sic": sic, "sit": sit, "deformation": deformation})
    for name in ("sic", "sit", "divergence", "shear"):
        assert np.array_equal(np.isnan(getattr(perturbed, name)), np.isnan(getattr(features, name)))
        assert getattr(perturbed, name).dtype == np.float32
    assert np.nanmin(perturbed.sit, initial=0) >= 0
    assert np.nanmin(perturbed.sic, initial=0) >= 0 and np.nanmax(perturbed.sic, initial=1) <= 1
    assert np.allclose(perturbed.deformation, features.deformation * 10**deformation, rtol=1e-4, equal_nan=True)


def test_the_mask_of_a_member_is_that_of_the_day(trained, observed):
    """An error that lifts the concentration above the threshold, or lowers it below, moves no edge of the ice."""
    edge = replace(observed, sic_threshold=float(np.nanmedian(observed.sic)))
    drawn = np.isfinite(draw(trained, edge, input_errors=InputErrors(sic=((9, 0.3),))))
    assert np.array_equal(drawn, np.broadcast_to(edge.mask, drawn.shape))


def deviate(features, name, **errors):
    """Return the standard deviation of an input over 400 members, (y, x)."""
    settings = SamplerSettings(input_errors=InputErrors(**errors))
    members = perturb_members(features, settings, 1, range(400), 3.0)
    values = np.stack([getattr(member, name) for member in members])
    return (np.log10(values) if name == "deformation" else values).std(axis=0)


def test_errors_are_as_large_as_the_product_states_where_it_does(observed):
    """A factor of 1.5, an unknown number on the left, and an input of which the product states nothing."""
    far = replace(
        observed,
        sit=np.full_like(observed.sit, 3.0),
        sic=np.full_like(observed.sic, 0.5),
        divergence=np.full_like(observed.sit, 3e-7),
        shear=np.full_like(observed.sit, 4e-7),
    )
    stated = np.full_like(observed.sit, 0.2)
    stated[:, :10] = np.nan
    of_products = replace(
        far, uncertainties={"sit_uncertainty": stated, "divergence_uncertainty": np.full_like(stated, 1e-7)}
    )
    parts = {"sit": ((12, 0.03), (60, 0.04)), "sic": ((9, 0.02),), "deformation": ((18, 0.3),)}
    products = {"sizes": "products", "products_factor": 1.5}
    sit = deviate(of_products, "sit", **parts, **products)
    assert sit[:, 10:].mean() == pytest.approx(0.3, rel=0.05)
    assert sit[:, :10].mean() == pytest.approx(0.05, rel=0.05)
    assert deviate(of_products, "sit", **parts).mean() == pytest.approx(0.05, rel=0.05)
    assert deviate(of_products, "sic", **parts, **products).mean() == pytest.approx(0.02, rel=0.05)
    logarithm = np.log10(1 + 1.5e-7 / 5e-7)
    assert deviate(of_products, "deformation", **parts, **products).mean() == pytest.approx(logarithm, rel=0.05)
    errors = InputErrors(**parts, **products)
    of_each = lambda features: describe_input_errors(features, errors)["input_error_sizes"]
    assert of_each(of_products) == "sic: configured, sit: product, deformation: product"
    assert of_each(far) == "sic: configured, sit: configured, deformation: configured"
    assert describe_input_errors(replace(far, observed=False), errors) == {}
