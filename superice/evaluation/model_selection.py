"""Choice of one of several trainings by its score on validation days (report, section 6.1)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from superice.errors import InputError
from superice.evaluation.date_scores import ICE, score_date
from superice.evaluation.settings import ScoreSettings
from superice.features.day import Features
from superice.inference.ensemble import clip_negative, draw_members
from superice.inference.settings import SamplerSettings
from superice.network.weights import TrainedNetwork

SCORES = ("crps", "rmse", "variability", "fine_scale")


def judge_training(
    generator: TrainedNetwork, days: list[Features], sampler: SamplerSettings, scoring: ScoreSettings, spacing_km: float
) -> dict[str, float | bool]:
    """Whether a training diverged, and the mean scores of small ensembles of ``sampler.members`` on the days.

    The scores of a training that diverged, or without days, are NaN.
    """
    results = []
    for features in [] if generator.diverged else days:
        members = np.stack([clip_negative(m)[0] for m in draw_members(generator, features, sampler, seed=0)])
        scores = score_date(members, features.truth, features.sit, features.date, spacing_km, scoring)
        results.append([float(scores[name].sel(region=ICE, field="generated")) for name in SCORES])
    means = np.nanmean(results, axis=0).tolist() if results else [np.nan] * len(SCORES)
    return {"diverged": generator.diverged, **dict(zip(SCORES, means, strict=True))}


def choose_training(candidates: dict[Path, dict[str, float | bool]]) -> tuple[Path, pd.DataFrame]:
    """The training with the lowest CRPS among those that did not diverge, and the table of all.

    Raises InputError when every training diverged.
    """
    table = pd.DataFrame.from_dict(candidates, orient="index")
    sound = table[~table["diverged"].astype(bool)]
    if sound.empty:
        raise InputError("every training of the experiment diverged", file=", ".join(map(str, candidates)))
    best = sound["crps"].astype(float).fillna(np.inf).idxmin()
    table["chosen"] = table.index == best
    return best, table
