"""The sampler that a weights file names: what was chosen for its network on validation days, and how to draw with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from superice.errors import InputError
from superice.inference.settings import SamplerSettings
from superice.network.weights import TrainedNetwork

# What decides the members; the other keys of the section decide their number, and how they are computed.
STORED = ("name", "steps", "noise_scale", "shared_first_step", "box_mean_tolerance_m", "box_mean_km")
# A factor of the noise holds for these alone.
DECIDE_NOISE_SCALE = ("name", "steps", "shared_first_step")


def describe_sampler(sampler: SamplerSettings) -> dict[str, Any]:
    """Return what a weights file stores of a sampler."""
    return {key: getattr(sampler, key) for key in STORED}


def fill_noise_scale(sampler: SamplerSettings, trained: TrainedNetwork, weights: Path) -> SamplerSettings:
    """Return the sampler with the factor of the noise that was chosen for it, where it awaits one.

    Raises InputError when the file of weights holds none, or one that was chosen for another sampler.
    """
    if not sampler.awaits_noise_scale:
        return sampler
    stored = trained.sampler
    if not isinstance(stored.get("noise_scale"), int | float):
        raise InputError(
            "holds no factor of the noise that was chosen on validation days: give sampler.noise_scale a number",
            file=weights,
        )
    for key in DECIDE_NOISE_SCALE:
        if stored[key] != getattr(sampler, key):
            raise InputError(
                f"its factor of the noise was chosen with sampler.{key} {stored[key]}, not {getattr(sampler, key)}:"
                " give sampler.noise_scale a number",
                file=weights,
            )
    return sampler.model_copy(update={"noise_scale": stored["noise_scale"]})
