"""Training samples: crops of the stored days, normalised."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from superice.errors import InputError
from superice.network.normalisation import Normalisation
from superice.network.unet import padding_to_multiple
from superice.seasons import NEIGHBOURS
from superice.training.input_noise import EXACT, PIXEL_KM, draw_errors, perturb
from superice.training.missing_inputs import count_cell_pixels, draw_side_of_line, hide_inputs
from superice.training.settings import InputNoise, MissingInputs
from superice.training.store import decode_day, find_known_pixels, open_day
from superice.utils.provenance import digest_file

TRIES = 10  # random positions of a patch, the one with the most ice is taken


@dataclass(frozen=True)
class Crop:
    """How samples are cut out of a day and augmented.

    Attributes
    ----------
    size
        (rows, columns) of a sample, or None for the full grid.
    min_ice_fraction
        The ice that a sample should have; the best of a few random positions is taken.
    rotate_and_flip
        Whether samples are rotated and flipped at random.
    masked_fraction
        Fraction of the samples that get a part masked at random, as the drift product masks observations.
    input_noise
        Noise added to the inputs.
    missing_inputs
        How often inputs are missing; None for a network that takes complete inputs only.
    """

    size: tuple[int, int] | None
    min_ice_fraction: float = 0.3
    rotate_and_flip: bool = False
    masked_fraction: float = 0.0
    input_noise: InputNoise = EXACT
    missing_inputs: MissingInputs | None = None


class Stored(Protocol):
    """What samples are made of: arrays (variable, y, x) of a split, by their number.

    Attributes
    ----------
    inputs
        What a network reads of them.
    pixel_km
        The grid spacing.
    """

    inputs: Any
    pixel_km: float

    def __len__(self) -> int: ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the arrays."""

    def __getitem__(self, index: int) -> np.ndarray:
        """Return an array as it is stored."""

    def normalise(
        self,
        stored: np.ndarray,
        errors: Mapping[str, np.ndarray] | None = None,
        smoothing: Mapping[str, float] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return context (channel, y, x) and target (1, y, x) of an array, its inputs perturbed by ``errors``.

        Where there are errors, the inputs are then smoothed, by name over so many km.
        """

    def describe(self) -> str:
        """Return all that samples depend on: what is stored, by digests of its content, and how it is normalised."""


class Days:
    """The stored days of a split that hold ice.

    Raises InputError for a file that is no stored day or that lies on another grid than the first, for a normalisation that
    lacks a variable which the network reads or makes, and for days without the neighbours that it reads.
    """

    def __init__(
        self,
        files: list[Path],
        normalisation: Normalisation,
        inputs: tuple[str, ...],
        partly_missing: bool = False,
        pixel_km: float = PIXEL_KM,
    ) -> None:
        normalisation.require(inputs)
        self.normalisation, self.pixel_km = normalisation, pixel_km
        self.inputs, self.partly_missing = inputs, partly_missing
        shapes = {path: open_day(path).shape for path in files}
        self.files = [path for path, shape in shapes.items() if math.prod(shape)]
        for path in self.files:
            if shapes[path] != shapes[self.files[0]]:
                raise InputError(f"not on the grid of {self.files[0]}", file=path, value=shapes[path][1:])
        self._require_neighbours()

    def _require_neighbours(self) -> None:
        """Raise InputError for days that hold no concentrations of other days, where these are read."""
        read = [name for name in self.inputs if name in NEIGHBOURS]
        if read and self.files and not set(read) <= set(decode_day(self[0][:, :1, :1])):
            raise InputError(
                "its store holds none of these days: make it with features.neighbouring_days",
                file=self.files[0],
                variable=read[0],
            )

    def __len__(self) -> int:
        return len(self.files)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the days."""
        return open_day(self.files[0]).shape[1:]

    def __getitem__(self, index: int) -> np.ndarray:
        """Return a day as it is stored, int16 (variable, y, x), mapped into memory."""
        return open_day(self.files[index])

    def normalise(
        self,
        stored: np.ndarray,
        errors: Mapping[str, np.ndarray] | None = None,
        smoothing: Mapping[str, float] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return context (channel, y, x) and target (1, y, x) of a stored day or of a part of it.

        ``errors``, by quantity, are added to the inputs, which are then smoothed, as `input_noise.perturb` does. Where the
        truth is unknown, nothing can be learnt: there the sample is masked.
        """
        quantities = decode_day(stored)
        if errors:
            quantities = perturb(quantities, errors, smoothing, self.pixel_km)
        context = self.normalisation.normalise_inputs(quantities, self.inputs, self.partly_missing)
        context[:, np.isnan(quantities["increment"])] = 0
        target = self.normalisation.normalise_target(quantities)
        return torch.from_numpy(context), torch.from_numpy(target)[None]

    def describe(self) -> str:
        """Return the days with digests of their files (0.9 s for 100 days of the full grid), and the normalisation."""
        digests = {path.name: digest_file(path) for path in self.files}
        return repr((digests, self.normalisation, self.pixel_km))


def cut_patch(stored: np.ndarray, crop: Crop, random: np.random.Generator) -> np.ndarray:
    """Cut the sample out of a stored day (variable, y, x). Raises InputError for a patch larger than the day."""
    if crop.size is None:
        return stored
    rows, columns = crop.size
    height, width = stored.shape[1:]
    if rows > height or columns > width:
        raise InputError(f"training.patch {crop.size} is larger than the grid {(height, width)}")
    best_ice, best_part = -1.0, stored
    for _ in range(TRIES):
        top = random.integers(height - rows + 1)
        left = random.integers(width - columns + 1)
        part = stored[:, top : top + rows, left : left + columns]
        ice = find_known_pixels(part).mean()
        if ice > best_ice:
            best_ice, best_part = ice, part
        if ice >= crop.min_ice_fraction:
            break
    return best_part


def rotate_and_flip(context: Tensor, target: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Flip a sample or not and rotate it by a random number of quarter turns; half turns only unless it is square."""
    flip = bool(random.integers(2))
    quarters = int(random.integers(4))
    if context.shape[1] != context.shape[2]:
        quarters = quarters // 2 * 2

    def turn(field: Tensor) -> Tensor:
        return torch.rot90(field.flip(2) if flip else field, quarters, (1, 2))

    return turn(context), turn(target)


def mask_beyond_line(
    context: Tensor, target: Tensor, random: np.random.Generator, pixel_km: float
) -> tuple[Tensor, Tensor]:
    """Set a sample to 0 in the cells of the drift product's size that lie beyond a random line."""
    rows, columns = context.shape[1:]
    cell = count_cell_pixels("deformation", pixel_km)
    kept = torch.from_numpy(draw_side_of_line((rows, columns), cell, random))
    return context * kept.to(context.dtype), target * kept.to(target.dtype)


class Samples(Dataset):
    """One epoch of samples; each depends only on (seed, epoch, position), whichever process loads it."""

    def __init__(self, days: Stored, crop: Crop, factor: int, count: int, seed: int, epoch: int) -> None:
        """Order ``count`` samples so that every day appears equally often; ``factor`` is that of the network."""
        self.days, self.crop, self.factor = days, crop, factor
        self.seed, self.epoch = seed, epoch
        # This is the stream of sample 0 as well, as numpy fills seeds with zeros. The order of the days and where that one
        # sample is cut do not mind; another stream would change every training that is known.
        random = np.random.default_rng((seed, epoch))
        rounds = -(-count // len(days))
        self.order = np.concatenate([random.permutation(len(days)) for _ in range(rounds)])[:count]

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[Tensor, Tensor]:
        """Return context (channel, y, x) and target (1, y, x)."""
        random = np.random.default_rng((self.seed, self.epoch, position))
        pixel_km = self.days.pixel_km
        patch = cut_patch(self.days[self.order[position]], self.crop, random)
        errors = draw_errors(self.crop.input_noise, patch.shape[1:], random, self.days.inputs, pixel_km)
        context, target = self.days.normalise(patch, errors, self.crop.input_noise.smoothing)
        if self.crop.size is None:
            margins = padding_to_multiple(context.shape[1:], self.factor)
            context, target = functional.pad(context, margins), functional.pad(target, margins)
        if self.crop.rotate_and_flip:
            context, target = rotate_and_flip(context, target, random)
        if random.random() < self.crop.masked_fraction:
            context, target = mask_beyond_line(context, target, random, pixel_km)
        if self.crop.missing_inputs is not None:
            context, target = hide_inputs(context, target, self.days.inputs, self.crop.missing_inputs, random, pixel_km)
        return context, target
