"""Scores of parts of the pixels: by class of thickness, along the coast, in the marginal zone, and beyond the union mask.

Classes are those of the low-resolution thickness, which is known before a member is drawn. Classes of the truth would choose
among the errors: where the truth is thick, every calibrated ensemble is too thin.

A network that takes inputs which are partly missing draws on more pixels than others. Where some input is missing is scored
apart, so that the other scores remain comparable.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from superice.evaluation.area_scores import AreaMeans, AreaScores, Part, score_areas
from superice.evaluation.scored_date import ICE, ScoredDate
from superice.features.day import Features

THICKNESS = "thickness"
ALL_INPUTS, SOME_INPUTS = "all inputs", "some inputs"
COAST, MARGINAL = "coast", "marginal"


def select_all_inputs(features: Features) -> np.ndarray:
    """Return the low-resolution thickness (y, x) where no input is missing, NaN elsewhere."""
    return np.where(features.all_known, features.sit, np.nan)


def select_beyond_mask(scored: ScoredDate, features: Features) -> ScoredDate | None:
    """Return the date on the pixels with a thickness but without some other input; None if no member was drawn there."""
    low = np.where(features.all_known, np.nan, features.sit)
    beyond = replace(scored, low_resolution=low, concentration=features.sic)
    return beyond if beyond.mask.any() else None


def score_pixels(scored: ScoredDate, random: np.random.Generator) -> AreaScores:
    """Return the scores of the pixels of the mask."""
    mask = scored.mask
    means = AreaMeans(scored.members_on_ice, scored.truth[mask], scored.low_resolution[mask], scored.cell_km2[mask])
    return score_areas(means, scored.statistics, random)


def list_thicknesses(scored: ScoredDate, pixels: AreaScores) -> list[Part]:
    """Return the sums over the pixels of each class of the low-resolution thickness."""
    thickness = scored.low_resolution[scored.mask]
    parts = []
    for lower, upper in pairwise((-np.inf, *sorted(scored.settings.thickness_classes_m), np.inf)):
        name = f"below {upper:g} m" if np.isinf(lower) else f"{lower:g} to {upper:g} m"
        name = f"from {lower:g} m" if np.isinf(upper) else name
        parts.append(Part(THICKNESS, name, pixels.add_up((thickness >= lower) & (thickness < upper))))
    return parts


def list_strata(scored: ScoredDate, pixels: AreaScores, inputs: str, near_land: np.ndarray | None) -> list[Part]:
    """Return the sums over all pixels of the mask, those of the marginal zone and, where land is known, along the coast.

    ``inputs`` says of which the pixels are, ``ALL_INPUTS`` or ``SOME_INPUTS``; ``near_land`` is bool (y, x).
    """
    parts = [Part(inputs, ICE, pixels.add_up())]
    if near_land is not None:
        parts.append(Part(inputs, COAST, pixels.add_up(near_land[scored.mask])))
    if MARGINAL in scored.regions:
        parts.append(Part(inputs, MARGINAL, pixels.add_up(scored.regions[MARGINAL][scored.mask])))
    return parts


def find_coast(land: np.ndarray, spacing_km: float, width_km: float) -> np.ndarray:
    """Return the cells whose centre is at most ``width_km`` from that of a cell on land (y, x), bool."""
    from scipy.ndimage import distance_transform_edt

    if not land.any():
        return np.zeros(land.shape, bool)
    return distance_transform_edt(~land) * spacing_km <= width_km
