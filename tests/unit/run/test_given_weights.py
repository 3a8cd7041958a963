"""A season of eight lines, which brings its weights: they say what they are and how they are drawn from."""

from pathlib import Path

import pytest
import yaml
from shipped_configurations import CONFIG, load

from superice.errors import InputError
from superice.network import released
from superice.network.weights import TrainedNetwork
from superice.run.configuration import Configuration
from superice.run.merging import merge_configurations
from superice.run.paths import RunPaths
from superice.run.settings_files import collect_settings
from superice.surrogate.configuration import SurrogateConfiguration


@pytest.fixture
def ten_lines():
    """The season of config/README.md, which brings its weights."""
    page = (CONFIG / "README.md").read_text()
    block = page.partition("```yaml\nname: my-season")[2].partition("```")[0]
    return merge_configurations(load(), yaml.safe_load(f"name: my-season{block}"))


def test_the_ten_lines_of_the_page_are_a_season(ten_lines):
    run = Configuration(ten_lines)
    assert run.experiments == ["mine"] and len(run.calendar.observed_days()) == 26
    assert run.area["centre"] == [84, -20]
    assert Path(RunPaths(run, "results/my-season").weights("mine")).is_file()


def test_weights_may_be_a_file_of_another_run(ten_lines):
    ten_lines["experiments"]["mine"]["weights"] = chosen = "results/demo/training/recommended/chosen.safetensors"
    assert RunPaths(Configuration(ten_lines), "results/my-season").weights("mine") == chosen


def test_given_weights_say_how_they_are_drawn_from_unless_the_experiment_does(ten_lines):
    mine = ten_lines["experiments"]["mine"]
    run = Configuration(ten_lines)
    assert set(run.sampler_to_draw("mine")) == {"members", "batch", "tile", "precision"}
    assert collect_settings(run, SurrogateConfiguration(run.surrogate))["mine/ensembles"]["sampler"]["members"] == 30
    mine["sampler"] = {"name": "multistep", "steps": 4}
    stated = Configuration(ten_lines)
    assert stated.sampler_to_draw("mine")["steps"] == 4 and "noise_scale" not in stated.sampler_to_draw("mine")
    trained = Configuration(load())
    assert trained.sampler_to_draw("reference") == trained.experiment("reference")["sampler"]


def test_an_experiment_with_given_weights_is_described_as_their_file_says(ten_lines):
    mine = ten_lines["experiments"]["mine"]
    mine["weights"] = "released"
    paths = RunPaths(Configuration(ten_lines))
    trained, told = TrainedNetwork.load(paths.weights("mine")), paths.run.describe_experiment
    described = told("mine", paths.read_given("mine"))
    assert described["formulation"] == trained.diffusion["formulation"] == "proper_scores"
    assert (described["widths"], described["depth"]) == ("64 96", "2")
    assert described["training seeds"] == str(trained.origin["seed"])
    assert described["trained as"] == "released (recommended)"
    assert described["sampler"] == "one_pass, 1 step"
    assert paths.read_given("mine")["network"] == trained.network.settings.model_dump(mode="json")
    mine["sampler"] = {"name": "multistep", "steps": 4}
    stated = Configuration(ten_lines).describe_experiment("mine", paths.read_given("mine"))
    assert stated["sampler"] == "multistep, 4 steps"
    with pytest.raises(InputError, match="their file describes it"):
        told("mine")
    assert RunPaths(Configuration(load("demo"))).read_given("reference") is None


def test_released_weights_are_found_in_the_package(ten_lines, monkeypatch, tmp_path):
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    with pytest.raises(InputError, match=r"experiments\.mine\.weights: this version of the package holds no trained"):
        Configuration(ten_lines)
    (tmp_path / "superice-1.safetensors").touch()
    paths = RunPaths(Configuration(ten_lines), "results/my-season")
    assert paths.weights("mine") == str(tmp_path / "superice-1.safetensors")
