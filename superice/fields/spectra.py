"""Ring-averaged power spectra of sea-ice fields, their slopes and ratios (report, section 5 and Fig. 10).

Convention. A two-dimensional mode of a field of n pixels has the power ``|F|² / n²``, so that all modes sum to the variance
of the detrended field; a window is compensated for by its mean square. The spectrum is the *mean* power of the modes in
a ring, in the square of the field's unit. Rings have the width 1/L, where L is the shorter side of the window: ring i has
the wavenumber i/L in cycles per km. Corner modes beyond the Nyquist wavenumber belong to no ring. Fields hold no NaN, so
that coasts and gaps never enter (`find_ice_square` finds a window that is all ice).
"""

from functools import lru_cache
from typing import Literal

import numpy as np

Window = Literal["hann"] | None

# A wavelength on the border of a band must fall on the same side, however i/L is rounded.
_BORDER = 1e-9


def radial_spectrum(
    field: np.ndarray, spacing_km: float, window: Window = "hann", detrend: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean power of the modes in each ring.

    Parameters
    ----------
    field
        (y, x), finite.
    spacing_km
        Distance between pixels.
    window
        ``hann``, or None for no window.
    detrend
        Whether to remove the least-squares plane, or else the mean alone.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        The wavenumber (k,) in cycles per km and the power (k,) in the field's unit squared.

    Raises ValueError when the field holds a NaN.
    """
    power = np.abs(_transform(field, window, detrend)) ** 2
    wavenumber, ring = _number_rings(power.shape, spacing_km)
    return wavenumber, _average_rings(power, ring, wavenumber.size)


def radial_coherence(
    field: np.ndarray, reference: np.ndarray, spacing_km: float, window: Window = "hann", detrend: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared coherence of two fields (y, x) in each ring: 1 for multiples, near 0 for unrelated fields.

    Returns the wavenumber (k,) in cycles per km and the squared coherence (k,).
    """
    first = _transform(field, window, detrend)
    second = _transform(reference, window, detrend)
    wavenumber, ring = _number_rings(first.shape, spacing_km)
    # Opposite modes are conjugate, so that the imaginary part cancels within a ring.
    cross_power = _average_rings((first * second.conj()).real, ring, wavenumber.size)
    first_power = _average_rings(np.abs(first) ** 2, ring, wavenumber.size)
    second_power = _average_rings(np.abs(second) ** 2, ring, wavenumber.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return wavenumber, cross_power**2 / (first_power * second_power)


def spectral_slope(wavenumber: np.ndarray, power: np.ndarray, shortest_km: float, longest_km: float) -> float:
    """Fit a power law to the rings with shortest ≤ wavelength < longest; return its exponent (least squares in log-log).

    NaN with fewer than two rings.
    """
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
    """Return the mean of power / reference over the rings with shortest ≤ wavelength < longest; NaN without a ring.

    With the default band this is the fine-scale bias of the report's section 5: a field is too rough above 1, and too
    smooth below.
    """
    chosen = select_band(wavenumber, shortest_km, longest_km) & (reference > 0)
    return float(np.mean(power[chosen] / reference[chosen])) if chosen.any() else float("nan")


def band_variance(
    power: np.ndarray, wavenumber: np.ndarray, side: int, shortest_km: float, longest_km: float
) -> np.ndarray:
    """Return the variance of square fields in the rings with shortest ≤ wavelength < longest, in the field's unit squared.

    Unlike the mean power of the modes, it does not depend on how large the square is. NaN without a ring.

    Parameters
    ----------
    power
        (..., k), as `radial_spectrum` returns it.
    wavenumber
        (k,) in cycles per km.
    side
        Pixels along a side of the square.
    shortest_km
        Shortest wavelength of the band.
    longest_km
        First wavelength beyond it.
    """
    chosen = select_band(wavenumber, shortest_km, longest_km)
    if not chosen.any():
        return np.full(power.shape[:-1], np.nan)
    return power[..., chosen] @ _count_modes(side)[chosen]


def select_band(wavenumber: np.ndarray, shortest_km: float, longest_km: float) -> np.ndarray:
    """Select the rings with shortest ≤ wavelength < longest, bool (k,); ``wavenumber`` is in cycles per km."""
    wavelength = 1 / wavenumber
    return (wavelength >= shortest_km * (1 - _BORDER)) & (wavelength < longest_km * (1 - _BORDER))


def find_ice_square(mask: np.ndarray) -> tuple[slice, slice]:
    """Find the largest all-True square of ``mask`` (y, x); return its rows and columns as slices.

    Of several equal squares the first in reading order is returned. Both slices are empty when nothing is True.
    """
    count = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), dtype=np.int64)
    count[1:, 1:] = np.asarray(mask, dtype=bool).cumsum(axis=0, dtype=np.int64).cumsum(axis=1)

    def find_corner(side: int) -> tuple[int, int] | None:
        inside = count[side:, side:] - count[:-side, side:] - count[side:, :-side] + count[:-side, :-side]
        full = inside == side * side
        return np.unravel_index(full.argmax(), full.shape) if full.any() else None

    # A square of some side contains one of every smaller side, so the largest side can be found by bisection.
    corner, side, too_large = (0, 0), 0, min(mask.shape) + 1
    while too_large - side > 1:
        middle = (side + too_large) // 2
        found = find_corner(middle)
        if found is None:
            too_large = middle
        else:
            corner, side = found, middle
    row, column = (int(index) for index in corner)
    return slice(row, row + side), slice(column, column + side)


def _transform(field: np.ndarray, window: Window, detrend: bool) -> np.ndarray:
    """Return the Fourier modes (y, x), complex; their squared moduli sum to the variance of the field."""
    field = np.asarray(field, dtype=np.float64)
    if not np.isfinite(field).all():
        raise ValueError("a spectrum needs a field without missing pixels")
    weight = _make_hann_window(field.shape) if window == "hann" else np.ones(field.shape)
    anomaly = _remove_plane(field) if detrend else field - field.mean()
    return np.fft.fft2(anomaly * weight) / (field.size * np.sqrt(np.mean(weight**2)))


def _make_hann_window(shape: tuple[int, int]) -> np.ndarray:
    """Return the two-dimensional Hann window (y, x), symmetric and nowhere zero."""
    rows, columns = (np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in shape)
    return np.outer(rows, columns)


def _remove_plane(field: np.ndarray) -> np.ndarray:
    """Subtract the least-squares plane from a field (y, x); centred coordinates make the two slopes independent."""
    y, x = (np.arange(n) - (n - 1) / 2 for n in field.shape)
    anomaly = field - field.mean()
    slope_y = (y @ anomaly).sum() / max((y @ y) * x.size, 1)
    slope_x = (anomaly @ x).sum() / max((x @ x) * y.size, 1)
    return anomaly - slope_y * y[:, None] - slope_x * x


@lru_cache(maxsize=4)
def _number_rings(shape: tuple[int, int], spacing_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the wavenumbers (k,) of the rings and the ring of each mode (y·x,): 0 is the mean, k + 1 the corners."""
    shorter = min(shape)
    modulus = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij"))
    rings = shorter // 2
    ring = np.minimum(np.rint(modulus * shorter).astype(np.int64), rings + 1)
    return np.arange(1, rings + 1) / (shorter * spacing_km), ring.ravel()


def _count_modes(side: int) -> np.ndarray:
    """Return the number of modes in each ring (k,) of a square."""
    _, ring = _number_rings((side, side), 1.0)
    return np.bincount(ring)[1 : side // 2 + 1]


def _average_rings(values: np.ndarray, ring: np.ndarray, rings: int) -> np.ndarray:
    """Average ``values`` (y, x) over the modes of each ring (k,)."""
    total = np.bincount(ring, weights=values.ravel(), minlength=rings + 2)
    return total[1 : rings + 1] / np.bincount(ring, minlength=rings + 2)[1 : rings + 1]
