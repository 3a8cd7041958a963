"""Ice of the forced synthetic Arctic: wind moves, opens and ridges it, temperature grows and melts it.

The days of ``arctic`` are independent of each other and of any weather. Here a state is stepped in time: the ice drifts
to the right of the wind in a closed sea (the edge of the region is a coast), breaks along the axes of the strain, and
freezes by degree days. Drift and breaking conserve the volume; only temperature changes it.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn, idctn
from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

from superice.fields.grid import Grid
from superice.fields.quantities import SECONDS_PER_DAY
from superice.synthetic.random_fields import draw_intermittent, draw_power_law
from superice.synthetic.settings import ForcedIceSettings
from superice.synthetic.weather import Weather

FREEZING = 273.15 - 1.8  # K, of sea water
EVEN_KM = 30.0  # scale over which cracks and ridges even out, and the ice yields
CONDUCTION = 6.6e-9  # m2 s-1 K-1: conductivity of ice over its density and heat of fusion


def divergent_part(flow: np.ndarray) -> np.ndarray:
    """Return the divergent part of a flow (2, y, x) in a box with closed walls, as the gradient of a potential."""
    divergence = np.gradient(flow[0], axis=0) + np.gradient(flow[1], axis=1)
    waves = [2 * np.cos(np.pi * np.arange(size) / size) - 2 for size in divergence.shape]
    curvature = np.add.outer(*waves)
    curvature[0, 0] = np.inf
    return np.stack(np.gradient(idctn(dctn(divergence) / curvature)))


class ForcedIce:
    """The ice of a closed sea, stepped by the weather.

    Attributes
    ----------
    thickness
        In m, (y, x), 0 on land.
    land
        Bool field (y, x).

    """

    def __init__(
        self, grid: Grid, land: np.ndarray, settings: ForcedIceSettings, weather: Weather, seed: int,
        thickness: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Prepare the ice; ``weather`` is that of the grid's points, ``thickness`` (y, x) in m the end of an earlier run."""
        self.grid, self.land, self.settings, self.weather, self.seed = grid, land, settings, weather, seed
        self.nearest_sea = tuple(distance_transform_edt(land, return_distances=False, return_indices=True))
        shore = np.pad(~land, 1)
        distance = distance_transform_edt(shore)[1:-1, 1:-1] * grid.step / 1000
        self.freedom = 1 - np.exp(-(((distance - grid.step / 2000) / settings.coast_km) ** 2))
        self.pixels = np.indices(grid.shape, dtype=float)
        self.thickness = self._draw_first_state() if thickness is None else thickness

    def _draw_first_state(self) -> np.ndarray:
        """Draw the thickness of the first moment, m, (y, x)."""
        random = np.random.default_rng([self.seed, 0])
        size, km = max(self.grid.shape), self.grid.step / 1000
        rows, columns = self.grid.shape
        large = draw_power_law(random, size, km, 3.0, longest_km=900)[:rows, :columns]
        texture = draw_intermittent(random, size, km, 2.4, 0.2)[:rows, :columns]
        level = self.settings.first_m * np.exp(0.3 * large) * np.clip(1 + 0.08 * texture, 0.2, None)
        return np.where(self.land, 0, level)

    def step(self, number: int) -> None:
        """Step the ice from step ``number`` of the weather to the next."""
        random = np.random.default_rng([self.seed, 1, number])
        smooth = gaussian_filter(self.thickness[self.nearest_sea], EVEN_KM * 1000 / self.grid.step)
        displacement = self._compute_displacement(number, smooth)
        self._heal(smooth)
        self._advect(displacement)
        self._break(displacement, random)
        self._freeze(number)

    def _compute_displacement(self, number: int, smooth: np.ndarray) -> np.ndarray:
        """Return the displacement by the mean wind of the step, in pixels along rows and columns, (2, y, x)."""
        u_before, v_before = self.weather.wind(number)
        u_after, v_after = self.weather.wind(number + 1)
        u, v = 0.5 * (u_before + u_after), 0.5 * (v_before + v_after)
        turn = np.deg2rad(self.settings.turning_degrees)
        looseness = 1 / (1 + (smooth / self.settings.yielding_m) ** 4)
        ratio = self.settings.drift_ratio * looseness * self.freedom * self.weather.hours * 3600 / self.grid.step
        free = ratio * np.stack([v * np.cos(turn) - u * np.sin(turn), u * np.cos(turn) + v * np.sin(turn)])
        return free - self.settings.pressure * self.freedom * divergent_part(free)

    def _heal(self, smooth: np.ndarray) -> None:
        """Even out cracks and ridges, and conserve the volume."""
        share = 1 - np.exp(-self.weather.hours / 24 / self.settings.healing_days)
        healed = np.where(self.land, 0, self.thickness + share * (smooth - self.thickness))
        self.thickness = healed * (self.thickness.sum() / max(healed.sum(), 1e-9))

    def _advect(self, displacement: np.ndarray) -> None:
        """Move the ice, thicken it where it converges, and conserve the volume."""
        yy, yx = np.gradient(displacement[0])
        xy, xx = np.gradient(displacement[1])
        convergence = (1 - yy) * (1 - xx) - yx * xy
        continued = self.thickness[self.nearest_sea]
        moved = map_coordinates(continued, self.pixels - displacement, order=3, mode="nearest")
        moved = np.where(self.land, 0, np.clip(moved * convergence, 0, None))
        self.thickness = moved * (self.thickness.sum() / max(moved.sum(), 1e-9))

    def _break(self, displacement: np.ndarray, random: np.random.Generator) -> None:
        """Open new cracks where the drift strains the ice."""
        how, km = self.settings, self.grid.step / 1000
        days = self.weather.hours / 24
        yy, yx = np.gradient(displacement[0])
        xy, xx = np.gradient(displacement[1])
        normal, sheared = xx - yy, yx + xy
        strain = np.hypot(normal, sheared) / days
        compression = 0.5 * np.arctan2(sheared, normal) + np.pi / 2
        tries = random.poisson(4 * how.cracks * days * self.land.size * km**2 / 1e6)
        rows = random.integers(self.land.shape[0], size=tries)
        columns = random.integers(self.land.shape[1], size=tries)
        for row, column in zip(rows, columns, strict=True):
            probability = 0.25 * strain[row, column] / 0.05
            length_km = how.shortest_km * (1 - random.random()) ** (-1 / how.pareto)
            turn = np.deg2rad(how.half_angle) * random.choice([-1, 1]) + 0.1 * random.standard_normal()
            width = how.width_km * random.uniform(0.6, 1.3) / km
            severity = random.beta(1.2, 1.8)
            if random.random() < probability and not self.land[row, column]:
                half = min(length_km, how.longest_km) / km / 2
                self._open_crack(row, column, compression[row, column] + turn, half, width, how.depth * severity)

    def _open_crack(self, row: int, column: int, angle: float, half: float, width: float, depth: float) -> None:
        """Push a share of the ice of a line onto its flanks; lengths are in pixels."""
        cosine, sine = np.cos(angle), np.sin(angle)
        high, wide = half * np.abs([sine, cosine]) + 5 * width
        rows = slice(max(0, int(row - high)), int(row + high) + 2)
        columns = slice(max(0, int(column - wide)), int(column + wide) + 2)
        window = rows, columns
        dy, dx = self.pixels[(0, *window)] - row, self.pixels[(1, *window)] - column
        along = (dx * cosine + dy * sine) / half
        taper = np.sqrt(np.clip(1 - along**2, 0, None))
        across = -dx * sine + dy * cosine - 0.08 * half * np.cos(1.5 * along + row)  # real cracks are not straight
        ice = self.thickness[window]
        lost = ice * depth * taper * np.exp(-0.5 * (across / width) ** 2)
        flanks = taper * np.exp(-0.5 * ((np.abs(across) - 2.5 * width) / width) ** 2) * ice
        if flanks.sum() > 0:
            self.thickness[window] = ice - lost + flanks * (lost.sum() / flanks.sum())

    def _freeze(self, number: int) -> None:
        """Grow the ice by degree days through its own thickness, and melt it above the freezing point."""
        how, seconds = self.settings, self.weather.hours * 3600
        cold = FREEZING - 0.5 * (self.weather.temperature(number) + self.weather.temperature(number + 1))
        growth = CONDUCTION * np.maximum(cold, 0) / (self.thickness + how.insulation_m)
        loss = how.melting * np.maximum(-cold, 0) + how.erosion * self.thickness**2
        grown = self.thickness + seconds * (growth - loss / SECONDS_PER_DAY)
        self.thickness = np.where(self.land, 0, np.maximum(grown, 0))
