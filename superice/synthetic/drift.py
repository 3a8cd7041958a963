"""The smooth drift of the synthetic Arctic, and the position of its ice on an earlier day."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.ndimage import map_coordinates


class Drift:
    """A steady current plus large eddies, the strengths of which vary from day to day.

    Velocities have a closed form in space and exist for every day of a season (day 0 is its first), so that any piece of
    ice can be followed without a grid.
    """

    def __init__(
        self, random: np.random.Generator, days: int, speed: float, memory_days: float, modes: int = 6
    ) -> None:
        """Draw a drift; ``speed`` is the rms of its varying part in km/day, ``memory_days`` the decorrelation time."""
        heading = random.uniform(-1.2, -0.4)
        self.mean = 0.6 * speed * np.array([np.cos(heading), np.sin(heading)])
        wavelength = random.uniform(900, 2200, modes)
        angle = random.uniform(0, 2 * np.pi, modes)
        self.wavenumber = (2 * np.pi / wavelength) * np.stack([np.cos(angle), np.sin(angle)])  # (2, modes)
        self.phase = random.uniform(0, 2 * np.pi, modes)
        across = np.stack([-np.sin(angle), np.cos(angle)])
        along = np.stack([np.cos(angle), np.sin(angle)])
        self.direction = across + 0.3 * along  # mostly without divergence
        strengths = draw_autoregression(random, days, modes, memory_days)
        self.strength = speed * np.sqrt(2 / modes) * strengths  # (days, modes)
        self.days = days

    def velocity(self, day: int, x_km: np.ndarray, y_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the velocity in km/day on a day at the points."""
        wave = np.multiply.outer(x_km, self.wavenumber[0]) + np.multiply.outer(y_km, self.wavenumber[1]) + self.phase
        amplitude = np.cos(wave) * self.strength[min(max(day, 0), self.days - 1)]
        return self.mean[0] + amplitude @ self.direction[0], self.mean[1] + amplitude @ self.direction[1]


def draw_autoregression(random: np.random.Generator, days: int, series: int, memory_days: float) -> np.ndarray:
    """Draw stationary first-order autoregressive series of variance 1, (days, series)."""
    kept = np.exp(-1 / memory_days)
    values = np.empty((days, series))
    values[0] = random.standard_normal(series)
    for day in range(1, days):
        values[day] = kept * values[day - 1] + np.sqrt(1 - kept**2) * random.standard_normal(series)
    return values


class Origins:
    """Trace the ice of any day back to a reference day: the map from positions to Lagrangian coordinates.

    The map is kept on a coarse lattice. The drift is smooth, so that interpolation loses nothing relevant.
    """

    def __init__(self, drift: Drift, x_km: np.ndarray, y_km: np.ndarray, step_km: float = 24.0) -> None:
        """Prepare a lattice around the region with the axes ``x_km`` (x,) and ``y_km`` (y,)."""
        self.drift, self.step = drift, step_km
        self.region = x_km, y_km
        self.x, self.y = (np.arange(axis[0] - 4 * step_km, axis[-1] + 5 * step_km, step_km) for axis in (x_km, y_km))
        self.lattice = np.meshgrid(self.x, self.y)
        self._maps: dict[int, list[np.ndarray]] = {}

    def _accumulate_displacement(self, reference: int, day: int) -> np.ndarray:
        """Return the displacement on the lattice since the reference day, (2, y, x) in km."""
        maps = self._maps.setdefault(reference, [np.zeros((2, *self.lattice[0].shape))])
        while len(maps) <= day - reference:
            u, v = self.drift.velocity(reference + len(maps) - 1, *self.lattice)
            rows = (self.lattice[1] - v - self.y[0]) / self.step
            columns = (self.lattice[0] - u - self.x[0]) / self.step
            earlier = [map_coordinates(part, [rows, columns], order=3, mode="nearest") for part in maps[-1]]
            maps.append(np.stack([earlier[0] + u, earlier[1] + v]))
        return maps[day - reference]

    def trace(self, reference: int, day: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions on the ``reference`` day of the ice of the region on ``day``: x and y in km, (y, x).

        The reference day must not be later than ``day``.
        """
        x, y = self.region
        on_lattice = self._accumulate_displacement(reference, day)
        dx, dy = (RectBivariateSpline(self.y, self.x, part)(y, x) for part in on_lattice)
        return x[None] - dx, y[:, None] - dy
