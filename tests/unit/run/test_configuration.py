"""The configurations that are shipped, and the sentence that a wrong one ends with."""

from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path

import pytest
from shipped_configurations import load
from workflow_copy import SMALL_AREA

from superice.errors import InputError
from superice.run.checks import check_widths
from superice.run.configuration import Configuration
from superice.run.merging import merge_configurations
from superice.run.settings_digest import SettingsDigests
from superice.seasons import spread_evenly
from superice.surrogate.configuration import SurrogateConfiguration
from superice.surrogate.settings import InputSettings
from superice.utils.renamed_keys import REMOVED_KEYS, RENAMED_EXPERIMENTS, RENAMED_KEYS, RENAMED_KINDS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("demo",),
        ("demo", "demo-seeds"),
        ("demo", "neighbouring-days"),
        ("demo", "networks"),
        ("demo", "reference-long"),
        ("demo", "studies-demo"),
        ("demo", "comparison"),
        ("demo", "comparison", "longer"),
        ("real-day",),
        ("own-season",),
    ],
)
def test_shipped_configurations_are_valid(names):
    assert Configuration(load(*names)).experiments


def test_the_studies_are_table_2_of_the_report():
    studies = Configuration(load()).studies
    values = {name: list(study.values.values()) for name, study in studies.items()}
    assert values["trainings"] == [0, 1, 2]
    assert values["size"] == [[32, 64, 96, 128], [64, 64, 96, 128]]
    assert {frozenset(inputs) for inputs in values["inputs"]} == {
        frozenset({"sit", *more}) for more in ([], ["sic"], ["deformation"], ["sic", "deformation"])
    }
    assert values["min_rate"] == [0.01, 0.012, 0.015, 0.02]
    assert values["max_rate"] == [0.95, 0.97, 0.99]
    assert (values["steps"][0], values["steps"][-1]) == (10, 500)
    assert studies["steps"].dates == ["2021-01-01"]
    assert len(studies["size"].dates) == 12


def test_a_report_names_the_sources_that_the_run_has_days_of():
    assert Configuration(load("real-day")).summary([])["sources"].startswith("observations: ")
    assert Configuration(load("demo")).summary([])["sources"] == "model: synthetic; observations: synthetic"


def test_where_nothing_is_trained_there_are_no_studies():
    assert Configuration(load("real-day")).studies == {}


def test_reference_is_the_report():
    reference = Configuration(load()).experiment("reference")
    assert reference["network"]["widths"] == [32, 64, 96, 128]
    assert (reference["diffusion"]["min_rate"], reference["diffusion"]["max_rate"]) == (0.02, 0.95)
    assert (reference["training"]["epochs"], reference["training"]["batch"]) == (250, 4)
    assert (reference["sampler"]["steps"], reference["sampler"]["members"]) == (40, 30)
    assert len(reference["seeds"]) == 3


def test_an_experiment_with_another_formulation_keeps_nothing_of_the_default_one():
    diffusion = Configuration(load()).experiment("preconditioned")["diffusion"]
    assert "min_rate" not in diffusion
    assert diffusion["noise_max"] == 20.0


def test_one_key_of_a_section_within_a_section_leaves_its_others():
    content = load()
    parts = [[18, 0.08], [60, 0.035]]
    content["experiments"]["preconditioned"]["sampler"] |= {"input_errors": {"sit": parts}}
    own = {"input_errors": {"sizes": "products", "products_factor": 0.84}, "noise_scale": 1.0}
    content["experiments"]["as_products"] = {"trained_as": "preconditioned", "sampler": own}
    errors = Configuration(content).experiment("as_products")["sampler"]["input_errors"]
    assert errors["sit"] == parts and errors["sizes"] == "products" and errors["products_factor"] == 0.84


def test_an_experiment_that_is_trained_as_another_is_that_one_but_for_its_own_keys():
    content = load()
    content["experiments"]["fewer_steps"] = {"trained_as": "preconditioned", "sampler": {"steps": 4}}
    run = Configuration(content)
    fewer, whole = run.experiment("fewer_steps"), run.experiment("preconditioned")
    assert run.find_training("fewer_steps") == "preconditioned"
    assert fewer["sampler"] == whole["sampler"] | {"steps": 4}
    assert all(fewer[section] == whole[section] for section in ("network", "diffusion", "training", "ensembles"))


@pytest.mark.parametrize(
    ("step_km", "names", "sentence"),
    [
        (
            5,
            ("demo",),
            r"scores.fractions_widths_km: whole numbers of the grid's 5 km are needed, such as \[5, 15, 45, 95\]",
        ),
        (4, ("demo",), r"features.low_resolution.concentration_km: whole .* 4 km are needed, such as 16 .found 15"),
        (5, ("real-day",), None),  # nothing is scored
        (3, ("demo",), None),
    ],
)
def test_boxes_of_cells_that_do_not_fit_end_the_plan(step_km, names, sentence):
    """What fails in the scores would fail after all trainings."""
    content = load(*names)
    content["grid"] |= {"around": {"centre": [84, -20], "size_km": [600, 480], "step_km": step_km}}
    run = Configuration(content)
    spacing_km = SettingsDigests(run).spacing_km
    assert spacing_km == step_km
    if sentence is None:
        check_widths(run, spacing_km)
        return
    with pytest.raises(InputError, match=sentence):
        check_widths(run, spacing_km)


def set_key(content, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        content = content[parent]
    content[last] = value


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("calender", {}, "unknown key 'calender'"),  # codespell:ignore
        ("defaults.training.epoch", 3, "defaults.training: unknown key 'epoch'"),
        ("defaults.training.epochs", "many", "defaults.training.epochs: 'many' is not of type integer"),
        ("features.low_resolution.snow_km", 3, "features.low_resolution: unknown key 'snow_km'"),
        ("calendar.test", {"first": "2022-06-01", "last": "2022-07-01"}, "calendar.test.first: no day"),
        ("figures.model", ["2022-07-01"], "figures.model: 2022-07-01 is not among"),
        ("published", "nonsense", "published: no experiment 'nonsense'"),
        ("run", ["nonsense"], "run: no experiment 'nonsense'"),
        ("sources.model", {"kind": "guess"}, "sources.model.kind: 'guess'"),
        ("synthetic", {"colour": 1}, "synthetic: unknown key 'colour'"),
        ("experiments.other", {"trained_as": "nonsense"}, "other.trained_as: 'nonsense' is no experiment with its own"),
        ("experiments.other", {"trained_as": "reference", "network": {}}, "other: network is decided by 'reference'"),
        ("experiments.other", {"seed": 0}, "experiments.other.seed: .*trained_as is missing"),
        (
            "experiments.preconditioned.diffusion.fairness",
            0.9,
            "preconditioned.diffusion: no key 'fairness' here; known are formul",
        ),
        (
            "experiments.proper_scores.sampler.steps",
            8,
            "scores.sampler.steps: this .* one network evaluation, 1 is needed .found 8.",
        ),
        ("defaults.sampler.name", "one_pass", "sampler.steps: one_pass is one step, 1 is needed .found 40."),
        ("sources.observations.addresses.drift", [], "sources.observations.addresses.drift: "),
        ("sources.observations.addresses.drift", ["https://me:secret@host/drift"], "does not match"),
        ("sources.observations.addresses.ice", ["https://host/ice"], "addresses: unknown key 'ice'"),
        ("figures.shift_sets", ["none"], "figures.shift_sets: no feature set 'none'"),
        ("figures.smoothing", ["2022-07-01"], "figures.smoothing: 2022-07-01 is not an observed day"),
        ("experiments.reference.features", "none", "experiments.reference.features: no feature set 'none'"),
        ("figures.model", "often", "figures.model: 'often' is not of type array"),
        ("figures.model", ["yesterday"], "figures.model.0: 'yesterday' does not match"),
        ("figures.members", ["2021-01-01", "2021-01-02"], "figures.members: .* has too many items"),
        ("studies.compared.steps.dates", ["2031-01-01"], "studies.compared.steps.dates: 2031-01-01 is not a day"),
        ("studies.compared.size.varies", "network.wide", "studies: experiment 'seed_0' has no network.wide"),
        ("published", "cubic", "published: cubic is a baseline"),
    ],
)
def test_a_wrong_configuration_is_refused_by_name(path, value, sentence):
    content = load()
    set_key(content, path, value)
    with pytest.raises(InputError, match=sentence):
        Configuration(content)


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({"diffusion": {"formulation": "proper_scores"}}, "experiments.mine.sampler.steps: .* .found 40."),
        ({"diffusion": {"noise_max": 9.0}}, "experiments.mine.diffusion: no key 'noise_max' here; known are"),
        ({"trained_as": "reference", "sampler": {"name": "one_pass"}}, "mine.sampler.steps: .* .found 40."),
        (
            {
                "diffusion": {"formulation": "proper_scores", "equivariance_weight": 1.0},
                "training": {"patch": [96, 32]},
                "sampler": {"name": "one_pass", "steps": 1},
            },
            "mine.training: patch needs at least 33 rows and columns with diffusion.equi.* .found 96 x 32.",
        ),
        ({"sampler": {"steps": 1, "shared_first_step": True}}, "mine.sampler.steps: 1 is less than the minimum of 2"),
    ],
)
def test_what_does_not_go_together_with_the_defaults_is_refused_before_a_training(own, sentence):
    content = load()
    content["experiments"]["mine"], content["run"] = own, ["mine"]
    with pytest.raises(InputError, match=sentence):
        Configuration(content)


def test_given_weights_say_themselves_what_they_can_do():
    content = load()
    content["defaults"]["diffusion"] = {"formulation": "proper_scores"}
    content["defaults"]["sampler"]["steps"] = 1
    content["studies"]["compared"] = {}
    mine = content["experiments"]["mine"] = {"sampler": {"steps": 8}}
    content["published"], content["run"] = "mine", ["mine"]
    with pytest.raises(InputError, match=r"mine\.sampler\.steps: this formulation"):
        Configuration(content)
    mine["weights"] = "preconditioned.safetensors"
    assert Configuration(content).experiment("mine")["sampler"]["steps"] == 8


def test_an_experiment_is_drawn_on_fewer_dates_than_the_others():
    demo = Configuration(load("demo"))
    few, all_days = (demo.ensemble_days(name, "model") for name in ("reference", "correlated_noise"))
    assert few == all_days[::5]
    assert len(few) == 3


def test_a_study_compares_trainings_of_one_seed_on_days_on_which_none_was_chosen():
    run = Configuration(load())
    chosen_on = spread_evenly(run.calendar.split_days("validation"), run.content["selection"]["days"])
    for name, study in run.studies.items():
        if name != "steps":  # its one day is configured
            assert not {day.isoformat() for day in chosen_on} & set(study.dates)
        if name != "trainings":
            assert {run.experiment(experiment).get("seed", 0) for experiment in study.values} == {0}
            assert "reference" not in study.values


def test_a_study_of_ensembles_of_different_sizes_is_refused():
    content = load()
    set_key(content, "experiments.wider.sampler", {"members": 5})
    with pytest.raises(InputError, match=r"studies\.compared\.size: .*\(seed_0 30, wider 5\); scores depend on it"):
        Configuration(content)
    set_key(content, "studies.compared.size.varies", "sampler.members")
    assert Configuration(content).studies["size"].values == {"seed_0": 30, "wider": 5}


def test_a_missing_key_is_named():
    content = load()
    del content["calendar"]["training"]["last"]
    with pytest.raises(InputError, match=r"calendar\.training: key 'last' is missing"):
        Configuration(content)


def test_dates_that_yaml_made_into_objects_are_accepted():
    content = load()
    content["calendar"]["test"] = {"first": date(2022, 10, 18), "last": date(2023, 4, 15)}
    assert len(Configuration(content).calendar.split_days("test")) == 180


def test_observed_truth_is_scored_only_on_the_twin():
    assert Configuration(load()).scored_days("reference", "observations") == []
    demo = Configuration(load("demo"))
    days = demo.scored_days("recommended", "observations")
    assert days
    assert set(days) <= set(demo.calendar.model_days())


def test_a_digest_changes_with_any_number():
    content = load()
    changed = deepcopy(content)
    changed["features"]["sic_threshold"] = 0.2
    assert Configuration(content).digest != Configuration(changed).digest


def test_the_surrogate_changes_nothing_that_the_generator_says_of_itself():
    content = load()
    changed = deepcopy(content)
    changed["surrogate"]["defaults"]["loss"]["constraint"] = 7
    before, after = Configuration(content), Configuration(changed)
    assert (before.digest, before.content) == (after.digest, after.content)
    assert SurrogateConfiguration(before.surrogate).experiment("with_forcings")["loss"]["constraint"] == 100
    assert SurrogateConfiguration(after.surrogate).experiment("with_forcings")["loss"]["constraint"] == 7


def test_the_surrogates_reference_is_the_papers():
    plan = SurrogateConfiguration(Configuration(load()).surrogate)
    experiment = plan.experiment("with_forcings")
    inputs = InputSettings(**experiment["inputs"])
    assert len(inputs.channels) == 10 and experiment["network"].items() >= {"kind": "unet", "filters": 32}.items()
    how = experiment["training"]
    # The released optimizer takes 1e-6 of a weight away in each step; PyTorch's the rate times its weight decay.
    assert how["learning_rate"] == 5e-5 and how["learning_rate"] * how["weight_decay"] == pytest.approx(1e-6)
    assert plan.years("training") == list(range(2009, 2017)) and plan.content["season"]["steps"] == 720
    assert len(plan.restoration_days("training")) == 585  # every fifth of 2922 days


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("season.start", "2019-01-01", r"season.start: the test years end at 2018-12-31 18:00; start earlier"),
        ("restoration.network", {"inputs": ["sit", "sic"]}, r"restoration.network: inputs must be sit alone"),
        ("chosen", "none", "surrogate.chosen: no experiment 'none'; there are with_forcings"),
        ("years.test", [2016, 2018], "surrogate.years.test: years must ascend"),
        ("defaults.network", {"depth": 3}, "surrogate.defaults.network: unknown key 'depth'"),
        ("synthetic", {"wind": 3}, "surrogate.synthetic: unknown key 'wind'"),
        (
            "climatology_days",
            4,
            r"surrogate.climatology_days: an odd number, so that its day is in the middle \(found 4\)",
        ),
        (
            "forecasts.exponent_km",
            [200, 24],
            r"forecasts.exponent_km: the shorter wavelength first, .*\(found \(200, 24\)\)",
        ),
        ("restoration.band_km", [80, 24], r"restoration.band_km: the shorter wavelength first"),
        ("forecasts.kept_days", [1, 5, 5, 10], r"forecasts.kept_days: \[1, 5, 5, 10\] names an item twice"),
        ("forecasts.days", 0.5, r"forecasts.kept_days: at least one within the 0.5 days of a forecast"),
        ("forecasts.kept_days", [0.1, 10], r"forecasts.kept_days: 0.1 days are no whole number of steps of 12 h"),
        ("forecasts.days", 10.3, r"forecasts.days: 10.3 days are no whole number of steps of 12 h"),
        ("forecasts.days", 365, r"forecasts.days: the test years hold no forecast of that length by 'with_forcings'"),
        ("restoration.lead_days", 20, r"lead_days: one of the lead times .*: 1, 5, 10, 30 \(found 20\)"),
        ("forecasts.days", 5, r"lead_days: one of the lead times .*: 1, 5 \(found 10\)"),
        ("season.every", 721, r"surrogate.season.every: at most the number of steps, 720 \(found 721\)"),
        ("season.steps", 730, r"season.steps: forcings are needed until 2019-01-01 00:00, .* end at 2018-12-31 18:00"),
        ("season.start", "2018-02-30", r"season.start: no day of the calendar"),
        (
            "chosen",
            "two_states",
            r"season.start: .* needed from 2017-12-31 12:00, and the test years begin at 2018-01-01 00",
        ),
        (
            "season.start",
            "2017-06-01",
            r"season.start: .* needed from 2017-06-01 00:00, and the test years begin at 2018",
        ),
        (
            "hours",
            12,
            r"surrogate.defaults.inputs.forcings_h: a multiple of surrogate.hours, 12, is needed \(found 6\)",
        ),
        ("defaults.training.every_hours", 4, r"defaults.training.every_hours: a multiple of surrogate.hours, 6"),
        ("forecasts.every_hours", 9, r"surrogate.forecasts.every_hours: a multiple of surrogate.hours, 6"),
        (
            "experiments.without_forcings",
            {"inputs": {"step_hours": 9, "forcings_h": []}},
            r"experiments.without_forcings.inputs.step_hours: a multiple of surrogate.hours, 6, is needed \(found 9\)",
        ),
        (
            "experiments.without_forcings",
            {"inputs": {"step_hours": 6}},
            r"experiments.without_forcings.inputs.forcings_h: none after the step",
        ),
        (
            "experiments.without_forcings",
            {"network": {"kind": "residual", "kernel": 4}},
            r"experiments.without_forcings.network.kernel: an odd number, so that a cell is in its middle \(found 4\)",
        ),
        ("first_hour", 6, r"surrogate.first_hour: less than hours, 6 \(found 6\)"),
        ("hours", 7, r"surrogate.hours: a divisor of 24, as every day has the same moments \(found 7\)"),
    ],
)
def test_a_wrong_configuration_of_the_surrogate_is_refused_by_name(path, value, sentence):
    content = load()
    set_key(content["surrogate"], path, value)
    with pytest.raises(InputError, match=sentence):
        SurrogateConfiguration(Configuration(content).surrogate)


def test_the_surrogates_experiments_may_have_steps_of_their_own():
    content = load()
    content["surrogate"]["experiments"]["daily"] = {"inputs": {"step_hours": 24, "forcings_h": [0, 12, 24]}}
    content["surrogate"]["experiments"]["never_made"] = {"inputs": {"step_hours": 9}}
    content["surrogate"]["run"] = ["daily", "with_forcings", "daily"]
    content["surrogate"]["first_hour"] = 3
    assert SurrogateConfiguration(Configuration(content).surrogate).experiments == ["with_forcings", "daily"]


def test_an_own_season_has_its_own_days_and_folders():
    run = Configuration(load("own-season"))
    days = run.ensemble_days("recommended", "observations")
    assert (days[0], len(days)) == (date(2023, 10, 18), 26)
    assert run.content["sources"]["observations"]["drift"] == "/data/drift"
    assert run.experiments == ["recommended"]
    assert run.experiment("recommended")["training"]["input_noise"]["share"] == 0.3


OWN_CALENDAR = {
    "training": {"first": "2008-11-01", "last": "2009-03-31", "every": 7},
    "validation": {"first": "2009-11-01", "last": "2010-03-31", "every": 7},
    "test": {"first": "2010-11-01", "last": "2011-03-31", "every": 7},
    "observations": {"first": "2010-11-01", "last": "2010-11-30", "every": 7},
}
KINDS = ("members", "model", "observations", "smoothing")


@pytest.mark.parametrize("base", [(), ("demo",)])
def test_days_that_nobody_asked_for_are_days_of_the_run(base):
    """None of the shipped dates lies in this calendar."""
    run = Configuration(merge_configurations(load(*base), {"calendar": OWN_CALENDAR}))
    tested, observed = run.calendar.split_days("test"), run.calendar.observed_days()
    assert run.figure_days("model") == [tested[0], tested[10], tested[21]]  # of 22 weeks
    assert run.figure_days("members") == [tested[10]]
    assert run.figure_days("observations") == [observed[0], observed[2], observed[4]]
    assert run.figure_days("smoothing") == [observed[2]]
    (day,) = run.studies["steps"].dates
    validated = run.calendar.split_days("validation")
    others = [day for day in validated if day not in spread_evenly(validated, run.content["selection"]["days"])]
    assert date.fromisoformat(day) == others[(len(others) - 1) // 2]


def test_preferred_days_are_taken_only_where_the_run_has_all_of_them():
    content = load()
    assert [str(day) for day in Configuration(content).figure_days("model")] == [
        "2021-10-28",
        "2022-01-01",
        "2022-04-12",
    ]
    assert Configuration(content).studies["steps"].dates == ["2021-01-01"]
    content["calendar"]["gaps"] = ["2022-01-01"]
    days = Configuration(content).figure_days("model")
    assert [str(day) for day in days] == ["2022-10-18", "2023-01-16", "2023-04-15"]


def test_figures_of_observations_show_all_of_their_period():
    """Half of it lies in the test split, which is a matter of the model."""
    content = merge_configurations(load(), {"calendar": OWN_CALENDAR})
    content["calendar"]["test"]["last"] = "2010-11-14"
    run = Configuration(content)
    assert run.figure_days("observations")[-1] == run.calendar.observed_days()[-1] == date(2010, 11, 29)


@pytest.mark.parametrize("off", [None, dict.fromkeys(KINDS), {kind: [] for kind in KINDS}])
def test_figures_of_single_days_are_switched_off(off):
    content = load()
    content["figures"] = off
    run = Configuration(content)
    assert [run.figure_days(kind) for kind in KINDS] == [[], [], [], []]
    assert Configuration(run.content).content == run.content


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("studies", set()),
        ("studies.compared", set()),
        ("studies.compared.steps", {"trainings", "size", "inputs", "min_rate", "max_rate"}),
    ],
)
def test_studies_are_switched_off(path, left):
    content = load()
    set_key(content, path, None)
    assert Configuration(content).studies.keys() == left


def test_a_calendar_without_a_split_draws_the_others():
    content = merge_configurations(load(), {"calendar": {"validation": None}})
    run = Configuration(content)
    assert run.ensemble_days("reference", "model") == run.calendar.split_days("test")
    content["experiments"]["reference"] = {"ensembles": {"splits": ["validation"]}}
    with pytest.raises(InputError, match=r"reference\.ensembles\.splits: calendar\.validation is not configured"):
        Configuration(content)


def test_what_is_not_stated_has_the_default_of_its_place():
    content = load()
    for section in ("scores", "selection", "bootstrap", "features", "synthetic"):
        content.pop(section, None)
    del content["surrogate"]["restoration"]["network"]["depth"]
    del content["defaults"]["sampler"]["steps"]
    run = Configuration(content)
    assert run.content["scores"] == Configuration(load()).content["scores"]
    assert run.surrogate["restoration"]["network"]["depth"] == 2
    assert run.experiment("reference")["sampler"]["steps"] == 40


def test_a_formulation_has_its_own_defaults_where_an_experiment_states_only_its_name():
    content = load()
    content["experiments"]["mine"] = {"diffusion": {"formulation": "preconditioned", "noise_max": 9.0}}
    diffusion = Configuration(content).experiment("mine")["diffusion"]
    assert diffusion == Configuration(load()).experiment("preconditioned")["diffusion"] | {"noise_max": 9.0}


def test_the_package_has_area_definitions_of_its_own():
    content = load()
    assert Configuration(content).areas.endswith("superice/fields/areas.yaml")
    content["grid"]["areas"] = "mine.yaml"
    assert Configuration(content).areas == "mine.yaml"


def state(content, path, key, value=1):
    """State a key in a section, which is made where it is not there."""
    for part in path.split(".") if path else []:
        content = content.setdefault(part, {})
    content[key] = value


@pytest.mark.parametrize(("old", "new"), RENAMED_KEYS.items())
def test_an_old_key_ends_with_a_sentence_that_says_the_new_one(old, new):
    section, _, key = old.rpartition(".")
    places = {"surrogate": "surrogate", "surrogate.training": "surrogate.defaults.training"}
    places |= {part: f"defaults.{part}" for part in ("sampler", "training")}
    places |= {"diffusion": "experiments.mine.diffusion", "": ""}
    content = load()
    state(content, places[section], key)
    with pytest.raises(InputError) as caught:
        Configuration(content)
    assert str(caught.value) == f"{places[section] or 'the configuration'}: key {key!r} is now called {new!r}"


@pytest.mark.parametrize(("old", "value"), REMOVED_KEYS.items())
def test_a_removed_key_ends_with_a_sentence_that_says_so(old, value):
    section, key = old.split(".")
    content = load()
    content["experiments"]["mine"] = {section: {key: value}}
    with pytest.raises(InputError, match=f"^experiments.mine.{section}: key {key!r} has been removed"):
        Configuration(content)


@pytest.mark.parametrize(("old", "new"), RENAMED_KINDS.items())
@pytest.mark.parametrize("source", ["sources.model", "sources.observations", "surrogate.source"])
def test_an_old_kind_ends_with_a_sentence_that_says_the_new_one(source, old, new):
    content = load()
    state(content, source, "kind", old)
    with pytest.raises(InputError, match=f"{source}.kind: {old!r} is now called {new!r}"):
        Configuration(content)


@pytest.mark.parametrize(("old", "new"), RENAMED_EXPERIMENTS.items())
def test_an_old_experiment_ends_with_a_sentence_that_says_the_new_one(old, new):
    assert new in Configuration(load()).content["experiments"]
    for path, key, value in (
        ("", "run", [old]),
        ("", "published", old),
        ("experiments", old, {}),
        ("experiments.mine", "trained_as", old),
    ):
        content = load()
        state(content, path, key, value)
        with pytest.raises(InputError, match=f"{old!r}.* is now called {new!r}"):
            Configuration(content)


def test_a_grid_may_be_given_by_its_place():
    """It wins over a name, decides the digest, and the report calls it by its place."""
    content = load("demo") | {"grid": {"around": {"centre": [84, -20], "size_km": [600, 480]}}}
    run = Configuration(content)
    assert run.area == {"centre": [84, -20], "size_km": [600, 480], "step_km": 3}
    assert run.summary(["reference"])["grid"] == "around 84° N, 20° W"
    digests = SettingsDigests(run)
    assert digests.spacing_km == 3
    moved = load("demo") | {"grid": {"around": {"centre": [84, -21], "size_km": [600, 480]}}}
    assert SettingsDigests(Configuration(moved)).area != digests.area
    with pytest.raises(InputError, match=r"grid.around.size_km: 20 cells of 3 km along a side"):
        Configuration(load("demo") | {"grid": {"around": {"centre": [84, -20], "size_km": [60, 480]}}})


def test_another_description_of_an_area_makes_nothing_again(tmp_path):
    """What decides its cells does."""
    texts = {
        "one": SMALL_AREA,
        "described": SMALL_AREA.replace("small:\n", "small:\n  description: cells near the pole\n"),
        "moved": SMALL_AREA.replace("lat_0: 90", "lat_0: 89"),
    }
    digests = {}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
        run = Configuration(load("demo") | {"grid": {"areas": str(tmp_path / f"{name}.yaml"), "area": "small"}})
        made = SettingsDigests(run)
        digests[name] = made.area, made.digest_features("model", None), made.digest_ensemble("reference", "model", None)
    assert digests["described"] == digests["one"]
    assert not set(digests["moved"]) & set(digests["one"])


def test_neighbouring_days_are_settings_of_the_features_only_where_there_are_some():
    """Without them the settings of the features, and so their digests, are those that they were before."""
    without, with_them = Configuration(load("demo")), Configuration(load("demo", "neighbouring-days"))
    for branch in ("model", "observations"):
        assert "neighbouring_days" not in without.feature_settings(branch)
        assert with_them.feature_settings(branch) == without.feature_settings(branch) | {"neighbouring_days": 2}


def test_the_synthetic_arctic_writes_neighbouring_days_within_its_seasons():
    without, with_them = Configuration(load("demo")), Configuration(load("demo", "neighbouring-days"))
    (season,) = [one for one in without.calendar.seasons() if one.name == "2022"]
    for before, after in zip(without.synthetic_days(season), with_them.synthetic_days(season), strict=True):
        assert set(before) < set(after) and min(after) == min(before) == season.first
        assert set(after) == {day + timedelta(n) for day in before for n in (-2, 0, 2)} - {season.first - timedelta(2)}


def test_a_network_that_reads_neighbouring_days_needs_features_that_hold_them():
    content = load("demo", "neighbouring-days")
    content["features"]["neighbouring_days"] = 0
    with pytest.raises(
        InputError, match=r"neighbouring_days.network.inputs: sic_before needs features.neighbouring_days"
    ):
        Configuration(content)
    content["run"] = ["recommended"]
    assert Configuration(content).experiments == ["recommended"]
