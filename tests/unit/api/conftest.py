"""A network as a run chooses it, its weights file, and features as they are opened."""

import numpy as np
import pytest
import xarray
from random_networks import make_trained_network

from superice.inference.settings import SamplerSettings
from superice.inference.stored_sampler import describe_sampler

SAMPLER = SamplerSettings(name="multistep", steps=2)


@pytest.fixture(scope="session")
def weights(normalisation, small_grid, tmp_path_factory):
    """The weights file of a small network of 3 km."""
    trained = make_trained_network(normalisation, seed=7)
    trained.sampler, trained.grid = describe_sampler(SAMPLER), small_grid.describe()
    path = tmp_path_factory.mktemp("weights") / "chosen.safetensors"
    trained.save(path)
    return path


@pytest.fixture
def features(model_days):
    """The features of a model day in memory."""
    with xarray.open_dataset(model_days[0], decode_coords="all") as opened:
        return opened.load()


@pytest.fixture
def season(model_days):
    """The features of three model days, lazily."""
    days = [xarray.open_dataset(path, decode_coords="all", chunks={}) for path in model_days[:3]]
    return xarray.concat(days, "time", data_vars="all", coords="minimal", compat="override")


def find_ice(drawn):
    return np.isfinite(drawn.values)
