"""Ensembles: members drawn from a trained network for one day (report, section 4)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from superice.errors import InputError
from superice.inference.fast_unet import FusedUNet, IceOnlyUNet, working_bytes
from superice.inference.receptive_field import plan_evaluation
from superice.inference.tiling import Window, windows
from superice.network.formulations import INFLATED, SAMPLERS, Denoiser, Formulation, Model, Noise
from superice.network.normalisation import network_quantities
from superice.network.unet import padding_to_multiple
from superice.network.weights import TrainedNetwork
from superice.utils.device import (
    default_device,
    enlarge_convolution_cache,
    free_memory,
    keep_freed_memory,
    resolve_precision,
)

if TYPE_CHECKING:
    from superice.features.day import Features

FARTHEST = 6.0  # deviations of the training between its mean and a day's


@dataclass(frozen=True)
class SamplerSettings:
    """How members are drawn.

    Attributes:
        name: ddim (the report's), heun, multistep, stochastic_multistep or one_pass.
        steps: from pure noise to the member (N_d of the report).
        inflation: of the fresh noise of the stochastic sampler, or of the noise that one pass starts from.
        shared_start: whether the first estimate, which pure noise can tell nothing of, is made once for all members.
        members: size of the ensemble.
        batch: the most members that go through the network together, where the memory has room for them; the result
            does not depend on it.
        tile: the largest (rows, columns) evaluated for at once, less the halo that is added; None for no bound. The
            result does not depend on it.
        precision: fp32, bf16, or auto.
        consistent_within: difference in m (root mean square) that a member's box mean may have from the low-resolution
            thickness; None for any.
        consistent_box: width of that box in km.
    """

    name: str = "ddim"
    steps: int = 40
    inflation: float = 1.0
    shared_start: bool = False
    members: int = 30
    batch: int = 2
    tile: tuple[int, int] | None = None
    precision: str = "fp32"
    consistent_within: float | None = None
    consistent_box: float = 90.0

    @property
    def passes(self) -> int:
        """Evaluations of the network for one member, beside those that members share."""
        return (2 * self.steps - 1 if self.name == "heun" else self.steps) - self.shared_start

    def __post_init__(self) -> None:
        if self.name not in SAMPLERS:
            raise InputError(f"sampler.name: one of {', '.join(SAMPLERS)} is needed", value=self.name)
        for name in ("steps", "members", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"sampler.{name}: at least 1 is needed", value=getattr(self, name))
        if self.name == "one_pass" and self.steps > 1:
            raise InputError("sampler.steps: one_pass takes 1", value=self.steps)
        if self.shared_start and self.steps < 2:
            raise InputError("sampler.shared_start: at least 2 steps are needed", value=self.steps)
        if self.tile is not None and (len(self.tile) != 2 or min(self.tile) < 1):
            raise InputError("sampler.tile: rows and columns are needed, each at least 1", value=self.tile)


def member_seed(seed: int, day: date, member: int | str) -> int:
    """The seed of a member's noise; it depends on (seed, day, member) alone."""
    digest = hashlib.sha256(f"{seed} {day.isoformat()} {member}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


class MemberNoise:
    """White noise for a batch of members, each from its own stream, drawn on the CPU."""

    def __init__(self, seeds: list[int], shape: tuple[int, int], device: torch.device) -> None:
        self.streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.shape, self.device = shape, device

    def __call__(self) -> Tensor:
        """A field for each member, (batch, 1, y, x)."""
        fields = [torch.randn((1, *self.shape), generator=stream) for stream in self.streams]
        return torch.stack(fields).to(self.device)


def draw_members(
    generator: TrainedNetwork,
    features: Features,
    sampler: SamplerSettings,
    seed: int,
    progress: bool = False,
) -> Iterator[np.ndarray]:
    """Draw the members of one day, one after the other.

    Args:
        generator: the trained network.
        features: the low-resolution fields of the day, (y, x).
        sampler: how to draw.
        seed: of the ensemble.
        progress: whether to show a bar.

    Yields:
        Thickness in m, float32 (y, x), NaN outside the mask; not clipped.

    Raises:
        InputError: for inputs that are no numbers or not of the training's kind, a member that is no
            number where there is ice, and memory too small for one member.
    """
    keep_freed_memory()
    enlarge_convolution_cache()
    formulation, device = generator.formulation, default_device()
    sample, steps = _sampler(sampler), formulation.steps(sampler.steps)
    field = _Field(generator, features, sampler, device)
    batch = min(sampler.batch, sampler.members, field.most_members(device))
    noise_of = lambda members: MemberNoise([member_seed(seed, features.date, m) for m in members], field.shape, device)
    with tqdm(total=sampler.members * sampler.passes + sampler.shared_start, unit="pass", disable=not progress) as bar:

        def denoise(z: Tensor, signal: float, noise: float) -> Tensor:
            bar.update(len(z))
            return field.denoise(formulation, z, signal, noise)

        if sampler.shared_start:
            denoise = _starting_alike(denoise, steps[0], noise_of(["all"]))
        for first in range(0, sampler.members, batch):
            numbers = range(first, min(first + batch, sampler.members))
            with torch.inference_mode():
                targets = field.cropped(sample(denoise, steps, noise_of(numbers)))
            for number, target in zip(numbers, targets, strict=True):
                member = generator.normalisation.thickness(target, features.sit, generator.network.settings.output)
                if not np.isfinite(member[features.mask]).all():
                    raise InputError(f"member {number} of {features.date} is not a number where there is ice")
                yield np.where(features.mask, member, np.nan).astype(np.float32)


@torch.inference_mode()
def _starting_alike(denoise: Denoiser, start: tuple[float, float], draw: Noise) -> Denoiser:
    """``denoise`` with one and the same estimate, from noise of its own, at the rates of the ``start``.

    What is known there comes from the context alone: the noise hides the field.
    """
    estimate = denoise(math.hypot(*start) * draw(), *start)

    def starting_alike(z: Tensor, signal: float, noise: float) -> Tensor:
        return estimate.expand_as(z) if (signal, noise) == start else denoise(z, signal, noise)

    return starting_alike


def _sampler(settings: SamplerSettings) -> Callable[..., Tensor]:
    sample = SAMPLERS[settings.name]
    return partial(sample, inflation=settings.inflation) if settings.name in INFLATED else sample


class _Field:
    """One day as the network sees it: padded, and evaluated on the windows that hold its ice, as far as that needs it.

    Off the ice the denoised field is 0, the target that the training has there. So the noisy field is known beyond a
    window without evaluating the network, and a member is the same whatever the windows.
    """

    def __init__(
        self, generator: TrainedNetwork, features: Features, sampler: SamplerSettings, device: torch.device
    ) -> None:
        self.settings = generator.network.settings
        self.precision = resolve_precision(sampler.precision, device)
        self.network = FusedUNet(generator.network.to(device), self.precision)
        inputs = generator.normalisation.inputs(network_quantities(features), self.settings.inputs)
        _check(inputs, self.settings.inputs, features)
        self.margins = padding_to_multiple(inputs.shape[1:], self.settings.factor)
        context = functional.pad(torch.from_numpy(inputs), self.margins)
        self.shape = tuple(context.shape[1:])
        ice = context[-1].numpy() > 0
        self.windows = windows(ice, self.settings.reach, self.settings.factor, sampler.tile)
        noisy = ice if generator.formulation.noise_on_ice_alone else None
        self.networks = [self._on(window, ice, noisy, device) for window in self.windows]
        self.context = context[None].to(device)

    def _on(self, window: Window, ice: np.ndarray, noisy: np.ndarray | None, device: torch.device) -> Model:
        """The network for a window. A GPU evaluates all of it: many small parts would be slower."""
        if device.type != "cpu":
            return self.network
        core = np.zeros(window.shape, bool)
        core[window.inner] = ice[window.core]
        return IceOnlyUNet(
            self.network, plan_evaluation(core, self.settings, None if noisy is None else noisy[window.outer])
        )

    def most_members(self, device: torch.device) -> int:
        """The members that can go through the network together. Raises InputError when not even one can."""
        if not self.windows:
            return 1
        largest = max((window.shape for window in self.windows), key=math.prod)
        needed, free = working_bytes(self.settings, largest, self.precision), free_memory(device)
        if needed > free:
            raise InputError(
                f"one member needs {needed / 1e9:.2g} GB for {largest[0]} x {largest[1]} pixels;"
                f" {free / 1e9:.2g} GB are free: set sampler.tile, or a smaller one"
            )
        return free // needed

    def denoise(self, formulation: Formulation, z: Tensor, signal: float, noise: float) -> Tensor:
        """The denoised field of the noisy ones, (batch, 1, y, x)."""
        image = torch.zeros_like(z)
        for window, network in zip(self.windows, self.networks, strict=True):
            context = self.context[..., *window.outer].expand(len(z), -1, -1, -1)
            part = formulation.denoise(network, z[..., *window.outer], signal, noise, context)
            image[..., *window.core] = part[..., *window.inner]
        return image.masked_fill_(self.context[:, -1:] == 0, 0)

    def cropped(self, targets: Tensor) -> np.ndarray:
        """The fields (batch, 1, y, x) without their padding, (batch, y, x)."""
        left, right, bottom, top = self.margins
        rows, columns = self.shape
        return targets[:, 0, bottom : rows - top, left : columns - right].cpu().numpy()


def _check(inputs: np.ndarray, names: tuple[str, ...], features: Features) -> None:
    """Refuse inputs that are no numbers, or so far from the training's that they must be of another kind or unit."""
    ice = inputs[-1] > 0
    for name, values in zip(names, inputs):
        if not np.isfinite(values).all():
            raise InputError("is not a number where there is ice", variable=name, value=features.date)
        distance = float(np.abs(values[ice].mean())) if ice.any() else 0.0
        if distance > FARTHEST:
            raise InputError(
                "the features are not of the set that the network was trained on: their mean lies too far from the"
                " training's",
                variable=name,
                value=f"{distance:.1f} deviations, at most {FARTHEST:g} are taken",
            )


def clip_negative(member: np.ndarray) -> tuple[np.ndarray, int]:
    """The member without negative thickness, and the number of pixels where it was negative."""
    negative = member < 0
    return np.where(negative, np.float32(0), member), int(negative.sum())
