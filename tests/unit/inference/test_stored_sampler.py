"""The sampler that a weights file names."""

import pytest
import xarray as xr
from random_networks import make_trained_network

from superice.errors import InputError
from superice.inference.day import generate_day
from superice.inference.settings import InputErrors, SamplerSettings
from superice.inference.stored_sampler import complete_sampler, describe_sampler
from superice.network.weights import TrainedNetwork

SAMPLER = SamplerSettings(name="stochastic_multistep", steps=2, noise_scale=1.23, members=2)
AWAITING = SAMPLER.model_copy(update={"noise_scale": "validation"})


@pytest.fixture
def weights(normalisation, tmp_path):
    trained = make_trained_network(normalisation, seed=7)
    trained.sampler = describe_sampler(SAMPLER)
    trained.save(tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def draw(weights, sampler, model_days, grid):
    output = weights.with_name("out.nc")
    generate_day(model_days[0], weights, grid, sampler, 5, output)
    with xr.open_dataset(output) as data:
        return data.load()


def test_members_are_drawn_with_the_factor_in_the_weights(weights, model_days, small_grid):
    chosen, fixed = (draw(weights, sampler, model_days, small_grid) for sampler in (AWAITING, SAMPLER))
    other = draw(weights, SAMPLER.model_copy(update={"noise_scale": 1.0}), model_days, small_grid)
    assert chosen.sit_ai.equals(fixed.sit_ai) and not chosen.sit_ai.equals(other.sit_ai)
    assert (chosen.noise_scale, other.noise_scale) == (1.23, 1.0)


@pytest.mark.parametrize(
    ("stored", "sentence"),
    [
        ({}, r"w\.safetensors: holds no factor of the noise .*: give sampler\.noise_scale a number"),
        ({"steps": 3}, r"w\.safetensors: its factor of the noise was chosen with sampler\.steps 3, not 2"),
        ({"shared_first_step": True}, r"chosen with sampler\.shared_first_step True, not False"),
        ({"input_errors": {"sit": [[18, 0.06]]}}, r"chosen with sampler\.input_errors .*18.*, not .*'sit': \[\]"),
    ],
)
def test_a_factor_that_was_not_chosen_for_the_sampler_is_refused(weights, model_days, small_grid, stored, sentence):
    trained = TrainedNetwork.load(weights)
    trained.sampler = stored and trained.sampler | stored
    trained.save(weights)
    with pytest.raises(InputError, match=sentence):
        draw(weights, AWAITING, model_days, small_grid)


def test_one_key_of_a_section_leaves_its_others_as_they_are_stored(normalisation):
    """Parts that are lost with it would leave the inputs without errors, and their sum far too certain."""
    trained = make_trained_network(normalisation, seed=7)
    errors = InputErrors(sit=((18, 0.08), (60, 0.035)))
    trained.sampler = describe_sampler(SAMPLER.model_copy(update={"input_errors": errors}))
    stated = {"input_errors": {"sizes": "products", "products_factor": 0.84}, "noise_scale": 1.0}
    expected = InputErrors(sit=((18, 0.08), (60, 0.035)), sizes="products", products_factor=0.84)
    assert complete_sampler(stated, trained).input_errors == expected
    assert complete_sampler({"input_errors": {"sit": []}, "noise_scale": 1.0}, trained).input_errors == InputErrors()


def test_sizes_of_the_products_need_parts():
    with pytest.raises(InputError, match=r"sizes: products needs the parts of an input's error"):
        InputErrors(sizes="products")


def test_weights_of_older_versions_are_read(weights):
    trained = TrainedNetwork.load(weights)
    trained.sampler = {}
    trained.save(weights)
    assert TrainedNetwork.load(weights).sampler == {}


def test_a_memory_that_drifts_is_drawn_where_it_is_asked_for_alone(normalisation):
    """Commands and programs draw a date by itself, and have no motion of the ice."""
    trained = make_trained_network(normalisation, seed=7)
    drifting = {"memory_days": 30.0, "memory_follows_drift": True}
    trained.sampler = describe_sampler(SAMPLER) | drifting
    assert complete_sampler({"members": 2}, trained) == SAMPLER
    assert complete_sampler({"members": 2} | drifting, trained) == SAMPLER.model_copy(update=drifting)
