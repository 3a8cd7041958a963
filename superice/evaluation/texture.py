"""The texture of what is finer than the low resolution: features of a field that its spectrum does not show.

Noise with the spectrum of the truth is symmetric and equally rough everywhere. In sea ice, leads are deeper than ridges
are high, and broken ice is rough at all scales.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft, ndimage

from superice.evaluation.score_group import ScoreGroup, Variable, reduce_to_sources
from superice.evaluation.scored_date import ICE, ScoredDate

ROUNDING_M = 1e-6  # of thickness in float32


def compute_texture(scored: ScoredDate) -> dict[str, np.ndarray]:
    """Return skewness and kurtosis of the increments and the coherence of scales by name, each (source,)."""
    settings = scored.settings
    low_on_ice = scored.low_resolution[scored.mask]
    square = scored.squares[ICE]
    # Fields are divided by the thickness, because everything that grows with the thickness is coherent.
    thickness = np.maximum(scored.low_resolution[square], settings.lead_thickness_m)
    bands_km = settings.fine_band_km, settings.medium_band_km
    width = scored.count_pixels(settings.coherence_window_km)
    skewness, kurtosis, coherence = [], [], []
    for field in scored.all_fields:
        increment = field[scored.mask] - low_on_ice
        of_field = skewness_and_kurtosis(increment)
        skewness.append(of_field[0])
        kurtosis.append(of_field[1])
        coherence.append(scale_coherence(field[square] / thickness, scored.spacing_km, bands_km, width))
    return {
        "increment_skewness": reduce_to_sources(skewness),
        "increment_kurtosis": reduce_to_sources(kurtosis),
        "scale_coherence": reduce_to_sources(coherence),
    }


def skewness_and_kurtosis(increment: np.ndarray) -> tuple[float, float]:
    """Return skewness and excess kurtosis of the difference (p,) in m to the low-resolution field; NaN if constant.

    They are those of ``scipy.stats``, to the last digit: its import takes longer than all scores of a small grid.
    """
    if not increment.size or np.std(increment, dtype=np.float64) < ROUNDING_M:
        return float("nan"), float("nan")
    mean = np.mean(increment, keepdims=True)
    anomaly = increment - mean
    square = anomaly**2
    variance = np.mean(square)
    if variance <= (np.finfo(variance.dtype).eps * mean[0]) ** 2:
        return float("nan"), float("nan")
    skewness = np.mean(square * anomaly) / variance**1.5
    kurtosis = np.mean(square**2) / variance**2.0 - 3
    return float(skewness), float(kurtosis)


def scale_coherence(field: np.ndarray, spacing_km: float, bands_km: Sequence[tuple[float, float]], width: int) -> float:
    """Return the rank correlation of the local energies of two bands of wavelengths in a field (y, x) that is all ice.

    It is near 0 for Gaussian noise with any spectrum that is the same everywhere, and high where fine structure stands
    on coarse structure. NaN for an empty or a constant field.

    Parameters
    ----------
    field
        Field (y, x) without missing pixels.
    spacing_km
        Grid spacing.
    bands_km
        Wavelengths [shortest, longest) of each band.
    width
        Width of the boxes over which energy is averaged, in pixels.
    """
    if not field.size or np.ptp(field) == 0:
        return float("nan")
    # A cosine transform mirrors the field at its sides, which then cause no waves.
    modes = fft.dctn(field.astype(np.float64))
    rows, columns = field.shape
    wavenumber_y = np.arange(rows) / (2 * rows * spacing_km)
    wavenumber_x = np.arange(columns) / (2 * columns * spacing_km)
    wavenumber = np.hypot(wavenumber_y[:, None], wavenumber_x)
    energies = []
    for shortest, longest in bands_km:
        in_band = (wavenumber > 1 / longest) & (wavenumber <= 1 / shortest)
        band = fft.idctn(np.where(in_band, modes, 0))
        energy = ndimage.uniform_filter(band**2, width)
        every = max(1, width // 3)
        energies.append(energy[::every, ::every].ravel())
    return rank_correlation(*energies)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation of two sets of numbers (p,), the ``scipy.stats.spearmanr`` to the last digit.

    NaN when one of them is constant.
    """
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    ranks = np.column_stack([rank_values(first), rank_values(second)])
    return float(np.corrcoef(ranks, rowvar=False)[1, 0])


def rank_values(values: np.ndarray) -> np.ndarray:
    """Return the rank of each value (p,), from 1; equal values share the mean of their ranks."""
    _, number, count = np.unique(values, return_inverse=True, return_counts=True)
    highest_rank = np.cumsum(count)
    return (highest_rank - (count - 1) / 2)[number]


TEXTURE = ScoreGroup(
    (
        Variable(
            "increment_skewness",
            ("source",),
            "skewness of the difference to the low-resolution field; generated: mean over members",
        ),
        Variable("increment_kurtosis", ("source",), "its excess kurtosis; generated: mean over the members"),
        Variable(
            "scale_coherence",
            ("source",),
            "rank correlation of the two bands' local energies, relative to the low resolution",
        ),
    ),
    compute_texture,
)
