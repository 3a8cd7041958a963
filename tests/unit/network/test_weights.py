"""Weights files: read back as written, with the keys of older versions, and refused where they cannot be right."""

import pytest
import torch
from random_networks import trained

from superice.errors import InputError
from superice.network.normalisation import Normalisation
from superice.network.settings import NetworkSettings
from superice.network.weights import TrainedNetwork, build_formulation, read_weights, write_weights

SETTINGS = NetworkSettings(widths=(4, 6), depth=1, embedding_channels=4, inputs=("sit",))
NUMBERS = {"sit": 1.0, "increment": 0.5}


def save(path, diffusion, mean=NUMBERS):
    normalisation = Normalisation(mean, NUMBERS, 1e-4, 0.15, days=3, pixels=100)
    network = TrainedNetwork(trained(SETTINGS), diffusion, normalisation, {"experiment": "test", "seed": 0})
    network.save(path)
    return network


def test_a_network_is_read_as_it_was_written(tmp_path):
    written = save(tmp_path / "w.safetensors", {"formulation": "preconditioned", "log_noise_std": 1.5})
    read = TrainedNetwork.load(tmp_path / "w.safetensors")
    assert read.network.settings == SETTINGS and not read.network.training
    assert (read.diffusion, read.normalisation, read.origin) == (
        written.diffusion,
        written.normalisation,
        written.origin,
    )
    for mine, theirs in zip(read.network.state_dict().values(), written.network.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)


def test_weights_of_older_versions_are_read(tmp_path):
    """Keys of the section diffusion had other names; a configuration with them is refused, a stored network is not."""
    path = tmp_path / "w.safetensors"
    save(path, {"formulation": "preconditioned", "log_noise_std": 1.5})
    content, _ = read_weights(path)
    content["diffusion"] = {"formulation": "preconditioned", "log_noise_deviation": 1.5}
    write_weights(path, trained(SETTINGS), content)
    assert TrainedNetwork.load(path).formulation.log_noise_std == 1.5
    with pytest.raises(InputError, match="now called 'log_noise_std'"):
        build_formulation(content["diffusion"])


def test_a_removed_key_is_read_where_it_changed_nothing_and_else_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    save(path, {"formulation": "regression"})
    content, _ = read_weights(path)
    content["network"]["output"] = "increment"
    content["sampler"] = {"name": "one_pass", "box_mean_tolerance_m": None, "box_mean_km": 90}
    content["normalisation"]["mean"]["unbounded_increment"] = 0.1
    write_weights(path, trained(SETTINGS), content)
    assert TrainedNetwork.load(path).sampler == {"name": "one_pass"}
    content["network"]["output"] = "unbounded_increment"
    write_weights(path, trained(SETTINGS), content)
    with pytest.raises(InputError, match=r"w\.safetensors: .*key 'output' has been removed"):
        TrainedNetwork.load(path)


def test_a_normalisation_without_an_input_is_refused(tmp_path):
    save(tmp_path / "w.safetensors", {"formulation": "regression"}, mean={"increment": 0.5})
    with pytest.raises(InputError, match=r"invalid metadata .*normalisation\.mean: of sit, increment is needed"):
        TrainedNetwork.load(tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [b"", b"not weights"])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"w\.safetensors: is not a readable weights file"):
        TrainedNetwork.load(path)


def test_an_unknown_formulation_is_refused():
    with pytest.raises(InputError, match=r"diffusion\.formulation: one of noise_prediction, .* is needed"):
        build_formulation({"formulation": "magic"})
