"""Draw ensembles without a network, as baselines that a network must beat.

``cubic`` is the thickness as its product holds it, interpolated. ``correlated_noise`` adds Gaussian noise to the
low-resolution thickness. The noise is as large as the increments of the training days, truth minus low resolution, and has
their spectrum. It lacks everything that the inputs say about the place and shape of leads and ridges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.features.day import Features
from superice.fields.grid import Grid
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.utils.files import read_json, write_json

CLASS_WIDTH_M = 0.25  # of low-resolution thickness
CLASSES = 200
MIN_PIXELS = 1000  # in a class
MIN_SQUARE_KM = 120.0  # side of a square of ice, for a spectrum
LONGEST_WAVE_KM = 480.0
WAVENUMBERS = 160

Quantities = dict[str, np.ndarray]


def interpolate_cubic(features: Features, grid: Grid) -> np.ndarray:
    """Interpolate the low-resolution thickness from the 25 km cells of CS2SMOS by a cubic spline.

    Observed thickness comes from those cells by the same spline, so that this field and the network's input differ only by
    the smoothing of the input.

    Returns
    -------
    np.ndarray
        Thickness in m, (y, x), NaN outside the ice.
    """
    from superice.fields.regridding import sample_bilinear, sample_spline
    from superice.readers import cs2smos

    native = sample_bilinear(features.sit, grid, cs2smos.GRID)
    return sample_spline(native, cs2smos.GRID, grid, features.mask)


@dataclass(frozen=True)
class CorrelatedNoise:
    """Gaussian noise with the size and the spectrum of the training days' increments, truth minus low resolution.

    Attributes
    ----------
    thickness
        Mean of each class of low-resolution thickness in m, ascending (c,).
    deviation
        Root mean square of the increment in each class in m (c,).
    wavenumber
        In km-1 (k,).
    density
        Spectral density, at these wavenumbers, of the increment divided by its deviation, in km2 (k,).
    days
        The number of days with ice that the spectrum is averaged over.
    """

    thickness: list[float]
    deviation: list[float]
    wavenumber: list[float]
    density: list[float]
    days: int

    @classmethod
    def fit(cls, days: Callable[[], Iterable[Quantities]], spacing_km: float) -> CorrelatedNoise:
        """Fit the noise to training days.

        Parameters
        ----------
        days
            Returns an iterator over the days, each with sit and increment, (y, x) in m, NaN outside the ice; called
            twice.
        spacing_km
            Of the grid.

        Raises
        ------
        InputError
            If no day has a square of ice that is wide enough for a spectrum, or the days hold next to no ice.
        """
        thickness, deviation = _fit_deviation(days())
        wavenumber = np.linspace(1 / LONGEST_WAVE_KM, 1 / (2 * spacing_km), WAVENUMBERS)
        densities = []
        for day in days():
            increment = day["increment"] / np.interp(day["sit"], thickness, deviation)
            square = find_ice_square(np.isfinite(increment))
            side_km = (square[0].stop - square[0].start) * spacing_km
            if side_km >= MIN_SQUARE_KM:
                day_wavenumber, power = radial_spectrum(increment[square], spacing_km)
                densities.append(np.interp(wavenumber, day_wavenumber, power * side_km**2))
        if not densities:
            raise InputError(f"correlated_noise: no training day has {MIN_SQUARE_KM:g} km of ice in a square")
        return cls(
            thickness=thickness.tolist(),
            deviation=deviation.tolist(),
            wavenumber=wavenumber.tolist(),
            density=np.mean(densities, axis=0).tolist(),
            days=len(densities),
        )

    def save(self, path: str | Path) -> None:
        """Write the noise as JSON."""
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: str | Path) -> CorrelatedNoise:
        """Read a file that ``save`` wrote. Raises InputError for any other file."""
        try:
            return cls(**read_json(path))
        except (OSError, TypeError, ValueError) as error:
            raise InputError(f"holds no correlated noise ({error})", file=path) from error

    def draw(self, low: np.ndarray, spacing_km: float, random: np.random.Generator) -> np.ndarray:
        """Add a field of noise to the low-resolution thickness ``low``.

        Returns
        -------
        np.ndarray
            Thickness in m, (y, x), NaN where ``low`` is, and possibly negative.
        """
        from scipy import fft

        # The noise is periodic. The margin of one longest wave makes opposite sides independent.
        margin = round(LONGEST_WAVE_KM / spacing_km)
        rows, columns = low.shape
        shape = [fft.next_fast_len(size + margin) for size in (rows, columns)]
        y_wavenumber, x_wavenumber = (fft.fftfreq(size, spacing_km) for size in shape)
        wavenumber = np.hypot(y_wavenumber[:, None], x_wavenumber)
        power = np.interp(wavenumber, self.wavenumber, self.density)
        white = random.standard_normal(shape)
        noise = fft.ifft2(fft.fft2(white) * np.sqrt(power / power.mean())).real[:rows, :columns]
        return low + np.interp(low, self.thickness, self.deviation) * noise


def _fit_deviation(days: Iterable[Quantities]) -> tuple[np.ndarray, np.ndarray]:
    """Fit the root mean square of the increment in classes of low-resolution thickness.

    Returns
    -------
    tuple[np.ndarray, np.ndarray]
        Mean thickness of each class with enough pixels, and root mean square of the increment, each (c,) in m.
    """
    sums = np.zeros((3, CLASSES))  # of pixels, thickness and squared increment
    for day in days:
        known = np.isfinite(day["increment"])
        sit, increment = day["sit"][known], day["increment"][known].astype(np.float64)
        pixel_class = np.clip(sit / CLASS_WIDTH_M, 0, CLASSES - 1).astype(np.intp)
        sums += [np.bincount(pixel_class, weights, CLASSES) for weights in (None, sit, increment**2)]
    pixels, thickness, square = sums[:, sums[0] >= MIN_PIXELS]
    if not pixels.size:
        raise InputError("correlated_noise: the training days hold next to no ice")
    return thickness / pixels, np.sqrt(square / pixels)


def draw_baseline_members(
    features: Features, grid: Grid, noise: CorrelatedNoise | None, count: int, seed: int
) -> Iterator[np.ndarray]:
    """Draw ``count`` members of one day with ``noise``, or yield the cubic field if ``noise`` is None.

    A member depends only on the seed, the day and its number.

    Yields
    ------
    np.ndarray
        Thickness in m, float32 (y, x), NaN outside the ice, possibly negative.
    """
    if noise is None:
        yield interpolate_cubic(features, grid).astype(np.float32)
        return
    low = np.where(features.mask, features.sit, np.nan)
    for number in range(count):
        random = np.random.default_rng([seed, features.date.toordinal(), number])
        yield noise.draw(low, grid.step / 1000, random).astype(np.float32)
