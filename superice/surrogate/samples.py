"""What the network reads and predicts: states and forcings of a moment, and the change of the state until a step later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from superice.errors import InputError
from superice.network.normalisation import Moments
from superice.surrogate.settings import InputSettings
from superice.surrogate.store import VARIABLES, Record, decode_field
from superice.training.store import MISSING


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
