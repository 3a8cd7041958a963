"""Check the configuration of a run, and answer what the workflow needs to know from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import date
from functools import cached_property, reduce
from operator import getitem
from typing import Any

from superice.errors import InputError
from superice.evaluation.study import Study
from superice.fields.grid import AREAS, Area, name_area
from superice.inference.settings import STORED, awaits_noise_scale
from superice.network.settings import FORMULATION_SETTINGS
from superice.run import checks
from superice.run.settings import AUTO, FigureDays, FigureSettings, RunSettings, StudiesSettings
from superice.seasons import Calendar, Season, choose_days, find_neighbours, spread_evenly
from superice.utils.provenance import compute_digest
from superice.utils.settings import build_settings, dump_settings, merge_sections


class Configuration:
    """A checked configuration."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Check ``content``, without its includes, and add the defaults of all keys that it does not state.

        Raises InputError with a sentence that names the key.
        """
        settings = build_settings(RunSettings, _make_plain(content), "")
        self.content = dump_settings(settings)
        self.content["experiments"] = {"reference": {}} | self.content["experiments"]
        self.content.pop("include", None)
        _switch_off(self.content)
        # A branch of its own: its settings change nothing in the main branch, nor in what its files say of their origin.
        self.surrogate = self.content.pop("surrogate")
        self.surrogate["experiments"] = {"with_forcings": {}} | self.surrogate["experiments"]
        self.calendar = Calendar.from_mapping(self.content["calendar"])
        self._experiments: dict[str, dict[str, Any]] = {}
        checks.check_shared_trainings(self)
        checks.check_experiments(self)
        checks.check_figures(self)
        checks.check_studies(self)

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
        """Return an experiment's sections: its own on top of the defaults, or of the experiment that it is ``trained_as``.

        An experiment that states a formulation takes no numbers of another one from there. The sections are merged once,
        as plans ask for them thousands of times: a caller that changes them takes a copy.
        """
        if name not in self._experiments:
            self._experiments[name] = self._merge_experiment(name)
        return self._experiments[name]

    def sampler_to_draw(self, name: str) -> dict[str, Any]:
        """Return the section ``sampler`` that members are drawn with.

        Of given weights it has no key that they store and the experiment does not state itself: the file says it then.
        """
        experiment = self.experiment(name)
        sampler = experiment["sampler"]
        if not experiment.get("weights"):
            return sampler
        stated, base = set(), name
        while base:
            own = self.content["experiments"][base]
            stated |= set(own.get("sampler", {}))
            base = own.get("trained_as")
        return {key: value for key, value in sampler.items() if key not in STORED or key in stated}

    def _merge_experiment(self, name: str) -> dict[str, Any]:
        own = self.content["experiments"][name]
        base = self.experiment(own["trained_as"]) if "trained_as" in own else self.content["defaults"]
        merged = deepcopy(base)
        for section, values in own.items():
            if section == "diffusion" and "formulation" in values:
                kind = FORMULATION_SETTINGS[values["formulation"]]
                merged[section] = dump_settings(build_settings(kind, values, f"experiments.{name}.diffusion"))
            else:
                merged = merge_sections(merged, {section: values})
        return merged

    def chooses_for_itself(self, experiment: str) -> bool:
        """Return whether an experiment has a choice of its own: among its trainings, or of its sampler's noise."""
        settings = self.experiment(experiment)
        if self.is_baseline(experiment) or settings.get("weights"):
            return False
        own_training = self.find_training(experiment) == experiment
        return own_training or awaits_noise_scale(settings["sampler"]["name"], settings["sampler"]["noise_scale"])

    def list_choices(self, experiments: Iterable[str]) -> list[str]:
        """Return the experiments of which something is chosen for the experiments to draw with, each once."""
        drawn = [name for name in experiments if not self.is_baseline(name)]
        choosing = [name for name in [*self.list_trainings(drawn), *drawn] if self.chooses_for_itself(name)]
        return list(dict.fromkeys(choosing))

    def find_training(self, experiment: str) -> str:
        """Return the experiment that made the trainings an experiment draws with: itself, or its ``trained_as``."""
        return self.content["experiments"][experiment].get("trained_as", experiment)

    def features(self, feature_set: str | None = None) -> dict[str, Any]:
        """Return the section ``features`` with the changes of a feature set on top."""
        return merge_sections(self.content["features"], self.content["feature_sets"].get(feature_set, {}))

    @property
    def areas(self) -> str:
        """The file of area definitions."""
        return self.content["grid"]["areas"] or str(AREAS)

    @property
    def area(self) -> Area:
        """The target grid: its name, or its centre, size and step."""
        return self.content["grid"]["around"] or self.content["grid"]["area"]

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

    def count_devices(self, experiment: str) -> int:
        """Return the number of GPUs that share each batch of an experiment's trainings."""
        return self.experiment(experiment)["training"]["devices"]

    def list_trainings(self, experiments: Iterable[str]) -> list[str]:
        """Return the experiments whose trainings the experiments draw with, each once."""
        drawn = [
            name for name in experiments if not self.is_baseline(name) and not self.experiment(name).get("weights")
        ]
        return list(dict.fromkeys(map(self.find_training, drawn)))

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
        keys += ["neighbouring_days"] if section["neighbouring_days"] else []
        return {key: section[key] for key in keys}

    def ensemble_days(self, experiment: str, branch: str) -> list[date]:
        """Return the days of an experiment's ensembles."""
        wanted = self.experiment(experiment)["ensembles"]
        if branch == "observations":
            return self.calendar.observed_days()[:: wanted["every"]] if wanted["observations"] else []
        return sorted(day for split in wanted["splits"] for day in self.calendar.split_days(split)[:: wanted["every"]])

    @property
    def keeps_members(self) -> bool:
        """Whether the members of the published experiment's ensembles are kept."""
        return self.experiment(self.published)["ensembles"]["keep"] != "summary"

    @property
    def writes_summaries(self) -> bool:
        """Whether the published experiment's ensembles are summarised."""
        return self.experiment(self.published)["ensembles"]["keep"] != "members"

    def last_season(self, branch: str) -> list[date]:
        """Return the days of the last season of the published ensembles."""
        days = self.ensemble_days(self.content["published"], branch)
        season = self.calendar.find_season(days[-1]) if days else None
        return [day for day in days if season is not None and day >= season.first]

    def scored_days(self, experiment: str, branch: str) -> list[date]:
        """Return the days of ``ensemble_days`` for which the truth is known.

        The model branch knows it. For the observed branch only the synthetic Arctic does, on days of the model.
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
        if not self.calendar.split_days(section["split"]) or not self.calendar.split_days("training"):
            return {}
        return {
            name: Study(
                varies=study["varies"],
                values={
                    experiment: self._find_setting(experiment, study["varies"]) for experiment in study["experiments"]
                },
                dates=self._choose_study_dates(study),
            )
            for name, study in section["compared"].items()
        }

    def _choose_study_dates(self, study: Mapping[str, Any]) -> list[str]:
        """Return the days of a study: its own, its preferred ones where the model has them, or days of the split.

        Of the split, those days count on which no training was chosen, where there are such days: on the others a chosen
        training has an advantage over a single one.
        """
        if study.get("dates"):
            return study["dates"]
        section, model_days = self.content["studies"], self.calendar.model_days()
        preferred = study.get("preferred_dates", [])
        if preferred and set(preferred) <= {day.isoformat() for day in model_days}:
            return preferred
        split_days = self.calendar.split_days(section["split"])
        chosen_on = set(spread_evenly(self.calendar.split_days("validation"), self.content["selection"]["days"]))
        days = [day for day in split_days if day not in chosen_on] or split_days
        chosen = choose_days(days, len(preferred)) if preferred else spread_evenly(days, section["days"])
        return [day.isoformat() for day in chosen]

    @property
    def studied_experiments(self) -> list[str]:
        """The experiments of all studies, each once."""
        return list(dict.fromkeys(name for study in self.studies.values() for name in study.values))

    def _find_setting(self, experiment: str, key: str) -> Any:
        """Return the value of an experiment under a key such as ``sampler.steps``."""
        try:
            return reduce(getitem, key.split("."), self.experiment(experiment))
        except KeyError as error:
            raise InputError(f"studies: experiment {experiment!r} has no {key}") from error

    @property
    def uses_real_files(self) -> bool:
        """Whether a source of the run is none of the synthetic Arctic."""
        sources = self.content["sources"]
        of_days = {"model": self.calendar.model_days(), "observations": self.calendar.observed_days()}
        return any(days and sources[name]["kind"] != "synthetic" for name, days in of_days.items())

    def synthetic_days(self, season: Season) -> tuple[list[date], list[date]]:
        """Return the days of a season that the synthetic Arctic writes as model and as observations."""
        sources = self.content["sources"]
        within = lambda days: [day for day in self.add_neighbours(days) if season.first <= day <= season.last]
        model = within(self.calendar.model_days()) if sources["model"]["kind"] == "synthetic" else []
        observed = within(self.calendar.observed_days()) if sources["observations"]["kind"] == "synthetic" else []
        return model, observed

    def add_neighbours(self, days: list[date]) -> list[date]:
        """Return the days with those before and after them whose concentrations the features of any set hold."""
        distances = {self.features(name)["neighbouring_days"] for name in (None, *self.content["feature_sets"])}
        added = {other for day in days for distance in distances for other in find_neighbours(day, distance).values()}
        return sorted({*days, *added} - self.calendar.gaps)

    def in_situ_days(self) -> list[date]:
        """Return the days whose ensembles are compared with measurements; none where the run names no measurements."""
        measured = self.content["sources"]["in_situ"]
        return self.ensemble_days(self.published, "observations") if measured else []

    def figure_days(self, kind: str) -> list[date]:
        """Return the days that the figures of a kind show: members, model, observations or smoothing.

        ``auto`` stands for the preferred days where the run has all of them. Otherwise it stands for the first, the middle
        and the last of the days with ensembles, from the model for those of the test split where there are some; where one
        day is shown, for the middle one.
        """
        section = self.content["figures"]
        if section[kind] != AUTO:
            return [date.fromisoformat(text) for text in section[kind] or ()]
        days = self.drawn_days(kind)
        preferred = [date.fromisoformat(text) for text in section["preferred"][kind]]
        if kind == "smoothing" and not section["smoothing_sets"]:
            return []
        if preferred and set(preferred) <= set(days):
            return preferred
        tested = set(self.calendar.split_days("test")) if kind in ("members", "model") else set()
        shown = [day for day in days if day in tested] or days
        return choose_days(shown, 1 if kind in ("members", "smoothing") else 3)

    def drawn_days(self, kind: str) -> list[date]:
        """Return the days with an ensemble of the published experiment that figures of a kind can show."""
        branch = "observations" if kind in ("observations", "smoothing") else "model"
        return self.ensemble_days(self.content["published"], branch)

    def summary(self, experiments: Sequence[str]) -> dict[str, str]:
        """Return the facts at the head of a report on the experiments."""
        calendar, sources = self.calendar, self.content["sources"]
        counts = [f"{split} {len(calendar.split_days(split))}" for split in calendar.splits]
        trained = [self._describe_training(name) for name in experiments]
        weights = [self.experiment(name).get("weights") for name in experiments]
        used = {"model": calendar.model_days(), "observations": calendar.observed_days()}
        return {
            "configuration": f"{self.name}, digest {self.digest}",
            "grid": name_area(self.area),
            "model days": ", ".join(counts) or "none",
            "observed days": str(len(calendar.observed_days())),
            "sources": "; ".join(f"{branch}: {sources[branch]['kind']}" for branch, days in used.items() if days),
            "experiments": ", ".join(experiments if any(weights) else trained),
            "weights": ", ".join(filter(None, weights)) or "trained here",
            "published": self.content["published"],
        }

    def describe_experiment(self, name: str, stored: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Return the facts that a report gives of an experiment.

        Of given weights, ``stored`` is what their file says (`superice.network.description.read_description`): the network
        is that of the file, whatever the configuration has for one that is trained here. Raises InputError without it.
        """
        settings = self.experiment(name)
        if "baseline" in settings:
            return {"experiment": name, "formulation": "baseline"}
        sampler = self.sampler_to_draw(name)
        seeds: Sequence[Any] = [settings["seed"]] if "seed" in settings else settings["seeds"]
        network, diffusion = settings["network"], settings["diffusion"]
        if settings.get("weights"):
            if stored is None:
                raise InputError(f"experiment {name!r} has given weights: their file describes it")
            network, diffusion, seeds = stored["network"], stored["diffusion"], [stored["origin"]["seed"]]
            sampler = {**stored["sampler"], **sampler}
        drawn = f"{sampler['name']}, {_count(sampler['steps'], 'step')}" if "name" in sampler else "not stated"
        return {
            "experiment": name,
            "trained as": self._name_training(name, stored),
            "training seeds": ", ".join(map(str, seeds)),
            "formulation": diffusion["formulation"],
            "widths": " ".join(map(str, network["widths"])),
            "depth": str(network["depth"]),
            "inputs": " ".join(network["inputs"]),
            "features": settings.get("features", "as configured"),
            "sampler": drawn,
            "members": str(sampler["members"]),
            "ensemble seed": str(settings["ensembles"]["seed"]),
        }

    def _name_training(self, name: str, stored: Mapping[str, Any] | None) -> str:
        """Return the experiment that made the trainings, or the given weights with the one that their file names."""
        weights = self.experiment(name).get("weights")
        return f"{weights} ({stored['origin']['experiment']})" if weights and stored else self.find_training(name)

    def _describe_training(self, name: str) -> str:
        if "baseline" in self.experiment(name):
            return f"{name} (baseline)"
        training = self.find_training(name)
        own = _count(len(self.experiment(name)["seeds"]), "training")
        return f"{name} ({own if training == name else f'trained as {training}'})"


def _switch_off(content: dict[str, Any]) -> None:
    """Replace studies and figures that are null by sections that ask for nothing."""
    studies = content["studies"] or dump_settings(StudiesSettings())
    compared = studies["compared"] or {}
    studies["compared"] = {name: study for name, study in compared.items() if study is not None}
    content["studies"] = studies
    if content["figures"] is None:
        nothing: dict[str, Any] = dict.fromkeys(FigureDays.model_fields)
        content["figures"] = dump_settings(FigureSettings(**nothing))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _make_plain(value: Any) -> Any:
    """Return a copy with plain types; dates that YAML made into date objects become text again."""
    if isinstance(value, dict):
        return {str(key): _make_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_make_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
