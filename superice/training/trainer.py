"""The training loop: batches, optimizer, averaged weights, checkpoints and history (report, section 3)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Subset
from tqdm import tqdm

from superice.errors import InputError
from superice.network.formulations import Losses, Model, TrainingLoss
from superice.network.unet import Network, build_network
from superice.training.memory import require_memory
from superice.training.samples import Crop, Samples, Stored
from superice.training.settings import TrainingSettings
from superice.utils import distributed
from superice.utils.device import default_device, resolve_precision
from superice.utils.files import atomic_path, write_table
from superice.utils.settings import Settings


class Diverged(Exception):
    """The loss of a batch, or its gradient, is not a number."""


class Stopped(Exception):
    """The training was asked to stop; its checkpoint holds all that it has done."""


class Training:
    """One training: its network, optimizer, averaged weights and history.

    A training that was killed resumes after its last finished epoch. One that was asked to stop (``stop_asked``) resumes
    after the batch that it was in.

    Attributes
    ----------
    build
        Makes the network from its settings.
    stop_asked
        Set this to end the training after the current batch.
    history
        One row per finished epoch, by the names of ``history_columns``.
    """

    build: Callable[[Any], Network] = staticmethod(build_network)

    def __init__(
        self,
        network: Settings,
        formulation: TrainingLoss,
        settings: TrainingSettings,
        training_days: Stored,
        validation_days: Stored,
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
        self.network.recompute = settings.recompute
        self._parallel_network: Model = distributed.average_gradients(self.network)
        if settings.compile:
            self._parallel_network = torch.compile(self._parallel_network)
        self.average = AveragedModel(self.network, avg_fn=make_average(settings.ema_decay), use_buffers=True)
        self.optimizer = build_optimizer(self.network, settings)
        self.samples_per_epoch = len(training_days) * settings.patches_per_day
        batches = settings.epochs * math.ceil(self.samples_per_epoch / settings.batch)
        schedule = make_schedule(settings.schedule, batches)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, schedule)
        self.history: list[dict[str, float]] = []
        self.stop_asked = False
        self._noise_stream = torch.Generator()
        self._losses_so_far: list[list[float]] = []  # of the batches of the current epoch, by ``loss_names``

    @property
    def best_network(self) -> Network:
        """The network to draw from: the averaged weights where there is an average."""
        average: Any = self.average.module  # a copy of the network, for torch any module
        return average if self.settings.ema_decay else self.network

    @property
    def ended(self) -> bool:
        """Whether the training is over before its last epoch."""
        return False

    @property
    def loss_names(self) -> list[str]:
        """The losses that the history holds of each epoch."""
        return list(self.formulation.loss_columns)

    @property
    def history_columns(self) -> list[str]:
        """The columns of the history."""
        training = [f"training_{name}" for name in self.loss_names]
        validation = [f"validation_{name}" for name in self.loss_names]
        return ["epoch", *training, *validation, "validation_samples", "seconds"]

    @property
    def validation_samples(self) -> int:
        """The number of samples in the validation losses of each epoch."""
        if not len(self.validation_days):
            return 0
        return self.settings.validation_samples or len(self.validation_days) * self.settings.patches_per_day

    def run(self, checkpoint: Path) -> bool:
        """Train to the last epoch, from ``checkpoint`` where it exists; return False if the training diverged.

        Raises Stopped when it was asked to stop.
        """
        self._load_checkpoint(checkpoint)
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
                self._run_epoch(epoch)
            except Diverged:
                return False
            except Stopped:
                self._save_checkpoint(checkpoint)
                raise
            self._save_checkpoint(checkpoint)
            latest = self.history[-1][f"training_{self.loss_names[0]}"]
            progress.set_postfix({"loss": f"{latest:.4f}"})
        return True

    def require_memory(self) -> None:
        """Raise InputError where a device's part of a batch does not fit into its memory."""
        settings, network = self.settings, self.network.settings
        rows, columns = settings.patch or self.training_days.shape
        shape = (-(-rows // network.factor) * network.factor, -(-columns // network.factor) * network.factor)
        fields = -(-self.formulation.count_evaluations(settings.batch) // distributed.count_processes())
        require_memory(network, fields, shape, self.precision, self.device, settings.recompute)

    def _run_epoch(self, epoch: int) -> None:
        """Train on the epoch's batches, validate, and add a row to the history."""
        began = time.monotonic()
        self._train_on_batches(epoch)
        training = self._average_losses(self._losses_so_far)
        validation = self._average_losses(self._validate())
        seconds = time.monotonic() - began
        row = [epoch + 1, *training, *validation, self.validation_samples, seconds]
        self.history.append(dict(zip(self.history_columns, row, strict=True)))
        self._losses_so_far = []

    def _load_batches(
        self, days: Stored, count: int, seed: int, epoch: int, first: int = 0
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Load context and target of the batches of an epoch of ``count`` samples, from sample ``first`` on."""
        settings = self.settings
        crop = Crop(
            size=settings.patch,
            min_ice_fraction=settings.min_ice_fraction,
            rotate_and_flip=settings.rotate_and_flip,
            masked_fraction=settings.masked_fraction,
            input_noise=settings.input_noise,
            missing_inputs=settings.missing_inputs if self.network.settings.partly_missing else None,
        )
        samples = Samples(days, crop, self.network.settings.factor, count, seed, epoch)
        remaining = Subset(samples, range(first, count))
        on_gpu = self.device.type == "cuda"
        loader = DataLoader(remaining, settings.batch, num_workers=settings.workers, pin_memory=on_gpu)
        for context, target in loader:
            yield (
                context.to(self.device, memory_format=torch.channels_last, non_blocking=True),
                target.to(self.device, non_blocking=True),
            )

    def _compute_losses(self, model: Model, context: Tensor, target: Tensor, generator: torch.Generator) -> Losses:
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            return self.formulation.loss(distributed.share_batch(model), target, context, generator)

    def _read_losses(self, losses: Losses) -> list[float]:
        """Return the losses of a batch that the history holds, by ``loss_names``."""
        return [losses.reported[name].item() for name in self.formulation.loss_columns.values()]

    def _average_losses(self, batches: list[list[float]]) -> list[float]:
        """Return the mean over the batches of each loss; NaN without batches."""
        if not batches:
            return [math.nan] * len(self.loss_names)
        return np.mean(batches, axis=0).tolist()

    def _train_on_batches(self, epoch: int) -> None:
        """Descend on the batches of an epoch that are left. Raises Diverged, and Stopped after a batch."""
        self.network.train()
        if not self._losses_so_far:
            self._noise_stream.manual_seed(self.seed * 1_000_003 + epoch)
        first = len(self._losses_so_far) * self.settings.batch
        batches = self._load_batches(self.training_days, self.samples_per_epoch, self.seed, epoch, first)
        for context, target in batches:
            losses = self._compute_losses(self._parallel_network, context, target, self._noise_stream)
            self._descend(losses.objective)
            self._losses_so_far.append(self._read_losses(losses))
            if distributed.is_set_anywhere(self.stop_asked, self.device):
                raise Stopped

    def _descend(self, objective: Tensor) -> None:
        """Take one step of the optimizer and update the averaged weights. Raises Diverged before any weight changes."""
        self.optimizer.zero_grad(set_to_none=True)
        objective.backward()
        largest = self.settings.clip_gradient or math.inf
        gradient_norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), largest)
        if not torch.isfinite(objective + gradient_norm):
            raise Diverged
        self.optimizer.step()
        self.scheduler.step()
        self.average.update_parameters(self.network)

    @torch.no_grad()
    def _validate(self) -> list[list[float]]:
        """Return the losses of each validation batch, with the same noise for every epoch and every training."""
        if not self.validation_samples:
            return []
        model = self.best_network.eval()
        generator = torch.Generator().manual_seed(0)
        losses = []
        for context, target in self._load_batches(self.validation_days, self.validation_samples, 0, 0):
            losses.append(self._read_losses(self._compute_losses(model, context, target, generator)))
        return losses

    def _list_state(self) -> dict[str, Any]:
        """Return the parts of the training that a checkpoint holds the states of."""
        return {
            "network": self.network,
            "average": self.average,
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
        }

    def _describe(self) -> str:
        """Return what a checkpoint must be of to resume this training."""
        unimportant = {"devices": 1, "workers": 0, "compile": False}  # these change results by rounding at most
        settings = self.settings.model_copy(update=unimportant)
        return repr((self.network.settings, self.formulation, settings, self.seed, self._described_days))

    @cached_property
    def _described_days(self) -> list[str]:
        """What the samples of both splits depend on: every checkpoint needs it, and the days are read for it once."""
        return [days.describe() for days in (self.training_days, self.validation_days)]

    def _save_checkpoint(self, checkpoint: Path) -> None:
        if not distributed.is_first_process():
            return
        content = {name: part.state_dict() for name, part in self._list_state().items()}
        content["history"] = self.history
        content["losses_so_far"] = self._losses_so_far
        content["noise"] = self._noise_stream.get_state()
        content["training"] = self._describe()
        # Python's own file says what was wrong when a write fails; torch's says only that it failed.
        with atomic_path(checkpoint) as temporary, open(temporary, "wb") as file:
            torch.save(content, file)

    def _load_checkpoint(self, checkpoint: Path) -> None:
        """Continue from a checkpoint where there is one; one of other settings or other days is ignored.

        Raises InputError for a damaged checkpoint, one of another program, and one of an older version.
        """
        if not checkpoint.exists():
            return
        anew = "remove it, and the training begins anew"
        try:
            content = torch.load(checkpoint, map_location=self.device, weights_only=True)
        except Exception as error:  # torch, zip files and pickle raise errors of many classes
            raise InputError(f"is damaged: {anew}", file=checkpoint) from error
        if not isinstance(content, dict) or "training" not in content:
            raise InputError(f"is not a checkpoint of this program: {anew}", file=checkpoint)
        if content["training"] != self._describe():
            return
        try:
            self._restore(content)
        except (KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            reason = " ".join(f"{type(error).__name__} {error}".split())[:200]
            raise InputError(f"is of another version of this program ({reason}): {anew}", file=checkpoint) from error

    def _restore(self, content: dict[str, Any]) -> None:
        """Take over the content of a checkpoint. Raises one of five errors where it does not fit."""
        for name, part in self._list_state().items():
            part.load_state_dict(content[name])
        for row in content["history"]:
            if list(row) != self.history_columns:
                raise ValueError(f"its history has the columns {', '.join(row)}")
        self.history, self._losses_so_far = content["history"], content["losses_so_far"]
        self._noise_stream.set_state(content["noise"].cpu())

    def write_history(self, path: Path) -> None:
        """Write the losses of every epoch as CSV."""
        import pandas

        write_table(path, pandas.DataFrame(self.history, columns=self.history_columns))


def build_optimizer(network: nn.Module, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Build the optimizer of a network's weights. Raises InputError for an unknown one."""
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    if settings.optimizer not in kinds:
        raise InputError("training.optimizer: adam or adamw", value=settings.optimizer)
    return kinds[settings.optimizer](
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay, fused=True
    )


def make_schedule(name: str, batches: int) -> Callable[[int], float]:
    """Return the factor of the learning rate as a function of the batches done, of ``batches`` in all.

    ``constant`` is 1. ``cosine`` rises over a twentieth of the training, then falls to 0.
    Raises InputError for another name.
    """
    if name == "constant":
        return lambda done: 1.0
    if name != "cosine":
        raise InputError("training.schedule: constant or cosine", value=name)
    warm_up = max(1, batches // 20)

    def compute_factor(done: int) -> float:
        rise = (done + 1) / warm_up
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, done / batches)))
        return min(rise, fall)

    return compute_factor


def make_average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Return a moving average whose memory grows with the batches done, so that short trainings are averaged as well."""

    def average(averaged: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        if not current.is_floating_point():
            return current
        kept = min(decay, (1 + float(count)) / (10 + float(count)))
        return torch.lerp(current, averaged, kept)

    return average
