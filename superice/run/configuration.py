"""The configuration of a run: checked once, then asked for what the workflow needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from datetime import date
from functools import cached_property, reduce
from operator import getitem
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from superice.errors import InputError
from superice.evaluation.study import Study
from superice.seasons import Calendar, Season, spread_evenly
from superice.synthetic.settings import SyntheticSettings
from superice.utils.provenance import compute_digest
from superice.utils.settings import build_settings

SCHEMA = Path(__file__).parents[2] / "config" / "schema.yaml"
OF_TRAININGS = ("features", "weights", "seeds", "network", "diffusion", "training")  # what makes a training


class Configuration:
    """A checked configuration."""

    def __init__(self, content: dict[str, Any], schema: Path = SCHEMA) -> None:
        """Check ``content``. Raises InputError with a sentence that names the key."""
        self.content = _plain(content)
        rules = yaml.safe_load(schema.read_text(encoding="utf-8"))
        _validate(self.content, rules)
        # A branch of its own: its settings change nothing in the generator's outputs, nor in what they say of their making.
        self.surrogate = self.content.pop("surrogate", {})
        self.calendar = Calendar.from_mapping(self.content["calendar"])
        build_settings(SyntheticSettings, self.content["synthetic"], "synthetic")
        self._check_shared_trainings()
        self._check_experiments(rules)
        self._check_figures()
        self._check_studies()

    @property
    def name(self) -> str:
        """The folder under ``results/``."""
        return self.content["name"]

    @cached_property
    def digest(self) -> str:
        """A digest of the whole configuration."""
        return compute_digest(self.content)

    @property
    def experiments(self) -> list[str]:
        """The experiments that ``all`` makes, the published one first."""
        published = self.content["published"]
        return [published] + [name for name in self.content["run"] if name != published]

    def experiment(self, name: str) -> dict[str, Any]:
        """An experiment's sections: its own on top of the defaults, or of the experiment that it is ``trained_as``.

        An experiment with another formulation replaces the section ``diffusion`` whole.
        """
        own = self.content["experiments"][name]
        merged = self.experiment(own["trained_as"]) if "trained_as" in own else deepcopy(self.content["defaults"])
        for section, values in own.items():
            replaces = section == "diffusion" and "formulation" in values
            merged[section] = merged[section] | values if isinstance(values, dict) and not replaces else values
        return merged

    def training_of(self, experiment: str) -> str:
        """The experiment whose trainings an experiment draws with: its own, or those that it is ``trained_as``."""
        return self.content["experiments"][experiment].get("trained_as", experiment)

    def features(self, feature_set: str | None = None) -> dict[str, Any]:
        """The section ``features``, with the changes of a feature set on top."""
        merged = deepcopy(self.content["features"])
        for key, values in self.content["feature_sets"].get(feature_set, {}).items():
            merged[key] = merged[key] | values if isinstance(values, dict) else values
        return merged

    @property
    def published(self) -> str:
        """The experiment that fills the published folders."""
        return self.content["published"]

    @property
    def baselines(self) -> list[str]:
        """The experiments without a network."""
        return [name for name in self.content["experiments"] if self.is_baseline(name)]

    def is_baseline(self, experiment: str) -> bool:
        """Return whether an experiment draws without a network."""
        return "baseline" in self.experiment(experiment)

    def trainings_of(self, experiments: Iterable[str]) -> list[str]:
        """Return the experiments whose trainings the experiments draw with, each once."""
        drawn = [
            name for name in experiments if not self.is_baseline(name) and not self.experiment(name).get("weights")
        ]
        return list(dict.fromkeys(map(self.training_of, drawn)))

    def feature_set(self, experiment: str) -> str | None:
        """Return the feature set that an experiment is trained on and draws from; None for the run's own features."""
        return self.experiment(experiment).get("features")

    def feature_settings(self, branch: str, feature_set: str | None = None) -> dict[str, Any]:
        """Return the settings that decide a branch's features; another key of ``features`` changes nothing there."""
        section = self.features(feature_set)
        if branch == "observations":
            keys = ["sic_threshold", "observations"]
        else:
            simulated = section["low_resolution"]["method"] == "satellites"
            keys = ["sic_threshold", "deformation_floor", "low_resolution", *(["observations"] if simulated else [])]
        return {key: section[key] for key in keys}

    def ensemble_days(self, experiment: str, branch: str) -> list[date]:
        """The days for which an experiment's ensembles are drawn."""
        wanted = self.experiment(experiment)["ensembles"]
        if branch == "observations":
            return self.calendar.observed_days() if wanted["observations"] else []
        return sorted(day for split in wanted["splits"] for day in self.calendar.split_days(split))

    def last_season(self, branch: str) -> list[date]:
        """The days of the published ensembles' last season."""
        days = self.ensemble_days(self.content["published"], branch)
        season = self.calendar.season_of(days[-1]) if days else None
        return [day for day in days if day >= season.first]

    def scored_days(self, experiment: str, branch: str) -> list[date]:
        """The days of ``ensemble_days`` whose truth is known.

        The model knows it; for the observed branch only the twin does, on days of the model.
        """
        days = self.ensemble_days(experiment, branch)
        if branch == "model":
            return days
        if self.content["sources"]["observations"]["kind"] != "synthetic":
            return []
        return sorted(set(days) & set(self.calendar.model_days()))

    @cached_property
    def studies(self) -> dict[str, Study]:
        """The studies by name; none where nothing can be trained or scored."""
        section = self.content["studies"]
        days = spread_evenly(self.calendar.split_days(section["split"]), section["days"])
        if not days or not self.calendar.split_days("training"):
            return {}
        return {
            name: Study(
                varies=study["varies"],
                values={experiment: self._setting(experiment, study["varies"]) for experiment in study["experiments"]},
                dates=study.get("dates") or [day.isoformat() for day in days],
            )
            for name, study in section["compared"].items()
        }

    def _setting(self, experiment: str, key: str) -> Any:
        """What an experiment has under a key such as ``sampler.steps``."""
        try:
            return reduce(getitem, key.split("."), self.experiment(experiment))
        except KeyError as error:
            raise InputError(f"studies: experiment {experiment!r} has no {key}") from error

    def synthetic_days(self, season: Season) -> tuple[list[date], list[date]]:
        """The days of a season that the twin writes as model and as observations."""
        sources = self.content["sources"]
        within = lambda days: [day for day in days if season.first <= day <= season.last]
        model = within(self.calendar.model_days()) if sources["model"]["kind"] == "synthetic" else []
        observed = within(self.calendar.observed_days()) if sources["observations"]["kind"] == "synthetic" else []
        return model, observed

    def figure_days(self, kind: str) -> list[date]:
        """The days that the figures of a kind show: members, model, observations or smoothing."""
        return [date.fromisoformat(text) for text in self.content["figures"].get(kind, [])]

    def summary(self, experiments: Sequence[str]) -> dict[str, str]:
        """What a reader of a report on the experiments wants to know first."""
        calendar, sources = self.calendar, self.content["sources"]
        counts = [f"{split} {len(calendar.split_days(split))}" for split in calendar.splits]
        trained = [self._trained(name) for name in experiments]
        weights = [self.experiment(name).get("weights") for name in experiments]
        return {
            "configuration": f"{self.name}, digest {self.digest}",
            "grid": self.content["grid"]["area"],
            "model days": ", ".join(counts) or "none",
            "observed days": str(len(calendar.observed_days())),
            "sources": f"model: {sources['model']['kind']}; observations: {sources['observations']['kind']}",
            "experiments": ", ".join(experiments if any(weights) else trained),
            "weights": ", ".join(filter(None, weights)) or "trained here",
            "published": self.content["published"],
        }

    def describe_experiment(self, name: str) -> dict[str, str]:
        """What a reader of a report wants to know of an experiment."""
        settings = self.experiment(name)
        if "baseline" in settings:
            return {"experiment": name, "formulation": "baseline"}
        network, sampler = settings["network"], settings["sampler"]
        return {
            "experiment": name,
            "trained as": settings.get("weights", self.training_of(name)),
            "training seeds": ", ".join(map(str, [settings["seed"]] if "seed" in settings else settings["seeds"])),
            "formulation": settings["diffusion"]["formulation"],
            "widths": " ".join(map(str, network["widths"])),
            "depth": str(network["depth"]),
            "inputs": " ".join(network["inputs"]),
            "features": settings.get("features", "as configured"),
            "sampler": f"{sampler['name']}, {_count(sampler['steps'], 'step')}",
            "members": str(sampler["members"]),
            "ensemble seed": str(settings["ensembles"]["seed"]),
        }

    def _trained(self, name: str) -> str:
        if "baseline" in self.experiment(name):
            return f"{name} (baseline)"
        training = self.training_of(name)
        own = _count(len(self.experiment(name)["seeds"]), "training")
        return f"{name} ({own if training == name else f'trained as {training}'})"

    def _check_shared_trainings(self) -> None:
        known = self.content["experiments"]
        for name, own in known.items():
            training = self.training_of(name)
            if training != name and "trained_as" in known.get(training, {"trained_as": None}):
                raise InputError(f"experiments.{name}.trained_as: {training!r} is no experiment with its own trainings")
            decided = [key for key in OF_TRAININGS if key in own] if training != name else []
            if decided:
                raise InputError(f"experiments.{name}: {', '.join(decided)} is decided by {training!r}, its trained_as")
            if "seed" in own and training == name:
                raise InputError(
                    f"experiments.{name}.seed: names a training of another experiment; trained_as is missing"
                )

    def _check_experiments(self, rules: dict[str, Any]) -> None:
        known = self.content["experiments"]
        compared = self.content["studies"]["compared"]
        named = {"published": [self.content["published"]], "run": self.content["run"]} | {
            f"studies.compared.{study}.experiments": section["experiments"] for study, section in compared.items()
        }
        for key, names in named.items():
            for name in names:
                if name not in known:
                    raise InputError(f"{key}: no experiment {name!r}; there are {', '.join(known)}")
        used = {name: self.experiment(name) for names in named.values() for name in names}
        # What each section allows by itself may not go together with what the experiment takes from the defaults.
        _validate({"experiments": used}, {key: rules[key] for key in ("properties", "$defs")})
        for name in self.experiments:
            experiment = self.experiment(name)
            if experiment.get("features", "") not in {"", *self.content["feature_sets"]}:
                raise InputError(f"experiments.{name}.features: no feature set {experiment['features']!r}")
            if "baseline" in experiment and name == self.content["published"]:
                raise InputError(f"published: {name} is a baseline")
            needs_training = not experiment.get("weights") and experiment.get("baseline") != "cubic"
            if needs_training and not self.calendar.split_days("training"):
                raise InputError(f"experiments.{name}: neither weights nor training days are given")
            for split in experiment["ensembles"]["splits"]:
                if self.calendar.splits and split not in self.calendar.splits:
                    raise InputError(f"experiments.{name}.ensembles.splits: calendar.{split} is not configured")

    def _check_studies(self) -> None:
        days = {day.isoformat() for day in self.calendar.model_days()}
        for name, study in self.studies.items():
            for day in study.dates:
                if day not in days:
                    raise InputError(f"studies.compared.{name}.dates: {day} is not a day of the model")

    def _check_figures(self) -> None:
        for kind in ("members", "model", "observations"):
            days = self.ensemble_days(self.content["published"], "observations" if kind == "observations" else "model")
            for day in self.figure_days(kind):
                if days and day not in days:
                    raise InputError(
                        f"figures.{kind}: {day} is not among the ensembles' days ({days[0]} to {days[-1]}, "
                        f"every {self.content['calendar']['every']} days of a season)"
                    )
        for day in self.figure_days("smoothing"):
            if day not in self.calendar.observed_days():
                raise InputError(f"figures.smoothing: {day} is not an observed day")
        for key in ("smoothing_sets", "shift_sets"):
            for name in self.content["figures"].get(key, []):
                if name not in self.content["feature_sets"]:
                    raise InputError(f"figures.{key}: no feature set {name!r}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _plain(value: Any) -> Any:
    """A copy with plain types; dates that YAML made into date objects become text again."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _validate(content: dict[str, Any], schema: dict[str, Any]) -> None:
    error = best_match(Draft202012Validator(schema).iter_errors(content))
    if error is not None:
        raise InputError(_sentence(error))


def _sentence(error: ValidationError) -> str:
    key = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = sorted(set(error.instance) - set(known))
        return f"{key}: unknown key {', '.join(map(repr, unknown))}; known are {', '.join(known)}"
    if "propertyNames" in error.absolute_schema_path:
        return f"{key}: no key {error.instance!r} here; known are {', '.join(error.validator_value)}"
    if error.validator == "const":
        return f"{key}: {error.schema['description']}, {error.validator_value!r} is needed (found {error.instance!r})"
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return f"{key}: key {', '.join(map(repr, missing))} is missing"
    if error.validator == "type":
        wanted = error.validator_value
        wanted = " or ".join(wanted) if isinstance(wanted, list) else wanted
        return f"{key}: {error.instance!r} is not of type {wanted}"
    return f"{key}: {error.message}"
