"""Years of the forced synthetic Arctic: thickness on the region's grid, and its weather on the points of ERA5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import pyproj
from tqdm import tqdm

from superice.fields.box_filter import block_mean
from superice.fields.grid import Grid, make_land_mask
from superice.fields.vectors import east_on_map, rotate_to_geographic
from superice.synthetic.forced_files import write_new_era5, write_old_era5, write_thickness
from superice.synthetic.forced_ice import ForcedIce
from superice.synthetic.settings import ForcedRunSettings
from superice.synthetic.weather import Weather
from superice.utils.files import atomic_path


@dataclass(frozen=True)
class ForcedRun:
    """A run of the forced synthetic Arctic from the first to the last year.

    Attributes
    ----------
    region
        The grid of the files.
    settings
        The numbers of ice and weather.
    first, last
        Years.
    hours
        Time between two steps.
    first_hour
        Hour of the first step of each day.
    """

    region: Grid
    settings: ForcedRunSettings
    first: int
    last: int
    hours: float
    first_hour: float = 0

    @property
    def start(self) -> datetime:
        """The first moment of the run."""
        return self._find_start_of(self.first)

    def _find_start_of(self, year: int) -> datetime:
        """Return the first moment of a year."""
        return datetime(year, 1, 1) + timedelta(hours=self.first_hour)

    def count_steps_before(self, year: int) -> int:
        """Return the number of steps before a year, which is the number of its first step."""
        return round((self._find_start_of(year) - self.start) / timedelta(hours=self.hours))

    def list_steps(self, year: int) -> range:
        """Return the numbers of the steps of a year."""
        return range(self.count_steps_before(year), self.count_steps_before(year + 1))

    def list_moments(self, year: int) -> list[datetime]:
        """Return the moments of the steps of a year."""
        return [self.start + timedelta(hours=self.hours * number) for number in self.list_steps(year)]

    @cached_property
    def land(self) -> np.ndarray:
        """The land of the region, bool (y, x)."""
        return make_land_mask(self.region)

    def make_weather(self, x_km: np.ndarray, y_km: np.ndarray) -> Weather:
        """Return the weather of the whole run at points of the map."""
        steps = self.count_steps_before(self.last + 1) + 1
        return Weather(self.settings.weather, self.settings.seed, self.start, steps, self.hours, x_km, y_km)

    def write_year(self, year: int, before: Path | None, thickness: Path, forcings: Path, after: Path) -> None:
        """Write a year's thickness and forcings, from the state ``before`` the year (npy) to the state ``after`` it."""
        fine = refine_grid(self.region, self.settings.refinement)
        land = np.kron(self.land, np.ones((self.settings.refinement,) * 2, bool))
        weather = self.make_weather(*np.meshgrid(fine.x / 1000, fine.y / 1000))
        state = None if before is None else np.load(before)
        ice = ForcedIce(fine, land, self.settings.ice, weather, self.settings.seed, state)
        states = []
        for number in tqdm(self.list_steps(year), unit="step", desc=str(year)):
            states.append(np.where(self.land, np.nan, block_mean(ice.thickness, self.settings.refinement)))
            ice.step(number)
        write_thickness(thickness, self.region, self.list_moments(year), np.array(states, np.float32))
        self._write_forcings(year, forcings)
        with atomic_path(after) as temporary:
            np.save(temporary, ice.thickness)

    def _write_forcings(self, year: int, path: Path) -> None:
        """Write the weather of a year on a grid of longitude and latitude, in the old or the new layout of ERA5."""
        new = year >= self.settings.new_layout_from
        north, east = self.settings.degrees
        lowest = np.floor(self.region.lonlat()[1].min()) - 1
        latitude = np.arange(90, lowest - north / 2, -north)
        longitude = np.arange(0, 360, east) - (180 if new else 0)
        points = np.meshgrid(longitude, latitude)
        x, y = pyproj.Proj(self.region.crs)(*points)
        weather = self.make_weather(x / 1000, y / 1000)
        steps = self.list_steps(year)
        eastward = east_on_map(self.region.crs, *points)
        winds = np.array([rotate_to_geographic(eastward, *weather.wind(n)) for n in steps])
        fields = {
            "t2m": np.array([weather.temperature(n) for n in steps]),
            "u10": winds[:, 0],
            "v10": winds[:, 1],
        }
        write = write_new_era5 if new else write_old_era5
        write(path, self.list_moments(year), latitude, longitude, fields)


def refine_grid(grid: Grid, factor: int) -> Grid:
    """Return the grid with each cell divided into ``factor`` x ``factor``."""
    step = grid.step / factor

    def refine(axis: np.ndarray) -> np.ndarray:
        return axis[0] - grid.step / 2 + step * (np.arange(axis.size * factor) + 0.5)

    return Grid(grid.name, grid.crs, refine(grid.x), refine(grid.y))
