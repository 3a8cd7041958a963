"""The section ``surrogate`` of the configuration, asked for what the workflow needs."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from superice.errors import InputError
from superice.surrogate.settings import RestorationSettings
from superice.synthetic.settings import ForcedRunSettings
from superice.utils.settings import build_settings

SPLITS = ("training", "validation", "test")
GENERATOR = ("network", "diffusion", "training")


class SurrogateConfiguration:
    """Years, experiments and settings of the surrogate."""

    def __init__(self, content: dict[str, Any]) -> None:
        """``content`` is checked against the schema. Raises InputError naming the key that does not fit the others."""
        self.content = content
        build_settings(ForcedRunSettings, content["synthetic"], "surrogate.synthetic")
        previous = None
        for split in SPLITS:
            first, last = content["years"][split]
            if last < first or (previous and first <= previous):
                raise InputError(
                    f"surrogate.years.{split}: years must ascend, and splits follow each other", value=first
                )
            previous = last
        for key, names in (("run", content["run"]), ("chosen", [content["chosen"]])):
            for name in names:
                if name not in content["experiments"]:
                    known = ", ".join(content["experiments"])
                    raise InputError(f"surrogate.{key}: no experiment {name!r}; there are {known}")

    def years(self, split: str | None = None) -> list[int]:
        """The years of a split, or of all."""
        splits = SPLITS if split is None else (split,)
        return [
            year
            for name in splits
            for year in range(self.content["years"][name][0], self.content["years"][name][1] + 1)
        ]

    @property
    def experiments(self) -> list[str]:
        """The experiments that are made, the chosen one first."""
        chosen = self.content["chosen"]
        return [chosen] + [name for name in self.content["run"] if name != chosen]

    def experiment(self, name: str) -> dict[str, Any]:
        """An experiment's sections: the defaults with its own on top."""
        merged = deepcopy(self.content["defaults"])
        for section, values in self.content["experiments"][name].items():
            merged[section] = merged[section] | values if isinstance(values, dict) else values
        return merged

    @property
    def restoration(self) -> dict[str, Any]:
        """How the generator is used, without the generator itself."""
        values = {
            key: value for key, value in self.content["restoration"].items() if key not in (*GENERATOR, "sampler")
        }
        build_settings(RestorationSettings, values, "surrogate.restoration")
        return values

    @property
    def generator(self) -> dict[str, Any]:
        """Network, diffusion and training of the generator."""
        return {key: self.content["restoration"][key] for key in GENERATOR}

    def restoration_days(self, split: str) -> list[date]:
        """The days that the generator is trained on, and fewer that it is validated on."""
        every = self.content["restoration"]["every_days"] * (1 if split == "training" else 4)
        years = self.years(split)
        first, days = date(years[0], 1, 1), (date(years[-1] + 1, 1, 1) - date(years[0], 1, 1)).days
        return [first + timedelta(n) for n in range(0, days, every)]
