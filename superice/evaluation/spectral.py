"""Scores by wavelength: power, error and coherence with the truth, on the largest square of ice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from superice.evaluation.score_group import ScoreGroup, Variable, reduce_to_fields, reduce_to_sources
from superice.evaluation.scored_date import ICE, ScoredDate
from superice.fields.spectra import band_ratio, band_variance, radial_coherence, radial_spectrum


def compute_spectral(scored: ScoredDate) -> dict[str, np.ndarray | list]:
    """Return the spectral ratios and variances of every region and the spectra of all ice, by name.

    Without a square of ice that is large enough, the ratios are NaN and the spectra have no wavenumber.
    """
    bands_km = {"fine": scored.settings.fine_band_km, "medium": scored.settings.medium_band_km}
    by_region: dict[str, list] = {f"{band}_{score}": [] for band in bands_km for score in ("scale", "variance")}
    spectra = {}
    for name, square in scored.squares.items():
        wavenumber, power = compute_power([field[square] for field in scored.all_fields], scored)
        side = square[0].stop - square[0].start
        for band, limits in bands_km.items():
            by_region[f"{band}_scale"].append(compare_band(wavenumber, power, limits))
            by_region[f"{band}_variance"].append(reduce_to_sources(band_variance(power, wavenumber, side, *limits)))
        spectra[name] = wavenumber, power
    wavenumber, power = spectra[ICE]

    rows, columns = scored.squares[ICE]
    members = scored.members[:, rows, columns]
    truth, low = scored.truth[rows, columns], scored.low_resolution[rows, columns]
    _, error_power = compute_power([members.mean(axis=0) - truth, low - truth], scored)
    return {
        **by_region,
        "wavenumber": wavenumber,
        "power_truth": power[0],
        "power_low_resolution": power[-1],
        "power_members": power[1:-1],
        "power_error": error_power,
        "coherence": reduce_to_fields(compute_coherence([*members, low], truth, scored)),
        "window": [rows.start, rows.stop, columns.start, columns.stop],
    }


def compute_power(fields: Sequence[np.ndarray], scored: ScoredDate) -> tuple[np.ndarray, np.ndarray]:
    """Return the wavenumber (k,) in km-1 and the power (n, k) in m2 of n fields (y, x) in m; empty for empty fields."""
    if not fields[0].size:
        return np.empty(0), np.empty((len(fields), 0))
    spectra = [radial_spectrum(field, scored.spacing_km, scored.settings.window) for field in fields]
    wavenumber, _ = spectra[0]
    return wavenumber, np.array([power for _, power in spectra])


def compute_coherence(fields: Sequence[np.ndarray], truth: np.ndarray, scored: ScoredDate) -> np.ndarray:
    """Return the squared coherence (n, k) of n fields (y, x) with the truth (y, x); empty for empty fields."""
    if not truth.size:
        return np.empty((len(fields), 0))
    spectra = [radial_coherence(field, truth, scored.spacing_km, scored.settings.window) for field in fields]
    return np.array([coherence for _, coherence in spectra])


def compare_band(wavenumber: np.ndarray, power: np.ndarray, band_km: tuple[float, float]) -> np.ndarray:
    """Return the mean ratio of power to that of the truth in a band of wavelengths: generated, low-resolution (2,).

    wavenumber (k,) in km-1; power (n + 2, k) of truth, n members and low-resolution field.
    """
    truth, forecasts = power[0], power[1:]
    return reduce_to_fields([band_ratio(forecast, truth, wavenumber, *band_km) for forecast in forecasts])


BY_FIELD = ("region", "field")
BY_SOURCE = ("region", "source")
BY_WAVENUMBER = ("wavenumber",)
SPECTRAL = ScoreGroup(
    (
        Variable(
            "fine_scale",
            BY_FIELD,
            "mean spectral ratio to the truth in the fine band; generated: mean over the members",
        ),
        Variable(
            "medium_scale",
            BY_FIELD,
            "mean spectral ratio to the truth in the medium band; generated: mean over the members",
        ),
        Variable("fine_variance", BY_SOURCE, "variance in the fine band; generated: mean over the members", "m2"),
        Variable("medium_variance", BY_SOURCE, "variance in the medium band; generated: mean over the members", "m2"),
        Variable("wavenumber", BY_WAVENUMBER, "radial wavenumber", "km-1"),
        Variable("power_truth", BY_WAVENUMBER, "ring-averaged power of the truth", "m2"),
        Variable("power_low_resolution", BY_WAVENUMBER, "ring-averaged power of the low-resolution field", "m2"),
        Variable("power_members", ("member", "wavenumber"), "ring-averaged power of each member", "m2"),
        Variable(
            "power_error",
            ("field", "wavenumber"),
            "ring-averaged power of the error; generated: of the ensemble mean",
            "m2",
        ),
        Variable(
            "coherence",
            ("field", "wavenumber"),
            "squared spectral coherence with the truth; generated: mean over the members",
        ),
        Variable(
            "window",
            ("window_edge",),
            "first and past-the-last row, first and past-the-last column of the spectra's window",
        ),
    ),
    compute_spectral,
)
