"""Training of the conditional diffusion network (report, section 3)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Subset
from tqdm import tqdm

from superice.errors import InputError
from superice.network.formulations import Formulation, Losses, Model
from superice.network.unet import NetworkSettings, UNet, build_network
from superice.training.input_noise import InputNoise
from superice.training.samples import Crop, Days, Samples
from superice.utils import distributed
from superice.utils.device import default_device, resolve_precision
from superice.utils.files import atomic_path, write_table


@dataclass(frozen=True)
class TrainingSettings:
    """How the network is trained.

    Attributes:
        epochs: passes over the training days.
        batch: samples in a batch.
        patch: (rows, columns) of a sample, or None for the full grid.
        patches_per_day: samples of each day in an epoch.
        least_ice: the share of ice that a patch should have.
        turn: whether samples are flipped and turned.
        masked: share of the samples of which a part is masked at random (report, section 8.3, option ii).
        input_errors: those of ``InputErrors`` that samples get.
        optimizer: adam or adamw.
        learning_rate, weight_decay: of the optimizer.
        schedule: constant, or cosine (a short warm-up, then down to zero).
        averaging: decay of the moving average of the weights; 0 for none.
        clip_gradient: largest norm of the gradient; 0 for none.
        precision: fp32, bf16, or auto.
        validation_samples: samples of the validation days in each epoch's validation losses.
        workers: processes that read samples beside the training.
        devices: GPUs that share each batch; the result is that of one, to rounding.
    """

    epochs: int = 250
    batch: int = 4
    patch: tuple[int, int] | None = None
    patches_per_day: int = 1
    least_ice: float = 0.3
    turn: bool = False
    masked: float = 0.0
    input_errors: Mapping[str, Any] = field(default_factory=dict)
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: str = "constant"
    averaging: float = 0.999
    clip_gradient: float = 0.0
    precision: str = "fp32"
    validation_samples: int = 16
    workers: int = 0
    devices: int = 1


class Diverged(Exception):
    """The loss of a batch, or its gradient, is not a number."""


class Stopped(Exception):
    """The training was asked to stop; its checkpoint holds all that it has done."""


class Training:
    """One training: its network, optimizer, averaged weights and history, resumable after any epoch.

    One that is asked to stop (``stop_asked``) is resumable after the batch that it was in.

    Attributes:
        losses: what the history calls the two losses of a batch. build: makes the network from its settings.
        ended: whether it has ended before its last epoch.
    """

    losses = ("noise_loss", "image_loss")
    build: Callable[[NetworkSettings], UNet] = staticmethod(build_network)
    ended = False

    def __init__(
        self,
        network: NetworkSettings,
        formulation: Formulation,
        settings: TrainingSettings,
        training_days: Days,
        validation_days: Days,
        seed: int,
    ) -> None:
        if not len(training_days):
            raise InputError("no training day holds ice")
        self.settings, self.formulation, self.seed = settings, formulation, seed
        self.training_days, self.validation_days = training_days, validation_days
        self.device = default_device()
        self.precision = resolve_precision(settings.precision, self.device)
        torch.manual_seed(seed)
        self.network = self.build(network).to(self.device)
        self._together = distributed.average_gradients(self.network)
        self.average = AveragedModel(self.network, avg_fn=_warmed_up(settings.averaging), use_buffers=True)
        self.optimizer = _optimizer(self.network, settings)
        self.samples_per_epoch = len(training_days) * settings.patches_per_day
        steps = settings.epochs * math.ceil(self.samples_per_epoch / settings.batch)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, _schedule(settings.schedule, steps))
        self.history: list[dict[str, float]] = []
        self.stop_asked = False
        self._done: list[tuple[float, float]] = []  # losses of the batches of the epoch under way
        self._noise = torch.Generator()

    @property
    def best_network(self) -> UNet:
        """The network to sample from: the averaged weights where there is an average."""
        return self.average.module if self.settings.averaging else self.network

    def run(self, checkpoint: Path) -> bool:
        """Train to the last epoch, from ``checkpoint`` where it exists; True unless the training diverged.

        Raises Stopped when it was asked to.
        """
        self._resume(checkpoint)
        first = len(self.history)
        progress = tqdm(
            range(first, self.settings.epochs),
            initial=first,
            total=self.settings.epochs,
            unit="epoch",
            mininterval=0,  # every epoch is worth a line, in a log too
            disable=not distributed.is_first_process(),
        )
        for epoch in progress:
            if self.ended:
                break
            try:
                self._epoch(epoch)
            except Diverged:
                return False
            except Stopped:
                self._save(checkpoint)
                raise
            self._save(checkpoint)
            latest = self.history[-1]
            progress.set_postfix({"loss": f"{latest['training_' + self.losses[0]]:.4f}"})
        return True

    def _epoch(self, epoch: int) -> None:
        began = time.monotonic()
        self._descend(epoch)
        training = _mean(self._done)
        validation = _mean([_pair(losses) for losses in self._validate()])
        self._done = []
        self.history.append(
            {"epoch": epoch + 1}
            | {f"training_{name}": value for name, value in zip(self.losses, training, strict=True)}
            | {f"validation_{name}": value for name, value in zip(self.losses, validation, strict=True)}
            | {"seconds": time.monotonic() - began}
        )

    def _batches(
        self, days: Days, count: int, seed: int, epoch: int, first: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        settings = self.settings
        errors = InputNoise(**settings.input_errors)
        crop = Crop(settings.patch, settings.least_ice, settings.turn, settings.masked, errors)
        samples = Samples(days, crop, self.network.settings.factor, count, seed, epoch)
        left = Subset(samples, range(first, count))
        loader = DataLoader(left, self.settings.batch, num_workers=self.settings.workers, pin_memory=self._on_gpu)
        for context, target in loader:
            yield (
                context.to(self.device, memory_format=torch.channels_last, non_blocking=True),
                target.to(self.device, non_blocking=True),
            )

    @property
    def _on_gpu(self) -> bool:
        return self.device.type == "cuda"

    def _losses(self, model: Model, context: Tensor, target: Tensor, generator: torch.Generator) -> Losses:
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            return self.formulation.loss(distributed.share_batch(model), target, context, generator)

    def _descend(self, epoch: int) -> None:
        """The batches of an epoch that are not done yet. Raises Diverged, and Stopped after a batch."""
        self.network.train()
        if not self._done:
            self._noise.manual_seed(self.seed * 1_000_003 + epoch)
        first = len(self._done) * self.settings.batch
        for context, target in self._batches(self.training_days, self.samples_per_epoch, self.seed, epoch, first):
            losses = self._losses(self._together, context, target, self._noise)
            self.optimizer.zero_grad(set_to_none=True)
            losses.objective.backward()
            largest = self.settings.clip_gradient or math.inf
            gradient = torch.nn.utils.clip_grad_norm_(self.network.parameters(), largest)
            if not torch.isfinite(losses.objective + gradient):
                raise Diverged
            self.optimizer.step()
            self.scheduler.step()
            self.average.update_parameters(self.network)
            self._done.append(_pair(losses))
            if distributed.is_set_anywhere(self.stop_asked, self.device):
                raise Stopped

    @torch.no_grad()
    def _validate(self) -> Iterator[Losses]:
        if not len(self.validation_days):
            return
        model = self.best_network.eval()
        generator = torch.Generator().manual_seed(0)  # the same noise for every epoch and every training
        for context, target in self._batches(self.validation_days, self.settings.validation_samples, 0, 0):
            yield self._losses(model, context, target, generator)

    def _state(self) -> dict[str, object]:
        return {
            "network": self.network,
            "average": self.average,
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
        }

    def _save(self, checkpoint: Path) -> None:
        if not distributed.is_first_process():
            return
        content = {name: part.state_dict() for name, part in self._state().items()}
        # By a file of Python's, whose errors say what was wrong; torch's own only that a write failed.
        with atomic_path(checkpoint) as temporary, open(temporary, "wb") as file:
            under_way = {"history": self.history, "done": self._done, "noise": self._noise.get_state()}
            torch.save(content | under_way | {"identity": self._identity()}, file)

    def _identity(self) -> str:
        settings = replace(self.settings, devices=1, workers=0)  # these change no result
        return repr((self.network.settings, self.formulation, settings, self.seed, len(self.training_days)))

    def _resume(self, checkpoint: Path) -> None:
        if not checkpoint.exists():
            return
        try:
            content = torch.load(checkpoint, map_location=self.device, weights_only=True)
        except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
            raise InputError("is damaged: remove it, and the training begins anew", file=checkpoint) from error
        if content["identity"] != self._identity():
            return  # of a training with other settings: this one begins anew
        for name, part in self._state().items():
            part.load_state_dict(content[name])
        self.history, self._done = content["history"], [tuple(pair) for pair in content["done"]]
        self._noise.set_state(content["noise"].cpu())

    def write_history(self, path: Path) -> None:
        """Write the losses of every epoch as CSV."""
        columns = [
            "epoch",
            *(f"{part}_{name}" for part in ("training", "validation") for name in self.losses),
            "seconds",
        ]
        write_table(path, pd.DataFrame(self.history, columns=columns))


def _pair(losses: Losses) -> tuple[float, float]:
    return losses.noise.item(), losses.image.item()


def _mean(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return tuple(np.mean(pairs, axis=0).tolist()) if pairs else (math.nan, math.nan)


def _optimizer(network: UNet, settings: TrainingSettings) -> torch.optim.Optimizer:
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    if settings.optimizer not in kinds:
        raise InputError("training.optimizer: adam or adamw", value=settings.optimizer)
    return kinds[settings.optimizer](
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )


def _schedule(name: str, steps: int) -> Callable[[int], float]:
    if name == "constant":
        return lambda step: 1.0
    if name != "cosine":
        raise InputError("training.schedule: constant or cosine", value=name)
    warm_up = max(1, steps // 20)
    return lambda step: min((step + 1) / warm_up, 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))))


def _warmed_up(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """A moving average whose memory grows with the steps made, so that a short training is averaged as well."""

    def average(averaged: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        kept = min(decay, (1 + float(count)) / (10 + float(count)))
        return torch.lerp(current, averaged, kept) if current.is_floating_point() else current

    return average
