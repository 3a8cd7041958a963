"""Samplers: from pure noise to a member, through a denoiser.

A *denoiser* is a callable (z, signal, noise) -> image. It estimates the normalised target from the noisy field
z = signal * target + noise * white noise. A sampler neither knows the network nor what the network predicts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor

Rates = list[tuple[float, float]]
Denoiser = Callable[[Tensor, float, float], Tensor]
Noise = Callable[[], Tensor]


def ddim(denoise: Denoiser, steps: Rates, draw: Noise) -> Tensor:
    """Draw with the report's deterministic sampler (section 4).

    Parameters
    ----------
    denoise
        Returns the image from (z, signal, noise).
    steps
        N + 1 pairs of signal and noise rates, from pure noise to the last ones.
    draw
        Returns white noise of the field's shape, (batch, 1, y, x).

    Returns
    -------
    Tensor
        The last estimate of the image, (batch, 1, y, x).
    """
    z = math.hypot(*steps[0]) * draw()
    for (signal, noise), (next_signal, next_noise) in itertools.pairwise(steps):
        image = denoise(z, signal, noise)
        z = next_signal * image + next_noise * (z - signal * image) / noise
    return image


def multistep(
    denoise: Denoiser, steps: Rates, draw: Noise, stochastic: bool = False, noise_scale: float = 1.0
) -> Tensor:
    """Draw with DPM-Solver++(2M) (Lu et al., 2022): second order with one evaluation a step.

    Arguments and result are those of ``ddim``. ``stochastic`` adds fresh noise in each step, scaled by ``noise_scale``: a
    value a little above 1 compensates for a denoiser that was trained on squared errors and so removes too much (Karras
    et al., 2022; Price et al., 2025).
    """
    z = math.hypot(*steps[0]) * draw()
    previous: Tensor | None = None
    previous_step = math.nan
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
            z = z + next_noise * math.sqrt(gain) * noise_scale * draw()
        else:
            z = next_noise / noise * z + next_signal * (1 - decay) * (image + slope / 2)
        previous, previous_step = image, step
    return image


def stochastic_multistep(denoise: Denoiser, steps: Rates, draw: Noise, noise_scale: float = 1.0) -> Tensor:
    """Draw with the stochastic second-order multistep sampler; see ``multistep``."""
    return multistep(denoise, steps, draw, stochastic=True, noise_scale=noise_scale)


def one_pass(denoise: Denoiser, steps: Rates, draw: Noise, noise_scale: float = 1.0) -> Tensor:
    """Draw in a single evaluation of a network that was trained for it.

    Arguments and result are those of ``ddim``, with one step. ``noise_scale`` scales the noise, and with it the
    differences between members.
    """
    return denoise(noise_scale * math.hypot(*steps[0]) * draw(), *steps[0])


SAMPLERS: dict[str, Callable[..., Tensor]] = {
    "ddim": ddim,
    "multistep": multistep,
    "stochastic_multistep": stochastic_multistep,
    "one_pass": one_pass,
}
