"""Proper scores: members in one network evaluation, by a network trained so that two of its members score well.

The network reads one field of white noise. Two members of each sample are scored against the truth with the almost fair
CRPS (Lang et al., 2024, AIFS-CRPS): pixel by pixel, on means over boxes, and on the modes of the two-dimensional
spectrum. A score of pixels alone leaves the fine scales to chance (Bris ensemble, 2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from superice.network.formulations import Losses, Model, OnePass, masked_mean_square
from superice.network.settings import ProperScoresSettings


class ProperScores(ProperScoresSettings, OnePass):
    """One network evaluation from noise to a member."""

    evaluations: ClassVar[int] = 2
    loss_columns: ClassVar[Mapping[str, str]] = {"noise_loss": "pixel_crps", "image_loss": "member_error"}

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Return the sum of the scores of two members; the pixels' CRPS and a member's square error are reported."""
        noise = torch.randn((2, *target.shape), generator=generator).to(target.device)
        contexts = torch.cat([context, context])
        members = self.apply(model, noise.flatten(0, 1), contexts).unflatten(0, (2, -1))
        mask = context[:, -1:]
        with torch.autocast(target.device.type, enabled=False):
            pixels = masked_mean(self.score(members, target), mask)
            boxes = [self.score_boxes(members, target, mask, width) for width in self.box_sizes]
            objective = pixels + sum(boxes) + self.spectrum_weight * self.score_spectrum(members, target, mask)
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
