"""Ensembles: members drawn from a trained network for one day (report, section 4)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from superice.diffusion import SAMPLERS
from superice.errors import InputError
from superice.network import padding
from superice.normalisation import quantities
from superice.weights import Generator, default_device, resolve_precision

if TYPE_CHECKING:
    from superice.features import Features


@dataclass(frozen=True)
class SamplerSettings:
    """How members are drawn.

    Attributes:
        name: ddim (the report's), multistep or stochastic_multistep.
        steps: passes of the network for one member (N_d of the report).
        inflation: of the fresh noise of the stochastic sampler.
        members: size of the ensemble.
        batch: members that go through the network together; the result does not depend on it.
        precision: fp32, bf16, or auto.
    """

    name: str = "ddim"
    steps: int = 40
    inflation: float = 1.0
    members: int = 30
    batch: int = 2
    precision: str = "fp32"


def member_seed(seed: int, day: date, member: int) -> int:
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


@torch.inference_mode()
def draw_members(
    generator: Generator,
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
    """
    if sampler.name not in SAMPLERS:
        raise InputError(f"sampler.name: one of {', '.join(SAMPLERS)} is needed", value=sampler.name)
    settings, formulation = generator.network.settings, generator.formulation
    device = default_device()
    precision = resolve_precision(sampler.precision, device)
    network = generator.network.to(device)
    inputs = generator.normalisation.inputs(quantities(features), settings.inputs)
    margins = padding(inputs.shape[1:], settings.factor)
    context = functional.pad(torch.from_numpy(inputs), margins)[None].to(device)
    left, _, bottom, _ = margins
    rows, columns = inputs.shape[1:]
    steps = formulation.steps(sampler.steps)
    sample = SAMPLERS[sampler.name]
    if sampler.name == "stochastic_multistep":
        sample = partial(sample, inflation=sampler.inflation)
    bar = tqdm(total=sampler.members * sampler.steps, unit="pass", disable=not progress)
    for first in range(0, sampler.members, sampler.batch):
        batch = range(first, min(first + sampler.batch, sampler.members))
        repeated = context.expand(len(batch), -1, -1, -1).contiguous(memory_format=torch.channels_last)

        def denoise(z: Tensor, signal: float, noise: float, repeated: Tensor = repeated) -> Tensor:
            bar.update(len(z))
            with torch.autocast(device.type, precision, enabled=precision != torch.float32):
                return formulation.denoise(network, z, signal, noise, repeated)

        noise = MemberNoise([member_seed(seed, features.date, m) for m in batch], context.shape[2:], device)
        targets = sample(denoise, steps, noise)
        targets = targets[:, 0, bottom : bottom + rows, left : left + columns].float().cpu().numpy()
        for target in targets:
            thickness = generator.normalisation.thickness(target, features.sit)
            yield np.where(features.mask, thickness, np.nan).astype(np.float32)
    bar.close()


def clipped(member: np.ndarray) -> tuple[np.ndarray, int]:
    """The member without negative thickness, and the number of pixels where it was negative."""
    negative = member < 0
    return np.where(negative, np.float32(0), member), int(negative.sum())
