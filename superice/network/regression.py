"""Regression: the same network without noise makes one field, which an ensemble must beat to be worth its members.

The network is trained on the mean square error. It therefore returns the expected target given the inputs, which is
smooth wherever the inputs leave the target uncertain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from superice.network.formulations import Losses, Model, OnePass, masked_mean_square
from superice.network.settings import RegressionSettings


class Regression(RegressionSettings, OnePass):
    """The expected target. The network keeps its channel for the noisy field, set to 0, and so its size."""

    loss_columns: ClassVar[Mapping[str, str]] = {"noise_loss": "image_error", "image_loss": "image_error"}

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Return the mean square error over sea ice, which the history holds in both of its columns."""
        error = masked_mean_square(self.apply(model, target, context) - target, context[:, -1:])
        return Losses(error, {"image_error": error.detach()})

    def apply(self, model: Model, noise: Tensor, context: Tensor) -> Tensor:
        """Return the expected target given the context; of ``noise`` only the shape is used."""
        level = torch.zeros(len(noise), device=noise.device)
        return model(torch.zeros_like(noise), level, context).float()
