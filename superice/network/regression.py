"""One field in one pass: the same network without noise, which an ensemble must beat to be worth its members.

It is trained on the mean square error, so that it gives the expected target of the inputs, as smooth as that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from superice.errors import InputError
from superice.network.formulations import Losses, Model, masked_mean_square


@dataclass(frozen=True)
class Regression:
    """The expected target. The network's input for the noisy field is kept, and is 0: its size is that of the others."""

    noise_on_ice_alone: ClassVar[bool] = True

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """The mean square error over sea ice, which stands for all three losses."""
        error = masked_mean_square(self._apply(model, target, context) - target, context[:, -1:])
        return Losses(error, error.detach(), error.detach())

    def _apply(self, model: Model, like: Tensor, context: Tensor) -> Tensor:
        return model(torch.zeros_like(like), torch.zeros(len(like), device=like.device), context).float()

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """The expected target, whatever the noise ``z``."""
        return self._apply(model, z, context)

    def steps(self, count: int) -> list[tuple[float, float]]:
        """From pure noise to the field. Raises InputError for more than one pass."""
        if count != 1:
            raise InputError("sampler.steps: a regression gives its field in 1", value=count)
        return [(0.0, 1.0), (1.0, 0.0)]
