"""Keys, values and options that have new names or are gone: an old one ends with a sentence that says so."""

from typing import Any

RENAMED_KEYS = {
    "twin": "synthetic",
    "intervals": "bootstrap",
    "surrogate.twin": "synthetic",
    "sampler.shared_start": "shared_first_step",
    "sampler.inflation": "noise_scale",
    "training.input_errors": "input_noise",
    "training.turn": "rotate_and_flip",
    "training.masked": "masked_fraction",
    "training.least_ice": "min_ice_fraction",
    "training.averaging": "ema_decay",
    "surrogate.training.averaging": "ema_decay",
    "diffusion.boxes": "box_sizes",
    "diffusion.spectrum": "spectrum_weight",
    "diffusion.log_noise_deviation": "log_noise_std",
}
"""Section and old key: the new key of the section."""

REMOVED_KEYS: dict[str, Any] = {
    "network.output": "increment",
    "diffusion.noise_on_ice_alone": False,
    "diffusion.noise_on_ice_only": False,
    "sampler.consistent_within": None,
    "sampler.consistent_box": 90,
    "sampler.box_mean_tolerance_m": None,
    "sampler.box_mean_km": 90,
}
"""Section and key that is gone: the value that it had where it changed nothing."""

RENAMED_KINDS = {"twin": "synthetic"}
"""Kinds of a source."""

RENAMED_EXPERIMENTS = {
    "preconditioned_with_errors": "preconditioned_noisy_inputs",
    "proper_scores_with_errors": "proper_scores_noisy_inputs",
    "virtual_satellites": "satellite_features",
}

RENAMED_OPTIONS = {"--inflation": "--noise-scale", "--shared-start": "--shared-first-step"}
"""Options of ``superice generate``."""
