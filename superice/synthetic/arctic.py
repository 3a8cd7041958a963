"""The virtual Arctic: thickness, concentration and drift of any day of a season.

Textures and cracks live in Lagrangian coordinates: a day's fields are drawn where the drift has carried them, so that
the ice moves without being smoothed, and any day can be drawn without the days before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from superice.fields.grid import Grid, make_land_mask
from superice.seasons import Season
from superice.synthetic.cracks import Breaking, Cracks, break_ice
from superice.synthetic.drift import Drift, Origins
from superice.synthetic.random_fields import PeriodicField, draw_intermittent, draw_power_law
from superice.synthetic.settings import SyntheticSettings

TORUS_POINTS = 640
TORUS_KM = 3.0
SPARE_DAYS = 4  # weekly means and 48 h drifts reach beyond the season's last day
KM_PER_DAY = 1000 / 86400


@dataclass(frozen=True)
class SyntheticDay:
    """The truth of one day, each (y, x).

    Attributes:
        sic: fraction. sit: mean over the cell, m. u, v: along the grid's axes, m s-1; all NaN on land.
    """

    sic: np.ndarray
    sit: np.ndarray
    u: np.ndarray
    v: np.ndarray


def map_scale(grid: Grid) -> np.ndarray:
    """Map kilometres for one kilometre on the ground, (y, x), on the sphere touched at the pole."""
    return 2 / (1 + np.sin(np.deg2rad(grid.lonlat()[1])))


class Arctic:
    """One season of the virtual Arctic on a grid."""

    def __init__(self, grid: Grid, settings: SyntheticSettings, season: Season, land: np.ndarray | None = None) -> None:
        """``land`` is bool (y, x); by default that of the offline mask."""
        self.grid, self.settings, self.season = grid, settings, season
        self.land = make_land_mask(grid) if land is None else land
        self.scale = map_scale(grid)
        self.x, self.y = grid.x / 1000, grid.y / 1000
        self.first = -SPARE_DAYS
        days = (season.last - season.first).days + 1 + 2 * SPARE_DAYS
        ice = settings.ice
        self.drift = Drift(self._random(0), days, ice.speed_km, ice.memory_days)
        self.origins = Origins(self.drift, self.x, self.y)
        self.cracks = Cracks(self._random(1), settings.cracks, self.drift, self.x, self.y)
        generations = range(days // ice.renewal_days + 2)
        self.textures = [self._texture(self._random(2, n)) for n in generations]
        self.large = [self._large(self._random(3, n)) for n in generations]

    def _random(self, *part: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, self.season.first.year, *part])

    def _texture(self, random: np.random.Generator) -> PeriodicField:
        ice = self.settings.ice
        return PeriodicField(
            draw_intermittent(random, TORUS_POINTS, TORUS_KM, ice.exponent, ice.intermittency), TORUS_KM
        )

    def _large(self, random: np.random.Generator) -> PeriodicField:
        return PeriodicField(
            draw_power_law(random, TORUS_POINTS, TORUS_KM, 3.0, longest_km=900, shortest_km=150), TORUS_KM
        )

    @lru_cache(maxsize=8)  # noqa: B019 - an Arctic lives as long as its season's files are made
    def day(self, day: date) -> SyntheticDay:
        """The truth of a day of the season, or of the few days around it."""
        number = (day - self.season.first).days + SPARE_DAYS
        broken = break_ice(self.cracks, number, self.x, self.y)
        large, texture = self._carried(number)
        inside = self._marginal_zone(number, large)
        concentration = self._concentration(texture, broken, inside)
        thickness = self._thickness(number, large, texture, broken) * (0.2 + 0.8 * inside) * (inside > 0)
        u, v = self.drift.velocity(number, *np.meshgrid(self.x, self.y))
        ground = KM_PER_DAY / self.scale
        fields = (concentration, thickness, (u + broken.u) * ground, (v + broken.v) * ground)
        return SyntheticDay(*(np.where(self.land, np.nan, field) for field in fields))

    def _carried(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The large-scale field and the texture of a day, of variance 1: one generation fades into the next."""
        period = self.settings.ice.renewal_days
        generation, part = divmod(number, period)
        fade = np.pi / 2 * part / period
        large, texture = np.zeros(self.grid.shape), np.zeros(self.grid.shape)
        for n, weight in ((generation, np.cos(fade)), (generation + 1, np.sin(fade))):
            born = max(0, n - 1) * period
            origin = self.origins(born, number)
            large += weight * self.large[n](*origin)
            texture += weight * self.textures[n](*origin)
        return large, texture

    def _thickness(self, number: int, large: np.ndarray, texture: np.ndarray, broken: Breaking) -> np.ndarray:
        ice = self.settings.ice
        mean = ice.october_m + ice.growth_m * self._progress(number)
        uneven = (1 - np.exp(-ice.concavity * np.clip(texture, -4, 4))) / ice.concavity
        level = mean * np.exp(ice.large_scale * large) * np.clip(1 + ice.texture * uneven, 0.2, None)
        return level * (1 + broken.gain) * (1 - broken.loss)

    def _concentration(self, texture: np.ndarray, broken: Breaking, inside: np.ndarray) -> np.ndarray:
        pack = self.settings.ice.pack_concentration - 0.004 * texture - broken.open_water
        return np.clip(pack, 0, 1) * inside * (2 - inside)

    def _marginal_zone(self, number: int, large: np.ndarray) -> np.ndarray:
        """From 0 in the open ocean to 1 in the pack."""
        ice = self.settings.ice
        heading = np.deg2rad(ice.edge_heading_degrees)
        seaward = self.x[None] * np.cos(heading) + self.y[:, None] * np.sin(heading)
        edge = ice.edge_october_km + (ice.edge_april_km - ice.edge_october_km) * self._progress(number)
        return np.clip((edge + 25 * large - seaward) / ice.marginal_km, 0, 1)

    def _progress(self, number: int) -> float:
        """From 0 on the first to 1 on the last day of the season."""
        return (number - SPARE_DAYS) / max(1, (self.season.last - self.season.first).days)
