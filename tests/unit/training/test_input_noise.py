"""Input noise: its size and smoothness, its limits, and a truth that stays the same."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superice.features.files import read_model_features
from superice.inference.input_errors import simulate_observation
from superice.inference.settings import InputErrors
from superice.network.normalisation import compute_quantities
from superice.network.settings import INPUTS
from superice.seasons import NEIGHBOURS
from superice.training.input_noise import PIXEL_KM, draw_errors, perturb
from superice.training.samples import Crop, Days, Samples
from superice.training.settings import InputNoise

SHAPE = (300, 400)
ALL = {"sic": [(6.0, 0.01)], "sit": [(9.0, 0.02), (21.0, 0.05)], "deformation": [(30.0, 0.1)]}


@pytest.mark.parametrize(
    ("length", "deviation", "pixel_km"),
    [(3.0, 0.02, PIXEL_KM), (6.0, 0.01, PIXEL_KM), (21.0, 0.06, PIXEL_KM), (6.0, 0.01, 6.0), (21.0, 0.06, 6.0)],
)
def test_errors_have_the_given_size_and_length(length, deviation, pixel_km):
    noise = InputNoise(sit=[(length, deviation)])
    error = draw_errors(noise, SHAPE, np.random.default_rng(0), pixel_km=pixel_km)["sit"]
    width = length / pixel_km
    assert error.std() == pytest.approx(deviation, rel=0.08)
    for distance in (1, 2, 4):  # two Gaussians of this width, one on the other
        alike = (error[:, :-distance] * error[:, distance:]).mean() / error.var()
        assert alike == pytest.approx(math.exp(-(distance**2) / (4 * width**2)), abs=0.05)


@pytest.mark.parametrize(("length", "pixel_km"), [(120.0, PIXEL_KM), (300.0, PIXEL_KM), (3.0, 6.0)])
def test_errors_that_are_longer_than_a_patch_or_shorter_than_a_pixel_have_the_given_size(length, pixel_km):
    """Over many samples, at one pixel, in a pair that is a quarter of the patch apart, and from edge to edge."""
    random, noise = np.random.default_rng(0), InputNoise(sit=[(length, 0.05)])
    errors = np.stack([draw_errors(noise, (96, 96), random, pixel_km=pixel_km)["sit"][50] for _ in range(3000)])
    assert errors.std(axis=0) == pytest.approx(0.05, rel=0.06)
    for distance in (24, 95):
        alike = np.corrcoef(errors[:, 0], errors[:, distance])[0, 1]
        assert alike == pytest.approx(math.exp(-((distance * pixel_km) ** 2) / (4 * length**2)), abs=0.06)


def test_parts_are_independent():
    error = draw_errors(InputNoise(sit=[(3.0, 0.03), (12.0, 0.04)]), SHAPE, np.random.default_rng(0))["sit"]
    assert error.std() == pytest.approx(0.05, rel=0.05)


def test_exact_inputs_draw_no_random_numbers():
    """A training without input noise keeps the samples that it had before input noise existed."""
    random = np.random.default_rng(0)
    assert draw_errors(InputNoise(share=0.5), SHAPE, random) == {}
    assert random.random() == np.random.default_rng(0).random()


def test_a_share_of_the_samples_has_errors():
    random, noise = np.random.default_rng(0), InputNoise(share=0.3, **ALL)
    assert np.mean([bool(draw_errors(noise, (4, 4), random)) for _ in range(2000)]) == pytest.approx(0.3, abs=0.04)


@given(seed=st.integers(0, 1000), size=st.floats(0.01, 2.0))
def test_perturbed_quantities_stay_within_their_limits_and_lead_to_the_same_truth(seed, size):
    random, shape = np.random.default_rng(seed), (20, 24)
    sit = np.where(random.random(shape) < 0.2, np.nan, random.gamma(2, 0.5, shape)).astype(np.float32)
    exact = {"sic": random.uniform(0.15, 1, shape).astype(np.float32), "sit": sit}
    exact |= {"log_deformation": np.full(shape, -np.inf, np.float32), "increment": random.standard_normal(shape)}
    errors = draw_errors(InputNoise(**{name: [(6.0, size)] for name in INPUTS}), shape, random)
    seen = perturb(exact, errors)
    assert seen["sic"].min() >= 0 and seen["sic"].max() <= 1 and np.nanmin(seen["sit"]) >= 0
    assert (np.isnan(seen["sit"]) == np.isnan(sit)).all() and np.isneginf(seen["log_deformation"]).all()
    assert np.allclose(seen["sit"] + seen["increment"], sit + exact["increment"], atol=1e-5, equal_nan=True)
    assert np.nanmax(np.abs(seen["sit"] - sit)) > 0


@pytest.mark.parametrize("name, width_km", [("sic", 3.5), ("sit", 8.0), ("sic_before", 3.5)])
@pytest.mark.parametrize(("wavelength_km", "pixel_km"), [(24, 3.0), (36, 3.0), (72, 3.0), (48, 2.0)])
def test_noisy_inputs_lose_the_waves_that_a_gaussian_removes(name, width_km, wavelength_km, pixel_km):
    """A wave is left with exp(-(2 pi width / wavelength)^2 / 2) of its amplitude; what is exact stays exact."""
    wave = 0.02 * np.sin(2 * np.pi * pixel_km * np.arange(240) / wavelength_km)
    field = np.broadcast_to(0.5 + wave, (60, 240)).astype(np.float32)
    exact = {"sic": field, "sit": field, "sic_before": field, "increment": np.zeros_like(field)}
    noise = InputNoise(sic_smoothing=3.5, sit_smoothing=8.0)
    seen = perturb(exact, {name: np.zeros_like(field)}, noise.smoothing, pixel_km)
    inner = (slice(20, 40), slice(24, 216))  # whole waves, far from the edges
    left = (seen[name] - 0.5)[inner].std() / (field - 0.5)[inner].std()
    assert left == pytest.approx(math.exp(-((2 * np.pi * width_km / wavelength_km) ** 2) / 2), abs=0.01)
    assert all(seen[other] is field for other in exact.keys() - {name, "increment"})
    assert np.allclose(seen["sit"] + seen["increment"], field, atol=1e-6)


@pytest.mark.parametrize("parts", [{}, {"deformation": [(30.0, 1e-9)]}], ids=["no parts", "parts of another input"])
def test_inputs_without_errors_are_smoothed_as_in_the_simulated_observation(model_days, parts):
    """A training and the choice of its factor of the noise see the same inputs."""
    noise = InputNoise(sic_smoothing=3.5, sit_smoothing=8.0, **parts)
    features = read_model_features(model_days[0])
    features = replace(
        features, neighbours={name: factor * features.sic for name, factor in zip(NEIGHBOURS, (0.9, 0.8))}
    )
    exact = compute_quantities(features)
    errors = draw_errors(noise, features.sit.shape, np.random.default_rng(0), (*INPUTS, *NEIGHBOURS))
    seen = perturb(exact, errors, noise.smoothing)
    observed = compute_quantities(simulate_observation(features, InputErrors(), PIXEL_KM, noise.smoothing))
    for name in ("sic", "sit", *NEIGHBOURS):
        assert np.nanmax(np.abs(seen[name] - exact[name])) > 1e-3
        np.testing.assert_allclose(seen[name], observed[name], atol=1e-6)
    assert np.allclose(seen["sit"] + seen["increment"], features.truth, atol=1e-5, equal_nan=True)


def test_a_share_of_the_samples_is_smoothed_where_nothing_has_errors():
    random, noise = np.random.default_rng(0), InputNoise(share=0.3, sit_smoothing=8.0)
    drawn = [draw_errors(noise, (4, 4), random) for _ in range(2000)]
    assert {tuple(errors) for errors in drawn} == {(), ("sit",)}
    assert np.mean([bool(errors) for errors in drawn]) == pytest.approx(0.3, abs=0.04)


def test_smoothing_spreads_no_gap_and_stays_within_the_range_of_the_field():
    random = np.random.default_rng(0)
    sit = np.where(random.random((40, 50)) < 0.3, np.nan, random.gamma(2, 0.5, (40, 50))).astype(np.float32)
    seen = perturb({"sit": sit, "increment": -sit}, {"sit": np.zeros_like(sit)}, {"sit": 8.0})["sit"]
    assert (np.isnan(seen) == np.isnan(sit)).all() and seen.dtype == np.float32
    assert np.nanmin(sit) <= np.nanmin(seen) and np.nanmax(seen) <= np.nanmax(sit)


def test_samples_without_errors_are_not_smoothed(stored_days, normalisation):
    days = Days(stored_days, normalisation, INPUTS)
    crops = [
        Crop((32, 32), input_noise=InputNoise(share=share, sit_smoothing=8.0, sit=[(6.0, 1e-3)])) for share in (0, 1)
    ]
    plain, noisy = (Samples(days, crop, 8, 10, seed=0, epoch=0) for crop in crops)
    exact = Samples(days, Crop((32, 32), input_noise=InputNoise(share=0, sit=[(6.0, 1e-3)])), 8, 10, seed=0, epoch=0)
    assert all(torch.equal(plain[at][0], exact[at][0]) for at in range(10))
    at = INPUTS.index("sit")
    roughness = [np.mean([batch[i][0][at].diff(dim=0).abs().mean() for i in range(10)]) for batch in (plain, noisy)]
    assert roughness[1] < 0.9 * roughness[0]


def test_samples_with_errors_have_other_inputs_and_the_same_truth(stored_days, normalisation):
    days = Days(stored_days, normalisation, INPUTS)
    crop = lambda **errors: Crop((32, 32), input_noise=InputNoise(**errors))
    plain, other = (Samples(days, crop(**errors), 8, 10, seed=0, epoch=0)[3] for errors in ({}, ALL))
    named = dict(zip((*INPUTS, "mask"), zip(plain[0], other[0], strict=True), strict=True))
    assert torch.equal(*named.pop("mask"))
    assert all((first - second).abs().max() > 0.01 for first, second in named.values())
    norm = days.normalisation
    low = (named["sit"][1] - named["sit"][0]) * norm.deviation["sit"]
    increment = (other[1] - plain[1])[0] * norm.deviation["increment"]
    assert torch.allclose(low, -increment, atol=1e-5)
