"""What a plan lacks is told in one sentence that names the key: folders, weights, and targets of which nothing is made."""

import json
import re
from functools import reduce
from operator import getitem
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from superice.errors import InputError
from superice.run.configuration import Configuration
from superice.run.merging import merge_configurations, read_includes
from superice.run.needs import (
    NOTHING,
    describe_absent_folders,
    describe_empty_plan,
    find_absent_folders,
    require_files,
    require_named_folders,
    require_weights,
)
from superice.run.paths import RunPaths
from superice.run.sources import PRODUCTS, Sources

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "config"
DAY = "calendar: {training: null, validation: null, test: null, observations: {first: 2022-04-12, last: 2022-04-12}}\n"
GIVEN = "name: own\nexperiments: {mine: {weights: released}}\nrun: [mine]\npublished: mine\n"
TARGETS = ("downloads", "trainings", "ensembles", "seasons", "scores", "in_situ", "volumes", "figures", "studies")


def configure(text="{}"):
    contents = [yaml.safe_load((CONFIG / "config.yaml").read_text()), yaml.safe_load(text)]
    return Configuration(read_includes(merge_configurations(*contents), CONFIG))


def test_the_workflows_own_folders_may_be_absent_in_a_plan_and_others_not(tmp_path):
    run = configure()
    sources = Sources(run, RunPaths(run))
    own = sources.searched_folders("model") | sources.searched_folders("observations")
    assert len(own) == 1 + len(PRODUCTS)
    require_named_folders(own)
    assert "data/nextsim (sources.model.folder)" in describe_absent_folders(own)
    named = {"sources.observations.cs2smos": f"{tmp_path}/cs", "sources.observations.drift": f"{tmp_path}/dirft"}
    assert find_absent_folders(named | {"sources.model.folder": str(tmp_path)}) == named
    sentence = (
        rf"^sources\.observations\.cs2smos: there is no folder {tmp_path}/cs, nor {tmp_path}/dirft \(sources\.obs"
    )
    with pytest.raises(InputError, match=sentence):
        require_named_folders(own | named)


@pytest.mark.parametrize(
    "key", ["sources.model.folder", "sources.in_situ.folder", "surrogate.source.thickness", "surrogate.source.forcings"]
)
def test_every_kind_of_source_has_its_folder_checked(key):
    with pytest.raises(
        InputError, match=f"^{key}: there is no folder nowhere; name the folder of the files, or make it"
    ):
        require_named_folders({key: "nowhere"})


def test_a_plan_without_files_says_so():
    assert describe_empty_plan("observations", 26, ["a", "b"]).startswith(
        "observations: all 26 days that are planned lack"
    )
    assert describe_empty_plan("model", 1, ["a"]).startswith(
        "model: the only day that is planned lacks the model's file in"
    )


@pytest.mark.parametrize(
    ("weights", "remedy"),
    [
        ("results/demo/training/recommended/chosen.safetensors", "`make demo` makes it, or write `weights: released`"),
        ("results/mine/training/x/seed1/model.safetensors", "the run mine makes it (snakemake --configfile <its file>"),
        ("gone.safetensors", "name a file that is there, or write `weights: released`"),
    ],
)
def test_given_weights_that_are_not_there_are_told_with_what_makes_them(tmp_path, monkeypatch, weights, remedy):
    monkeypatch.chdir(tmp_path)
    run = configure(DAY + GIVEN.replace("released", weights))
    with pytest.raises(InputError) as caught:
        require_weights(run, RunPaths(run), "mine", 3.0)
    assert str(caught.value).startswith(f"experiments.mine.weights: there is no file {weights}; {remedy}")
    (tmp_path / weights).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / weights).write_text("# a text")
    with pytest.raises(InputError, match=r"holds no weights of SuperIce; name a file chosen\.safetensors.*released"):
        require_weights(run, RunPaths(run), "mine", 3.0)
    save_file({"layer": np.zeros(1)}, tmp_path / weights, metadata={"superice": "{}"})
    require_weights(run, RunPaths(run), "mine", 3.0)


@pytest.mark.parametrize("weights", ["released", "given.safetensors"])
def test_given_weights_of_other_cells_are_refused_before_anything_is_made(tmp_path, monkeypatch, weights):
    monkeypatch.chdir(tmp_path)
    described = {"superice": json.dumps({"grid": {"step_m": 3000.0}})}
    save_file({"layer": np.zeros(1)}, tmp_path / "given.safetensors", metadata=described)
    run = configure(DAY + GIVEN.replace("released", weights))
    for fitting in (3.0, 3.0001):
        require_weights(run, RunPaths(run), "mine", fitting)
    for other in (25.0, 2.9):
        sentence = (
            rf"^experiments\.mine\.weights: .* trained on cells of 3 km, and those of the grid are {other:g} km; name"
        )
        with pytest.raises(InputError, match=sentence):
            require_weights(run, RunPaths(run), "mine", other)


@pytest.mark.parametrize(
    ("text", "is_real"),
    [
        (DAY, True),
        (DAY + "sources: {observations: {kind: synthetic}}\n", False),
        (DAY.replace("test: null", "test: {first: 2022-04-12, last: 2022-04-12}"), True),
    ],
)
def test_real_files_are_those_of_days_that_the_run_has(text, is_real):
    assert configure(text + GIVEN).uses_real_files == is_real


@pytest.mark.parametrize("weights", ["released", "results/own/training/reference/chosen.safetensors"])
def test_weights_of_the_package_and_of_the_run_itself_need_not_be_there(tmp_path, monkeypatch, weights):
    monkeypatch.chdir(tmp_path)
    run = configure(DAY + GIVEN.replace("released", weights))
    require_weights(run, RunPaths(run), "mine", 3.0)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("text", [DAY + GIVEN, DAY + GIVEN + "defaults: {ensembles: {observations: false}}\n"])
def test_a_target_of_which_nothing_is_made_names_the_key(target, text):
    """Only keys that there are; the files of a target are handed on."""
    run = configure(text)
    with pytest.raises(InputError, match=f"^nothing is made of the target {target}: ") as caught:
        require_files(run, target, [])
    named = re.findall(r"\b((?:defaults|sources|calendar|studies|figures)\.?[a-z_.]*[a-z_])", str(caught.value))
    assert named or "experiments.<name>.weights" in str(caught.value)
    for key in named:
        reduce(getitem, key.split("."), run.content)  # a key that there is
    assert require_files(run, target, ["a"]) == ["a"]


def test_every_target_whose_files_depend_on_keys_is_asked():
    """The targets of the table of contents and those of the sentences are the same."""
    text = (ROOT / "Snakefile").read_text() + (ROOT / "workflow/rules/common.smk").read_text()
    assert set(re.findall(r'needed\("(\w+)"', text)) == set(TARGETS) >= NOTHING.keys()
