"""Training samples: crops of the stored days, normalised."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from superice.errors import InputError
from superice.network.normalisation import Normalisation
from superice.network.unet import padding_to_multiple
from superice.training.input_noise import EXACT, InputNoise, perturb
from superice.training.store import decode_day, known_pixels, open_day

DRIFT_CELL = 21  # pixels of 3 km in a cell of 62.5 km


@dataclass(frozen=True)
class Crop:
    """How samples are cut out of a day.

    Attributes:
        size: (rows, columns) of a sample, or None for the full grid.
        least_ice: the share of ice that a sample should have; the best of a few tries is taken.
        turn: whether samples are flipped and turned at random.
        masked: share of the samples of which a part is masked at random, as the drift product masks observations.
        errors: that the inputs of samples get.
    """

    size: tuple[int, int] | None
    least_ice: float = 0.3
    turn: bool = False
    masked: float = 0.0
    errors: InputNoise = EXACT


class Days:
    """The stored days of a split that hold ice.

    Raises InputError for a file that is no stored day, or of another grid than the others.
    """

    def __init__(
        self, files: list[Path], normalisation: Normalisation, inputs: tuple[str, ...], output: str = "increment"
    ) -> None:
        self.normalisation = normalisation
        self.inputs, self.output = inputs, output
        shapes = {path: open_day(path).shape for path in files}
        self.files = [path for path, shape in shapes.items() if math.prod(shape)]
        for path in self.files:
            if shapes[path] != shapes[self.files[0]]:
                raise InputError(f"not on the grid of {self.files[0]}", file=path, value=shapes[path][1:])

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> np.ndarray:
        """A day as it is stored, int16 (variable, y, x), mapped into memory."""
        return open_day(self.files[index])

    def normalise(self, stored: np.ndarray, errors: Mapping[str, np.ndarray] | None = None) -> tuple[Tensor, Tensor]:
        """Context (channel, y, x) and target (1, y, x) of a stored day or of a part of it, with ``errors`` by quantity."""
        quantities = perturb(decode_day(stored), errors) if errors else decode_day(stored)
        context = self.normalisation.inputs(quantities, self.inputs)
        target = self.normalisation.target(quantities, self.output)
        return torch.from_numpy(context), torch.from_numpy(target)[None]


def _cut(stored: np.ndarray, crop: Crop, random: np.random.Generator) -> np.ndarray:
    """The part of a stored day that is the sample."""
    if crop.size is None:
        return stored
    rows, columns = crop.size
    height, width = stored.shape[1:]
    if rows > height or columns > width:
        raise InputError(f"training.patch {crop.size} is larger than the grid {(height, width)}")
    best = None
    for _ in range(10):
        top, left = random.integers(height - rows + 1), random.integers(width - columns + 1)
        part = stored[:, top : top + rows, left : left + columns]
        ice = known_pixels(part).mean()
        if best is None or ice > best[0]:
            best = ice, part
        if ice >= crop.least_ice:
            break
    return best[1]


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
        part = _cut(self.days[self.order[position]], self.crop, random)
        errors = self.crop.errors.draw(part.shape[1:], random)
        fields = self.days.normalise(part, errors) if errors else self.days.normalise(part)
        if self.crop.size is None:
            margins = padding_to_multiple(fields[0].shape[1:], self.factor)
            fields = tuple(functional.pad(field, margins) for field in fields)
        if self.crop.turn:
            fields = _turned(fields, random)
        return _partly_masked(fields, random) if random.random() < self.crop.masked else fields
