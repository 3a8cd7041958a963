"""Generate the ensemble of one day: read its features, draw the members, write the published file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from superice.dataset.layout import open_predictions
from superice.dataset.summaries import MemberStatistics, Summary, write_summary
from superice.errors import InputError
from superice.features.files import read_features, read_input_notes, read_mask_reason
from superice.fields.grid import Grid
from superice.inference.compatibility import (
    describe_unknown_inputs,
    require_features,
    require_sampler,
    require_step,
)
from superice.inference.ensemble import clip_negative, draw_members
from superice.inference.input_errors import describe_input_errors
from superice.inference.settings import NOISE_SCALED, SamplerSettings
from superice.inference.stored_sampler import fill_noise_scale
from superice.network.weights import TrainedNetwork
from superice.utils.provenance import digest_file

if TYPE_CHECKING:
    from superice.fields.motion import Motion


def generate_day(
    features_path: Path,
    weights: Path | TrainedNetwork,
    grid: Grid,
    sampler: SamplerSettings,
    seed: int,
    output: Path | None,
    day: date | None = None,
    details: Mapping[str, str | float] | None = None,
    missing_if_diverged: bool = False,
    summary: Summary | None = None,
    motion: Motion | None = None,
) -> None:
    """Draw the ensemble of a day and write it, member by member, to ``output``, and its statistics to a summary.

    Parameters
    ----------
    features_path
        The day's low-resolution features, of the model (``.nc``) or observed (``.npz``).
    weights
        File of a trained network, or what was read from it.
    grid
        Of the features.
    sampler
        How to draw; a factor of the noise that it awaits is read from the weights.
    seed
        Of the ensemble.
    output
        The file of the members, ``sit_hrai_YYYYMMDD.nc``; None for none.
    day
        The date that the features must have; None for any.
    details
        Further attributes of the file.
    missing_if_diverged
        Whether to write missing members if the training diverged, instead of raising an error.
    summary
        The file of the statistics; None for none.
    motion
        Of the ice before the day, which a memory that follows the drift needs.

    Raises
    ------
    InputError
        For any input that cannot be used, or that does not fit the network; no file is left then.
    """
    trained = weights if isinstance(weights, TrainedNetwork) else TrainedNetwork.load(weights)
    if trained.diverged and not missing_if_diverged:
        raise InputError("its training diverged: there is nothing to draw", file=trained.file)
    require_sampler(trained, sampler.name, sampler.steps)
    require_step(trained, grid)
    require_features(trained, features_path)
    if not trained.diverged:
        sampler = fill_noise_scale(sampler, trained)
    partly_missing = trained.network.settings.partly_missing
    features = read_features(features_path, grid, trained.normalisation.sic_threshold, day, partly_missing)
    drawn_pixels = int(features.mask.sum()) * sampler.members
    if trained.diverged:
        drawn_pixels = 0
        _warn_of_missing_members(f"the training of {trained.file} diverged")
    elif not drawn_pixels:
        _warn_of_missing_members(f"{features_path} holds no ice")

    origin = {"features": features_path.name, "features_digest": digest_file(features_path)}
    origin |= read_input_notes(features_path)
    attributes = describe_ensemble(trained, sampler, seed, origin, details or {})
    attributes |= describe_input_errors(features, sampler.input_errors)
    known = [name for name, values in features.neighbours.items() if np.isfinite(values).any()]
    attributes |= describe_unknown_inputs(trained, known)
    mask_reason = read_mask_reason(features_path, features) if summary else None
    statistics = MemberStatistics(features.mask, sampler.members) if summary else None
    start, clipped_pixels = time.monotonic(), 0
    file = open_predictions(output, grid, features.date, sampler.members, attributes) if output else nullcontext()
    with file as ensemble:
        members = draw_members(trained, features, sampler, seed, True, motion) if drawn_pixels else ()
        for drawn in members:
            member, clipped = clip_negative(drawn)
            clipped_pixels += clipped
            if ensemble:
                ensemble.append(member)
            if statistics:
                statistics.add(member)
        measured: dict[str, float] = {
            "seconds_per_member": round((time.monotonic() - start) / sampler.members, 3),
            "clipped_fraction": round(clipped_pixels / max(1, drawn_pixels), 6),
        }
        if ensemble:
            ensemble.describe(measured)
        if summary and statistics:
            write_summary(summary, grid, features, mask_reason, statistics, attributes | measured)


def _warn_of_missing_members(reason: str) -> None:
    print(f"warning: {reason}: the members are missing", file=sys.stderr)


def describe_ensemble(
    trained: TrainedNetwork,
    sampler: SamplerSettings,
    seed: int,
    origin: Mapping[str, str],
    details: Mapping[str, str | float],
) -> dict[str, str | float]:
    """Return the attributes that say how an ensemble was drawn; ``origin`` are those that say from which features.

    Raises InputError for a network that was not read from a file.
    """
    if trained.file is None:
        raise InputError("the network is not of a file: save it, and load it from there")
    steps = f"{sampler.steps} step" if sampler.steps == 1 else f"{sampler.steps} steps"
    shared = ", the first shared" if sampler.shared_first_step else ""
    has_factor = sampler.name in NOISE_SCALED and not sampler.awaits_noise_scale
    memory = f"{sampler.memory_days:g} days, {'with the drift' if sampler.memory_follows_drift else 'in place'}"
    return {
        "experiment": trained.origin["experiment"],
        **details,
        "training_seed": trained.origin["seed"],
        "weights": trained.file.name,
        "weights_digest": digest_file(trained.file),
        **origin,
        "ensemble_seed": seed,
        "members": sampler.members,
        "sampler": f"{sampler.name}, {steps}{shared}",
        "passes_per_member": sampler.passes,
        **({"noise_scale": sampler.noise_scale} if has_factor else {}),
        **({"memory": memory} if sampler.memory_days else {}),
    }
