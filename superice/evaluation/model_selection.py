"""Choose one of several trainings by its scores on validation days (report, section 6.1), and its factor of the noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from superice.errors import InputError
from superice.evaluation.noise_scale import choose_noise_scale
from superice.evaluation.settings import ScoreSettings
from superice.features.day import Features
from superice.inference.input_errors import simulate_observation
from superice.inference.settings import InputErrors, SamplerSettings
from superice.inference.stored_sampler import describe_sampler
from superice.network.weights import TrainedNetwork

NO_ERRORS = InputErrors()
MEANS = ("crps", "rmse", "variability")  # over the days
RATIOS = ("spread_skill", "fine_variance_ratio")  # of means over the days
NEEDED = (*MEANS, "mean_square_error", "mean_variance", "fine_variance")
Judgement = Mapping[str, Any]


def select_training(
    weights: Sequence[Path],
    days: Sequence[Features],
    sampler: SamplerSettings,
    scoring: ScoreSettings,
    spacing_km: float,
    must_be_sound: bool = True,
    product_errors: InputErrors = NO_ERRORS,
    product_smoothing: Mapping[str, float] | None = None,
) -> tuple[TrainedNetwork, pd.DataFrame]:
    """Choose among trainings and, where the sampler awaits it, choose the factor of the noise for the one chosen.

    Trainings are compared with a factor of 1 then. One that stands alone is not scored to be chosen. Where the sampler has
    errors of the inputs, the days are given those of a product: the members are then judged on inputs as observations are.

    Parameters
    ----------
    weights
        Files of the trainings.
    days
        Inputs and truth of the validation days.
    sampler
        How to draw the ensembles, ``sampler.members`` for each day.
    scoring
        How to score the days.
    spacing_km
        Grid spacing.
    must_be_sound
        As of `choose_training`.
    product_errors
        The errors of a product's inputs; those of the sampler where it has no parts.
    product_smoothing
        How far a product smooths, by the name of the input, as `simulate_observation` takes it.

    Returns
    -------
    TrainedNetwork
        The chosen one, with the sampler to draw with and what that was fitted on.
    DataFrame
        A row for each training and each factor of the noise that was tried; ``chosen`` marks what is drawn with.
    """
    trainings = {path: TrainedNetwork.load(path) for path in weights}
    has_errors = bool(sampler.input_errors.parts)
    if has_errors:
        errors = product_errors if product_errors.parts else sampler.input_errors
        days = [simulate_observation(features, errors, spacing_km, product_smoothing) for features in days]
    as_trained = sampler.model_copy(update={"noise_scale": 1.0}) if sampler.awaits_noise_scale else sampler

    def judge(path: Path, scale: float | str, scored_days: Sequence[Features] = days) -> Judgement:
        drawn = as_trained.model_copy(update={"noise_scale": scale})
        judged = judge_training(trainings[path], scored_days, drawn, scoring, spacing_km)
        return {"training": path.parent.name, "noise_scale": scale, **judged}

    scale: float | str = as_trained.noise_scale
    compared = days if len(weights) > 1 else []
    candidates = {path: judge(path, scale, compared) for path in weights}
    best = choose_training(candidates, must_be_sound)
    rows = list(candidates.values())
    chosen = candidates[best]
    if sampler.awaits_noise_scale and not trainings[best].diverged:
        known = {scale: candidates[best]} if compared else {}
        scale, tried = choose_noise_scale(lambda tried_scale: known.get(tried_scale) or judge(best, tried_scale))
        chosen = tried.get(scale) or judge(best, scale)
        rows = [row for row in rows if row is not candidates[best]] + [*tried.values()]
        rows += [] if scale in tried else [chosen]
    trainings[best].sampler = describe_sampler(as_trained.model_copy(update={"noise_scale": scale}))
    if sampler.awaits_noise_scale and not trainings[best].diverged:
        trainings[best].fitted_on = {
            "days": [features.date.isoformat() for features in days],
            "inputs": "model, with errors as of products" if has_errors else "model",
            "members": sampler.members,
            **{name: float(chosen[name]) for name in ("crps", *RATIOS)},
        }
    table = pd.DataFrame(rows)
    table["chosen"] = [row is chosen for row in rows]
    return trainings[best], table


def judge_training(
    trained: TrainedNetwork,
    days: Sequence[Features],
    sampler: SamplerSettings,
    scoring: ScoreSettings,
    spacing_km: float,
) -> Judgement:
    """Score small ensembles of a training; return whether it diverged, and its scores over the days.

    The scores are NaN if the training diverged or if there are no days. They are means over the days; the spread over the
    error and the ratio of variances at fine scales are ratios of means, as in the tables of scores.

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
        return {"diverged": trained.diverged, **dict.fromkeys((*MEANS, *RATIOS), np.nan)}
    # Most experiments have one training and a fixed factor of the noise, and are not scored.
    from superice.evaluation.pointwise import POINTWISE, spread_skill
    from superice.evaluation.scored_date import ScoredDate
    from superice.evaluation.spectral import SPECTRAL
    from superice.inference.ensemble import clip_negative, draw_members

    rows = []
    for features in days:
        drawn = draw_members(trained, features, sampler.without_drift(), seed=0)
        members = np.stack([clip_negative(member)[0] for member in drawn])
        scored = ScoredDate(members, features.get_truth(), features.sit, features.date, spacing_km, scoring)
        computed = {**POINTWISE.compute(scored), **SPECTRAL.compute(scored)}
        all_ice = {name: np.asarray(values)[0] for name, values in computed.items() if name in NEEDED}
        row = {name: float(all_ice[name][0]) for name in (*MEANS, "mean_square_error")}  # of the ensemble
        row["mean_variance"] = float(all_ice["mean_variance"])
        row["truth_variance"], row["member_variance"], _ = all_ice["fine_variance"]
        rows.append(row)
    means = pd.DataFrame(rows).mean()
    return {
        "diverged": False,
        **means[list(MEANS)].to_dict(),
        "spread_skill": spread_skill(means.mean_variance, means.mean_square_error, sampler.members),
        "fine_variance_ratio": means.member_variance / means.truth_variance,
    }


def choose_training(candidates: Mapping[Path, Judgement], must_be_sound: bool = True) -> Path:
    """Return the training with the lowest CRPS among those that did not diverge.

    A training without a score is chosen last.

    Parameters
    ----------
    candidates
        The scores of each training, as `judge_training` returns them, by its file of weights.
    must_be_sound
        Whether to refuse the choice when every training diverged; otherwise the first one is returned then.

    Raises
    ------
    InputError
        When every training diverged.
    """
    sound = {path: scores["crps"] for path, scores in candidates.items() if not scores["diverged"]}
    if not sound:
        if must_be_sound:
            raise InputError("every training of the experiment diverged", file=", ".join(map(str, candidates)))
        return next(iter(candidates))
    return min(sound, key=lambda path: np.nan_to_num(sound[path], nan=np.inf))
