"""What Snakemake plans: the reference run without data, single dates, named targets, and refused configurations."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from workflow_copy import copy_workflow, jobs, snakemake

# The reference with a training of 10 days and a validation of 5, which is planned in a fraction of the time.
SHORT = """
calendar:
  training: {first: "2013-10-18", last: "2013-10-27"}
  validation: {first: "2022-04-11", last: "2022-04-15"}
studies: {compared: {steps: {dates: ["2022-04-11"]}}}
figures: {members: [], model: [], observations: [], smoothing: []}
"""
SHORT_TRAINING, SHORT_VALIDATION = 10, 5
FEATURES = "results/superice/model/features/20220412.nc"
PUBLISHED = "results/superice/{}/predictions/sit_hrai_20220412.nc"
DRAWN = "results/superice/experiments/{}/model/predictions/sit_hrai_20220412.nc"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the workflow without results."""
    return copy_workflow(tmp_path_factory.mktemp("checkout"), short=SHORT)


@pytest.fixture(scope="module")
def plan(checkout):
    """Return a function that plans the targets with configuration files, and options of Snakemake."""

    def dry_run(*targets, files=(), options=(), check=True):
        configured = ("--configfile", *map(str, files)) if files else ()
        return snakemake(checkout, "--dry-run", *options, *configured, "--", *targets, check=check)

    return dry_run


@pytest.fixture
def plan_short(plan, tmp_path):
    """Return a function that plans targets of the short reference, with a configuration on top of it."""

    def dry_run(*targets, configuration="", **arguments):
        file = tmp_path / "own.yaml"
        file.write_text(configuration or "{}")
        return plan(*targets, files=("short.yaml", file), **arguments)

    return dry_run


@pytest.fixture(scope="module")
def plan_of_demo(plan):
    """The jobs of the demo."""
    return jobs(plan("all", files=["config/demo.yaml"]))


def test_the_reference_run_is_planned_without_data(plan):
    planned = jobs(plan("all"))
    shown = {"shift": 3, "smoothing": 2}  # days of other feature sets, of two figures
    assert planned["model_features"] == 1262 + 360 + 180 + shown["shift"]
    assert planned["observed_features"] == 540 + shown["smoothing"]
    assert planned["train"] == 3
    assert planned["draw_published_ensemble"] == 360 + 180 + 540 + shown["smoothing"]
    assert planned["score_date"] == 360 + 180


def test_the_demo_is_planned(plan_of_demo):
    assert plan_of_demo["train"] == 4
    assert plan_of_demo["select_training"] == 2
    assert plan_of_demo["draw_baseline"] == 15 + 15
    assert plan_of_demo["make_report"] == 1


def test_the_surrogates_reference_run_is_planned_without_data(plan):
    planned = jobs(plan("surrogate"))
    assert planned["store_year"] == 8 + 1 + 1
    assert planned["train_surrogate"] == planned["forecast"] == 3
    assert planned["restore"] == planned["forecast_season"] == 1
    assert "make_forced_year" not in planned and "train" not in planned
    page = (Path(__file__).parents[2] / "docs/surrogate.md").read_text()
    assert f"plans its {sum(planned.values())} jobs" in page


def test_a_stored_year_is_made_again_when_a_file_in_its_folder_changes(tmp_path):
    folder = copy_workflow(tmp_path, own="surrogate: {source: {thickness: ice, forcings: era5}}\n")
    stored = Path("results/superice/surrogate/store")
    names = ("ice/2009.nc", "ice/2010.nc", "era5/2009.nc", stored / "2009.npy", stored / "2009.json")
    files = [folder / name for name in names]
    for age, path in enumerate(files):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
        os.utime(path, (1e9 + age, 1e9 + age))

    def dry_run():
        return snakemake(folder, "--dry-run", "--configfile", "own.yaml", "--", str(stored / "2009.npy"))

    assert "Nothing to be done" in dry_run()
    os.utime(files[1])
    assert "Nothing to be done" in dry_run()
    os.utime(files[0])
    assert "Updated input files: ice/2009.nc" in dry_run()


def test_the_surrogates_demo_is_forced_year_after_year_and_no_part_of_all(plan, plan_of_demo):
    planned = jobs(plan("surrogate", files=["config/demo.yaml"]))
    assert planned["make_forced_year"] == planned["store_year"] == 6
    shared = planned.keys() & plan_of_demo.keys()
    assert shared <= {"write_settings"}
    one = jobs(plan("results/demo/surrogate/store/2014.npy", files=["config/demo.yaml"]))
    assert one["make_forced_year"] == 2 and one["store_year"] == 1


def test_an_experiment_on_another_feature_set_is_trained_on_it_alone(plan_short):
    """Its own model features and normalisation; the observed features, which the set does not change, are the run's."""
    configuration = "run: [satellite_features]\npublished: satellite_features\n"
    output = plan_short(PUBLISHED.format("observations"), configuration=configuration)
    planned = jobs(output)
    assert planned["model_features"] == SHORT_TRAINING + SHORT_VALIDATION
    assert planned["normalise"] == 1 and planned["observed_features"] == 1
    assert "results/superice/feature_sets/satellites/store/20131018.npy" in output
    assert "results/superice/store/" not in output
    assert "feature_sets/satellites/observations" not in output


def test_a_set_of_the_observations_alone_has_no_model_features_of_its_own(plan_short):
    configuration = "experiments: {reference: {features: resampled}}\n"
    output = plan_short(PUBLISHED.format("observations"), configuration=configuration)
    assert "feature_sets/resampled/observations/features/sic_sit_e1_e2_20220412.npz" in output
    assert "results/superice/store/20131018.npy" in output
    assert "feature_sets/resampled/store" not in output and "feature_sets/resampled/model" not in output


def test_the_model_can_come_from_the_marine_service(plan_short):
    configuration = (
        "sources: {model: {kind: cmems, folder: data/cmems, addresses: ['copernicusmarine:some-dataset']}}\n"
    )
    output = plan_short(FEATURES, configuration=configuration)
    assert jobs(output) | {"download": 1, "model_features": 1} == jobs(output)
    assert "results/superice/downloads/cmems/20220412.json" in output


def test_experiments_that_share_a_training_train_once(plan_short):
    configuration = (
        "experiments: {more_steps: {trained_as: reference, sampler: {steps: 100}},"
        " second: {trained_as: reference, seed: 1, sampler: {memory_days: 30, memory_follows_drift: true}}}\n"
        "run: [reference, more_steps, second]\n"
    )

    def plan_target(target, **arguments):
        return plan_short(target, configuration=configuration, options=["--printshellcmds"], **arguments)

    planned = jobs(plan_target("trainings"))
    assert (planned["train"], planned["select_training"]) == (3, 1)
    plan = plan_target(DRAWN.format("more_steps"))
    assert "training/reference/chosen.safetensors" in plan and "settings/more_steps/ensembles.yaml" in plan
    plan = plan_target(DRAWN.format("second"))
    assert jobs(plan)["train"] == 1 and "--weights results/superice/training/reference/seed1/model.safetensors" in plan
    assert jobs(plan)["collect_motion"] == 1 and "--motion results/superice/motion/model/2021.nc" in plan
    own = "results/superice/training/more_steps/chosen.safetensors"
    assert "No rule to produce" in plan_target(own, check=False)


def test_the_studies_train_nothing_twice(plan, tmp_path):
    """Table 2: three seeds and nine other trainings, all on 12 days, and 6 numbers of steps on one."""
    (tmp_path / "training.yaml").write_text('calendar: {training: {first: "2013-10-18", last: "2013-10-27"}}')
    planned = jobs(plan("studies", files=[tmp_path / "training.yaml"]))
    assert (planned["train"], planned["study_table"], planned["draw_study_figure"]) == (3 + 9, 1, 6)
    assert planned["score_date"] == 12 * 12 + 6
    assert planned["draw_ensemble"] == planned["score_date"]
    assert "observed_features" not in planned
    small = jobs(plan("studies", files=["config/demo.yaml", "config/studies-demo.yaml"]))
    assert (small["train"], small["draw_study_figure"]) == (12, 6)


def test_a_clusters_profiles_plan_the_same_jobs(plan_short):
    target = PUBLISHED.format("model")
    plain = jobs(plan_short(target))
    assert plain["draw_published_ensemble"] == 1
    slurm, nvidia = ["--profile", "profiles/slurm"], ["--profile", "profiles/slurm-nvidia"]
    assert jobs(plan_short(target, options=slurm)) == plain
    assert jobs(plan_short(target, options=slurm + nvidia)) == plain


def test_a_single_date_asks_for_nothing_but_its_own_features_and_the_training(plan_short):
    planned = jobs(plan_short(PUBLISHED.format("observations")))
    assert planned["observed_features"] == 1
    assert planned["draw_published_ensemble"] == 1
    assert planned["model_features"] == SHORT_TRAINING + SHORT_VALIDATION
    assert "score_date" not in planned


def test_summaries_are_planned_with_their_ensembles_and_members_can_be_left_out(plan_short):
    """The same draws; what is not kept is deleted once scores and figures are made of it."""
    keep = "defaults: {{ensembles: {{splits: [validation], observations: false, keep: {}}}}}"
    both = jobs(plan_short("seasons", configuration=keep.format("both")))
    assert both["make_season"] == 1
    assert both["draw_published_ensemble"] == SHORT_VALIDATION
    planned = plan_short("all", configuration=keep.format("summary"))
    assert jobs(planned)["draw_published_ensemble"] == SHORT_VALIDATION
    assert "Would remove temporary output " + PUBLISHED.format("model") in planned
    assert "Would remove temporary output results/superice/model/summaries" not in planned


def test_a_baseline_asks_for_no_training(plan_short):
    cubic, noise = (jobs(plan_short(DRAWN.format(name))) for name in ("cubic", "correlated_noise"))
    assert (cubic["draw_baseline"], cubic["model_features"]) == (1, 1)
    assert (noise["draw_baseline"], noise["fit_noise"], noise["model_features"]) == (1, 1, 1 + SHORT_TRAINING)
    assert "train" not in cubic.keys() | noise.keys()


def test_the_models_source_and_leave_to_resample_come_from_the_configuration(plan_short, tmp_path):
    options = ["--printshellcmds"]
    marine = f"sources: {{model: {{kind: cmems, folder: {tmp_path}, resample: true}}}}\n"
    plan = plan_short(FEATURES, configuration=marine, options=options)
    assert f"--source {tmp_path} --kind cmems --resample --date 2022-04-12" in plan
    plan = plan_short(FEATURES, options=options)
    assert "--source data/nextsim --kind moorings" in plan and "--resample" not in plan


def test_a_folder_that_is_not_there_is_told_and_no_run_begins(checkout, plan_short, tmp_path):
    """One that somebody named ends the plan; without the workflow's own there is a plan, but no run."""
    target, own = "results/superice/records/observations/20220412.json", "data/osisaf_concentration"
    named = f"sources: {{observations: {{cs2smos: {tmp_path}, concentration: {tmp_path}/their}}}}\n"
    ended = plan_short(target, configuration=named, check=False).splitlines()[-1]
    sentence = f"sources.observations.concentration: there is no folder {tmp_path}/their; name the folder of the files"
    assert ended.startswith(f"configuration: {tmp_path}/own.yaml: {sentence}")
    planned = plan_short(target, configuration=named.replace(f"{tmp_path}/their", own)).splitlines()[-1]
    assert planned.startswith("planned without data") and f"{own} (sources.observations.concentration)" in planned
    files = "--configfile", "short.yaml", str(tmp_path / "own.yaml")
    output = snakemake(checkout, "--cores", "1", *files, "--", target, check=False)
    assert f"no such folder: sources.observations.concentration ({own}), sources.observations.drift" in output
    assert not (checkout / target).exists() and "Finished job" not in output


def test_an_own_season_is_planned_as_it_is_shipped(plan, tmp_path):
    """It names no days of figures and studies; here with folders that are there, and a short training, planned sooner."""
    folder = tmp_path / "empty"
    folder.mkdir()
    (tmp_path / "short.yaml").write_text(f"""
calendar: {{training: {{first: "2013-10-18", last: "2013-10-27"}}}}
sources:
  model: {{folder: {folder}}}
  observations: {{cs2smos: {folder}, concentration: {folder}, drift: {folder}}}
""")
    output = plan("all", files=["config/own-season.yaml", tmp_path / "short.yaml"])
    planned = jobs(output)
    assert planned["observed_features"] == 26 + 2  # weeks, and a day of two other feature sets
    assert "figures/inputs_20231018.png" in output and "figures/inputs_20240410.png" in output
    assert "files, observations: 0 of 26 days have the files of all products" in output
    assert f"observations: all 26 days that are planned lack a file of a product in {folder}" in output


def test_weights_that_are_not_there_end_a_plan_with_what_makes_them(plan, tmp_path):
    absent = "results/demo/training/recommended/chosen.safetensors"
    (tmp_path / "short.yaml").write_text(f"figures: null\nexperiments: {{recommended: {{weights: {absent}}}}}\n")
    output = plan("all", files=["config/real-day.yaml", tmp_path / "short.yaml"], check=False)
    *_, days, ended = output.splitlines()
    assert days.startswith("files, observations: 0 of 1 days have the files of all products")
    assert "experiments.recommended.weights: there is no file" in ended and "; `make demo` makes it" in ended


def test_a_target_of_which_nothing_is_made_ends_with_the_key_that_it_needs(plan_short):
    """The others are tested without Snakemake."""
    ended = plan_short("in_situ", check=False).splitlines()[-1]
    assert "nothing is made of the target in_situ: no measurements are named; sources.in_situ: {folder" in ended


def test_a_plan_says_which_days_lie_in_the_season_and_how_many_have_files(plan_short, tmp_path):
    observed = """
calendar: {observations: {first: "2024-04-05", last: "2024-04-18"}}
"""
    plan = plan_short("results/superice/missing.csv", configuration=observed)
    assert "calendar, observations: 11 days, 2024-04-05 to 2024-04-15; 3 of the 14 days" in plan
    assert "files, observations: 0 of 11 days have the files of all products" in plan


@pytest.mark.parametrize(
    ("target", "stamp", "sentence"),
    [
        (PUBLISHED.format("model"), "20220701", "2022-07-01 is no day of the branch model (training: 10 days, "),
        # A day of the model, and none of the observations.
        (
            PUBLISHED.format("observations"),
            "20131020",
            "2013-10-20 is no day of the branch observations (observations: 540",
        ),
        (FEATURES, "20221018", "2022-10-18 is no day of the branch model (training: 10 days, "),
        (FEATURES, "20221399", "calendar: no date (YYYYMMDD) (found 20221399)"),
    ],
)
def test_a_date_outside_the_calendar_ends_with_a_sentence(plan_short, target, stamp, sentence):
    ended = plan_short(target.replace("20220412", stamp), configuration="calendar: {test: null}", check=False)
    assert sentence in ended.splitlines()[-1]
    assert "Traceback" not in ended and "InputFunctionException" not in ended


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        ("calender: {}", "unknown key 'calender'"),  # codespell:ignore
        ("published: cubic", "published: cubic is a baseline"),
        ("surrogate: {chosen: none}", "surrogate.chosen: no experiment 'none'; there are with_forcings"),
    ],
)
def test_a_wrong_configuration_ends_with_one_sentence(plan_short, configuration, sentence):
    """One from the schema, one that compares keys, and one of the surrogate; the others are tested without Snakemake."""
    output = plan_short("all", configuration=configuration, check=False)
    assert sentence in output
    assert "Traceback" not in output


def test_lint_finds_nothing(checkout):
    assert "good condition" in snakemake(checkout, "--lint")


def test_format_is_kept(checkout):
    command = [str(Path(sys.executable).parent / "snakefmt"), "--check", "Snakefile", "workflow/rules"]
    result = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_boxes_that_do_not_fit_the_cells_end_a_plan_of_features_and_not_of_the_surrogate(plan_short):
    """The surrogate has a grid of its own."""
    coarse = "grid: {around: {centre: [84, -20], size_km: [600, 480], step_km: 4}}"
    ended = plan_short("scores", configuration=coarse, check=False)
    assert "features.low_resolution.concentration_km: whole numbers of the grid's 4 km are needed, such as 16" in ended
    assert "Traceback" not in ended
    assert "store_year" in plan_short("surrogate", configuration=coarse)
