"""Samples of the surrogate: states and forcings around a time, and the change of the state until one step later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from superice.errors import InputError
from superice.network.normalisation import Moments
from superice.surrogate.settings import InputSettings
from superice.surrogate.store import VARIABLES, Record, decode_field
from superice.training.input_noise import PIXEL_KM
from superice.training.store import MISSING

Values = TypeVar("Values", np.ndarray, Tensor)


@dataclass(frozen=True)
class Scaling:
    """Means and standard deviations of the training years, over the sea.

    Attributes
    ----------
    mean, deviation
        By variable: sit in m, t2m in K, u10 and v10 in m s-1, and the increment in m. The increment is divided by its
        deviation only, so that a network that returns zero is persistence.
    """

    mean: dict[str, float]
    deviation: dict[str, float]

    @classmethod
    def from_record(cls, record: Record, step_hours: float) -> Scaling:
        """Merge the moments of a record's years, and compute those of its increments over ``step_hours``.

        Raises InputError for a variable without variation.
        """
        total = dict.fromkeys(VARIABLES, Moments())
        for year in record.statistics:
            for name in VARIABLES:
                total[name] = total[name].merge(Moments(**year[name]))
        total["increment"] = record.compute_increments(step_hours)
        for name, moments in total.items():
            if moments.deviation == 0:
                raise InputError("the training years hold a constant field", variable=name)
        mean = {name: moments.mean for name, moments in total.items()}
        deviation = {name: moments.deviation for name, moments in total.items()}
        return cls(mean, deviation)

    def standardise(self, name: str, values: Values) -> Values:
        """Return the values less their mean, in standard deviations."""
        return (values - self.mean[name]) / self.deviation[name]


class Steps:
    """The steps of some years, which ``training.samples.Samples`` reads as it reads ``training.samples.Days``."""

    pixel_km = PIXEL_KM  # for parts that are masked as drift products mask them

    def __init__(self, records: list[Record], inputs: InputSettings, scaling: Scaling, every_hours: float) -> None:
        """List the steps of the records that hold all their fields, one every ``every_hours``."""
        self.records, self.inputs, self.scaling = records, inputs, scaling
        self.samples: list[tuple[Record, int]] = []
        for record in records:
            earliest, latest = inputs.needed_hours
            first = -record.count_steps(min(earliest, 0))
            last = record.length - record.count_steps(max(latest, inputs.step_hours))
            self.samples += [(record, index) for index in range(first, last, record.count_steps(every_hours))]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the fields."""
        rows, columns = self.samples[0][0].sea.shape
        return rows, columns

    def __getitem__(self, index: int) -> np.ndarray:
        """Return the stored fields of a step, int16 (channel, y, x): the inputs, then the state a step later."""
        record, start = self.samples[index]
        channels = [*self.inputs.channels, ("sit", self.inputs.step_hours)]
        return np.stack([record.read_stored(name, start + record.count_steps(hours)) for name, hours in channels])

    def normalise(
        self,
        stored: np.ndarray,
        errors: Mapping[str, np.ndarray] | None = None,
        smoothing: Mapping[str, float] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return context (channel, y, x), the sea last, and target (1, y, x) of a stored step or of a part of it.

        Raises InputError for ``errors``: the noise of a surrogate's inputs is that of its loss.
        """
        if errors:
            raise InputError(
                "training.input_noise is for observed inputs; for the surrogate set surrogate.loss.input_noise"
            )
        sea = stored[0] != MISSING
        channels = []
        for (name, _), field in zip(self.inputs.channels, stored):
            standardised = self.scaling.standardise(name, decode_field(name, field))
            channels.append(np.where(sea, standardised, 0))
        change = decode_field("sit", stored[-1]) - decode_field("sit", stored[0])
        target = np.where(sea, change / self.scaling.deviation["increment"], 0).astype(np.float32)
        context = np.stack([*channels, sea]).astype(np.float32)
        return torch.from_numpy(context), torch.from_numpy(target)[None]

    def describe(self) -> str:
        """Return the times of the steps, the moments of their years, which tell the content, the inputs and the scaling."""
        records = {id(record): record for record, _ in self.samples}.values()
        years = [(record.first, record.hours, record.length, record.statistics) for record in records]
        return repr((years, [index for _, index in self.samples], self.inputs, self.scaling))
