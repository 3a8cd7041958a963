"""Members in one pass: a network fed one field of white noise, trained so that two of its members score well.

No noise is removed in steps. Two members of each sample are scored against the truth with the almost fair CRPS (Lang et
al., 2024, AIFS-CRPS), pixel by pixel, on means over boxes, and on the modes of the two-dimensional spectrum: a score of
pixels alone leaves the fine scales to chance (Bris ensemble, 2025).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from superice.errors import InputError
from superice.network.formulations import Losses, Model, masked_mean_square


@dataclass(frozen=True)
class ProperScores:
    """One pass from noise to a member.

    Attributes:
        fairness: alpha of the almost fair CRPS; 1 is fair, where two members may also be trivially far apart.
        boxes: sides in pixels of the boxes whose means are scored as well.
        spectrum: weight of the score of the spectrum's modes, against 1 for the pixels and for each size of boxes.
        noise_on_ice_alone: whether the noise is 0 off the ice, where it says nothing: what is computed there is then the
            same for all members.
    """

    fairness: float = 0.95
    boxes: tuple[int, ...] = (4, 16)
    spectrum: float = 1.0
    noise_on_ice_alone: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.fairness <= 1:
            raise InputError("diffusion.fairness: between 0 and 1", value=self.fairness)

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """The sum of the scores of two members; beside it the CRPS of the pixels and the square error of a member."""
        noise = torch.randn((2, *target.shape), generator=generator).to(target.device)
        both = torch.cat([context, context])
        members = self._apply(model, noise.flatten(0, 1), both).unflatten(0, (2, -1))
        mask = context[:, -1:]
        with torch.autocast(target.device.type, enabled=False):
            pixels = masked_mean(self.score(members, target), mask)
            boxes = [self._of_boxes(members, target, mask, side) for side in self.boxes]
            objective = pixels + sum(boxes) + self.spectrum * self._of_spectrum(members, target, mask)
        return Losses(objective, pixels.detach(), masked_mean_square(members[0] - target, mask).detach())

    def score(self, members: Tensor, truth: Tensor) -> Tensor:
        """Almost fair CRPS of two members (2, ...) against the truth (...); of complex numbers, an energy score."""
        apart = (1 - self.fairness) / 2
        skill = (members - truth).abs().mean(dim=0)
        return skill - (1 - apart) * (members[0] - members[1]).abs() / 2

    def _of_boxes(self, members: Tensor, target: Tensor, mask: Tensor, side: int) -> Tensor:
        share = functional.avg_pool2d(mask, side)
        mean = lambda field: functional.avg_pool2d(field * mask, side) / share.clamp(min=1e-6)
        both = torch.stack([mean(member) for member in members])
        return masked_mean(self.score(both, mean(target)), share)

    def _of_spectrum(self, members: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Mean over the modes of their score, each divided by the size that the batch's truth has around its wavenumber."""
        transform = lambda field: torch.fft.rfft2(field * mask, norm="ortho")
        truth = transform(target)
        ring = _rings(target.shape[-2:], truth.device)
        power = torch.zeros(int(ring.max()) + 1, device=truth.device)
        power = power.index_add(0, ring.flatten(), truth.abs().square().mean(dim=(0, 1)).flatten())
        size = (power / torch.bincount(ring.flatten())).clamp(min=1e-8).sqrt()[ring]
        return (self.score(transform(members), truth) / size).mean()

    def _apply(self, model: Model, noise: Tensor, context: Tensor) -> Tensor:
        noise = noise * context[:, -1:] if self.noise_on_ice_alone else noise
        return model(noise, torch.ones(len(noise), device=noise.device), context).float()

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """The member that the noise ``z`` becomes."""
        return self._apply(model, z, context)

    def steps(self, count: int) -> list[tuple[float, float]]:
        """From pure noise to the member. Raises InputError for more than one pass."""
        if count != 1:
            raise InputError("sampler.steps: a network trained with proper scores makes a member in 1", value=count)
        return [(0.0, 1.0), (1.0, 0.0)]


def masked_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Mean of ``values`` with ``weight``, both (batch, 1, y, x)."""
    return (values * weight).sum() / weight.sum().clamp(min=1)


def _rings(shape: tuple[int, int], device: torch.device) -> Tensor:
    """Ring of each mode of ``rfft2`` of a (y, x) field, (y, x // 2 + 1), in units of the shorter side's wavenumber."""
    rows, columns = (torch.fft.fftfreq(shape[0], device=device), torch.fft.rfftfreq(shape[1], device=device))
    return (torch.hypot(rows[:, None], columns) * min(shape)).round().long()
