"""The synthetic Arctic: thickness, concentration and drift of any day of a season.

Textures and cracks are defined in Lagrangian coordinates: the fields of a day are sampled where its ice came from. The
ice therefore moves without being smoothed, and any day can be simulated without the days before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from superice.fields.grid import Grid, make_land_mask
from superice.fields.quantities import SECONDS_PER_DAY
from superice.seasons import Season
from superice.synthetic.cracks import Breaking, Cracks, break_ice
from superice.synthetic.drift import Drift, Origins
from superice.synthetic.random_fields import PeriodicField, draw_intermittent, draw_power_law
from superice.synthetic.settings import SyntheticSettings

TORUS_POINTS = 640
TORUS_KM = 3.0
SPARE_DAYS = 4  # weekly means and 48 h drifts reach beyond the season
KM_PER_DAY = 1000 / SECONDS_PER_DAY  # m s-1


@dataclass(frozen=True)
class SyntheticDay:
    """The truth of one day, each (y, x).

    Attributes
    ----------
    sic
        Concentration as a fraction, NaN on land.
    sit
        Mean thickness over the cell, m, NaN on land.
    u, v
        Velocity along the grid's axes, m s-1, NaN on land.

    """

    sic: np.ndarray
    sit: np.ndarray
    u: np.ndarray
    v: np.ndarray


def map_scale(grid: Grid) -> np.ndarray:
    """Return the kilometres on the map for one on the ground, (y, x): stereographic, true to scale at the pole."""
    return 2 / (1 + np.sin(np.deg2rad(grid.lonlat()[1])))


class Arctic:
    """One season of the synthetic Arctic on a grid."""

    def __init__(self, grid: Grid, settings: SyntheticSettings, season: Season, land: np.ndarray | None = None) -> None:
        """Prepare a season; ``land`` is bool (y, x), by default that of the offline mask."""
        self.grid, self.settings, self.season = grid, settings, season
        self.land = make_land_mask(grid) if land is None else land
        self.scale = map_scale(grid)
        self.x, self.y = grid.x / 1000, grid.y / 1000
        days = (season.last - season.first).days + 1 + 2 * SPARE_DAYS
        ice = settings.ice
        self.drift = Drift(self._make_random(0), days, ice.speed_km, ice.memory_days)
        self.origins = Origins(self.drift, self.x, self.y)
        self.cracks = Cracks(self._make_random(1), settings.cracks, self.drift, self.x, self.y)
        generations = range(days // ice.renewal_days + 2)
        self.textures = [self._draw_texture(self._make_random(2, n)) for n in generations]
        self.large_scale = [self._draw_large_scale(self._make_random(3, n)) for n in generations]

    def _make_random(self, *part: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, self.season.first.year, *part])

    def _draw_texture(self, random: np.random.Generator) -> PeriodicField:
        ice = self.settings.ice
        values = draw_intermittent(random, TORUS_POINTS, TORUS_KM, ice.exponent, ice.intermittency)
        return PeriodicField(values, TORUS_KM)

    def _draw_large_scale(self, random: np.random.Generator) -> PeriodicField:
        values = draw_power_law(random, TORUS_POINTS, TORUS_KM, 3.0, longest_km=900, shortest_km=150)
        return PeriodicField(values, TORUS_KM)

    @lru_cache(maxsize=8)  # noqa: B019 - an Arctic lives as long as its season's files are made
    def simulate_day(self, day: date) -> SyntheticDay:
        """Return the truth of a day of the season, or of one of the few days around it."""
        number = (day - self.season.first).days + SPARE_DAYS
        broken = break_ice(self.cracks, number, self.x, self.y)
        large_scale, texture = self._advect_fields(number)
        inside = self._grade_marginal_zone(number, large_scale)
        concentration = self._make_concentration(texture, broken, inside)
        pack = self._make_thickness(number, large_scale, texture, broken)
        thickness = pack * (0.2 + 0.8 * inside) * (inside > 0)
        u, v = self.drift.velocity(number, *np.meshgrid(self.x, self.y))
        to_ground = KM_PER_DAY / self.scale
        return SyntheticDay(
            sic=np.where(self.land, np.nan, concentration),
            sit=np.where(self.land, np.nan, thickness),
            u=np.where(self.land, np.nan, (u + broken.u) * to_ground),
            v=np.where(self.land, np.nan, (v + broken.v) * to_ground),
        )

    def _advect_fields(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the large-scale field and the texture of a day, of variance 1: one generation fades into the next."""
        period = self.settings.ice.renewal_days
        generation, elapsed = divmod(number, period)
        fade = np.pi / 2 * elapsed / period
        large_scale, texture = np.zeros(self.grid.shape), np.zeros(self.grid.shape)
        for n, weight in ((generation, np.cos(fade)), (generation + 1, np.sin(fade))):
            reference = max(0, n - 1) * period
            x, y = self.origins.trace(reference, number)
            large_scale += weight * self.large_scale[n].sample(x, y)
            texture += weight * self.textures[n].sample(x, y)
        return large_scale, texture

    def _make_thickness(
        self, number: int, large_scale: np.ndarray, texture: np.ndarray, broken: Breaking
    ) -> np.ndarray:
        """Return the thickness of the pack, m."""
        ice = self.settings.ice
        mean = ice.october_m + ice.growth_m * self._measure_progress(number)
        uneven = (1 - np.exp(-ice.concavity * np.clip(texture, -4, 4))) / ice.concavity
        level = mean * np.exp(ice.large_scale * large_scale) * np.clip(1 + ice.texture * uneven, 0.2, None)
        return level * (1 + broken.gain) * (1 - broken.loss)

    def _make_concentration(self, texture: np.ndarray, broken: Breaking, inside: np.ndarray) -> np.ndarray:
        pack = self.settings.ice.pack_concentration - 0.004 * texture - broken.open_water
        return np.clip(pack, 0, 1) * inside * (2 - inside)

    def _grade_marginal_zone(self, number: int, large_scale: np.ndarray) -> np.ndarray:
        """Return a field that rises from 0 in the open ocean to 1 in the pack."""
        ice = self.settings.ice
        heading = np.deg2rad(ice.edge_heading_degrees)
        seaward = self.x[None] * np.cos(heading) + self.y[:, None] * np.sin(heading)
        edge = ice.edge_october_km + (ice.edge_april_km - ice.edge_october_km) * self._measure_progress(number)
        return np.clip((edge + 25 * large_scale - seaward) / ice.marginal_km, 0, 1)

    def _measure_progress(self, number: int) -> float:
        """Return the elapsed share of the season: 0 on its first day, 1 on its last."""
        return (number - SPARE_DAYS) / max(1, (self.season.last - self.season.first).days)
