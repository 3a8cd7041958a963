"""Scores of thin ice: the thin end of the thickness distribution, and how well thin ice is placed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superice.evaluation.score_group import ScoreGroup, Variable, reduce_to_sources
from superice.evaluation.scored_date import FIELDS, ScoredDate
from superice.fields.box_filter import box_mean


def compute_thin_ice(scored: ScoredDate) -> dict[str, np.ndarray]:
    """Return quantiles of the thickness (source, region, probability) and shares of thin ice (source, region)."""
    settings, regions = scored.settings, scored.regions.values()
    quantiles, thin = [], []
    for field in scored.all_fields:
        quantiles.append([thickness_quantiles(field[region], settings.quantiles) for region in regions])
        thin.append(scored.measure_shares(field < settings.lead_thickness_m))
    return {"thickness_quantile": reduce_to_sources(quantiles), "thin_fraction": reduce_to_sources(thin)}


def thickness_quantiles(thickness: np.ndarray, probabilities: Sequence[float]) -> np.ndarray:
    """Return the quantiles (probability,) of the thickness (p,) in m; NaN where there is no pixel."""
    return np.quantile(thickness, probabilities) if thickness.size else np.full(len(probabilities), np.nan)


def compute_fractions(scored: ScoredDate) -> dict[str, np.ndarray]:
    """Return the fractions skill of thin ice and its two sums by name, each (region, thin_ice, width, field).

    The members are scored by their probability of thin ice.
    """
    thresholds, regions = scored.settings.thin_ice_m, list(scored.regions.values())
    widths = [scored.count_pixels(width_km) for width_km in scored.settings.fractions_widths_km]
    difference = np.zeros((len(regions), len(thresholds), len(widths), len(FIELDS)))
    worst = np.zeros_like(difference)
    for i, threshold in enumerate(thresholds):
        event = scored.truth < threshold
        thin_members = sum((member < threshold).astype(np.float32) for member in scored.members)
        probability = thin_members / len(scored.members)
        forecasts = probability, scored.low_resolution < threshold
        for j, width in enumerate(widths):
            for k, forecast in enumerate(forecasts):
                sums = sum_fractions(forecast, event, scored.mask, width, regions)
                difference[:, i, j, k], worst[:, i, j, k] = sums.T
    with np.errstate(invalid="ignore"):
        skill = 1 - difference / worst
    return {"fractions_skill": skill, "fractions_difference": difference, "fractions_worst": worst}


def sum_fractions(
    probability: np.ndarray, event: np.ndarray, mask: np.ndarray, width: int, regions: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the two sums of the fractions skill score, 1 - difference / worst (Roberts and Lean 2008).

    Parameters
    ----------
    probability
        Probability of the event, (y, x); 0 or 1 for a single field.
    event
        Where the event happened, bool (y, x).
    mask
        The ice, bool (y, x): fractions are means over the ice.
    width
        Width of the boxes in which fractions are taken, in pixels.
    regions
        Masks (y, x) of the pixels that are summed over.

    Returns
    -------
    array
        The sum of the square differences of the fractions, and its largest possible value, the sum of their squares,
        (region, 2).
    """
    forecast = box_mean(np.asarray(probability, np.float64), width, mask)
    observed = box_mean(np.asarray(event, np.float64), width, mask)
    sums = []
    for region in regions:
        f, o = forecast[region], observed[region]
        difference = np.sum((f - o) ** 2)
        worst = np.sum(f**2) + np.sum(o**2)
        sums.append((difference, worst))
    return np.array(sums)


BY_BOX = ("region", "thin_ice", "width", "field")
THIN_ICE = ScoreGroup(
    (
        Variable(
            "thickness_quantile",
            ("source", "region", "probability"),
            "quantile of the thickness over ice; generated: mean over the members",
            "m",
        ),
        Variable(
            "thin_fraction",
            ("source", "region"),
            "share of the ice below the thickness of a lead; generated: mean over the members",
        ),
    ),
    compute_thin_ice,
)
FRACTIONS = ScoreGroup(
    (
        Variable(
            "fractions_skill", BY_BOX, "fractions skill score of thin ice; generated: of the members' probability"
        ),
        Variable("fractions_difference", BY_BOX, "sum of the square differences of the fractions"),
        Variable("fractions_worst", BY_BOX, "sum of the squares of the fractions"),
    ),
    compute_fractions,
)
