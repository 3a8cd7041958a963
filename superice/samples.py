"""Training samples: crops of the days' normalised inputs and targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from superice.errors import InputError
from superice.features import read_model_features
from superice.network import padding
from superice.normalisation import Normalisation

DRIFT_CELL = 21  # pixels of 3 km in a cell of 62.5 km


@dataclass(frozen=True)
class Crop:
    """How samples are cut out of a day.

    Attributes:
        size: (rows, columns) of a sample, or None for the full grid.
        least_ice: the share of ice that a sample should have; the best of a few tries is taken.
        turn: whether samples are flipped and turned at random.
        masked: share of the samples of which a part is masked at random, as the drift product masks observations.
    """

    size: tuple[int, int] | None
    least_ice: float = 0.3
    turn: bool = False
    masked: float = 0.0


class Days:
    """The days of a split as network inputs, read when first needed and kept while memory allows.

    Days without a pixel of ice are left out.
    """

    def __init__(
        self, files: list[Path], normalisation: Normalisation, inputs: tuple[str, ...], memory_gb: float
    ) -> None:
        self.files = files
        self.normalisation = normalisation
        self.inputs = inputs
        self.memory = memory_gb * 2**30
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}
        self._kept_bytes = 0

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Context (channel, y, x) and target (1, y, x) of a day."""
        if index in self._kept:
            return self._kept[index]
        features = read_model_features(self.files[index])
        context = torch.from_numpy(self.normalisation.inputs(features, self.inputs))
        target = torch.from_numpy(self.normalisation.target(features))[None]
        size = context.nbytes + target.nbytes
        if self._kept_bytes + size <= self.memory:
            self._kept[index] = context, target
            self._kept_bytes += size
        return context, target


def _cut(day: tuple[Tensor, Tensor], crop: Crop, factor: int, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    context, target = day
    if crop.size is None:
        margins = padding(context.shape[1:], factor)
        return tuple(torch.nn.functional.pad(field, margins) for field in (context, target))
    rows, columns = crop.size
    height, width = context.shape[1:]
    if rows > height or columns > width:
        raise InputError(f"training.patch {crop.size} is larger than the grid {(height, width)}")
    best = None
    for _ in range(10):
        top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
        window = (slice(None), slice(top, top + rows), slice(left, left + columns))
        ice = float(context[-1:][window].mean())
        if best is None or ice > best[0]:
            best = ice, window
        if ice >= crop.least_ice:
            break
    return context[best[1]], target[best[1]]


def _turned(fields: tuple[Tensor, Tensor], random: np.random.Generator) -> tuple[Tensor, Tensor]:
    flip, quarters = bool(random.integers(2)), int(random.integers(4))
    square = fields[0].shape[1] == fields[0].shape[2]
    quarters = quarters if square else quarters // 2 * 2
    turn: Callable[[Tensor], Tensor] = lambda x: torch.rot90(x.flip(2) if flip else x, quarters, (1, 2))
    return turn(fields[0]), turn(fields[1])


def _partly_masked(fields: tuple[Tensor, Tensor], random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """The sample without the blocks of a drift cell's size that lie beyond a random line."""
    rows, columns = fields[0].shape[1:]
    blocks = [(np.arange(size) + random.integers(DRIFT_CELL)) // DRIFT_CELL for size in (rows, columns)]
    angle = random.uniform(0, 2 * np.pi)
    beyond = np.cos(angle) * blocks[0][:, None] + np.sin(angle) * blocks[1][None]
    kept = torch.from_numpy(beyond <= np.quantile(beyond, random.uniform(0.4, 0.9))).to(fields[0].dtype)
    return fields[0] * kept, fields[1] * kept


class Samples(Dataset):
    """One epoch of samples; each depends on (seed, epoch, position) alone, whoever loads it."""

    def __init__(self, days: Days, crop: Crop, factor: int, count: int, seed: int, epoch: int) -> None:
        self.days, self.crop, self.factor = days, crop, factor
        self.seed, self.epoch = seed, epoch
        random = np.random.default_rng((seed, epoch))
        rounds = -(-count // len(days))
        self.order = np.concatenate([random.permutation(len(days)) for _ in range(rounds)])[:count]

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor]:
        """Context (channel, y, x) and target (1, y, x)."""
        random = np.random.default_rng((self.seed, self.epoch, position))
        fields = _cut(self.days[self.order[position]], self.crop, self.factor, random)
        if self.crop.turn:
            fields = _turned(fields, random)
        return _partly_masked(fields, random) if random.random() < self.crop.masked else fields
