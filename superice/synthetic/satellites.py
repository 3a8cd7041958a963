"""What CS2SMOS and OSI SAF would observe of the synthetic Arctic, each product on its own grid."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pyproj
from scipy.ndimage import distance_transform_edt

from superice.fields.box_filter import box_sum
from superice.fields.deformation import find_ends
from superice.fields.grid import Grid
from superice.fields.quantities import SECONDS_PER_DAY
from superice.fields.regridding import interpolate
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.synthetic.arctic import Arctic
from superice.synthetic.random_fields import PeriodicField, draw_power_law

ICE = 0.15  # concentration above which a pixel has a thickness
LEAST_COUNT = 1e-3  # known pixels of a box; what is less is rounding
THICKNESS_STREAM, CONCENTRATION_STREAM, DRIFT_STREAM = 0, 1, 2  # of random numbers


def average_footprint(field: np.ndarray, cells: int) -> np.ndarray:
    """Average the known pixels of a field (y, x) over centred boxes of ``cells`` x ``cells``; NaN where a box holds none.

    Unlike ``fields.box_filter.box_mean``, it also has a value at missing pixels near known ones.
    """
    known = np.isfinite(field)
    count = box_sum(known, cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > LEAST_COUNT, box_sum(np.where(known, field, 0.0), cells) / count, np.nan)


class View:
    """The cells of a product's grid as seen from the grid of the synthetic Arctic.

    The cells are projected from map to map, without the detour over longitude and latitude of
    ``fields.regridding.locate_pixels``: both agree to rounding, and the files of a season keep their bits.

    Attributes
    ----------
    native
        The product's grid.
    x, y
        Positions of its cells on the map of the synthetic Arctic, m, (y, x).
    points
        The same as fractional rows and columns of the synthetic Arctic, (2, y, x).
    covered
        Bool field (y, x), the cells inside the synthetic Arctic.

    """

    def __init__(self, native: Grid, grid: Grid) -> None:
        self.native = native
        to_grid = pyproj.Transformer.from_crs(native.crs, grid.crs, always_xy=True)
        self.x, self.y = to_grid.transform(*np.meshgrid(native.x, native.y))
        self.points = np.stack([(self.y - grid.y[0]) / grid.step, (self.x - grid.x[0]) / grid.step])
        limits = np.array(grid.shape)[:, None, None] - 1
        self.covered = ((self.points >= 0) & (self.points <= limits)).all(axis=0)

    def sample(self, field: np.ndarray, order: int = 1) -> np.ndarray:
        """Sample a field (y, x) of the synthetic Arctic at the cells; NaN where it is unknown or not covered."""
        return interpolate(field, self.points, order)


class Satellites:
    """The instruments above one season of the synthetic Arctic."""

    def __init__(self, arctic: Arctic) -> None:
        self.arctic, self.settings = arctic, arctic.settings.satellites
        self.step_km = arctic.grid.step / 1000

    @cached_property
    def _thickness_view(self) -> View:
        return View(cs2smos.GRID, self.arctic.grid)

    @cached_property
    def _concentration_view(self) -> View:
        return View(osisaf_concentration.GRID, self.arctic.grid)

    @cached_property
    def _drift_view(self) -> View:
        return View(osisaf_drift.GRID, self.arctic.grid)

    def _make_random(self, stream: int, day: date) -> np.random.Generator:
        return np.random.default_rng([self.arctic.settings.seed, day.toordinal(), stream])

    def _count_cells(self, width_km: float) -> int:
        return max(1, round(width_km / self.step_km))

    def observe_thickness(self, day: date) -> tuple[np.ndarray, np.ndarray]:
        """Return the weekly thickness of the ice and its uncertainty on the 25 km grid, m, (y, x), NaN without ice."""
        settings, view = self.settings, self._thickness_view
        week = [self.arctic.simulate_day(day + timedelta(n)) for n in range(-3, 4)]
        with np.errstate(invalid="ignore", divide="ignore"):
            ice_thickness = [np.where(truth.sic > ICE, truth.sit / truth.sic, np.nan) for truth in week]
        share_of_week = np.mean([np.isfinite(field) for field in ice_thickness], axis=0)
        total = np.nansum(ice_thickness, axis=0)
        with np.errstate(invalid="ignore"):
            weekly_mean = total / (len(week) * share_of_week)
        mean = average_footprint(weekly_mean, self._count_cells(settings.thickness_km))
        random = self._make_random(THICKNESS_STREAM, day)
        noise = PeriodicField(draw_power_law(random, 256, 12.5, 1.0, 3200, settings.thickness_noise_km), 12.5)
        error = settings.thickness_noise_m * noise.sample(view.x / 1000, view.y / 1000)
        ice = view.sample(share_of_week) > 0.5
        thickness = np.where(ice, np.clip(view.sample(mean) + error, 0.005, None), np.nan)
        uncertainty = np.where(ice, settings.thickness_noise_m + 0.02 * thickness, np.nan)
        return thickness, uncertainty

    def observe_concentration(self, day: date) -> tuple[np.ndarray, np.ndarray]:
        """Return the concentration as a fraction on the 10 km grid, NaN where unknown, and the flags of OSI-401."""
        settings, view = self.settings, self._concentration_view
        footprint = average_footprint(self.arctic.simulate_day(day).sic, self._count_cells(settings.concentration_km))
        concentration = view.sample(footprint)
        land = view.covered & (view.sample(self.arctic.land.astype(float)) > 0.5)
        noise = self._make_random(CONCENTRATION_STREAM, day).standard_normal(concentration.shape)
        concentration += settings.concentration_noise * noise
        filtered = concentration < 0.1
        concentration = np.where(filtered, 0.0, np.clip(concentration, 0, 1))
        flags = np.select([~view.covered, land, filtered], [101, 100, 12], 0)
        unknown = (flags == 100) | (flags == 101)
        return np.where(unknown, np.nan, concentration), flags

    def observe_drift(self, day: date) -> tuple[np.ndarray, np.ndarray]:
        """Return the displacement over the 48 h around the day's noon in map km, (2, y, x), and the flags of OSI-405.

        The displacement is NaN where the flag is below 20.
        """
        settings, view, arctic = self.settings, self._drift_view, self.arctic
        days = [arctic.simulate_day(day + timedelta(n)) for n in (-1, 0, 1)]
        cells = self._count_cells(settings.drift_km)

        def displace(component: str) -> np.ndarray:
            """Return the displacement along an axis of the synthetic Arctic, m on its map, at the product's cells."""
            mean = np.average([getattr(truth, component) for truth in days], axis=0, weights=[0.5, 1, 0.5])
            return view.sample(average_footprint(2 * SECONDS_PER_DAY * mean * arctic.scale, cells))

        moved = displace("u"), displace("v")
        end_x, end_y = find_ends(arctic.grid.crs, view.native.crs, (view.x, view.y), moved)
        start_x, start_y = np.meshgrid(view.native.x, view.native.y)
        displacement = np.stack([end_x - start_x, end_y - start_y]) / 1000
        random = self._make_random(DRIFT_STREAM, day)
        displacement += settings.drift_noise_km * random.standard_normal(displacement.shape)
        flags = self._flag_drift(days[1].sic, random)
        displacement[:, (flags < 20) | ~np.isfinite(displacement).all(axis=0)] = np.nan
        return displacement, np.where((flags >= 20) & np.isnan(displacement[0]), 0, flags)

    def _flag_drift(self, sic: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return the flags of OSI-405 at the product's cells, (y, x), from the concentration ``sic`` of the truth."""
        view, settings, land = self._drift_view, self.settings, self.arctic.land
        water = ~land & ~(sic > 0.4)
        near_land = distance_transform_edt(~land) * self.step_km < settings.coast_km if land.any() else land
        near_edge = distance_transform_edt(~water) * self.step_km < settings.coast_km / 2 if water.any() else water

        def sample_mask(mask: np.ndarray) -> np.ndarray:
            return view.covered & (view.sample(mask.astype(float), order=0) > 0.5)

        polar_hole = view.native.lonlat()[1] > settings.polar_hole_degrees
        rejected = random.random(view.covered.shape) < settings.rejected
        conditions = {
            0: ~view.covered | polar_hole,
            1: sample_mask(land),
            2: sample_mask(water),
            3: sample_mask(near_land) | sample_mask(near_edge),
            13: rejected,
        }
        return np.select(list(conditions.values()), list(conditions), 30)
