"""The weather of the forced synthetic Arctic: wind and air temperature at any point and at every step."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from superice.synthetic.drift import draw_autoregression
from superice.synthetic.settings import WeatherSettings

ACROSS = 0.99  # share of the wind's variance that has no divergence


class Waves:
    """A random sum of plane waves with strengths that vary in time: variance 1, defined at any point."""

    def __init__(
        self, random: np.random.Generator, steps: int, memory: float, wavelengths: tuple[float, float], modes: int
    ) -> None:
        """Draw the waves; ``memory`` is the decorrelation time in steps, ``wavelengths`` the shortest and longest in km."""
        self.angle = random.uniform(0, 2 * np.pi, modes)
        self.number = 2 * np.pi / random.uniform(*wavelengths, modes)
        self.strength = draw_autoregression(random, steps, 2 * modes, memory) / np.sqrt(modes)

    def compute_shapes(self, x_km: np.ndarray, y_km: np.ndarray) -> np.ndarray:
        """Return the cosines and sines of the waves at the points, (2 modes, ...)."""
        along = np.multiply.outer(np.cos(self.angle), x_km) + np.multiply.outer(np.sin(self.angle), y_km)
        phase = self.number.reshape(-1, *(1,) * x_km.ndim) * along
        return np.concatenate([np.cos(phase), np.sin(phase)])


class Weather:
    """Wind and temperature at given points, from the first moment of a run.

    Attributes
    ----------
    hours
        Time between two steps.

    """

    def __init__(
        self, settings: WeatherSettings, seed: int, first: datetime, steps: int, hours: float,
        x_km: np.ndarray, y_km: np.ndarray,
    ) -> None:  # fmt: skip
        """Draw the weather of ``steps`` steps; that of a point does not depend on the other points."""
        self.settings, self.first, self.hours = settings, first, hours
        random = np.random.default_rng([seed, 77])
        steps_per_day, wavelengths = 24 / hours, (settings.shortest_km, settings.longest_km)
        self._flow = Waves(random, steps, settings.wind_memory_days * steps_per_day, wavelengths, settings.modes)
        self._warmth = Waves(random, steps, settings.anomaly_memory_days * steps_per_day, wavelengths, settings.modes)
        self._years = settings.yearly * draw_autoregression(random, steps, 1, 365 * steps_per_day)[:, 0]
        self._flow_shapes = self._flow.compute_shapes(x_km, y_km)
        self._warmth_shapes = self._warmth.compute_shapes(x_km, y_km)
        heading = np.deg2rad(settings.ocean_heading_degrees)
        seaward = x_km * np.cos(heading) + y_km * np.sin(heading)
        self._ocean = 1 / (1 + np.exp((settings.ocean_km - seaward) / settings.front_km))

    def wind(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the wind along the map's x and y, m s-1."""
        angle = np.tile(self._flow.angle, 2)
        across, along = np.sqrt(ACROSS), np.sqrt(1 - ACROSS)
        weights = self.settings.wind * self._flow.strength[step]
        x = weights * (-across * np.sin(angle) + along * np.cos(angle))
        y = weights * (across * np.cos(angle) + along * np.sin(angle))
        return np.tensordot(x, self._flow_shapes, 1), np.tensordot(y, self._flow_shapes, 1)

    def temperature(self, step: int) -> np.ndarray:
        """Return the air temperature, K: an annual cosine, weather systems, and an open ocean that does not cool."""
        how = self.settings
        day = (self.first.timetuple().tm_yday - 1 + step * self.hours / 24) % 365.25
        cold = 0.5 + 0.5 * np.cos(2 * np.pi * (day - 30) / 365.25)  # 1 at the end of January
        systems = np.tensordot(self._warmth.strength[step], self._warmth_shapes, 1)
        spread = 0.2 + 0.8 * cold  # melting ice keeps the temperature steady in summer
        pack = how.summer + (how.winter - how.summer) * cold + spread * (how.anomaly * systems + self._years[step])
        return 273.15 + pack + self._ocean * (how.ocean - pack)
