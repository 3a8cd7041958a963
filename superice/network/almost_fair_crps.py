"""Proper scores: members in one network evaluation, by a network trained so that two of its members score well.

The network reads one field of white noise. Two members of each sample are scored against the truth with the almost fair
CRPS (Lang et al., 2024, AIFS-CRPS): pixel by pixel, on means over boxes, and on the modes of the two-dimensional
spectrum. A score of pixels alone leaves the fine scales to chance (Bris ensemble, 2025).

A network that sees the field in patches, or on coarser levels, makes other leads of the same noise a few pixels farther on.
With ``equivariance_weight`` some samples are evaluated once more, moved, and the member has to move with them. Noise
that drifts with the ice then takes its leads along, and no place in a patch differs from another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from superice.errors import InputError
from superice.network.formulations import Losses, Model, OnePass, masked_mean_square
from superice.network.settings import MOVED_EDGE, ProperScoresSettings

LONGEST_MOVE = 7  # pixels, along each axis: all places in a patch of 4, and in a cell of the level below
MOVED_SHARE = 8  # one sample in so many is evaluated moved


class ProperScores(ProperScoresSettings, OnePass):
    """One network evaluation from noise to a member."""

    loss_columns: ClassVar[Mapping[str, str]] = {"noise_loss": "pixel_crps", "image_loss": "member_error"}

    def count_evaluations(self, samples: int) -> int:
        """Return how many fields the model evaluates for a batch of ``samples``."""
        return 2 * samples + self._count_moved(samples)

    def _count_moved(self, samples: int) -> int:
        """Return how many of the ``samples`` of a batch are evaluated moved as well: the first ones."""
        return math.ceil(samples / MOVED_SHARE) if self.equivariance_weight else 0

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Return the sum of the scores of two members; the pixels' CRPS and a member's square error are reported.

        Raises InputError for samples that are too small to be compared when they are moved.
        """
        if min(target.shape[-2:]) < self.smallest_patch:
            raise InputError(
                f"diffusion.equivariance_weight: samples of {self.smallest_patch} rows and columns are needed, or a weight"
                " of 0",
                value=tuple(target.shape[-2:]),
            )
        noise = torch.randn((2, *target.shape), generator=generator).to(target.device)
        moved = self._count_moved(len(target))
        move = draw_move(generator) if moved else (0, 0)
        fields = torch.cat([*noise, noise[0, :moved].roll(move, (-2, -1))])
        contexts = torch.cat([context, context, context[:moved].roll(move, (-2, -1))])
        made = self.apply(model, fields, contexts)
        members, of_moved = made[: 2 * len(target)].unflatten(0, (2, -1)), made[2 * len(target) :]
        mask = context[:, -1:]
        with torch.autocast(target.device.type, enabled=False):
            pixels = masked_mean(self.score(members, target), mask)
            boxes = [self.score_boxes(members, target, mask, width) for width in self.box_sizes]
            objective = pixels + sum(boxes) + self.spectrum_weight * self.score_spectrum(members, target, mask)
            if moved:
                change = measure_change(members[0, :moved], of_moved, move, mask[:moved])
                objective = objective + self.equivariance_weight * change
        reported = {
            "pixel_crps": pixels.detach(),
            "member_error": masked_mean_square(members[0] - target, mask).detach(),
        }
        return Losses(objective, reported)

    def score(self, members: Tensor, truth: Tensor) -> Tensor:
        """Return the almost fair CRPS of two members (2, ...) against the truth (...), of the truth's shape.

        Of complex numbers it is an energy score.
        """
        unfairness = (1 - self.fairness) / 2
        skill = (members - truth).abs().mean(dim=0)
        return skill - (1 - unfairness) * (members[0] - members[1]).abs() / 2

    def score_boxes(self, members: Tensor, target: Tensor, mask: Tensor, width: int) -> Tensor:
        """Return the mean score of the means over the ice of boxes of ``width`` pixels, weighted with their ice.

        ``members`` is (2, batch, 1, y, x), ``target`` and ``mask`` are (batch, 1, y, x).
        """
        ice_fraction = functional.avg_pool2d(mask, width)

        def average(field: Tensor) -> Tensor:
            return functional.avg_pool2d(field * mask, width) / ice_fraction.clamp(min=1e-6)

        means = torch.stack([average(member) for member in members])
        return masked_mean(self.score(means, average(target)), ice_fraction)

    def score_spectrum(self, members: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Return the mean over the modes of their score, relative to the amplitude of the truth at their wavenumber.

        The amplitude is that of the whole batch. Shapes are those of ``score_boxes``.
        """
        truth = _transform(target, mask)
        ring = _assign_rings(target.shape[-2:], truth.device)
        power = torch.zeros(int(ring.max()) + 1, device=truth.device)
        power = power.index_add(0, ring.flatten(), truth.abs().square().mean(dim=(0, 1)).flatten())
        mean_power = power / torch.bincount(ring.flatten())
        amplitude = mean_power.clamp(min=1e-8).sqrt()[ring]
        return (self.score(_transform(members, mask), truth) / amplitude).mean()

    def apply(self, model: Model, noise: Tensor, context: Tensor) -> Tensor:
        """Make a member of ``noise``, both (batch, 1, y, x)."""
        level = torch.ones(len(noise), device=noise.device)
        return model(noise, level, context).float()


def draw_move(generator: torch.Generator) -> tuple[int, int]:
    """Draw by how many pixels (rows, columns) a sample is moved: up to ``LONGEST_MOVE`` along each axis."""
    rows, columns = torch.randint(-LONGEST_MOVE, LONGEST_MOVE + 1, (2,), generator=generator).tolist()
    return rows, columns


def measure_change(member: Tensor, of_moved: Tensor, move: tuple[int, int], mask: Tensor) -> Tensor:
    """Return the mean square difference between a member and that of the moved noise and inputs, moved back.

    Fields are (batch, 1, y, x). Pixels along the edge do not count, nor those outside the ``mask``.
    """
    back = of_moved.roll((-move[0], -move[1]), (-2, -1))
    inner = (..., slice(MOVED_EDGE, -MOVED_EDGE), slice(MOVED_EDGE, -MOVED_EDGE))
    return masked_mean_square((back - member)[inner], mask[inner])


def masked_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean of ``values`` with ``weight``, both (batch, 1, y, x)."""
    return (values * weight).sum() / weight.sum().clamp(min=1)


def _transform(field: Tensor, mask: Tensor) -> Tensor:
    """Return the two-dimensional Fourier transform of a field (..., y, x), set to 0 outside the mask."""
    return torch.fft.rfft2(field * mask, norm="ortho")


def _assign_rings(shape: torch.Size, device: torch.device) -> Tensor:
    """Return the ring of each mode of ``rfft2`` of a (y, x) field, (y, x // 2 + 1).

    Rings are numbered in units of the wavenumber of the shorter side.
    """
    rows = torch.fft.fftfreq(shape[0], device=device)
    columns = torch.fft.rfftfreq(shape[1], device=device)
    return (torch.hypot(rows[:, None], columns) * min(shape)).round().long()
