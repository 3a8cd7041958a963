"""Diffusion: noise levels, what a network is asked to predict, losses and samplers. It knows no network.

A noisy field is z = signal * y + noise * e, with y the normalised target and e white noise. A *model* is any
callable (z, level, context) -> output, with ``level`` in [0, 1]; a *formulation* says how z is made, what the output
means and how it is trained. Samplers see only the denoiser that both make together: (z, signal, noise) -> y.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from superice.errors import InputError

Model = Callable[[Tensor, Tensor, Tensor], Tensor]


def _column(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def masked_mean_square(difference: Tensor, mask: Tensor) -> Tensor:
    """Mean square over the pixels where ``mask`` is 1; both (batch, 1, y, x)."""
    return (difference.square() * mask).sum() / mask.sum().clamp(min=1)


@dataclass(frozen=True)
class Losses:
    """What one batch gives: the loss to descend, and the mean squares of the noise and of the image."""

    objective: Tensor
    noise: Tensor
    image: Tensor


class Formulation(Protocol):
    """What training and sampling need to know.

    Attributes:
        noise_on_ice_alone: whether the model is given noise on the ice alone, so that members differ nowhere else.
    """

    noise_on_ice_alone: bool

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """The losses of one batch; ``target`` (batch, 1, y, x), ``context`` (batch, channels, y, x), mask last."""

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """The expected target given the noisy field."""

    def steps(self, count: int) -> list[tuple[float, float]]:
        """(signal, noise) rates from pure noise to the last evaluation, ``count`` pairs, then the final one."""


@dataclass(frozen=True)
class NoisePrediction:
    """The report's method (section 3): cosine rates, the network predicts the noise.

    Attributes:
        min_rate: signal rate at t = 1 (full noise), cos of the largest angle.
        max_rate: signal rate at t = 0 (full signal), cos of the smallest angle.
        embedded: what the network is told, ``noise_variance`` or ``time``.
    """

    min_rate: float = 0.02
    max_rate: float = 0.95
    embedded: str = "noise_variance"
    noise_on_ice_alone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 < self.min_rate < self.max_rate < 1:
            raise InputError(
                "diffusion: 0 < min_rate < max_rate < 1 is needed", value=f"{self.min_rate}, {self.max_rate}"
            )
        if self.embedded not in ("noise_variance", "time"):
            raise InputError("diffusion.embedded: noise_variance or time", value=self.embedded)

    def angle(self, time: Tensor) -> Tensor:
        """The diffusion angle in radians of the time in [0, 1]; 0 is full signal."""
        smallest, largest = math.acos(self.max_rate), math.acos(self.min_rate)
        return smallest + time * (largest - smallest)

    def rates(self, time: Tensor) -> tuple[Tensor, Tensor]:
        """Signal and noise rate of the time; their squares sum to 1."""
        angle = self.angle(time)
        return torch.cos(angle), torch.sin(angle)

    def _level(self, noise: Tensor) -> Tensor:
        if self.embedded == "noise_variance":
            return noise.square()
        smallest, largest = math.acos(self.max_rate), math.acos(self.min_rate)
        return (torch.asin(noise.clamp(max=1)) - smallest) / (largest - smallest)

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """Steps 2 to 8 of the report's training: the mean square of the noise's error over sea ice."""
        time = torch.rand(len(target), generator=generator).to(target.device)
        noise = torch.randn(target.shape, generator=generator).to(target.device)
        signal_rate, noise_rate = self.rates(time)
        z = _column(signal_rate) * target + _column(noise_rate) * noise
        predicted = model(z, self._level(noise_rate), context).float()
        image = (z - _column(noise_rate) * predicted) / _column(signal_rate)
        mask = context[:, -1:]
        noise_loss = masked_mean_square(predicted - noise, mask)
        return Losses(noise_loss, noise_loss.detach(), masked_mean_square(image - target, mask).detach())

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """Step 3.4 of the report's inference."""
        rate = torch.full((len(z),), noise, device=z.device)
        return (z - noise * model(z, self._level(rate), context).float()) / signal

    def steps(self, count: int) -> list[tuple[float, float]]:
        """Rates at t = 1 - s/N for s = 0 … N (report, section 4)."""
        signal, noise = self.rates(1 - torch.arange(count + 1, dtype=torch.float64) / count)
        return list(zip(signal.tolist(), noise.tolist(), strict=True))


class VelocityPrediction(NoisePrediction):
    """The report's cosine rates, the network predicts the velocity signal * e - noise * y (Salimans and Ho, 2022).

    An error of the network is an error of the image of the same size or smaller at every level, so the rates may go
    nearer to no noise and to no signal than those of ``NoisePrediction``.
    """

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """The mean square of the velocity's error over sea ice, beside those of the noise and of the image."""
        time = torch.rand(len(target), generator=generator).to(target.device)
        noise = torch.randn(target.shape, generator=generator).to(target.device)
        signal_rate, noise_rate = (_column(rate) for rate in self.rates(time))
        z = signal_rate * target + noise_rate * noise
        error = model(z, self._level(noise_rate.flatten()), context).float() - (
            signal_rate * noise - noise_rate * target
        )
        mask = context[:, -1:]
        return Losses(
            masked_mean_square(error, mask),
            masked_mean_square(signal_rate * error, mask).detach(),
            masked_mean_square(noise_rate * error, mask).detach(),
        )

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """The image that the velocity at ``z`` points to."""
        rate = torch.full((len(z),), noise, device=z.device)
        return signal * z - noise * model(z, self._level(rate), context).float()


@dataclass(frozen=True)
class Preconditioned:
    """The preconditioned denoiser of Karras et al. (2022) for a target of unit variance: z = y + noise * e.

    Attributes:
        noise_min, noise_max: smallest and largest noise of the sampler, in deviations of the target.
        log_noise_mean, log_noise_deviation: of the log-normal noise levels of the training.
        spacing: exponent of the sampler's levels (rho of the paper).
    """

    noise_min: float = 0.02
    noise_max: float = 20.0
    log_noise_mean: float = 0.0
    log_noise_deviation: float = 2.2
    spacing: float = 7.0
    noise_on_ice_alone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not 0 < self.noise_min < self.noise_max:
            raise InputError("diffusion: 0 < noise_min < noise_max is needed")

    def _level(self, noise: Tensor) -> Tensor:
        low, high = math.log(self.noise_min), math.log(self.noise_max)
        return (noise.log() - low) / (high - low)

    def _apply(self, model: Model, z: Tensor, noise: Tensor, context: Tensor) -> Tensor:
        """The denoised field; skip and output scalings keep the network's input and target at unit variance."""
        total = (1 + noise.square()).sqrt()
        output = model(z / _column(total), self._level(noise), context).float()
        return z / _column(total.square()) + output * _column(noise / total)

    def loss(self, model: Model, target: Tensor, context: Tensor, generator: torch.Generator) -> Losses:
        """The denoising loss, weighted so that every noise level has unit loss at the start."""
        draw = torch.randn(len(target), generator=generator).to(target.device)
        sigma = (self.log_noise_mean + self.log_noise_deviation * draw).exp()
        noise = torch.randn(target.shape, generator=generator).to(target.device)
        z = target + _column(sigma) * noise
        image = self._apply(model, z, sigma, context)
        mask = context[:, -1:]
        error = image - target
        weight = _column((1 + sigma.square()).sqrt() / sigma)
        return Losses(
            masked_mean_square(weight * error, mask),
            masked_mean_square(error / _column(sigma), mask).detach(),
            masked_mean_square(error, mask).detach(),
        )

    def denoise(self, model: Model, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """The network's estimate of the target."""
        return self._apply(model, z, torch.full((len(z),), noise, device=z.device), context)

    def steps(self, count: int) -> list[tuple[float, float]]:
        """Levels from ``noise_max`` to ``noise_min``, evenly spaced in their root, then no noise."""
        ramp = torch.linspace(0, 1, count, dtype=torch.float64)
        high, low = self.noise_max ** (1 / self.spacing), self.noise_min ** (1 / self.spacing)
        levels = (high + ramp * (low - high)) ** self.spacing
        return [(1.0, level) for level in levels.tolist()] + [(1.0, 0.0)]


Denoiser = Callable[[Tensor, float, float], Tensor]
Noise = Callable[[], Tensor]


def ddim(denoise: Denoiser, steps: list[tuple[float, float]], draw: Noise) -> Tensor:
    """The report's deterministic sampler (section 4); it returns the last estimate of the image.

    ``denoise`` gives the image from (z, signal, noise); ``steps`` holds N + 1 pairs of rates; ``draw`` gives white
    noise of the field's shape, (batch, 1, y, x).
    """
    z = math.hypot(*steps[0]) * draw()
    for (signal, noise), (next_signal, next_noise) in itertools.pairwise(steps):
        image = denoise(z, signal, noise)
        z = next_signal * image + next_noise * (z - signal * image) / noise
    return image


def heun(denoise: Denoiser, steps: list[tuple[float, float]], draw: Noise) -> Tensor:
    """Heun's second-order steps (Karras et al., 2022, Algorithm 1 without fresh noise); the last is one of Euler.

    Arguments and result as for ``ddim``. Every step but the last evaluates twice: N steps take 2 N - 1 passes.
    """
    z = math.hypot(*steps[0]) * draw()
    for (signal, noise), (next_signal, next_noise) in itertools.pairwise(steps[:-1]):
        # In units of the signal, the noisy field moves along (z - image) / noise with the noise-to-signal ratio.
        level, next_level = noise / signal, next_noise / next_signal
        scaled = z / signal
        slope = (scaled - denoise(z, signal, noise)) / level
        ahead = scaled + (next_level - level) * slope
        slope_ahead = (ahead - denoise(next_signal * ahead, next_signal, next_noise)) / next_level
        z = next_signal * (scaled + (next_level - level) * (slope + slope_ahead) / 2)
    return denoise(z, *steps[-2])


def multistep(
    denoise: Denoiser, steps: list[tuple[float, float]], draw: Noise, stochastic: bool = False, inflation: float = 1.0
) -> Tensor:
    """DPM-Solver++(2M) (Lu et al., 2022): second order with one evaluation a step; ``stochastic`` adds fresh noise.

    Arguments and result as for ``ddim``. ``inflation`` scales the fresh noise: a little above 1 it makes up for a
    denoiser that was trained on squares and so removes too much (Karras et al., 2022; Price et al., 2025).
    """
    z = math.hypot(*steps[0]) * draw()
    previous, previous_step = None, None
    for (signal, noise), (next_signal, next_noise) in itertools.pairwise(steps):
        image = denoise(z, signal, noise)
        if next_noise == 0:
            return image
        step = math.log(next_signal / next_noise) - math.log(signal / noise)
        slope = torch.zeros_like(image) if previous is None else (image - previous) * step / previous_step
        decay = math.exp(-step)
        if stochastic:
            gain = 1 - decay**2
            z = next_noise / noise * decay * z + next_signal * gain * (image + slope / 2)
            z = z + next_noise * math.sqrt(gain) * inflation * draw()
        else:
            z = next_noise / noise * z + next_signal * (1 - decay) * (image + slope / 2)
        previous, previous_step = image, step
    return image


def stochastic_multistep(
    denoise: Denoiser, steps: list[tuple[float, float]], draw: Noise, inflation: float = 1.0
) -> Tensor:
    """The stochastic second-order multistep sampler."""
    return multistep(denoise, steps, draw, stochastic=True, inflation=inflation)


def one_pass(denoise: Denoiser, steps: list[tuple[float, float]], draw: Noise, inflation: float = 1.0) -> Tensor:
    """What the network makes of the noise at once, for one that was trained so.

    Arguments and result as for ``ddim``, with one step. ``inflation`` scales the noise, and with it how far members differ.
    """
    return denoise(inflation * math.hypot(*steps[0]) * draw(), *steps[0])


SAMPLERS = {
    "ddim": ddim,
    "heun": heun,
    "multistep": multistep,
    "stochastic_multistep": stochastic_multistep,
    "one_pass": one_pass,
}
INFLATED = ("stochastic_multistep", "one_pass")
