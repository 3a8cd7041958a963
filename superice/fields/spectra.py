"""Ring-averaged power spectra of sea-ice fields and what is read from them (report, section 5 and Fig. 10).

Convention. A two-dimensional mode has the power |F|² / n² of a field of n pixels, so that the sum over all modes is the
variance of the detrended field; a window is paid for by its own mean square. The spectrum given here is the *mean* power
of the modes in a ring, in the square of the field's unit, on rings of width 1/L, L being the shorter side of the window:
ring i has the wavenumber i/L in cycles per km. Corner modes beyond the Nyquist wavenumber belong to no ring.
Coasts and gaps never enter: fields hold no NaN (`largest_ice_square` finds a window that is all ice).
"""

from functools import lru_cache
from typing import Literal

import numpy as np

Window = Literal["hann"] | None

# A wavelength on the border of a band must fall on the same side whatever the rounding of i/L.
_BORDER = 1e-9


def radial_spectrum(
    field: np.ndarray, spacing_km: float, window: Window = "hann", detrend: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Mean power of the modes in each ring.

    field: (y, x), finite. Returns the wavenumber (k,) in cycles per km and the power (k,) in the field's unit squared.
    Raises ValueError when the field holds a NaN.
    """
    power = np.abs(_modes(field, window, detrend)) ** 2
    wavenumber, ring = _rings(power.shape, spacing_km)
    return wavenumber, _ring_mean(power, ring, wavenumber.size)


def radial_coherence(
    field: np.ndarray, reference: np.ndarray, spacing_km: float, window: Window = "hann", detrend: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Squared coherence of two (y, x) fields in each ring: 1 where one is a multiple of the other, near 0 where unrelated.

    Returns the wavenumber (k,) in cycles per km and the squared coherence (k,).
    """
    first, second = _modes(field, window, detrend), _modes(reference, window, detrend)
    wavenumber, ring = _rings(first.shape, spacing_km)
    cross = (first * second.conj()).real  # opposite modes are conjugate: the imaginary part cancels within a ring
    mean = [_ring_mean(part, ring, wavenumber.size) for part in (cross, np.abs(first) ** 2, np.abs(second) ** 2)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return wavenumber, mean[0] ** 2 / (mean[1] * mean[2])


def spectral_slope(wavenumber: np.ndarray, power: np.ndarray, shortest_km: float, longest_km: float) -> float:
    """Exponent of the power law through the rings with shortest ≤ wavelength < longest: least squares in log-log."""
    chosen = select_band(wavenumber, shortest_km, longest_km) & (power > 0)
    if chosen.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(wavenumber[chosen]), np.log(power[chosen]), 1)[0])


def band_ratio(
    power: np.ndarray,
    reference: np.ndarray,
    wavenumber: np.ndarray,
    shortest_km: float = 6.0,
    longest_km: float = 20.0,
) -> float:
    """Mean over the rings with shortest ≤ wavelength < longest of power / reference; NaN when no ring lies there.

    With the default band this is the fine-scale bias of the report's section 5: above 1 is too rough, below too smooth.
    """
    chosen = select_band(wavenumber, shortest_km, longest_km) & (reference > 0)
    return float(np.mean(power[chosen] / reference[chosen])) if chosen.any() else float("nan")


def select_band(wavenumber: np.ndarray, shortest_km: float, longest_km: float) -> np.ndarray:
    """True (k,) for the rings with shortest ≤ wavelength < longest, wavenumber in cycles per km."""
    wavelength = 1 / wavenumber
    return (wavelength >= shortest_km * (1 - _BORDER)) & (wavelength < longest_km * (1 - _BORDER))


def find_ice_square(mask: np.ndarray) -> tuple[slice, slice]:
    """The largest square of `mask` (y, x) that is all True, as (rows, columns); the first in reading order of equals.

    Both slices are empty when nothing is True.
    """
    count = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    count[1:, 1:] = np.asarray(mask, dtype=bool).cumsum(axis=0, dtype=np.int64).cumsum(axis=1)

    def first_corner(side: int) -> tuple[int, int] | None:
        inside = count[side:, side:] - count[:-side, side:] - count[side:, :-side] + count[:-side, :-side]
        full = inside == side * side
        return np.unravel_index(full.argmax(), full.shape) if full.any() else None

    # A square of some side contains one of every smaller side, so the largest side can be found by bisection.
    corner, side, too_large = (0, 0), 0, min(mask.shape) + 1
    while too_large - side > 1:
        middle = (side + too_large) // 2
        found = first_corner(middle)
        if found is None:
            too_large = middle
        else:
            corner, side = found, middle
    row, column = (int(index) for index in corner)
    return slice(row, row + side), slice(column, column + side)


def _modes(field: np.ndarray, window: Window, detrend: bool) -> np.ndarray:
    """Fourier modes (y, x), complex, whose squared moduli sum to the variance of the field."""
    field = np.asarray(field, dtype=np.float64)
    if not np.isfinite(field).all():
        raise ValueError("a spectrum needs a field without missing pixels")
    weight = _hann(field.shape) if window == "hann" else np.ones(field.shape)
    anomaly = _without_plane(field) if detrend else field - field.mean()
    return np.fft.fft2(anomaly * weight) / (field.size * np.sqrt(np.mean(weight**2)))


def _hann(shape: tuple[int, int]) -> np.ndarray:
    """Two-dimensional Hann window (y, x), symmetric and nowhere zero."""
    rows, columns = (np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in shape)
    return np.outer(rows, columns)


def _without_plane(field: np.ndarray) -> np.ndarray:
    """Field (y, x) less its least-squares plane; centred coordinates make the two slopes independent."""
    y, x = (np.arange(n) - (n - 1) / 2 for n in field.shape)
    anomaly = field - field.mean()
    slope_y = (y @ anomaly).sum() / max((y @ y) * x.size, 1)
    slope_x = (anomaly @ x).sum() / max((x @ x) * y.size, 1)
    return anomaly - slope_y * y[:, None] - slope_x * x


@lru_cache(maxsize=4)
def _rings(shape: tuple[int, int], spacing_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Wavenumbers (k,) of the rings and the ring of each mode (y·x,); 0 is the mean, k + 1 the corners."""
    shorter = min(shape)
    modulus = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij"))
    rings = shorter // 2
    ring = np.minimum(np.rint(modulus * shorter).astype(np.int64), rings + 1)
    return np.arange(1, rings + 1) / (shorter * spacing_km), ring.ravel()


def _ring_mean(values: np.ndarray, ring: np.ndarray, rings: int) -> np.ndarray:
    """Mean of `values` (y, x) over the modes of each ring (k,)."""
    total = np.bincount(ring, weights=values.ravel(), minlength=rings + 2)
    return total[1 : rings + 1] / np.bincount(ring, minlength=rings + 2)[1 : rings + 1]
