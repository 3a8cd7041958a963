"""Statistics of a window of thickness, by which the synthetic Arctic is compared with neXtSIM."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
from scipy.ndimage import uniform_filter
from scipy.stats import kurtosis, skew

from superice.errors import InputError
from superice.fields.box_filter import block_mean
from superice.fields.grid import Grid
from superice.fields.spectra import radial_spectrum, spectral_slope
from superice.seasons import Season
from superice.synthetic.arctic import Arctic
from superice.synthetic.settings import SyntheticSettings

WINDOW = 128
BOX = 7
CENTRE = (86.0, 161.0)  # latitude and longitude of the window's centre
FINE_KM, COARSE_KM = 3.0, 12.0
FAR_KM = 1e5  # from the pole to an ice edge that is out of sight
LATTICE = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")


def measure_texture(thickness: np.ndarray, spacing_km: float) -> dict[str, float]:
    """Compute statistics of a window of thickness (y, x) in m without missing pixels.

    Slopes are those of the plain spectrum, without a window function. The residual is the difference from the mean over
    7 x 7 pixels; its kurtosis is 3 for a Gaussian field.
    """
    wavenumber, power = radial_spectrum(thickness, spacing_km, window=None, detrend=False)
    inner = slice(BOX // 2, -(BOX // 2))
    residual = (thickness - uniform_filter(thickness, BOX))[inner, inner].ravel()
    return {
        "mean (m)": float(thickness.mean()),
        "deviation (m)": float(thickness.std()),
        "slope 30-100 km": spectral_slope(wavenumber, power, 30, 100),
        "slope 25-60 km": spectral_slope(wavenumber, power, 25, 60),
        "residual rms (m)": float(residual.std()),
        "residual skewness": float(skew(residual)),
        "residual kurtosis": float(kurtosis(residual, fisher=False)),
    }


def read_snapshot_window(path: str | Path) -> np.ndarray:
    """Read the window of the real neXtSIM snapshot around 86 N, 161 E: thickness in m, (128, 128), all ice.

    Raises InputError when the file holds no such window.
    """
    with netCDF4.Dataset(path) as file:
        latitude, longitude, thickness = (
            np.ma.filled(file[name][:], np.nan).astype(float) for name in ("latitude", "longitude", "sit")
        )
    distance = np.abs(_project_polar(latitude, longitude) - _project_polar(*CENTRE))
    row, column = np.unravel_index(np.nanargmin(distance), latitude.shape)
    half = WINDOW // 2
    window = thickness[row - half : row + half, column - half : column + half]
    if window.shape != (WINDOW, WINDOW) or not (window > 0).all():
        raise InputError("holds no all-ice window around 86 N, 161 E", file=path)
    return window


def _project_polar(latitude: np.ndarray | float, longitude: np.ndarray | float) -> np.ndarray | complex:
    """Return positions around the pole as complex numbers, in degrees of latitude."""
    return (90 - latitude) * np.exp(1j * np.deg2rad(longitude))


def simulate_window(settings: SyntheticSettings, seed: int, day: date = date(2015, 1, 1)) -> np.ndarray:
    """Simulate the synthetic Arctic at 3 km around the same place, without land or ice edge: thickness in m, (512, 512)."""
    to_lattice = pyproj.Transformer.from_crs(LATTICE.geodetic_crs, LATTICE, always_xy=True)
    middle = [3000 * round(metres / 3000) for metres in to_lattice.transform(CENTRE[1], CENTRE[0])]
    axes = [centre + 3000.0 * np.arange(-256, 256) for centre in middle]
    grid = Grid("window", LATTICE, *axes)
    far = settings.ice.model_copy(update={"edge_october_km": FAR_KM, "edge_april_km": FAR_KM})
    boundless = settings.model_copy(update={"seed": seed, "ice": far})
    season = Season(date(2014, 10, 18), date(2015, 4, 15))
    return Arctic(grid, boundless, season, land=np.zeros(grid.shape, bool)).simulate_day(day).sit


def coarsen(thickness: np.ndarray) -> np.ndarray:
    """Average thickness (y, x) from 3 km to the 12 km of the snapshot."""
    return block_mean(thickness, round(COARSE_KM / FINE_KM))


def measure_synthetic(settings: SyntheticSettings, seed: int) -> dict[str, float]:
    """Compute the statistics of the synthetic Arctic at 12 km, and the slope of its spectrum below that at 3 km."""
    fine = simulate_window(settings, seed)
    slope = spectral_slope(*radial_spectrum(fine, FINE_KM), 6, 25)
    return measure_texture(coarsen(fine), COARSE_KM) | {"slope 6-25 km (3 km)": slope}
