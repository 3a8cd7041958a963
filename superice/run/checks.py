"""Check what goes together in a configuration: experiments, trainings, studies, figures and the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from math import isclose
from typing import TYPE_CHECKING, Any

from superice.errors import InputError
from superice.inference.settings import SamplerSettings
from superice.network.released import RELEASED, find_released
from superice.run.settings import BRANCHES, ExperimentSettings
from superice.seasons import NEIGHBOURS
from superice.utils.renamed_keys import RENAMED_EXPERIMENTS
from superice.utils.settings import build_settings

if TYPE_CHECKING:
    from superice.run.configuration import Configuration

DECIDED_BY_TRAINING = ("features", "weights", "seeds", "network", "diffusion", "training")
FEATURE_WIDTHS = ("concentration_km", "thickness_km", "deformation_km")
SCORE_WIDTHS = ("fractions_widths_km", "lead_window_km", "coherence_window_km", "scale_widths_km")
ONE_PASS = ("proper_scores", "regression")  # formulations that make a member in one network evaluation


def check_shared_trainings(run: Configuration) -> None:
    """Raise InputError where an experiment that is trained as another does not fit it."""
    known = run.content["experiments"]
    for name, own in known.items():
        if name in RENAMED_EXPERIMENTS:
            raise InputError(f"experiments: {name!r} is now called {RENAMED_EXPERIMENTS[name]!r}")
        training = run.find_training(name)
        if training != name and "trained_as" in known.get(training, {"trained_as": None}):
            raise InputError(
                f"experiments.{name}.trained_as: {training!r} is no experiment with its own trainings"
                + _suggest_name(training)
            )
        decided = [key for key in DECIDED_BY_TRAINING if key in own] if training != name else []
        if decided:
            raise InputError(f"experiments.{name}: {', '.join(decided)} is decided by {training!r}, its trained_as")
        if "seed" in own and training == name:
            raise InputError(f"experiments.{name}.seed: names a training of another experiment; trained_as is missing")


def check_experiments(run: Configuration) -> None:
    """Raise InputError where an experiment is named that there is not, or where its settings do not go together."""
    for name, own in run.content["experiments"].items():
        _check_steps(own, f"experiments.{name}")
        if "steps" in own.get("sampler", {}):
            build_settings(SamplerSettings, own["sampler"], f"experiments.{name}.sampler")
    _check_steps(run.content["defaults"], "defaults")
    for name in _find_named_experiments(run):
        experiment = run.experiment(name)
        # What each section allows by itself may not go together with what the experiment takes from the defaults.
        build_settings(ExperimentSettings, experiment, f"experiments.{name}")
        _check_steps(experiment, f"experiments.{name}")
    for name in run.experiments:
        _check_made(run, name)


def _find_named_experiments(run: Configuration) -> list[str]:
    """Return the experiments that are made or compared. Raises InputError for one that there is not."""
    content = run.content
    named = {"published": [content["published"]], "run": content["run"]}
    for study, section in content["studies"]["compared"].items():
        named[f"studies.compared.{study}.experiments"] = section["experiments"]
    known = content["experiments"]
    for key, names in named.items():
        for name in names:
            if name not in known:
                suggestion = _suggest_name(name) or f"; there are {', '.join(known)}"
                raise InputError(f"{key}: no experiment {name!r}{suggestion}")
    return list(dict.fromkeys(name for names in named.values() for name in names))


def _suggest_name(name: str) -> str:
    return f"; it is now called {RENAMED_EXPERIMENTS[name]!r}" if name in RENAMED_EXPERIMENTS else ""


def _check_steps(experiment: Mapping[str, Any], where: str) -> None:
    """Raise InputError where a formulation that evaluates its network once is drawn from in several steps."""
    if "weights" in experiment or "baseline" in experiment:
        return  # these do not draw by the section diffusion
    formulation = experiment.get("diffusion", {}).get("formulation")
    steps = experiment.get("sampler", {}).get("steps", 1)
    if formulation in ONE_PASS and steps != 1:
        raise InputError(
            f"{where}.sampler.steps: this formulation makes a member in one network evaluation, 1 is needed (found {steps})"
        )
    if formulation and formulation not in ONE_PASS and experiment.get("sampler", {}).get("name") == "one_pass":
        raise InputError(f"{where}.sampler.name: one_pass does not draw from the formulation {formulation}")


def _check_made(run: Configuration, name: str) -> None:
    """Raise InputError where an experiment that `all` makes lacks its feature set, trainings or days."""
    experiment = run.experiment(name)
    if experiment.get("features", "") not in {"", *run.content["feature_sets"]}:
        raise InputError(f"experiments.{name}.features: no feature set {experiment['features']!r}")
    if "baseline" in experiment and name == run.content["published"]:
        raise InputError(f"published: {name} is a baseline")
    if experiment.get("weights") == RELEASED:
        try:
            find_released()
        except InputError as error:
            raise InputError(f"experiments.{name}.weights: {error}") from error
    read = [name for name in experiment["network"]["inputs"] if name in NEIGHBOURS]
    if read and not experiment.get("weights") and not run.features(experiment.get("features"))["neighbouring_days"]:
        raise InputError(
            f"experiments.{name}.network.inputs: {read[0]} needs features.neighbouring_days, how many days before"
        )
    needs_training = not experiment.get("weights") and experiment.get("baseline") != "cubic"
    if needs_training and not run.calendar.split_days("training"):
        raise InputError(f"experiments.{name}: neither weights nor training days are given")
    # A split that only the defaults name is left out where the calendar has none.
    stated = run.content["experiments"][name].get("ensembles", {}).get("splits", [])
    for split in stated:
        if run.calendar.splits and split not in run.calendar.splits:
            raise InputError(f"experiments.{name}.ensembles.splits: calendar.{split} is not configured")


def check_widths(run: Configuration, spacing_km: float) -> None:
    """Raise InputError where a box of the features or of the scores is not a whole number of the grid's cells wide.

    Only what the run makes is checked, before it begins: what fails in the scores would fail after all trainings.
    """
    widths: dict[str, Any] = {}
    if run.calendar.model_days():
        for name in {None, *map(run.feature_set, run.experiments)}:
            section = run.features(name)["low_resolution"]
            key = f"feature_sets.{name}.low_resolution" if name else "features.low_resolution"
            widths |= {f"{key}.{box}": section[box] for box in FEATURE_WIDTHS}
    if any(run.scored_days(name, branch) for name in run.experiments for branch in BRANCHES):
        section = run.content["scores"]
        widths |= {f"scores.{key}": section[key] for key in SCORE_WIDTHS}
    for key, value in widths.items():
        listed = value if isinstance(value, list | tuple) else [value]
        fitting = [fit_width(width, spacing_km) for width in listed]
        if not all(map(isclose, fitting, listed)):
            shown = ", ".join(f"{width:g}" for width in fitting)
            shown = f"[{shown}]" if isinstance(value, list | tuple) else shown
            raise InputError(
                f"{key}: whole numbers of the grid's {spacing_km:g} km are needed, such as {shown}", value=value
            )


def fit_width(width_km: float, spacing_km: float) -> float:
    """Return the width in km of the nearest number of cells, at least one."""
    return round(max(1, round(width_km / spacing_km)) * spacing_km, 6)


def check_studies(run: Configuration) -> None:
    """Raise InputError where a study names a day that the model does not have, or compares ensembles of unequal size."""
    days = {day.isoformat() for day in run.calendar.model_days()}
    for name, study in run.studies.items():
        sizes = {experiment: run.experiment(experiment)["sampler"]["members"] for experiment in study.values}
        if len(set(sizes.values())) > 1 and study.varies != "sampler.members":
            found = ", ".join(f"{experiment} {size}" for experiment, size in sizes.items())
            raise InputError(
                f"studies.compared.{name}: its ensembles have different numbers of members ({found}); scores depend on "
                "it, so give all the same sampler.members"
            )
        for day in study.dates:
            if day not in days:
                raise InputError(
                    f"studies.compared.{name}.dates: {day} is not a day of the model; name one or drop the study"
                )


def check_figures(run: Configuration) -> None:
    """Raise InputError where a figure shows a day or a feature set that there is not."""
    for kind in ("members", "model", "observations"):
        days = run.drawn_days(kind)
        for day in run.figure_days(kind):
            if days and day not in days:
                raise InputError(
                    f"figures.{kind}: {day} is not among the {len(days)} days of the ensembles "
                    f"({days[0]} to {days[-1]}); name one of them, auto, or null for none"
                )
    for day in run.figure_days("smoothing"):
        if day not in run.calendar.observed_days():
            raise InputError(f"figures.smoothing: {day} is not an observed day; name one, auto, or null for none")
    for key in ("smoothing_sets", "shift_sets"):
        for name in run.content["figures"][key]:
            if name not in run.content["feature_sets"]:
                raise InputError(f"figures.{key}: no feature set {name!r}")
