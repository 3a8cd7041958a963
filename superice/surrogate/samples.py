"""What the network reads and predicts: states and forcings of a moment, and the change of the state until a step later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from superice.errors import InputError
from superice.network.normalisation import Moments
from superice.surrogate.store import VARIABLES, Record, decode_field
from superice.training.store import MISSING


@dataclass(frozen=True)
class InputSettings:
    """Which fields enter.

    Attributes:
        step_hours: from the state to its prediction.
        states_h: hours of the states, 0 being now; earlier ones are negative.
        forcings: their names. forcings_h: hours of the forcings, the same for each.
    """

    step_hours: float = 12
    states_h: tuple[float, ...] = (0,)
    forcings: tuple[str, ...] = ("t2m", "u10", "v10")
    forcings_h: tuple[float, ...] = (0, 6, 12)

    def __post_init__(self) -> None:
        if not self.states_h or self.states_h[0] != 0 or max(self.states_h) > 0:
            raise InputError("surrogate.inputs.states_h: 0, then hours below 0", value=self.states_h)
        if any(hours % self.step_hours for hours in self.states_h):
            raise InputError(
                "surrogate.inputs.states_h: multiples of the step, as a roll-out has them", value=self.states_h
            )
        if self.forcings_h and max(self.forcings_h) > self.step_hours:
            raise InputError("surrogate.inputs.forcings_h: none after the step", value=self.forcings_h)
        if unknown := set(self.forcings) - set(VARIABLES[1:]):
            raise InputError(f"surrogate.inputs.forcings: known are {', '.join(VARIABLES[1:])}", value=sorted(unknown))

    @property
    def channels(self) -> list[tuple[str, float]]:
        """Name and hours of every input: the states, then the forcings, time after time."""
        return [("sit", h) for h in self.states_h] + [(name, h) for h in self.forcings_h for name in self.forcings]

    @property
    def needed_hours(self) -> tuple[float, float]:
        """The first and the last of the hours that a prediction needs, without the target's."""
        hours = [h for _, h in self.channels]
        return min(hours), max(hours)


@dataclass(frozen=True)
class Scaling:
    """Means and deviations of the training years, over the sea.

    Attributes:
        mean, deviation: of sit in m, t2m in K, u10 and v10 in m s-1, and of the increment in m. The increment is only
            divided: a network that returns zero is persistence.
    """

    mean: dict[str, float]
    deviation: dict[str, float]

    @classmethod
    def of(cls, years: Iterable[dict]) -> Scaling:
        """Merge the moments of years. Raises InputError for a variable that does not vary."""
        total = dict.fromkeys((*VARIABLES, "increment"), Moments())
        for year in years:
            total = {name: moments.merge(Moments(**year[name])) for name, moments in total.items()}
        for name, moments in total.items():
            if moments.deviation == 0:
                raise InputError("the training years hold a constant field", variable=name)
        return cls({n: m.mean for n, m in total.items()}, {n: m.deviation for n, m in total.items()})

    def standard(self, name: str, values: np.ndarray | Tensor) -> np.ndarray | Tensor:
        """Values to deviations from their mean."""
        return (values - self.mean[name]) / self.deviation[name]


class Steps:
    """The steps of some years, for ``samples.Samples``: what ``samples.Days`` is of single days."""

    def __init__(self, records: list[Record], inputs: InputSettings, scaling: Scaling, every_hours: float) -> None:
        """``every_hours`` is the distance of the samples in time; records are those of the years without a gap."""
        self.inputs, self.scaling = inputs, scaling
        self.samples: list[tuple[Record, int]] = []
        for record in records:
            earliest, latest = inputs.needed_hours
            first = -record.offset(min(earliest, 0))
            last = record.length - record.offset(max(latest, inputs.step_hours))
            self.samples += [(record, index) for index in range(first, last, record.offset(every_hours))]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> np.ndarray:
        """The stored fields of a step, int16 (channel, y, x): the inputs, then the state a step later."""
        record, index = self.samples[number]
        channels = [*self.inputs.channels, ("sit", self.inputs.step_hours)]
        return np.stack([record.stored(name, index + record.offset(hours)) for name, hours in channels])

    def normalise(self, stored: np.ndarray) -> tuple[Tensor, Tensor]:
        """Context (channel, y, x), the sea last, and target (1, y, x) of a stored step or of a part of it."""
        sea = stored[0] != MISSING
        values = [decode_field(name, part) for (name, _), part in zip(self.inputs.channels, stored)]
        fields = [self.scaling.standard(name, v) for (name, _), v in zip(self.inputs.channels, values)]
        change = (decode_field("sit", stored[-1]) - values[0]) / self.scaling.deviation["increment"]
        context = np.stack([*(np.where(sea, field, 0) for field in fields), sea]).astype(np.float32)
        return torch.from_numpy(context), torch.from_numpy(np.where(sea, change, 0).astype(np.float32))[None]
