"""Answer what the workflow needs to know from the section ``surrogate`` of the configuration."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from superice.errors import InputError
from superice.surrogate.settings import (
    ForecastSettings,
    InputSettings,
    LossSettings,
    SurrogateNetworkSettings,
    SurrogateTrainingSettings,
)
from superice.utils.settings import build_settings

SPLITS = ("training", "validation", "test")
RESTORATION_SECTIONS = ("network", "diffusion", "training")
SPARSER_VALIDATION = 4  # validation days of the restoration lie that many times further apart than training days


class SurrogateConfiguration:
    """Years, experiments and settings of the surrogate."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Take the section, already checked as ``SurrogateSettings``.

        Raises InputError naming the key that does not fit the others.
        """
        self.content = content
        self._require_ascending_years()
        self._require_known_experiments()
        self._require_kept_lead()
        inputs = {name: self._build_inputs(name) for name in self.experiments}
        for name, fields in inputs.items():
            self._require_moments(name, fields)
            self._require_forecasts(name, fields)
        self._require_season(inputs[content["chosen"]])

    def _require_ascending_years(self) -> None:
        """Raise InputError unless years ascend within each split and from split to split."""
        previous_last = None
        for split in SPLITS:
            first, last = self.content["years"][split]
            overlaps = previous_last is not None and first <= previous_last
            if last < first or overlaps:
                raise InputError(
                    f"surrogate.years.{split}: years must ascend, and splits follow each other", value=first
                )
            previous_last = last

    def _require_known_experiments(self) -> None:
        """Raise InputError for a name that is no experiment."""
        known = self.content["experiments"]
        for key, names in (("run", self.content["run"]), ("chosen", [self.content["chosen"]])):
            for name in names:
                if name not in known:
                    raise InputError(f"surrogate.{key}: no experiment {name!r}; there are {', '.join(known)}")

    def _require_kept_lead(self) -> None:
        """Raise InputError unless the forecasts that are restored are kept."""
        lead, kept = self.content["restoration"]["lead_days"], self.forecasts.kept_leads
        if lead not in kept:
            raise InputError(
                "surrogate.restoration.lead_days: one of the lead times that are kept, which surrogate.forecasts.kept_days"
                f" states: {', '.join(f'{day:g}' for day in kept)}",
                value=lead,
            )

    def _build_inputs(self, name: str) -> InputSettings:
        """Build the settings of an experiment, and return its inputs.

        What each section allows by itself may not go together with what the experiment takes from the defaults.
        """
        experiment, where = self.experiment(name), f"surrogate.experiments.{name}"
        inputs = build_settings(InputSettings, experiment["inputs"], f"{where}.inputs")
        build_settings(SurrogateNetworkSettings, experiment["network"], f"{where}.network")
        build_settings(LossSettings, experiment["loss"], f"{where}.loss")
        build_settings(SurrogateTrainingSettings, experiment["training"], f"{where}.training")
        return inputs

    def _require_moments(self, name: str, inputs: InputSettings) -> None:
        """Raise InputError unless thickness and forcings have all moments that an experiment reads."""
        hours, training = self.content["hours"], self.experiment(name)["training"]
        read = [("inputs", "step_hours", inputs.step_hours)]
        read += [("inputs", "forcings_h", each) for each in inputs.forcings_h]
        read += [("training", "every_hours", training["every_hours"])]
        wanted = {self._find_key(name, section, key): each for section, key, each in read if each % hours}
        if self.forecasts.every_hours % hours:
            wanted["surrogate.forecasts.every_hours"] = self.forecasts.every_hours
        for key, each in wanted.items():
            raise InputError(f"{key}: a multiple of surrogate.hours, {hours:g}, is needed", value=each)

    def _find_key(self, name: str, section: str, key: str) -> str:
        """Return where a value of an experiment is stated: by itself, or among the defaults."""
        is_own = key in self.content["experiments"][name].get(section, {})
        return f"surrogate.experiments.{name}.{section}.{key}" if is_own else f"surrogate.defaults.{section}.{key}"

    def _require_forecasts(self, name: str, inputs: InputSettings) -> None:
        """Raise InputError unless leads are whole steps of an experiment, and the test years hold one of its forecasts."""
        how, (first, last) = self.forecasts, self._find_span("test")
        inputs.count_steps(how.days, "surrogate.forecasts.days")
        for day in how.kept_leads:
            inputs.count_steps(day, "surrogate.forecasts.kept_days")
        before = max(inputs.step_hours, -inputs.needed_hours[0])
        if first + timedelta(hours=before, days=how.days) > last:
            raise InputError(
                f"surrogate.forecasts.days: the test years hold no forecast of that length by {name!r}; shorten it, or add"
                " a year to surrogate.years.test",
                value=how.days,
            )

    def _require_season(self, inputs: InputSettings) -> None:
        """Raise InputError unless the test years cover the long run with its earlier states and its truth."""
        season, (first, last) = self.content["season"], self._find_span("test")
        try:
            start = datetime.fromisoformat(season["start"]) + timedelta(hours=self.content["first_hour"])
        except ValueError as error:
            raise InputError(
                f"surrogate.season.start: no day of the calendar ({error})", value=season["start"]
            ) from error
        begin = start + timedelta(hours=inputs.needed_hours[0])
        end = start + timedelta(hours=inputs.step_hours * season["steps"])
        if start > last:
            raise InputError(
                f"surrogate.season.start: the test years end at {last:%Y-%m-%d %H:%M}; start earlier",
                value=season["start"],
            )
        if begin < first:
            raise InputError(
                f"surrogate.season.start: states and forcings are needed from {begin:%Y-%m-%d %H:%M}, and the test years"
                f" begin at {first:%Y-%m-%d %H:%M}; start later",
                value=season["start"],
            )
        if end > last:
            raise InputError(
                f"surrogate.season.steps: forcings are needed until {end:%Y-%m-%d %H:%M}, and the test years end at"
                f" {last:%Y-%m-%d %H:%M}; make fewer steps, or start earlier than {season['start']}",
                value=season["steps"],
            )

    def _find_span(self, split: str) -> tuple[datetime, datetime]:
        """Return the first and the last moment of thickness and forcings in the years of a split."""
        years, shift = self.years(split), timedelta(hours=self.content["first_hour"])
        first, end = datetime(years[0], 1, 1) + shift, datetime(years[-1] + 1, 1, 1) + shift
        return first, end - timedelta(hours=self.content["hours"])

    def years(self, split: str | None = None) -> list[int]:
        """Return the years of a split, or of all splits."""
        years: list[int] = []
        for name in SPLITS if split is None else (split,):
            first, last = self.content["years"][name]
            years += range(first, last + 1)
        return years

    @property
    def experiments(self) -> list[str]:
        """The experiments to make, the chosen one first."""
        chosen = self.content["chosen"]
        return list(dict.fromkeys([chosen, *self.content["run"]]))

    def experiment(self, name: str) -> dict[str, Any]:
        """Return an experiment's sections: the defaults with its own values on top."""
        merged = deepcopy(self.content["defaults"])
        for section, values in self.content["experiments"][name].items():
            merged[section] = merged[section] | values if isinstance(values, dict) else values
        return merged

    @property
    def forecasts(self) -> ForecastSettings:
        """What is forecast, and how it is scored."""
        return build_settings(ForecastSettings, self.content["forecasts"], "surrogate.forecasts")

    @property
    def restoration(self) -> dict[str, Any]:
        """The settings of the restoration, without those of its network and its sampler."""
        elsewhere = (*RESTORATION_SECTIONS, "sampler")
        return {key: value for key, value in self.content["restoration"].items() if key not in elsewhere}

    @property
    def restoration_network(self) -> dict[str, Any]:
        """The sections network, diffusion and training of the restoration's network."""
        return {key: self.content["restoration"][key] for key in RESTORATION_SECTIONS}

    def restoration_days(self, split: str) -> list[date]:
        """Return the days that the restoration's network is trained or validated on."""
        every = self.content["restoration"]["every_days"]
        if split != "training":
            every *= SPARSER_VALIDATION
        years = self.years(split)
        first, end = date(years[0], 1, 1), date(years[-1] + 1, 1, 1)
        return [first + timedelta(days) for days in range(0, (end - first).days, every)]
