"""Answer what the workflow needs to know from the section ``surrogate`` of the configuration."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from superice.errors import InputError

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
        return [chosen] + [name for name in self.content["run"] if name != chosen]

    def experiment(self, name: str) -> dict[str, Any]:
        """Return an experiment's sections: the defaults with its own values on top."""
        merged = deepcopy(self.content["defaults"])
        for section, values in self.content["experiments"][name].items():
            merged[section] = merged[section] | values if isinstance(values, dict) else values
        return merged

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
