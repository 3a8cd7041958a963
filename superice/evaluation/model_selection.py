"""Choose one of several trainings by its scores on validation days (report, section 6.1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from superice.errors import InputError
from superice.evaluation.scored_date import ICE
from superice.evaluation.settings import ScoreSettings
from superice.features.day import Features
from superice.inference.settings import SamplerSettings
from superice.network.weights import TrainedNetwork

SCORES = ("crps", "rmse", "variability", "fine_scale")


def judge_training(
    trained: TrainedNetwork, days: list[Features], sampler: SamplerSettings, scoring: ScoreSettings, spacing_km: float
) -> dict[str, float | bool]:
    """Score small ensembles of a training; return whether it diverged, and the mean of each score over the days.

    The scores are NaN if the training diverged or if there are no days.

    Parameters
    ----------
    trained
        The trained network.
    days
        Inputs and truth of the days.
    sampler
        How to draw the ensembles, ``sampler.members`` for each day.
    scoring
        How to score the days.
    spacing_km
        Grid spacing.
    """
    if trained.diverged or not days:
        return {"diverged": trained.diverged, **dict.fromkeys(SCORES, np.nan)}
    # Most experiments have one training, which is not scored.
    from superice.evaluation.date_scores import compute_scores
    from superice.inference.ensemble import clip_negative, draw_members

    scores_of_days = []
    for features in days:
        members = np.stack([clip_negative(member)[0] for member in draw_members(trained, features, sampler, seed=0)])
        scores = compute_scores(members, features.truth, features.sit, features.date, spacing_km, scoring)
        scores_of_days.append([float(scores.select(name, region=ICE, field="generated")) for name in SCORES])
    means = np.nanmean(scores_of_days, axis=0).tolist()
    return {"diverged": trained.diverged, **dict(zip(SCORES, means, strict=True))}


def choose_training(candidates: dict[Path, dict[str, float | bool]]) -> tuple[Path, pd.DataFrame]:
    """Return the training with the lowest CRPS among those that did not diverge, and the table of all trainings.

    A training without a score is chosen last.

    Parameters
    ----------
    candidates
        The scores of each training, as `judge_training` returns them, by its file of weights.

    Raises
    ------
    InputError
        When every training diverged.
    """
    table = pd.DataFrame.from_dict(candidates, orient="index")
    sound = table[~table["diverged"].astype(bool)]
    if sound.empty:
        raise InputError("every training of the experiment diverged", file=", ".join(map(str, candidates)))
    best = sound["crps"].astype(float).fillna(np.inf).idxmin()
    table["chosen"] = table.index == best
    return best, table
