"""Inputs of the restoration's network: the averaged thickness on all the sea, with a normalisation of its own."""

from datetime import date

import numpy as np
import pytest

from superice.errors import InputError
from superice.fields.box_filter import box_mean
from superice.inference.ensemble import draw_members
from superice.inference.settings import SamplerSettings
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
from superice.network.weights import TrainedNetwork
from superice.surrogate.restoration import INPUTS, compute_normalisation, compute_spectrum, make_features


@pytest.fixture(scope="module")
def days():
    random = np.random.default_rng(0)
    fields = np.abs(random.normal(1.5, 0.5, (3, 24, 32))).astype(np.float32)
    fields[:, :5, :6], fields[:, 20:] = np.nan, 0  # land, and open water, which counts as sea
    return [make_features(date(2018, 1, n + 1), field, 12e3, 60, field) for n, field in enumerate(fields)]


def test_features_are_the_average_over_all_the_sea(days):
    sea = np.isfinite(days[0].truth)
    assert (days[0].mask == sea).all() and sea[22, 3]
    assert np.allclose(days[0].sit, box_mean(days[0].truth, 5), atol=1e-5, equal_nan=True)


def test_normalisation_is_of_the_thickness_and_its_increment(days):
    found = compute_normalisation(days)
    increments = np.concatenate([(day.truth - day.sit)[day.mask] for day in days])
    assert found.deviation["increment"] == pytest.approx(increments.std(), rel=1e-5)
    assert found.pixels == increments.size and found.days == 3


def test_a_network_that_reads_more_than_the_thickness_is_refused(days):
    found = compute_normalisation(days)
    found.require(INPUTS)
    with pytest.raises(InputError, match=r"normalisation\.mean: of sit, sic, increment is needed"):
        found.require(("sit", "sic"))


def test_members_are_drawn_from_a_forecast(days):
    """An untrained network draws noise of the training's size around the average, on the sea only."""
    shape = NetworkSettings(widths=(8, 8), depth=1, inputs=INPUTS, embedding_channels=8)
    normalisation = compute_normalisation(days)
    diffusion = {"formulation": "preconditioned", "noise_min": 0.02, "noise_max": 20.0}
    trained = TrainedNetwork(build_network(shape).eval(), diffusion, normalisation, {"experiment": "x", "seed": 0})
    sampler = SamplerSettings(name="stochastic_multistep", steps=4, members=2)
    first, second = draw_members(trained, days[0], sampler, seed=1)
    assert (np.isfinite(first) == days[0].mask).all()
    assert 0 < np.nanstd(first - second) < 3 * normalisation.deviation["increment"]


def test_spectra_are_means_over_the_fields():
    random = np.random.default_rng(1)
    fields, sea = random.standard_normal((2, 24, 32)), np.ones((24, 32), bool)
    sea[:, 30:] = False
    wavenumber, both = compute_spectrum(fields, sea, 12.0)
    single = [compute_spectrum(fields[n : n + 1], sea, 12.0)[1] for n in (0, 1)]
    assert np.allclose(both, np.mean(single, axis=0)) and wavenumber[-1] == pytest.approx(1 / 24)
