"""The sampler that a weights file names: what was chosen for its network on validation days, and how to draw with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from superice.errors import InputError
from superice.inference.settings import NOISE_SCALED, STORED, SamplerSettings
from superice.network.weights import TrainedNetwork
from superice.utils.settings import build_settings, dump_settings, merge_sections

# A factor of the noise holds for these alone.
DECIDE_NOISE_SCALE = ("name", "steps", "shared_first_step", "input_errors")
# What to try with weights that name no sampler, by formulation.
USUAL_OPTIONS = {
    "noise_prediction": "--sampler ddim --steps 40",
    "preconditioned": "--sampler stochastic_multistep --steps 8 --noise-scale 1",
    "proper_scores": "--sampler one_pass --steps 1 --noise-scale 1",
    "regression": "--sampler one_pass --steps 1 --noise-scale 1 --members 1",
}


def describe_sampler(sampler: SamplerSettings) -> dict[str, Any]:
    """Return what a weights file stores of a sampler."""
    content = dump_settings(sampler)
    return {key: content[key] for key in STORED}


def fill_noise_scale(sampler: SamplerSettings, trained: TrainedNetwork) -> SamplerSettings:
    """Return the sampler with the factor of the noise that was chosen for it, where it awaits one.

    Raises InputError when the weights hold none, or one that was chosen for another sampler.
    """
    if not sampler.awaits_noise_scale:
        return sampler
    stored = trained.sampler
    if not isinstance(stored.get("noise_scale"), int | float):
        raise InputError(
            "holds no factor of the noise that was chosen on validation days: give sampler.noise_scale a number",
            file=trained.file,
        )
    # Files of older versions do not hold all keys.
    chosen_for, drawn = describe_sampler(SamplerSettings()) | stored, describe_sampler(sampler)
    for key in DECIDE_NOISE_SCALE:
        if chosen_for[key] != drawn[key]:
            raise InputError(
                f"its factor of the noise was chosen with sampler.{key} {chosen_for[key]}, not {drawn[key]}:"
                " give sampler.noise_scale a number",
                file=trained.file,
            )
    return sampler.model_copy(update={"noise_scale": stored["noise_scale"]})


def complete_sampler(stated: Mapping[str, Any], trained: TrainedNetwork) -> SamplerSettings:
    """Return the sampler that the weights name, with what is ``stated`` of the section ``sampler`` on top.

    Raises InputError when neither names a sampler and its steps, or a factor of the noise that holds for them.
    """
    missing = [key for key in ("name", "steps") if key not in stated and key not in trained.sampler]
    if missing:
        usual = USUAL_OPTIONS[trained.diffusion["formulation"]]
        raise InputError(f"does not say which sampler draws from it: name one, such as {usual}", file=trained.file)
    stored = dict(trained.sampler)
    if stored.get("memory_follows_drift") and "memory_follows_drift" not in stated:
        # Commands and programs draw a date by itself. A run that has the motion of the ice states the key.
        stored |= {"memory_follows_drift": False, "memory_days": 0.0}
    merged = merge_sections(stored, stated)
    if trained.diffusion["formulation"] == "regression":
        merged.setdefault("members", 1)  # all would be the same
    changed = any(merged.get(key) != trained.sampler.get(key) for key in DECIDE_NOISE_SCALE)
    if merged["name"] in NOISE_SCALED and changed and "noise_scale" not in stated:
        merged["noise_scale"] = "validation"
    return fill_noise_scale(build_settings(SamplerSettings, merged, "sampler"), trained)


def describe_difference(sampler: SamplerSettings, trained: TrainedNetwork) -> str:
    """Return in words what a sampler has otherwise than the one that the weights name; empty where there is nothing."""
    drawn, stored = describe_sampler(sampler), trained.sampler
    if drawn["name"] not in NOISE_SCALED:
        drawn.pop("noise_scale")
    parts = [
        f"{key} {drawn[key]} instead of {stored[key]}" for key in drawn if key in stored and drawn[key] != stored[key]
    ]
    return ", ".join(parts)
