"""Giving back what a roll-out smooths away: the report's generator draws members from the smooth forecast.

The generator is trained on the model alone, from the thickness averaged over a box to the thickness itself. At inference the
box is laid over the forecast: what the roll-out has kept is left, what it has lost is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np

from superice.features.day import Features
from superice.fields.box_filter import box_mean, count_pixels
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.network.normalisation import VARIABLES, Moments, Normalisation

INPUTS = ("sit",)


def thickness_features(
    day: date, thickness: np.ndarray, step_m: float, box_km: float, truth: np.ndarray | None = None
) -> Features:
    """Features of a thickness alone, m, (y, x), NaN on land: its box average; all the sea counts as ice."""
    sea = np.isfinite(thickness)
    still, full = (np.where(sea, value, np.nan).astype(np.float32) for value in (0, 1))
    low = box_mean(thickness, count_pixels(box_km, step_m)).astype(np.float32)
    return Features(day, full, low, still, still, truth)


def thickness_normalisation(days: Iterable[Features]) -> Normalisation:
    """Of the thickness and of its increment over some days; the other inputs are not read and stay as they are."""
    total, count = dict.fromkeys(("sit", "increment"), Moments()), 0
    for features in days:
        mask = features.mask
        total["sit"] = total["sit"].merge(Moments.of(features.sit[mask]))
        total["increment"] = total["increment"].merge(Moments.of((features.truth - features.sit)[mask]))
        count += 1
    known = lambda name: total.get(name, Moments(2, 0.0, 2.0))
    return Normalisation(
        mean={name: known(name).mean for name in VARIABLES},
        deviation={name: known(name).deviation for name in VARIABLES},
        floor=1e-4,
        sic_threshold=0.15,
        days=count,
        pixels=total["sit"].n,
    )


def spectra(fields: Iterable[np.ndarray], sea: np.ndarray, spacing_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Wavenumber (k,) in cycles per km and mean power (k,) of fields (y, x) on the largest square of sea."""
    square = find_ice_square(sea)
    found = [radial_spectrum(field[square], spacing_km) for field in fields]
    return found[0][0], np.mean([power for _, power in found], axis=0)
