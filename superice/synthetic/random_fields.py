"""Random fields on a torus: multi-scale, smooth between their points, and sampled anywhere."""

from __future__ import annotations

import numpy as np
from scipy import fft
from scipy.ndimage import map_coordinates, spline_filter


def draw_power_law(
    random: np.random.Generator,
    size: int,
    spacing_km: float,
    exponent: float,
    longest_km: float,
    shortest_km: float = 0,
) -> np.ndarray:
    """Draw a periodic Gaussian field (size, size) of mean 0 and variance 1.

    Its ring-averaged power falls as k^-exponent. Waves longer than ``longest_km`` or shorter than ``shortest_km`` have no
    power.
    """
    k = np.hypot(fft.fftfreq(size, spacing_km)[:, None], fft.rfftfreq(size, spacing_km)[None])
    k[0, 0] = np.inf
    amplitude = k ** (-exponent / 2) * (k >= 1 / longest_km)
    if shortest_km:
        amplitude *= k <= 1 / shortest_km
    field = fft.irfft2(amplitude * fft.rfft2(random.standard_normal((size, size))), s=(size, size))
    return field / field.std()


def draw_intermittent(
    random: np.random.Generator, size: int, spacing_km: float, exponent: float, strength: float
) -> np.ndarray:
    """Draw a power-law field with an amplitude that varies over all scales, mean 0 and variance 1."""
    base = draw_power_law(random, size, spacing_km, exponent, longest_km=400)
    envelope = np.exp(strength * draw_power_law(random, size, spacing_km, 2.0, longest_km=300))
    field = base * envelope
    return (field - field.mean()) / field.std()


class PeriodicField:
    """A field on a torus, sampled between its points by cubic splines."""

    def __init__(self, values: np.ndarray, spacing_km: float) -> None:
        self.spacing = spacing_km
        self.coefficients = spline_filter(values, order=3, mode="grid-wrap").astype(np.float32)

    def sample(self, x_km: np.ndarray, y_km: np.ndarray) -> np.ndarray:
        """Return the values at the points, in the shape of ``x_km``."""
        points = np.stack([y_km, x_km]) / self.spacing
        return map_coordinates(self.coefficients, points, order=3, mode="grid-wrap", prefilter=False)
