"""What an edit of the code or of the configuration runs again: what rests on it, and nothing else."""

import re

import pytest
from workflow_copy import copy_workflow, jobs, snakemake

CONFIG = """
name: small
grid: {areas: areas.yaml, area: small}
calendar:
  training: {first: "2020-10-18", last: "2020-11-30", every: 30}
  validation: {first: "2021-10-18", last: "2021-10-31", every: 30}
  test: {first: "2022-10-18", last: "2022-10-31", every: 30}
  observations: {first: "2022-10-18", last: "2022-10-31", every: 30}
sources: {model: {kind: synthetic}, observations: {kind: synthetic}}
defaults: {seeds: [0]}
figures: {members: [], model: [], observations: [], smoothing: []}
studies: {compared: {steps: {dates: ["2021-10-18"]}}}
surrogate:
  source: {kind: synthetic}
  years: {training: [2013, 2013], validation: [2014, 2014], test: [2015, 2015]}
  season: {start: "2015-01-01"}
"""
WEIGHTS = "results/small/training/reference/seed0/model.safetensors"
FORCED = "results/small/surrogate/synthetic/era5/2013/ERA5_y2013.nc"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that Snakemake takes for finished: empty files stand for its outputs."""
    folder = copy_workflow(tmp_path_factory.mktemp("run"), small=CONFIG)
    table = plan(folder, "--summary", "all", FORCED)
    for line in table[table.index("output_file\t") :].splitlines()[1:]:
        path = folder / line.split("\t")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    snakemake(folder, "--touch", "--forceall", "--cores", "2", "--configfile", "small.yaml", "--", "all", FORCED)
    assert "Nothing to be done" in plan(folder, "--dry-run", "all", FORCED)
    return folder


def plan(folder, *arguments):
    return snakemake(folder, arguments[0], "--configfile", "small.yaml", "--", *arguments[1:])


@pytest.fixture
def edited(finished):
    """Edit a file of the copy, ``edited(path, old, new)``; the test's end takes it back."""
    originals = {}

    def edit(path, old, new):
        file = finished / path
        originals[file] = text = file.read_text()
        assert len(re.findall(old, text)) == 1, f"{old} does not stand once in {path}"
        file.write_text(re.sub(old, new, text))
        return finished

    yield edit
    for file, text in originals.items():
        file.write_text(text)


def test_a_module_that_every_training_sample_uses_trains_again(edited):
    folder = edited("superice/training/input_noise.py", r"\Z", "\nLIMIT = 1.0\n")
    planned = jobs(plan(folder, "--dry-run", WEIGHTS))
    assert planned["train"] == 1
    assert planned.keys() <= {"train"}


def test_a_line_of_the_random_fields_makes_the_forced_synthetic_arctic_again(edited):
    folder = edited("superice/synthetic/random_fields.py", r"\Z", "\nLIMIT = 1.0\n")
    assert jobs(plan(folder, "--dry-run", FORCED)) == {"make_forced_year": 1}


def test_a_line_of_one_figure_draws_that_figure_again(edited):
    folder = edited("superice/figures/training_curves.py", r"\Z", "\nLIMIT = 1.0\n")
    assert jobs(plan(folder, "--dry-run", "all", FORCED)) == {"draw_figure": 1, "make_report": 1, "all": 1}


def test_a_word_in_a_docstring_makes_nothing_again(edited):
    folder = edited("superice/network/normalisation.py", r'\A"""', '"""Really: ')
    assert "Nothing to be done" in plan(folder, "--dry-run", "all", FORCED)


def test_another_sampler_trains_nothing_again(finished):
    (finished / "more.yaml").write_text(CONFIG + "experiments: {reference: {sampler: {steps: 41}}}\n")
    planned = jobs(snakemake(finished, "--dry-run", "--configfile", "more.yaml", "--", "all"))
    assert planned["draw_published_ensemble"] == 3
    assert planned.keys().isdisjoint({"train", "model_features", "observed_features", "normalise"})


def test_another_number_of_members_chooses_no_training_again(finished):
    """The members that choose among trainings are those of the section selection."""
    more = CONFIG.replace("defaults: {seeds: [0]}", "defaults: {seeds: [0], sampler: {members: 31}}")
    (finished / "more.yaml").write_text(more)
    planned = jobs(snakemake(finished, "--dry-run", "--configfile", "more.yaml", "--", "all"))
    assert planned["draw_published_ensemble"] == 3
    assert planned.keys().isdisjoint({"train", "select_training"})


def test_another_place_of_the_clone_runs_nothing_again(finished, tmp_path):
    """Results are where Snakemake runs; the same workflow from another folder finds them finished."""
    clone = copy_workflow(tmp_path)
    arguments = "--dry-run", "-s", str(clone / "Snakefile"), "--configfile", "small.yaml", "--", "all"
    assert "Nothing to be done" in snakemake(finished, *arguments)
