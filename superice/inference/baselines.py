"""Ensembles without a network, which one with a network must beat.

``cubic`` is the thickness as its product holds it, interpolated. ``correlated_noise`` adds Gaussian noise to the
low-resolution thickness, as large as what the truth of the training days has beyond it, and with its spectrum: what
it lacks is all that the inputs tell of the place and shape of leads and ridges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import fft

from superice.errors import InputError
from superice.features.day import Features
from superice.fields.grid import Grid
from superice.fields.regridding import sample_bilinear, sample_spline
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.readers import cs2smos
from superice.utils.files import read_json, write_json

CLASS_WIDTH_M = 0.25
LEAST_PIXELS = 1000  # of a class of thickness
SMALLEST_WINDOW_KM = 120.0
LONGEST_WAVE_KM = 480.0
WAVENUMBERS = 160

Quantities = dict[str, np.ndarray]


def interpolate_cubic(features: Features, grid: Grid) -> np.ndarray:
    """The low-resolution thickness on the cells of CS2SMOS, 25 km, and back by a cubic spline, (y, x) in m.

    NaN off the ice. The observed thickness has come from those cells by that spline: the network's input and this field
    then differ by the input's smoothing alone.
    """
    native = sample_bilinear(features.sit, grid, cs2smos.GRID)
    return sample_spline(native, cs2smos.GRID, grid, features.mask)


@dataclass(frozen=True)
class CorrelatedNoise:
    """Gaussian noise like the increment, truth less low resolution, of the training days.

    Attributes:
        thickness: of the classes of low-resolution thickness, m, ascending (c,).
        deviation: of the increment in them, m (c,).
        wavenumber: km-1 (k,).
        density: spectral density there of the increment over its deviation, km2 (k,).
        days: with ice, that the numbers rest on.
    """

    thickness: list[float]
    deviation: list[float]
    wavenumber: list[float]
    density: list[float]
    days: int

    @classmethod
    def fit(cls, days: Callable[[], Iterable[Quantities]], spacing_km: float) -> CorrelatedNoise:
        """Fit to days, which are gone through twice; of each are needed sit and increment, (y, x) in m, NaN off the ice.

        Raises InputError when no day has a square of ice that is wide enough for a spectrum.
        """
        thickness, deviation = _by_thickness(days())
        wavenumber = np.linspace(1 / LONGEST_WAVE_KM, 1 / (2 * spacing_km), WAVENUMBERS)
        densities = []
        for day in days():
            increment = day["increment"] / np.interp(day["sit"], thickness, deviation)
            window = find_ice_square(np.isfinite(increment))
            side_km = (window[0].stop - window[0].start) * spacing_km
            if side_km >= SMALLEST_WINDOW_KM:
                of_day, power = radial_spectrum(increment[window], spacing_km)
                densities.append(np.interp(wavenumber, of_day, power * side_km**2))
        if not densities:
            raise InputError(f"correlated_noise: no training day has {SMALLEST_WINDOW_KM:g} km of ice in a square")
        lists = (values.tolist() for values in (thickness, deviation, wavenumber, np.mean(densities, axis=0)))
        return cls(*lists, days=len(densities))

    def save(self, path: str | Path) -> None:
        """Write the numbers as JSON."""
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: str | Path) -> CorrelatedNoise:
        """Read what ``save`` has written. Raises InputError for another file."""
        try:
            return cls(**read_json(path))
        except (OSError, TypeError, ValueError) as error:
            raise InputError(f"holds no correlated noise ({error})", file=path) from error

    def draw(self, low: np.ndarray, spacing_km: float, random: np.random.Generator) -> np.ndarray:
        """The low-resolution thickness (y, x) in m with a field of noise; NaN where it is, and below 0 in places."""
        # The noise is periodic: a margin of a longest wave keeps opposite sides apart.
        margin = round(LONGEST_WAVE_KM / spacing_km)
        shape = [fft.next_fast_len(size + margin) for size in low.shape]
        frequencies = [fft.fftfreq(size, spacing_km) for size in shape]
        power = np.interp(np.hypot(frequencies[0][:, None], frequencies[1]), self.wavenumber, self.density)
        white = random.standard_normal(shape)
        noise = fft.ifft2(fft.fft2(white) * np.sqrt(power / power.mean())).real[: low.shape[0], : low.shape[1]]
        return low + np.interp(low, self.thickness, self.deviation) * noise


def _by_thickness(days: Iterable[Quantities]) -> tuple[np.ndarray, np.ndarray]:
    """Mean thickness of the classes of low-resolution thickness, and root mean square of the increment, each (c,)."""
    sums = np.zeros((3, 200))
    for day in days:
        known = np.isfinite(day["increment"])
        sit, increment = day["sit"][known], day["increment"][known].astype(np.float64)
        of_pixel = np.clip(sit / CLASS_WIDTH_M, 0, sums.shape[1] - 1).astype(np.intp)
        sums += [np.bincount(of_pixel, weights, sums.shape[1]) for weights in (None, sit, increment**2)]
    pixels, thickness, square = sums[:, sums[0] >= LEAST_PIXELS]
    if not pixels.size:
        raise InputError("correlated_noise: the training days hold next to no ice")
    return thickness / pixels, np.sqrt(square / pixels)


def draw_baseline_members(
    features: Features, grid: Grid, noise: CorrelatedNoise | None, count: int, seed: int
) -> Iterator[np.ndarray]:
    """Members of one day in m, float32 (y, x), NaN off the ice, not clipped: ``count`` with noise, else the cubic field.

    A member depends on the seed, the day and its number alone.
    """
    low = np.where(features.mask, features.sit, np.nan)
    if noise is None:
        yield interpolate_cubic(features, grid).astype(np.float32)
        return
    for number in range(count):
        random = np.random.default_rng([seed, features.date.toordinal(), number])
        yield noise.draw(low, grid.step / 1000, random).astype(np.float32)
