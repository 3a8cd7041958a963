"""Training of the surrogate: the loss of a step, and early stopping on top of the general training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, ClassVar

import torch
from torch import Tensor

from superice.network.formulations import Losses, masked_mean_square
from superice.surrogate.network import build_surrogate
from superice.surrogate.samples import Steps
from superice.surrogate.settings import LossSettings, SurrogateNetworkSettings
from superice.training.settings import TrainingSettings
from superice.training.trainer import Training


class IncrementLoss(LossSettings):
    """Squared error of the increment, and of its mean over the field: the slides' constraint on the amount of ice.

    Both are means over the sea. Those of the released code are over all cells, and land has no error there: its squared
    error is the sea's share of the cells times that of the sea, and its constraint the squared share times. The share is
    therefore the weight of the constraint here, so that ``constraint`` is the lambda of the paper.
    """

    loss_columns: ClassVar[Mapping[str, str]] = {"field_loss": "increment_error", "amount_loss": "mean_error"}

    def count_evaluations(self, samples: int) -> int:
        """Return how many fields the model evaluates for a batch of ``samples``: each once."""
        return samples

    def loss(self, model: Callable[..., Tensor], target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Return the losses of a batch of a model of (fields, mask).

        Reported are the mean square of the error over the sea, and that of its mean times the share of the sea.
        ``target`` is (batch, 1, y, x), ``context`` (batch, channels, y, x) with the mask last.
        """
        fields, mask = context[:, :-1], context[:, -1:]
        if self.input_noise and torch.is_grad_enabled():
            fields = fields + self.input_noise * torch.randn(fields.shape, generator=generator).to(fields)
        error = model(fields, mask).float() - target
        axes = (1, 2, 3) if self.over == "sample" else (0, 1, 2, 3)
        mean_over_sea = (error * mask).sum(axes) / mask.sum(axes).clamp(min=1)
        sea_share = mask.mean(axes)
        increment_error = masked_mean_square(error, mask)
        mean_error = (sea_share * mean_over_sea.square()).mean()
        reported = {"increment_error": increment_error.detach(), "mean_error": mean_error.detach()}
        return Losses(increment_error + self.constraint * mean_error, reported)


class SurrogateTraining(Training):
    """A training that ends when its validation loss has not fallen for ``patience`` epochs, and keeps the best weights.

    Attributes
    ----------
    best
        The averaged network of the epoch with the lowest validation loss.
    """

    build = staticmethod(build_surrogate)

    def __init__(
        self,
        network: SurrogateNetworkSettings,
        loss: IncrementLoss,
        settings: TrainingSettings,
        patience: int,
        training_steps: Steps,
        validation_steps: Steps,
        seed: int,
    ) -> None:
        for record in validation_steps.records:
            record.require_sea_of(training_steps.records[0])
        super().__init__(network, loss, settings, training_steps, validation_steps, seed)
        self.patience, self.constraint = patience, loss.constraint
        self.best = deepcopy(self.best_network)

    def _list_validation_losses(self) -> list[float]:
        """Return the validation objective of every epoch."""
        return [row["validation_field_loss"] + self.constraint * row["validation_amount_loss"] for row in self.history]

    @property
    def ended(self) -> bool:
        """Whether the validation loss has not fallen for ``patience`` epochs."""
        losses = self._list_validation_losses()
        if not losses:
            return False
        best_epoch = losses.index(min(losses))
        return len(losses) - 1 - best_epoch >= self.patience

    def _run_epoch(self, epoch: int) -> None:
        super()._run_epoch(epoch)
        losses = self._list_validation_losses()
        if losses[-1] <= min(losses):
            self.best.load_state_dict(self.best_network.state_dict())

    def _list_state(self) -> dict[str, Any]:
        return super()._list_state() | {"best": self.best}
