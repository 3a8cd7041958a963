"""Keys, values and options that have new names: an old one ends with a sentence that says the new one."""

RENAMED_KEYS = {
    "twin": "synthetic",
    "intervals": "bootstrap",
    "surrogate.twin": "synthetic",
    "sampler.shared_start": "shared_first_step",
    "sampler.inflation": "noise_scale",
    "sampler.consistent_within": "box_mean_tolerance_m",
    "sampler.consistent_box": "box_mean_km",
    "training.input_errors": "input_noise",
    "training.turn": "rotate_and_flip",
    "training.masked": "masked_fraction",
    "training.least_ice": "min_ice_fraction",
    "training.averaging": "ema_decay",
    "surrogate.training.averaging": "ema_decay",
    "diffusion.noise_on_ice_alone": "noise_on_ice_only",
    "diffusion.boxes": "box_sizes",
    "diffusion.spectrum": "spectrum_weight",
    "diffusion.log_noise_deviation": "log_noise_std",
}
"""Section and old key: the new key of the section."""

RENAMED_KINDS = {"twin": "synthetic"}
"""Kinds of a source."""

RENAMED_EXPERIMENTS = {
    "consistent": "box_mean_constrained",
    "preconditioned_with_errors": "preconditioned_noisy_inputs",
    "proper_scores_with_errors": "proper_scores_noisy_inputs",
    "virtual_satellites": "satellite_features",
}

RENAMED_OPTIONS = {"--inflation": "--noise-scale", "--shared-start": "--shared-first-step"}
"""Options of ``superice generate``."""
