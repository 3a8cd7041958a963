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
RATIOS = ("spread_skill", "fine_variance_ratio")
CRPS_TOLERANCE = 0.005  # relative; a spread that costs more than this is not wanted


def choose_noise_scale(judge: Callable[[float], Mapping[str, Any]]) -> tuple[float, dict[float, Mapping[str, Any]]]:
    """Return the factor with the best spread and roughness without a loss of CRPS, and the scores of those tried.

    The misfit of a factor is the sum of the sizes of two logarithms: of spread over error, and of the ratio of variances at
    fine scales. Starting from 1, factors are tried in steps of 0.1 while the misfit falls, first to the side to which the
    spread points, and to the other side where that leads nowhere. Both ratios grow with the factor, as powers of it, so that
    the misfit has one minimum. Between the factors tried all scores are taken as linear. Of those with a CRPS of at most
    0.5 % above the lowest, the factor with the smallest misfit is chosen.

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
    towards = 1 if first < 1 else -1
    for direction in (towards, -towards):
        scale, falls = 1.0, True
        while falls and _may_fall(tried[scale], direction):
            following = round(scale + direction * STEP, DIGITS)
            if not SMALLEST <= following <= LARGEST:
                break
            tried[following] = judge(following)
            falls = _measure_misfit(tried[following]) < _measure_misfit(tried[scale])
            falls &= tried[following]["crps"] <= _limit_crps(tried)
            scale = following
        if len(tried) > 2:  # the first step was an improvement
            break
    return _interpolate_best(tried), tried


def _measure_misfit(scores: Mapping[str, Any]) -> Any:
    """Return how far the spread over error and the ratio of variances are from 1; one that is not known does not count."""
    return sum(np.nan_to_num(np.abs(np.log(scores[name]))) for name in RATIOS)


def _may_fall(scores: Mapping[str, Any], direction: int) -> bool:
    """Return whether a ratio has still to come to 1 with a larger factor, or with a smaller one (``direction`` -1)."""
    return any(direction * np.log(scores[name]) < 0 for name in RATIOS)


def _limit_crps(tried: Mapping[float, Mapping[str, float]]) -> float:
    return (1 + CRPS_TOLERANCE) * min(scores["crps"] for scores in tried.values())


def _interpolate_best(tried: Mapping[float, Mapping[str, float]]) -> float:
    """Return the factor with the smallest misfit, to two digits, among those whose CRPS is near the lowest."""
    known = sorted(tried)
    scales = np.round(np.arange(known[0], known[-1] + 0.5 * 10**-DIGITS, 10**-DIGITS), DIGITS)
    names = ("crps", *RATIOS)
    between = {name: np.interp(scales, known, [tried[scale][name] for scale in known]) for name in names}
    allowed = between["crps"] <= _limit_crps(tried)
    return float(scales[allowed][_measure_misfit(between)[allowed].argmin()])
