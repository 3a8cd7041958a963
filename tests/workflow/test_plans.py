"""What Snakemake plans: the reference run without data, single dates, named targets, and refused configurations."""

import subprocess
import sys
from pathlib import Path

import pytest
from workflow_copy import copy_workflow, jobs, snakemake


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the workflow without results."""
    return copy_workflow(tmp_path_factory.mktemp("checkout"))


def test_the_reference_run_is_planned_without_data(checkout):
    planned = jobs(snakemake(checkout, "--dry-run", "all"))
    shown = {"shift": 3, "smoothing": 2}  # days of other feature sets, of two figures
    assert planned["model_features"] == 1262 + 360 + 180 + shown["shift"]
    assert planned["observed_features"] == 540 + shown["smoothing"]
    assert planned["train"] == 3
    assert planned["draw_published_ensemble"] == 360 + 180 + 540 + shown["smoothing"]
    assert planned["score_date"] == 360 + 180


def test_the_demo_is_planned(checkout):
    planned = jobs(snakemake(checkout, "--dry-run", "--configfile", "config/demo.yaml", "--", "all"))
    assert planned["train"] == 5
    assert planned["select_training"] == 3
    assert planned["draw_baseline"] == 2 * (15 + 15)
    assert planned["make_report"] == 1


def test_the_surrogates_reference_run_is_planned_without_data(checkout):
    planned = jobs(snakemake(checkout, "--dry-run", "surrogate"))
    assert planned["store_year"] == 8 + 1 + 1
    assert planned["train_surrogate"] == planned["forecast"] == 3
    assert planned["restore"] == planned["forecast_season"] == 1
    assert "make_forced_year" not in planned and "train" not in planned


def test_the_surrogates_demo_is_driven_year_after_year_and_no_part_of_all(checkout):
    output = snakemake(checkout, "--dry-run", "--configfile", "config/demo.yaml", "--", "surrogate")
    assert jobs(output)["make_forced_year"] == jobs(output)["store_year"] == 6
    everything = jobs(snakemake(checkout, "--dry-run", "--configfile", "config/demo.yaml", "--", "all"))
    assert not [rule for rule in everything if rule.startswith("surrogate")]
    one = snakemake(
        checkout, "--dry-run", "--configfile", "config/demo.yaml", "--", "results/demo/surrogate/store/2014.npy"
    )
    assert jobs(one)["make_forced_year"] == 2 and jobs(one)["store_year"] == 1


def test_an_experiment_on_another_feature_set_is_trained_on_it_alone(checkout, tmp_path):
    """Its own model features and normalisation; the observed features, which the set does not change, are the run's."""
    file = tmp_path / "sets.yaml"
    file.write_text("run: [virtual_satellites]\npublished: virtual_satellites\n")
    target = "results/superice/observations/predictions/sit_hrai_20220412.nc"
    output = snakemake(checkout, "--dry-run", "--configfile", str(file), "--", target)
    planned = jobs(output)
    assert planned["model_features"] == 1262 + 360
    assert planned["normalise"] == 1 and planned["observed_features"] == 1
    assert "results/superice/feature_sets/satellites/store/20131018.npy" in output
    assert "results/superice/store/" not in output
    assert "feature_sets/satellites/observations" not in output


def test_a_set_of_the_observations_alone_has_no_model_features_of_its_own(checkout, tmp_path):
    file = tmp_path / "sets.yaml"
    file.write_text("experiments: {reference: {features: resampled}}\n")
    target = "results/superice/observations/predictions/sit_hrai_20220412.nc"
    output = snakemake(checkout, "--dry-run", "--configfile", str(file), "--", target)
    assert "feature_sets/resampled/observations/features/sic_sit_e1_e2_20220412.npz" in output
    assert "results/superice/store/20131018.npy" in output
    assert "feature_sets/resampled/store" not in output and "feature_sets/resampled/model" not in output


def test_the_model_can_come_from_the_marine_service(checkout, tmp_path):
    file = tmp_path / "cmems.yaml"
    file.write_text(
        "sources: {model: {kind: cmems, folder: data/cmems, addresses: ['copernicusmarine:some-dataset']}}\n"
    )
    target = "results/superice/model/features/20220412.nc"
    output = snakemake(checkout, "--dry-run", "--configfile", str(file), "--", target)
    assert jobs(output) | {"download": 1, "model_features": 1} == jobs(output)
    assert "results/superice/downloads/cmems/20220412.json" in output


def test_experiments_that_share_a_training_train_once(checkout, tmp_path):
    file = tmp_path / "shared.yaml"
    file.write_text(
        "experiments: {more_steps: {trained_as: reference, sampler: {steps: 100}},"
        " second: {trained_as: reference, seed: 1}}\nrun: [reference, more_steps, second]\n"
    )
    options = "--dry-run", "--printshellcmds", "--configfile", str(file), "--"
    planned = jobs(snakemake(checkout, *options, "trainings"))
    assert (planned["train"], planned["select_training"]) == (3, 1)
    drawn = "results/superice/experiments/{}/model/predictions/sit_hrai_20220412.nc"
    plan = snakemake(checkout, *options, drawn.format("more_steps"))
    assert "training/reference/chosen.safetensors" in plan and '"steps": 100' in plan
    plan = snakemake(checkout, *options, drawn.format("second"))
    assert jobs(plan)["train"] == 1 and "--weights results/superice/training/reference/seed1/model.safetensors" in plan
    own = "results/superice/training/more_steps/chosen.safetensors"
    assert "No rule to produce" in snakemake(checkout, *options, own, check=False)


def test_the_studies_train_nothing_twice(checkout):
    """Table 2: three seeds and nine other trainings; 13 experiments on 12 days and 6 numbers of steps on one."""
    planned = jobs(snakemake(checkout, "--dry-run", "studies"))
    assert (planned["train"], planned["study_table"], planned["draw_study_figure"]) == (3 + 9, 1, 6)
    assert planned["score_date"] == 13 * 12 + 6
    assert planned["draw_ensemble"] + planned["draw_published_ensemble"] == planned["score_date"]
    assert "observed_features" not in planned
    small = snakemake(
        checkout, "--dry-run", "--configfile", "config/demo.yaml", "config/studies-demo.yaml", "--", "studies"
    )
    assert (jobs(small)["train"], jobs(small)["draw_study_figure"]) == (12, 6)


@pytest.mark.parametrize("profiles", [["profiles/slurm"], ["profiles/slurm", "profiles/slurm-nvidia"]])
def test_a_clusters_profile_plans_the_same_jobs(checkout, profiles):
    target = "results/superice/model/predictions/sit_hrai_20230101.nc"
    plain = jobs(snakemake(checkout, "--dry-run", target))
    assert plain["draw_published_ensemble"] == 1
    options = [option for profile in profiles for option in ("--profile", profile)]
    assert jobs(snakemake(checkout, "--dry-run", *options, "--", target)) == plain


def test_a_single_date_asks_for_nothing_but_its_own_features_and_the_training(checkout):
    target = "results/superice/observations/predictions/sit_hrai_20220412.nc"
    planned = jobs(snakemake(checkout, "--dry-run", target))
    assert planned["observed_features"] == 1
    assert planned["draw_published_ensemble"] == 1
    assert planned["model_features"] == 1262 + 360
    assert "score_date" not in planned


def test_a_baseline_asks_for_no_training(checkout):
    target = "results/superice/experiments/{}/model/predictions/sit_hrai_20220412.nc"
    cubic, noise = (
        jobs(snakemake(checkout, "--dry-run", target.format(name))) for name in ("cubic", "correlated_noise")
    )
    assert (cubic["draw_baseline"], cubic["model_features"]) == (1, 1)
    assert (noise["draw_baseline"], noise["fit_noise"], noise["model_features"]) == (1, 1, 1 + 1262)
    assert "train" not in cubic.keys() | noise.keys()


def test_the_models_source_and_leave_to_resample_come_from_the_configuration(checkout):
    (checkout / "marine.yaml").write_text("sources: {model: {kind: cmems, folder: marine, resample: true}}\n")
    target = "results/superice/model/features/20220412.nc"
    options = "--dry-run", "--printshellcmds", "--configfile"
    plan = snakemake(checkout, *options, "marine.yaml", "--", target)
    assert "--source marine --kind cmems --resample --date 2022-04-12" in plan
    plan = snakemake(checkout, *options, "config/config.yaml", "--", target)
    assert "--source data/nextsim --kind moorings" in plan and "--resample" not in plan


def test_a_date_outside_the_calendar_is_an_error(checkout):
    target = "results/superice/model/predictions/sit_hrai_20220701.nc"
    assert "20220701 is no day of the configuration" in snakemake(checkout, "--dry-run", target, check=False)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("calender: {}", "unknown key 'calender'"),
        ("defaults: {training: {epochs: many}}", "defaults.training.epochs: 'many' is not of type integer"),
        ("calendar: {test: {first: 2022-06-01, last: 2022-07-01}}", "calendar.test: no day of a freezing season"),
        ("figures: {shift_sets: [none]}", "figures.shift_sets: no feature set 'none'"),
        ("figures: {smoothing: ['2022-07-01']}", "figures.smoothing: 2022-07-01 is not an observed day"),
        ("experiments: {reference: {features: none}}", "experiments.reference.features: no feature set 'none'"),
        (
            "studies: {compared: {steps: {dates: [2031-01-01]}}}",
            "studies.compared.steps.dates: 2031-01-01 is not a day",
        ),
        ("studies: {compared: {size: {varies: network.wide}}}", "studies: experiment 'reference' has no network.wide"),
        ("surrogate: {chosen: none}", "surrogate.chosen: no experiment 'none'; there are with_forcings"),
        ("surrogate: {years: {test: [2016, 2018]}}", "surrogate.years.test: years must ascend"),
        ("surrogate: {defaults: {network: {depth: 3}}}", "surrogate.defaults.network: unknown key 'depth'"),
        ("surrogate: {synthetic: {wind: 3}}", "surrogate.synthetic: unknown key 'wind'"),
        ("published: cubic", "published: cubic is a baseline"),
        ("figures: {model: [2031-01-01]}", "figures.model: 2031-01-01 is not among the ensembles' days"),
    ],
)
def test_a_wrong_configuration_ends_with_one_sentence(checkout, tmp_path, content, sentence):
    file = tmp_path / "wrong.yaml"
    file.write_text(content)
    output = snakemake(checkout, "--dry-run", "--configfile", str(file), "--", "all", check=False)
    assert sentence in output
    assert "Traceback" not in output


def test_lint_finds_nothing(checkout):
    assert "good condition" in snakemake(checkout, "--lint")


def test_format_is_kept(checkout):
    command = [str(Path(sys.executable).parent / "snakefmt"), "--check", "Snakefile", "workflow/rules"]
    result = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
