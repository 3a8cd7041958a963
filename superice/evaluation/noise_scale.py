"""Choose the factor of a sampler's noise on validation days: members as far apart as they err, and as rough as the truth.

The factor that does this depends on the network and on the number of steps. A denoiser that was trained briefly removes
too much and needs more noise than it was trained with. For an exact denoiser of a Gaussian the eight steps of the
stochastic sampler need less: their own error widens the members by 12 %.

More noise makes members rougher sooner than it spreads them. A factor chosen by the spread alone gave members with up to
twice the truth's power below 20 km, and a higher CRPS, so both count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from superice.errors import InputError

STEP = 0.1  # from one factor that is tried to the next
SMALLEST, LARGEST = 0.5, 2.0
DIGITS = 2  # of the factor that is chosen
CRPS_TOLERANCE = 0.005  # relative; a spread that costs more than this is not wanted


def choose_noise_scale(judge: Callable[[float], Mapping[str, Any]]) -> tuple[float, dict[float, Mapping[str, Any]]]:
    """Return the factor with the best spread and roughness without a loss of CRPS, and the scores of those tried.

    Starting from 1, factors are tried in steps of 0.1 towards a spread over error of 1, until it is crossed or the CRPS
    is more than 0.5 % above the lowest. Between them all scores are taken as linear, which they nearly are as long as
    all factors scale the same noise. Of the factors with a CRPS of at most 0.5 % above the lowest, the one is chosen
    with which spread over error and the ratio of variances at fine scales are together nearest to 1: the sum of their
    logarithms' sizes is lowest.

    Parameters
    ----------
    judge
        Returns the scores ``crps``, ``spread_skill`` and ``fine_variance_ratio`` of ensembles that are drawn with a factor,
        on the same days and from the same noise for every factor. Where the last is not a number, the spread decides.

    Raises
    ------
    InputError
        When members drawn with a factor of 1 do not differ, or nothing was scored.
    """
    tried = {1.0: judge(1.0)}
    first = tried[1.0]["spread_skill"]
    if not first > 0:
        raise InputError("sampler.noise_scale: no validation day has members that differ, so a number is needed")
    direction = 1 if first < 1 else -1
    scale = 1.0
    while _wants_more(tried, direction):
        scale = round(scale + direction * STEP, DIGITS)
        if not SMALLEST <= scale <= LARGEST:
            break
        tried[scale] = judge(scale)
    return _interpolate_best(tried), tried


def _wants_more(tried: Mapping[float, Mapping[str, float]], direction: int) -> bool:
    """Return whether the last factor tried has neither crossed the ratio of 1 nor cost too much CRPS."""
    last = list(tried.values())[-1]
    crossed = (last["spread_skill"] - 1) * direction >= 0
    return not crossed and last["crps"] <= _limit_crps(tried)


def _limit_crps(tried: Mapping[float, Mapping[str, float]]) -> float:
    return (1 + CRPS_TOLERANCE) * min(scores["crps"] for scores in tried.values())


def _interpolate_best(tried: Mapping[float, Mapping[str, float]]) -> float:
    """Return the factor with the best spread and roughness, to two digits, among those whose CRPS is near the lowest."""
    known = sorted(tried)
    scales = np.round(np.arange(known[0], known[-1] + 0.5 * 10**-DIGITS, 10**-DIGITS), DIGITS)
    interpolate = lambda name: np.interp(scales, known, [tried[scale][name] for scale in known])
    ratios = [interpolate(name) for name in ("spread_skill", "fine_variance_ratio")]
    misfit = np.nan_to_num(np.abs(np.log(ratios))).sum(axis=0)
    allowed = interpolate("crps") <= _limit_crps(tried)
    return float(scales[allowed][misfit[allowed].argmin()])
