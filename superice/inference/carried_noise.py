"""Noise that drifts with the ice: a member's leads and ridges stay with their ice, and change gradually.

Every ``memory_days`` new noise is laid over the grid and its surroundings, in cells of half a pixel. From then on each cell
moves with the ice. The noise of a pixel is the sum of the cells that are in it, over the root of their count. Each cell
counts in one pixel alone, so that the noise of a date is white with a variance of exactly 1, however the ice has been
deformed. Noise is faded in while the one before it is faded out, with weights whose squares sum to 1: cosine and sine.

A member follows its noise where the network does: one of pixels, or one of patches that was trained with
``diffusion.equivariance_weight``. To another network of patches, noise that moved by a pixel is other noise.

A member depends on the seed, the date, its number and the motion of the ice before that date, and on no other member.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import torch
from scipy.interpolate import RectBivariateSpline
from torch import Tensor

from superice.fields.motion import MARGIN, Motion
from superice.inference.noise import member_seed

FINENESS = 2  # cells along the side of a pixel


def weigh_layers(day: date, memory_days: int) -> list[tuple[date, float]]:
    """Return the days on which the noises of a date were laid, with their weights, the squares of which sum to 1."""
    number, elapsed = divmod(day.toordinal(), memory_days)
    phase = math.pi / 2 * elapsed / memory_days
    laid = [date.fromordinal((number - 1) * memory_days), date.fromordinal(number * memory_days)]
    return [(first, weight) for first, weight in zip(laid, (math.cos(phase), math.sin(phase)), strict=True) if weight]


@dataclass(frozen=True)
class Layer:
    """Noise that was laid on one day, as it lies on another.

    Attributes
    ----------
    laid
        The day on which it was laid.
    target
        Number of the pixel that each cell is in, int64 (cell,); one more than the last where it is in none.
    factor
        What the sum of a pixel's cells is multiplied by, (pixel,); 0 where it has none.
    """

    laid: date
    target: Tensor
    factor: Tensor


@dataclass(frozen=True)
class CarriedLayers:
    """The layers of a date.

    Attributes
    ----------
    layers
        Those with a part in the date.
    own
        The factor of noise of the date's own, (pixel,): 1 where no layer has a cell, 0 elsewhere.
    shape
        Rows and columns.
    """

    layers: list[Layer]
    own: Tensor
    shape: tuple[int, int]


def carry_layers(
    motion: Motion,
    day: date,
    memory_days: int,
    shape: tuple[int, int],
    margins: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> CarriedLayers:
    """Return where the noise of a date has drifted to.

    Parameters
    ----------
    motion
        Of the ice before the date.
    day
        The date.
    memory_days
        Days from one layer to the next.
    shape
        Rows and columns of a field, with its padding.
    margins
        Pixels of the padding: left, right, below, above. Below are the first rows.
    """
    left, _, below, _ = margins
    count = shape[0] * shape[1]
    placed = []
    for laid, weight in weigh_layers(day, memory_days):
        target = _place_cells(motion, laid, day, shape, (below, left))
        placed.append((laid, weight, target, np.bincount(target, minlength=count + 1)[:count]))
    power = sum(weight**2 * (cells > 0) for _, weight, _, cells in placed)
    layers = []
    for laid, weight, target, cells in placed:
        factor = np.where(cells > 0, weight / np.sqrt(np.maximum(cells, 1) * np.maximum(power, 1e-9)), 0.0)
        layers.append(Layer(laid, torch.from_numpy(target), torch.from_numpy(factor).float()))
    return CarriedLayers(layers, torch.from_numpy(power == 0).float(), shape)


def _place_cells(motion: Motion, laid: date, day: date, shape: tuple[int, int], padding: tuple[int, int]) -> np.ndarray:
    """Return the number of the pixel that each cell of a layer is in on a ``day``, int64 (cell,)."""
    start, end = motion.follow(laid, laid), motion.follow(laid, day)
    # Rows or columns of the cells, in pixels from the edge of the padded field; noise drifts in from the margin.
    axes = [(np.arange(FINENESS * (length + 2 * MARGIN)) + 0.5) / FINENESS - MARGIN for length in shape]
    pixels = [axis - 0.5 - before for axis, before in zip(axes, padding, strict=True)]
    moved = [RectBivariateSpline(motion.rows, motion.columns, part)(*pixels) for part in end - start]
    rows = np.floor(axes[0][:, None] + moved[0]).astype(np.int64)
    columns = np.floor(axes[1] + moved[1]).astype(np.int64)
    is_inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return np.where(is_inside, rows * shape[1] + columns, shape[0] * shape[1]).ravel()


class CarriedNoise:
    """Draw the noise of a date for a batch of members on the CPU, as ``MemberNoise`` does.

    Parameters
    ----------
    seed
        Of the ensemble.
    day
        The date.
    members
        Numbers or names of the members.
    device
        Where the noise is needed.
    carried
        The layers of the date.
    """

    def __init__(
        self,
        seed: int,
        day: date,
        members: Sequence[int | str],
        device: torch.device,
        carried: CarriedLayers,
    ) -> None:
        self.device, self.carried = device, carried
        own = [member_seed(seed, day, member) for member in members]
        laid = [[member_seed(seed, layer.laid, f"{name} carried") for layer in carried.layers] for name in members]
        self.streams = [
            [torch.Generator().manual_seed(number) for number in (first, *others)]
            for first, others in zip(own, laid, strict=True)
        ]

    def __call__(self) -> Tensor:
        """Draw a field for each member, (batch, 1, y, x)."""
        return torch.stack([self._draw_member(*streams) for streams in self.streams]).to(self.device)

    def _draw_member(self, own: torch.Generator, *of_layers: torch.Generator) -> Tensor:
        """Draw a field (1, y, x) from a stream of the date and those of the layers."""
        count = math.prod(self.carried.shape)
        noise = self.carried.own * torch.randn(count, generator=own)
        for layer, stream in zip(self.carried.layers, of_layers, strict=True):
            cells = torch.randn(len(layer.target), generator=stream)
            total = torch.zeros(count + 1).index_add_(0, layer.target, cells)
            noise += layer.factor * total[:count]
        return noise.view(1, *self.carried.shape)
