"""The trained surrogate, and its roll-out: each prediction is the next state, under the true forcings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.errors import InputError
from superice.network.unet import padding_to_multiple
from superice.network.weights import load_weights, read_weights, write_weights
from superice.surrogate.network import build_surrogate
from superice.surrogate.samples import Scaling
from superice.surrogate.settings import InputSettings, SurrogateNetworkSettings
from superice.surrogate.store import Record
from superice.utils.device import default_device, resolve_precision
from superice.utils.settings import build_settings


@dataclass
class Surrogate:
    """A trained network with what it needs to step a state.

    Attributes:
        network: in evaluation mode.
        inputs: the fields that it reads. scaling: of its training years.
        origin: experiment and seed.
    """

    network: nn.Module
    inputs: InputSettings
    scaling: Scaling
    origin: dict[str, Any]

    def save(self, path: str | Path) -> None:
        """Write the file (safetensors, metadata in JSON)."""
        content = {"surrogate": self.network.settings.model_dump(), "inputs": self.inputs.model_dump()}
        write_weights(path, self.network, content | {"scaling": asdict(self.scaling), "origin": self.origin})

    @classmethod
    def load(cls, path: str | Path) -> Surrogate:
        """Read the file. Raises InputError when it is no such file, or damaged, or its weights fit no such network."""
        content, tensors = read_weights(path)
        try:
            surrogate = cls(
                network=build_surrogate(
                    build_settings(SurrogateNetworkSettings, content["surrogate"], "surrogate")
                ).eval(),
                inputs=build_settings(InputSettings, content["inputs"], "inputs"),
                scaling=Scaling(**content["scaling"]),
                origin=content["origin"],
            )
        except (KeyError, TypeError, InputError) as error:
            raise InputError(f"has invalid metadata for its weights ({error})", file=path) from error
        load_weights(surrogate.network, tensors, path)
        return surrogate


class RollOut:
    """Many starts at once, stepped as long as the record has forcings."""

    def __init__(self, surrogate: Surrogate, record: Record, precision: str = "fp32") -> None:
        self.surrogate, self.record, self.device = surrogate, record, default_device()
        self.precision = resolve_precision(precision, self.device)
        self.network = surrogate.network.to(self.device)
        self.margins = padding_to_multiple(record.sea.shape, surrogate.network.settings.factor)
        self.sea = self._field(record.sea.astype(np.float32))
        self.step = record.offset(surrogate.inputs.step_hours)

    def _field(self, values: np.ndarray) -> Tensor:
        return functional.pad(torch.from_numpy(values), self.margins).to(self.device)

    def run(self, starts: Sequence[int], steps: int) -> Iterator[np.ndarray]:
        """The states after 1, 2, … ``steps`` steps, float32 (start, y, x), m, NaN on land; never negative.

        ``starts`` are indices of the record. Raises InputError when the record does not cover the roll-out.
        """
        self._check_covered(starts, steps)
        states = [self._states(starts, hours) for hours in self.surrogate.inputs.states_h]
        left, right, bottom, top = self.margins
        rows, columns = self.sea.shape
        for step in range(steps):
            states = [self._next(states, starts, step), *states[:-1]]
            inside = states[0][:, bottom : rows - top, left : columns - right].cpu().numpy()
            yield np.where(self.record.sea, inside, np.float32(np.nan))

    def _check_covered(self, starts: Sequence[int], steps: int) -> None:
        earliest, latest = self.surrogate.inputs.needed_hours
        for start in (min(starts), max(starts)):
            last = start + self.step * (steps - 1) + self.record.offset(latest)
            if start + self.record.offset(earliest) < 0 or last >= self.record.length:
                raise InputError(
                    f"forcings do not cover {steps} steps from {self.record.moment(start):%Y-%m-%d %H:%M}",
                    value=f"{self.record.moment(0):%Y-%m-%d %H:%M} to"
                    f" {self.record.moment(self.record.length - 1):%Y-%m-%d %H:%M}",
                )

    def _states(self, starts: Sequence[int], hours: float) -> Tensor:
        shift = self.record.offset(hours)
        return torch.stack([self._field(np.nan_to_num(self.record.values("sit", s + shift))) for s in starts])

    @torch.inference_mode()
    def _next(self, states: list[Tensor], starts: Sequence[int], step: int) -> Tensor:
        """The states (start, y, x) one step later."""
        scaling = self.surrogate.scaling
        fields = [scaling.standard("sit", state) for state in states]
        fields += [self._forcing(name, [s + self.step * step for s in starts], hours)
                   for name, hours in self.surrogate.inputs.channels[len(states):]]  # fmt: skip
        stacked = (torch.stack(fields, dim=1) * self.sea).contiguous(memory_format=torch.channels_last)
        sea = self.sea.expand(len(starts), 1, *self.sea.shape)
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            change = self.network(stacked, sea)[:, 0]
        return (states[0] + scaling.deviation["increment"] * change.float()).clamp(min=0) * self.sea

    def _forcing(self, name: str, indices: list[int], hours: float) -> Tensor:
        shift = self.record.offset(hours)
        values = [self.surrogate.scaling.standard(name, self.record.values(name, index + shift)) for index in indices]
        return torch.stack([self._field(value) for value in values])
