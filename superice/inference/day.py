"""The ensemble of one day, from a weights file and a features file to the published file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from superice.dataset.layout import open_predictions
from superice.errors import InputError
from superice.features.files import read_features
from superice.fields.box_filter import count_pixels
from superice.fields.grid import Grid
from superice.inference.box_mean_constraint import constrain_box_mean
from superice.inference.ensemble import clip_negative, draw_members
from superice.inference.settings import SamplerSettings
from superice.network.weights import TrainedNetwork


def generate_day(
    features_path: Path,
    weights: Path,
    grid: Grid,
    sampler: SamplerSettings,
    seed: int,
    output: Path,
    day: date | None = None,
    details: Mapping[str, str | float] | None = None,
    missing_if_diverged: bool = False,
) -> None:
    """Draw the ensemble of a day and write it, member by member, as ``sit_hrai_YYYYMMDD.nc``.

    Args:
        features_path: the day's low-resolution features, of the model (``.nc``) or observed (``.npz``).
        weights: file of a trained network.
        grid: of the features.
        sampler: how to draw.
        seed: of the ensemble.
        output: the file to write.
        day: that the features must be of; None for theirs.
        details: further attributes of the file.
        missing_if_diverged: whether the members of a training that diverged are missing everywhere, where it is refused
            otherwise.

    Raises:
        InputError: for any input that cannot be used; no file is left then.
    """
    generator = TrainedNetwork.load(weights)
    if generator.diverged and not missing_if_diverged:
        raise InputError("its training diverged: there is nothing to draw", file=weights)
    features = read_features(features_path, grid, generator.normalisation.sic_threshold, day)
    made_by = {
        "experiment": generator.origin["experiment"],
        **(details or {}),
        "training_seed": generator.origin["seed"],
        "ensemble_seed": seed,
        "sampler": f"{sampler.name}, {sampler.steps} step{'s' * (sampler.steps > 1)}"
        + ", the first shared" * sampler.shared_first_step,
        "passes_per_member": sampler.passes,
    }
    drawn_pixels = 0 if generator.diverged else int(features.mask.sum()) * sampler.members
    if not drawn_pixels:
        reason = f"the training of {weights} diverged" if generator.diverged else f"{features_path} holds no ice"
        print(f"warning: {reason}: the members are missing", file=sys.stderr)
    began, negative, differences = time.monotonic(), 0, []
    with open_predictions(output, grid, features.date, sampler.members, made_by) as ensemble:
        for drawn in draw_members(generator, features, sampler, seed, progress=True) if drawn_pixels else ():
            member, count = clip_negative(drawn)
            negative += count
            if sampler.box_mean_tolerance_m is not None:
                width = count_pixels(sampler.box_mean_km, grid.step)
                member, left = constrain_box_mean(
                    member, features.sit, features.mask, width, sampler.box_mean_tolerance_m
                )
                differences.append(left)
            ensemble.append(member)
        seconds = (time.monotonic() - began) / sampler.members
        share = negative / max(1, drawn_pixels)
        ensemble.describe({"seconds_per_member": round(seconds, 3), "clipped_fraction": round(share, 6)})
        if differences:
            ensemble.describe({"box_mean_difference_m": round(max(differences), 4)})
