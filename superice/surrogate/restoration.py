"""Restoration of the fine scales that a roll-out smooths out: the report's network draws members from the forecast.

The network is trained on neXtSIM alone, from the thickness averaged over a box to the thickness itself. At inference the
same average is taken of the forecast. Scales that it keeps come from the roll-out, finer scales are drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError
from superice.features.day import Features
from superice.fields.box_filter import box_mean, count_pixels
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.network.normalisation import Moments, Normalisation

if TYPE_CHECKING:
    import xarray as xr

    from superice.network.weights import TrainedNetwork

INPUTS = ("sit",)  # of the network, beside the mask
FLOOR = 1e-4  # day-1: the deformation is 0 everywhere and not read
SIC_THRESHOLD = 0.15  # the concentration is 1 on all the sea


def require_sound(trained: TrainedNetwork) -> None:
    """Raise InputError for a network whose training diverged."""
    if trained.diverged:
        raise InputError("its training diverged: there is nothing to draw", file=trained.file)


def select_lead(forecasts: xr.Dataset, days: float) -> xr.Dataset:
    """Return the forecasts after some days. Raises InputError where these were not kept."""
    (places,) = np.nonzero(np.isclose(forecasts.lead, days))
    if not places.size:
        kept = ", ".join(f"{float(lead):g}" for lead in forecasts.lead)
        raise InputError(
            f"surrogate.restoration.lead_days: of {days:g} days no forecasts were kept", value=f"{kept} days"
        )
    return forecasts.isel(lead=places[0])


def make_features(
    day: date, thickness: np.ndarray, step_m: float, box_km: float, truth: np.ndarray | None = None
) -> Features:
    """Make features of a thickness alone, m, (y, x), NaN on land: its box average, with ice on all the sea."""
    sea = np.isfinite(thickness)
    full_cover = np.where(sea, 1, np.nan).astype(np.float32)
    no_deformation = np.where(sea, 0, np.nan).astype(np.float32)
    low_resolution = box_mean(thickness, count_pixels(box_km, step_m)).astype(np.float32)
    return Features(day, full_cover, low_resolution, no_deformation, no_deformation, truth)


def compute_normalisation(days: Iterable[Features]) -> Normalisation:
    """Compute the normalisation of the thickness and of its increment over some days.

    It holds no numbers for the other inputs, which the network must not read. Raises InputError when the days do not vary.
    """
    thickness, increment, count = Moments(), Moments(), 0
    for features in days:
        mask = features.mask
        thickness = thickness.merge(Moments.from_values(features.sit[mask]))
        increment = increment.merge(Moments.from_values((features.truth - features.sit)[mask]))
        count += 1
    moments = {"sit": thickness, "increment": increment}
    return Normalisation.from_moments(moments, FLOOR, SIC_THRESHOLD, days=count, pixels=thickness.n)


def compute_spectrum(fields: Iterable[np.ndarray], sea: np.ndarray, spacing_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean spectrum of fields (y, x) on the largest square of sea.

    Returns wavenumber (k,) in cycles per km and power (k,).
    """
    square = find_ice_square(sea)
    powers = []
    for field in fields:
        wavenumber, power = radial_spectrum(field[square], spacing_km)
        powers.append(power)
    return wavenumber, np.mean(powers, axis=0)
