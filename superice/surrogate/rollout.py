"""The trained surrogate, and its roll-out: each prediction is the next state, under prescribed weather."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from superice.errors import InputError
from superice.network.unet import Network, padding_to_multiple
from superice.network.weights import load_weights, read_weights, refuse_metadata, write_weights
from superice.surrogate.network import build_surrogate
from superice.surrogate.samples import Scaling
from superice.surrogate.settings import InputSettings, SurrogateNetworkSettings
from superice.surrogate.store import Record
from superice.utils.device import default_device, resolve_precision
from superice.utils.settings import build_settings


@dataclass
class Surrogate:
    """A trained network and everything that is needed to step a state.

    Attributes
    ----------
    network
        The network, in evaluation mode.
    inputs
        The fields that it reads.
    scaling
        That of its training years.
    origin
        Experiment, seed, and whether the training diverged.
    file
        The file that it was read from.
    """

    network: Network
    inputs: InputSettings
    scaling: Scaling
    origin: dict[str, Any]
    file: Path | None = None

    @property
    def diverged(self) -> bool:
        """Whether the training met a loss that is not a number."""
        return self.origin.get("diverged", False)

    def save(self, path: str | Path) -> None:
        """Write the file (safetensors, metadata in JSON)."""
        content = {"surrogate": self.network.settings.model_dump(), "inputs": self.inputs.model_dump()}
        write_weights(path, self.network, content | {"scaling": asdict(self.scaling), "origin": self.origin})

    @classmethod
    def load(cls, path: str | Path) -> Surrogate:
        """Read the file, and return its network in evaluation mode.

        Raises InputError when the file cannot be read, its metadata are incomplete, or its weights do not fit.
        """
        content, tensors = read_weights(path)
        with refuse_metadata(path):
            surrogate = cls(
                network=build_surrogate(
                    build_settings(SurrogateNetworkSettings, content["surrogate"], "surrogate")
                ).eval(),
                inputs=build_settings(InputSettings, content["inputs"], "inputs"),
                scaling=Scaling(**content["scaling"]),
                origin=content["origin"],
                file=Path(path),
            )
        load_weights(surrogate.network, tensors, path)
        return surrogate


class RollOut:
    """Forecasts from many starts at once, stepped under the forcings of a record."""

    def __init__(self, surrogate: Surrogate, record: Record, precision: str = "fp32") -> None:
        """Take a surrogate and the record of its states and forcings. Raises InputError where its training diverged."""
        if surrogate.diverged:
            raise InputError("its training diverged: there is nothing to forecast with", file=surrogate.file)
        self.surrogate, self.record, self.device = surrogate, record, default_device()
        self.precision = resolve_precision(precision, self.device)
        self.network = surrogate.network.to(self.device)
        self.margins = padding_to_multiple(record.sea.shape, surrogate.network.settings.factor)
        self.sea = self._pad(record.sea.astype(np.float32))
        self.step = record.count_steps(surrogate.inputs.step_hours)

    def _pad(self, values: np.ndarray) -> Tensor:
        """Return a field (y, x) on the device, with zeros around it."""
        return functional.pad(torch.from_numpy(values), self.margins).to(self.device)

    def run(self, starts: Sequence[int], steps: int) -> Iterator[np.ndarray]:
        """Yield the states after 1, 2, … ``steps`` steps, float32 (start, y, x), m, NaN on land; never negative.

        ``starts`` are indices of the record. Raises InputError when the record does not cover the roll-out.
        """
        self._require_forcings(starts, steps)
        states = [self._read_states(starts, hours) for hours in self.surrogate.inputs.states_h]
        left, right, bottom, top = self.margins
        rows, columns = self.sea.shape
        for step in range(steps):
            states = [self._predict(states, starts, step), *states[:-1]]
            inside = states[0][:, bottom : rows - top, left : columns - right].cpu().numpy()
            yield np.where(self.record.sea, inside, np.float32(np.nan))

    def _require_forcings(self, starts: Sequence[int], steps: int) -> None:
        """Raise InputError unless the record covers ``steps`` steps from every start."""
        earliest, latest = map(self.record.count_steps, self.surrogate.inputs.needed_hours)
        first_needed = min(starts) + earliest
        last_needed = max(starts) + self.step * (steps - 1) + latest
        if first_needed < 0:
            missing, start = f"begin after {self._format_time(first_needed)}", min(starts)
        elif last_needed >= self.record.length:
            missing, start = f"end before {self._format_time(last_needed)}", max(starts)
        else:
            return
        raise InputError(
            f"states and forcings {missing}, which {steps} steps from {self._format_time(start)} need",
            value=self.record.describe_span(),
        )

    def _format_time(self, index: int) -> str:
        return f"{self.record.time_at(index):%Y-%m-%d %H:%M}"

    def _read_states(self, starts: Sequence[int], hours: float) -> Tensor:
        """Read the states ``hours`` after the starts, (start, y, x), 0 on land."""
        shift = self.record.count_steps(hours)
        fields = [np.nan_to_num(self.record.read_field("sit", start + shift)) for start in starts]
        return torch.stack([self._pad(field) for field in fields])

    def _read_forcing(self, name: str, indices: list[int], hours: float) -> Tensor:
        """Read a standardised forcing ``hours`` after the indices of the record, (start, y, x)."""
        shift = self.record.count_steps(hours)
        fields = [self.record.read_field(name, index + shift) for index in indices]
        return torch.stack([self._pad(self.surrogate.scaling.standardise(name, field)) for field in fields])

    @torch.inference_mode()
    def _predict(self, states: list[Tensor], starts: Sequence[int], step: int) -> Tensor:
        """Return the states (start, y, x) one step later; ``states`` are those after ``step`` steps and earlier ones."""
        scaling = self.surrogate.scaling
        indices = [start + self.step * step for start in starts]
        fields = [scaling.standardise("sit", state) for state in states]
        for name, hours in self.surrogate.inputs.channels[len(states) :]:
            fields.append(self._read_forcing(name, indices, hours))
        context = (torch.stack(fields, dim=1) * self.sea).contiguous(memory_format=torch.channels_last)
        sea = self.sea.expand(len(starts), 1, *self.sea.shape)
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            change = self.network(context, sea)[:, 0]
        thickness = states[0] + scaling.deviation["increment"] * change.float()
        return thickness.clamp(min=0) * self.sea
