"""Draw the members of one day from a trained network (report, section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from superice.errors import InputError
from superice.inference.fast_unet import FusedUNet, estimate_memory
from superice.inference.input_errors import perturb_members
from superice.inference.noise import MemberNoise
from superice.inference.receptive_field import plan_evaluation
from superice.inference.settings import NOISE_SCALED, SamplerSettings
from superice.inference.tiling import Tile, find_tiles
from superice.network.formulations import Model
from superice.network.normalisation import compute_quantities
from superice.network.samplers import SAMPLERS, Denoiser, Noise
from superice.network.unet import padding_to_multiple
from superice.network.weights import TrainedNetwork
from superice.utils.device import (
    default_device,
    enlarge_convolution_cache,
    keep_freed_memory,
    measure_free_memory,
    resolve_precision,
)

if TYPE_CHECKING:
    from superice.features.day import Features
    from superice.fields.motion import Motion

PIXEL_M = 3000.0  # of networks whose file does not say it
# What the convolutions of a GPU need beyond the estimate, measured on an H200: 1.2 and 2.3 times the estimate in all.
ON_GPU = {torch.bfloat16: 1.25, torch.float32: 2.4}
FARTHEST_MEAN = 6.0  # standard deviations of the training, from its mean to the mean of a day


def draw_members(
    trained: TrainedNetwork,
    features: Features,
    sampler: SamplerSettings,
    seed: int,
    progress: bool = False,
    motion: Motion | None = None,
) -> Iterator[np.ndarray]:
    """Draw the members of one day, one after the other.

    Parameters
    ----------
    trained
        The trained network.
    features
        The low-resolution fields of the day, (y, x). Whether pixels with only some of them are drawn, the network says.
        Observed ones get errors of each member's own, where the sampler has any.
    sampler
        How to draw.
    seed
        Of the ensemble.
    progress
        Whether to show a progress bar.
    motion
        Of the ice before the day, which a memory that follows the drift needs.

    Yields
    ------
    np.ndarray
        Thickness in m, float32 (y, x), NaN outside the mask; possibly negative.

    Raises
    ------
    InputError
        If an input is not a number or is too far from the training's, if a member is not a number where there is ice,
        if the memory is too small for one member, or without a motion that the sampler needs.
    """
    if sampler.memory_follows_drift and motion is None:
        raise InputError(
            "sampler.memory_follows_drift needs the motion of the ice, which a run collects where its configuration states"
            " this key: leave both it and memory_days out to draw a date by itself"
        )
    keep_freed_memory()
    enlarge_convolution_cache()
    device = default_device()
    network = trained.network.settings
    neighbours = {name: features.neighbours[name] for name in network.neighbours if name in features.neighbours}
    features = replace(features, partly_missing=network.partly_missing, neighbours=neighbours)
    sample = _choose_sampler(sampler)
    steps = trained.formulation.steps(sampler.steps)
    day = _DayDenoiser(trained, features, sampler, device)
    batch = min(sampler.batch, sampler.members, day.count_fitting_members())
    make_noise = _choose_noise(sampler, seed, day, motion)

    evaluations = sampler.members * sampler.passes + sampler.shared_first_step
    pixel_km = trained.grid.get("step_m", PIXEL_M) / 1000
    is_perturbed = features.observed and bool(sampler.input_errors.parts)
    with tqdm(total=evaluations, unit="pass", disable=not progress) as bar:

        def make_denoiser(context: Tensor) -> Denoiser:
            def denoise(z: Tensor, signal: float, noise: float) -> Tensor:
                bar.update(len(z))
                return day.denoise(z, signal, noise, context)

            return denoise

        if sampler.shared_first_step:
            # Its estimate carries next to nothing of a member's field, so that of the inputs without errors will do.
            shared = estimate_first_step(make_denoiser(day.context), steps[0], make_noise(["all"]))
        for first in range(0, sampler.members, batch):
            numbers = range(first, min(first + batch, sampler.members))
            inputs, context = [features] * len(numbers), day.context
            if is_perturbed:
                inputs = perturb_members(features, sampler, seed, numbers, pixel_km)
                context = day.make_context(inputs)
            denoise = make_denoiser(context)
            if sampler.shared_first_step:
                denoise = share_first_step(denoise, steps[0], shared)
            with torch.inference_mode():
                targets = day.remove_padding(sample(denoise, steps, make_noise(numbers)))
            for number, own, target in zip(numbers, inputs, targets, strict=True):
                member = trained.normalisation.compute_thickness(target, own.sit)
                if not np.isfinite(member[features.mask]).all():
                    raise InputError(f"member {number} of {features.date} is not a number where there is ice")
                yield np.where(features.mask, member, np.nan).astype(np.float32)


def _choose_noise(
    sampler: SamplerSettings, seed: int, day: _DayDenoiser, motion: Motion | None
) -> Callable[[Sequence[int | str]], Noise]:
    """Return what makes the noise of members: that of their date and of those before it, in place or adrift."""
    if not sampler.memory_follows_drift or motion is None:
        return lambda names: MemberNoise(seed, day.date, names, day.shape, day.device, sampler.memory_days)
    # Few runs have members that drift, and these imports take as long as a small ensemble.
    from superice.inference.carried_noise import CarriedNoise, carry_layers

    carried = carry_layers(motion, day.date, int(sampler.memory_days), day.shape, day.margins)
    return lambda names: CarriedNoise(seed, day.date, names, day.device, carried)


@torch.inference_mode()
def estimate_first_step(denoise: Denoiser, first_step: tuple[float, float], draw: Noise) -> Tensor:
    """Return the estimate of the field, (1, 1, y, x), that all members share at the ``first_step``.

    It is made from noise of its own. At the first step z is almost pure noise and carries next to no information on the
    field, so the estimate depends on the context alone.

    Parameters
    ----------
    denoise
        Returns the denoised field of (z, signal, noise).
    first_step
        Rates (signal, noise) of the first step.
    draw
        Draws white noise (1, 1, y, x).
    """
    return denoise(math.hypot(*first_step) * draw(), *first_step)


def share_first_step(denoise: Denoiser, first_step: tuple[float, float], estimate: Tensor) -> Denoiser:
    """Return a denoiser that returns the shared ``estimate`` at the ``first_step``, elsewhere ``denoise``."""

    def denoise_unless_first(z: Tensor, signal: float, noise: float) -> Tensor:
        if (signal, noise) == first_step:
            return estimate.expand_as(z)
        return denoise(z, signal, noise)

    return denoise_unless_first


def _choose_sampler(settings: SamplerSettings) -> Callable[..., Tensor]:
    """Return the sampler that the settings name, with its scale of the noise where it has one."""
    if settings.awaits_noise_scale:
        raise InputError("sampler.noise_scale: a number is needed to draw", value=settings.noise_scale)
    sample = SAMPLERS[settings.name]
    return partial(sample, noise_scale=settings.noise_scale) if settings.name in NOISE_SCALED else sample


class _DayDenoiser:
    """Denoise the fields of one day: padded, and evaluated only on the tiles that hold its ice.

    Outside the ice the denoised field is 0, as the target of the training is. The noisy field beyond a tile is therefore
    known without the network, and a member does not depend on the tiles.

    Attributes
    ----------
    shape
        Of the padded fields, (y, x).
    context
        The padded inputs and the mask, (1, channel, y, x).
    """

    def __init__(
        self, trained: TrainedNetwork, features: Features, sampler: SamplerSettings, device: torch.device
    ) -> None:
        self.date = features.date
        self.settings, self.formulation, self.device = trained.network.settings, trained.formulation, device
        self.precision = resolve_precision(sampler.precision, device)
        self.network = FusedUNet(trained.network.to(device), self.precision)
        self.normalisation, self.mask = trained.normalisation, features.mask
        self.margins = padding_to_multiple(self.mask.shape, self.settings.factor)
        inputs = self._normalise_inputs(features)
        _require_training_range(inputs, self.settings.inputs, features)
        self.context = self._pad(inputs[None])
        rows, columns = self.context.shape[2:]
        self.shape = (rows, columns)
        ice = self.context[0, -1].cpu().numpy() > 0
        self.tiles = find_tiles(ice, self.settings.reach, self.settings.factor, sampler.tile)
        self.models = [self._make_model(tile, ice) for tile in self.tiles]

    def _normalise_inputs(self, features: Features) -> np.ndarray:
        """Return the inputs of the network in the mask of the day, float32 (channel, y, x)."""
        quantities = compute_quantities(features, self.mask)
        return self.normalisation.normalise_inputs(quantities, self.settings.inputs, self.settings.partly_missing)

    def _pad(self, inputs: np.ndarray) -> Tensor:
        return functional.pad(torch.from_numpy(inputs), self.margins).to(self.device)

    def make_context(self, members: Sequence[Features]) -> Tensor:
        """Return the padded context of members whose features differ, but not in where they are known: (member, …)."""
        return self._pad(np.stack([self._normalise_inputs(features) for features in members]))

    def _make_model(self, tile: Tile, ice: np.ndarray) -> Model:
        """Return the network for a tile: on a CPU, evaluated only where the ice of the tile needs it.

        A GPU evaluates the whole tile, since many small boxes would be slower.
        """
        if self.device.type != "cpu":
            return self.network
        ice_to_write = np.zeros(tile.read.shape, bool)
        ice_to_write[tile.inner.slices] = ice[tile.write.slices]
        return partial(self.network, plan=plan_evaluation(ice_to_write, self.settings))

    def count_fitting_members(self) -> int:
        """Return how many members fit into memory together. Raises InputError if not even one does."""
        if not self.tiles:
            return 1
        largest = max((tile.read for tile in self.tiles), key=lambda box: box.area)
        rows, columns = largest.shape
        needed = estimate_memory(self.settings, largest.shape, self.precision)
        if self.device.type == "cuda":
            needed = int(ON_GPU[self.precision] * needed)
        free = measure_free_memory(self.device)
        if needed > free:
            raise InputError(
                f"one member needs {needed / 1e9:.2g} GB for {rows} x {columns} pixels;"
                f" {free / 1e9:.2g} GB are free: set sampler.tile, or a smaller one"
            )
        return free // needed

    def denoise(self, z: Tensor, signal: float, noise: float, context: Tensor) -> Tensor:
        """Return the denoised field of the noisy ``z``, both (batch, 1, y, x), at the rates of signal and noise.

        ``context`` is (1, channel, y, x), or that of each member of the batch.
        """
        image = torch.zeros_like(z)
        for tile, model in zip(self.tiles, self.models, strict=True):
            read, write, inner = tile.read.slices, tile.write.slices, tile.inner.slices
            part_context = context[..., *read].expand(len(z), -1, -1, -1)
            part = self.formulation.denoise(model, z[..., *read], signal, noise, part_context)
            image[..., *write] = part[..., *inner]
        return image.masked_fill_(self.context[:, -1:] == 0, 0)

    def remove_padding(self, targets: Tensor) -> np.ndarray:
        """Return the fields (batch, 1, y, x) without their padding, (batch, y, x)."""
        left, right, bottom, top = self.margins
        rows, columns = self.shape
        return targets[:, 0, bottom : rows - top, left : columns - right].cpu().numpy()


def _require_training_range(inputs: np.ndarray, names: tuple[str, ...], features: Features) -> None:
    """Raise InputError for inputs that are not numbers, or too far from the training's to be of the same kind and unit.

    ``inputs`` (channel, y, x) are normalised, the mask last; ``names`` are those of the first channels. An input that may
    be missing is judged where it is known.
    """
    ice = inputs[-1] > 0
    is_known = inputs[len(names) : -1] > 0
    for number, (name, values) in enumerate(zip(names, inputs)):
        judged = ice & is_known[number] if len(is_known) else ice
        if not np.isfinite(values).all():
            raise InputError("is not a number where there is ice", variable=name, value=features.date)
        distance = float(np.abs(values[judged].mean())) if judged.any() else 0.0
        if distance > FARTHEST_MEAN:
            raise InputError(
                "the features are not of the set that the network was trained on: their mean lies too far from the"
                " training's",
                variable=name,
                value=f"{distance:.1f} deviations, at most {FARTHEST_MEAN:g} are taken",
            )


def clip_negative(member: np.ndarray) -> tuple[np.ndarray, int]:
    """Set negative thickness to 0; return the member and the number of pixels that were negative."""
    negative = member < 0
    return np.where(negative, np.float32(0), member), int(negative.sum())
