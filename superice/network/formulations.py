"""Formulations: how noise is added to a target, what the network predicts from it, and the loss of the prediction.

A noisy field is z = signal * target + noise * e, with e white noise. A *model* is any callable
(z, level, context) -> output, with ``level`` in [0, 1]. A *formulation* draws the rates of signal and noise, says what
the model's output means, trains it, and denoises with it. ``samplers`` draws members with the denoiser.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from superice.errors import InputError
from superice.network.settings import NoisePredictionSettings, PreconditionedSettings

Model = Callable[[Tensor, Tensor, Tensor], Tensor]


def masked_mean_square(difference: Tensor, mask: Tensor) -> Tensor:
    """Return the mean square over the pixels where ``mask`` is 1; both are (batch, 1, y, x)."""
    return (difference.square() * mask).sum() / mask.sum().clamp(min=1)


@dataclass(frozen=True)
class Losses:
    """The losses of one batch.

    Attributes
    ----------
    objective
        The loss to descend.
    reported
        By name, what the training reports beside it; detached from the graph.
    """

    objective: Tensor
    reported: dict[str, Tensor]


class TrainingLoss(Protocol):
    """What training needs to know.

    Attributes
    ----------
    loss_columns
        By column of the training history, the name in ``Losses.reported`` of what it holds.
    """

    loss_columns: ClassVar[Mapping[str, str]]

    def count_evaluations(self, samples: int) -> int:
        """Return how many fields the model evaluates for a batch of ``samples``."""

    def loss(self, model: Callable[..., Tensor], target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Return the losses of one batch.

        ``target`` is (batch, 1, y, x), ``context`` (batch, channels, y, x) with the mask last.
        """


class Formulation(TrainingLoss, Protocol):
    """What training and sampling need to know."""

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """Return the expected target given the noisy field ``z``, both (batch, 1, y, x)."""

    def steps(self, count: int) -> list[tuple[float, float]]:
        """Return (signal, noise) rates from pure noise to the last evaluation, ``count`` pairs, then the final one."""


def _reshape_to_column(values: Tensor) -> Tensor:
    """Shape one value per sample, (batch,), for fields: (batch, 1, 1, 1)."""
    return values[:, None, None, None]


@dataclass(frozen=True)
class NoisyBatch:
    """Targets with white noise added.

    Attributes
    ----------
    z
        The noisy fields, signal_rate * target + noise_rate * noise, (batch, 1, y, x).
    target, noise
        The parts of them, (batch, 1, y, x).
    signal_rate, noise_rate
        Of the samples, (batch, 1, 1, 1).
    """

    z: Tensor
    target: Tensor
    noise: Tensor
    signal_rate: Tensor
    noise_rate: Tensor


def add_noise(target: Tensor, signal_rate: Tensor, noise_rate: Tensor, generator: torch.Generator) -> NoisyBatch:
    """Draw white noise on the CPU and add it to ``target`` (batch, 1, y, x) at the samples' rates, each (batch,)."""
    noise = torch.randn(target.shape, generator=generator).to(target.device)
    signal_rate, noise_rate = _reshape_to_column(signal_rate), _reshape_to_column(noise_rate)
    return NoisyBatch(signal_rate * target + noise_rate * noise, target, noise, signal_rate, noise_rate)


@dataclass(frozen=True)
class Errors:
    """Differences between what the model makes of a noisy batch and the truth, each (batch, 1, y, x).

    Attributes
    ----------
    objective
        The mean square of this is descended.
    noise, image
        Of the noise and of the image that the model's output implies.
    """

    objective: Tensor
    noise: Tensor
    image: Tensor


class Diffusion(ABC):
    """The loss that formulations of many noise levels share: the mean square of an error over sea ice."""

    loss_columns: ClassVar[Mapping[str, str]] = {"noise_loss": "noise_error", "image_loss": "image_error"}

    def count_evaluations(self, samples: int) -> int:
        """Return how many fields the model evaluates for a batch of ``samples``: each once."""
        return samples

    @abstractmethod
    def draw_rates(self, count: int, device: torch.device, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw the signal and noise rates of a batch of ``count`` samples, each (batch,)."""

    @abstractmethod
    def compare(self, model: Model, batch: NoisyBatch, context: Tensor) -> Errors:
        """Evaluate the model on a noisy batch and compare its output with the truth."""

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Return the losses of one batch; the mean squares of the errors of noise and image are reported."""
        signal_rate, noise_rate = self.draw_rates(len(target), target.device, generator)
        batch = add_noise(target, signal_rate, noise_rate, generator)
        errors = self.compare(model, batch, context)
        mask = context[:, -1:]
        reported = {
            "noise_error": masked_mean_square(errors.noise, mask).detach(),
            "image_error": masked_mean_square(errors.image, mask).detach(),
        }
        return Losses(masked_mean_square(errors.objective, mask), reported)


class NoisePrediction(NoisePredictionSettings, Diffusion):
    """The report's method (section 3): cosine rates, the network predicts the noise."""

    def angle(self, time: Tensor) -> Tensor:
        """Return the diffusion angle in radians at the time in [0, 1]; time 0 is full signal."""
        smallest, largest = math.acos(self.max_rate), math.acos(self.min_rate)
        return smallest + time * (largest - smallest)

    def rates(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Return signal and noise rate at the time; their squares sum to 1."""
        angle = self.angle(time)
        return torch.cos(angle), torch.sin(angle)

    def embed_level(self, noise: Tensor) -> Tensor:
        """Return the level that the network reads, (batch,), from the noise rates, (batch,) or (batch, 1, 1, 1)."""
        noise = noise.flatten()
        if self.embedded == "noise_variance":
            return noise.square()
        smallest, largest = math.acos(self.max_rate), math.acos(self.min_rate)
        return (torch.asin(noise.clamp(max=1)) - smallest) / (largest - smallest)

    def draw_rates(self, count: int, device: torch.device, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw times evenly between full signal and full noise (steps 2 and 3 of the report's training)."""
        return self.rates(torch.rand(count, generator=generator).to(device))

    def compare(self, model: Model, batch: NoisyBatch, context: Tensor) -> Errors:
        """Compare the predicted noise with the noise (steps 5 to 7 of the report's training)."""
        predicted = model(batch.z, self.embed_level(batch.noise_rate), context).float()
        error = predicted - batch.noise
        image = (batch.z - batch.noise_rate * predicted) / batch.signal_rate
        return Errors(objective=error, noise=error, image=image - batch.target)

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """Remove the predicted noise (step 3.4 of the report's inference)."""
        rate = torch.full((len(z),), noise, device=z.device)
        return (z - noise * model(z, self.embed_level(rate), context).float()) / signal

    def steps(self, count: int) -> list[tuple[float, float]]:
        """Return the rates at t = 1 - s/N for s = 0 … N (report, section 4)."""
        signal, noise = self.rates(1 - torch.arange(count + 1, dtype=torch.float64) / count)
        return list(zip(signal.tolist(), noise.tolist(), strict=True))


class Preconditioned(PreconditionedSettings, Diffusion):
    """The preconditioned denoiser of Karras et al. (2022) for a target of unit variance: z = target + noise * e."""

    def embed_level(self, noise: Tensor) -> Tensor:
        """Return the level that the network reads, (batch,): 0 at ``noise_min``, 1 at ``noise_max``."""
        low, high = math.log(self.noise_min), math.log(self.noise_max)
        return (noise.flatten().log() - low) / (high - low)

    def draw_rates(self, count: int, device: torch.device, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw log-normal noise; the signal is never scaled."""
        draw = torch.randn(count, generator=generator).to(device)
        noise = (self.log_noise_mean + self.log_noise_std * draw).exp()
        return torch.ones_like(noise), noise

    def compare(self, model: Model, batch: NoisyBatch, context: Tensor) -> Errors:
        """Compare the denoised image with the target, weighted to a loss of 1 at every level at the start."""
        error = self._apply(model, batch.z, batch.noise_rate, context) - batch.target
        weight = (1 + batch.noise_rate.square()).sqrt() / batch.noise_rate
        return Errors(objective=weight * error, noise=error / batch.noise_rate, image=error)

    def _apply(self, model: Model, z: Tensor, noise: Tensor, context: Tensor) -> Tensor:
        """Denoise ``z`` at ``noise`` (batch, 1, 1, 1).

        Skip and output scalings keep the network's input and target at unit variance.
        """
        total = (1 + noise.square()).sqrt()
        output = model(z / total, self.embed_level(noise), context).float()
        return z / total.square() + output * (noise / total)

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """Return the network's estimate of the target."""
        return self._apply(model, z, torch.full((len(z), 1, 1, 1), noise, device=z.device), context)

    def steps(self, count: int) -> list[tuple[float, float]]:
        """Return levels from ``noise_max`` to ``noise_min``, evenly spaced in their root, then no noise."""
        ramp = torch.linspace(0, 1, count, dtype=torch.float64)
        high, low = self.noise_max ** (1 / self.spacing), self.noise_min ** (1 / self.spacing)
        levels = (high + ramp * (low - high)) ** self.spacing
        return [(1.0, level) for level in levels.tolist()] + [(1.0, 0.0)]


class OnePass(ABC):
    """A formulation that makes its field of pure noise in a single evaluation of the network."""

    def count_evaluations(self, samples: int) -> int:
        """Return how many fields the model evaluates for a batch of ``samples``: each once."""
        return samples

    @abstractmethod
    def apply(self, model: Model, noise: Tensor, context: Tensor) -> Tensor:
        """Make a field of ``noise`` and ``context``, (batch, 1, y, x)."""

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """Make a field of the noise ``z``, (batch, 1, y, x); the rates are those of pure noise."""
        return self.apply(model, z, context)

    def steps(self, count: int) -> list[tuple[float, float]]:
        """Return the rates of pure noise and of the field. Raises InputError for more than one step."""
        if count != 1:
            raise InputError("sampler.steps: a one-pass network takes 1 step", value=count)
        return [(0.0, 1.0), (1.0, 0.0)]
