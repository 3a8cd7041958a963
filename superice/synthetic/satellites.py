"""Virtual satellites: what CS2SMOS and OSI SAF would deliver of the virtual Arctic, in their own layouts and grids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import netCDF4
import numpy as np
import pyproj
from scipy.ndimage import distance_transform_edt, map_coordinates, uniform_filter

from superice.fields.grid import Grid
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.readers.product_file import EASE2, POLAR_STEREOGRAPHIC
from superice.synthetic.arctic import Arctic
from superice.synthetic.random_fields import PeriodicField, draw_power_law
from superice.utils.files import atomic_path

EPOCH = "seconds since 1978-01-01 00:00:00"
SECONDS = 86400
ICE = 0.15


def average_footprint(field: np.ndarray, cells: int) -> np.ndarray:
    """The mean over boxes of ``cells`` x ``cells`` of what is there: NaN counts for nothing, and stays where nothing is."""
    there = np.isfinite(field)
    weight = uniform_filter(there.astype(float), cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 1e-6, uniform_filter(np.where(there, field, 0.0), cells) / weight, np.nan)


class View:
    """A native grid's cells on the twin's grid: which are covered, and where they are."""

    def __init__(self, native: Grid, grid: Grid) -> None:
        self.native = native
        across = pyproj.Transformer.from_crs(native.crs, grid.crs, always_xy=True)
        self.x, self.y = across.transform(*np.meshgrid(native.x, native.y))
        self.points = np.stack([(self.y - grid.y[0]) / grid.step, (self.x - grid.x[0]) / grid.step])
        limits = np.array(grid.shape)[:, None, None] - 1
        self.covered = ((self.points >= 0) & (self.points <= limits)).all(axis=0)

    def sample(self, field: np.ndarray, order: int = 1) -> np.ndarray:
        """A field (y, x) of the twin at the cells, NaN where it is unknown or not covered."""
        values = np.full(self.covered.shape, np.nan)
        values[self.covered] = map_coordinates(field, self.points[:, self.covered], order=order)
        return values


class Satellites:
    """The instruments above one season of the virtual Arctic."""

    def __init__(self, arctic: Arctic) -> None:
        self.arctic, self.settings = arctic, arctic.settings.satellites
        self.step_km = arctic.grid.step / 1000

    def _random(self, product: int, day: date) -> np.random.Generator:
        return np.random.default_rng([self.arctic.settings.seed, day.toordinal(), product])

    def _cells(self, width_km: float) -> int:
        return max(1, round(width_km / self.step_km))

    @cached_property
    def _thickness_view(self) -> View:
        return View(cs2smos.GRID, self.arctic.grid)

    @cached_property
    def _concentration_view(self) -> View:
        return View(osisaf_concentration.GRID, self.arctic.grid)

    @cached_property
    def _drift_view(self) -> View:
        return View(osisaf_drift.GRID, self.arctic.grid)

    def thickness(self, day: date) -> tuple[np.ndarray, np.ndarray]:
        """Weekly thickness of the ice in m and its uncertainty on the 25 km grid, (y, x), NaN without ice."""
        settings, view = self.settings, self._thickness_view
        week = [self.arctic.day(day + timedelta(n)) for n in range(-3, 4)]
        with np.errstate(invalid="ignore", divide="ignore"):
            of_ice = [np.where(truth.sic > ICE, truth.sit / truth.sic, np.nan) for truth in week]
        seen = np.mean([np.isfinite(field) for field in of_ice], axis=0)
        total = np.nansum(of_ice, axis=0)
        with np.errstate(invalid="ignore"):
            mean = average_footprint(total / (len(week) * seen), self._cells(settings.thickness_km))
        noise = draw_power_law(self._random(0, day), 256, 12.5, 1.0, 3200, settings.thickness_noise_km)
        error = settings.thickness_noise_m * PeriodicField(noise, 12.5)(view.x / 1000, view.y / 1000)
        icy = view.sample(seen) > 0.5
        thickness = np.where(icy, np.clip(view.sample(mean) + error, 0.005, None), np.nan)
        return thickness, np.where(icy, settings.thickness_noise_m + 0.02 * thickness, np.nan)

    def concentration(self, day: date) -> tuple[np.ndarray, np.ndarray]:
        """Concentration as a fraction, NaN where there is none, and the status flags of OSI-401 on the 10 km grid."""
        settings, view = self.settings, self._concentration_view
        seen = view.sample(average_footprint(self.arctic.day(day).sic, self._cells(settings.concentration_km)))
        land = view.covered & (view.sample(self.arctic.land.astype(float)) > 0.5)
        seen += settings.concentration_noise * self._random(1, day).standard_normal(seen.shape)
        filtered = seen < 0.1
        seen = np.where(filtered, 0.0, np.clip(seen, 0, 1))
        flags = np.select([~view.covered, land, filtered], [101, 100, 12], 0)
        return np.where((flags == 100) | (flags == 101), np.nan, seen), flags

    def drift(self, day: date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Displacement over the 48 h around the day's noon in map km, (2, y, x), and the flags of OSI-405."""
        settings, view, arctic = self.settings, self._drift_view, self.arctic
        days = [arctic.day(day + timedelta(n)) for n in (-1, 0, 1)]
        cells = self._cells(settings.drift_km)
        moved = []
        for component in ("u", "v"):
            mean = np.average([getattr(truth, component) for truth in days], axis=0, weights=[0.5, 1, 0.5])
            moved.append(view.sample(average_footprint(2 * SECONDS * mean * arctic.scale, cells)))
        to_native = pyproj.Transformer.from_crs(arctic.grid.crs, view.native.crs, always_xy=True)
        end = to_native.transform(view.x + moved[0], view.y + moved[1])
        start = np.meshgrid(view.native.x, view.native.y)
        random = self._random(2, day)
        displacement = np.stack([e - s for e, s in zip(end, start, strict=True)]) / 1000
        displacement += settings.drift_noise_km * random.standard_normal(displacement.shape)
        flags = self._drift_flags(days[1].sic, random)
        displacement[:, (flags < 20) | ~np.isfinite(displacement).all(axis=0)] = np.nan
        return displacement, np.where((flags >= 20) & np.isnan(displacement[0]), 0, flags)

    def _drift_flags(self, sic: np.ndarray, random: np.random.Generator) -> np.ndarray:
        view, settings, land = self._drift_view, self.settings, self.arctic.land
        water = ~land & ~(sic > 0.4)
        near_land = distance_transform_edt(~land) * self.step_km < settings.coast_km if land.any() else land
        near_edge = distance_transform_edt(~water) * self.step_km < settings.coast_km / 2 if water.any() else water
        at = lambda mask: view.covered & (view.sample(mask.astype(float), order=0) > 0.5)
        hole = view.native.lonlat()[1] > settings.polar_hole_degrees
        rejected = random.random(view.covered.shape) < settings.rejected
        conditions = [~view.covered | hole, at(land), at(water), at(near_land) | at(near_edge), rejected]
        return np.select(conditions, [0, 1, 2, 3, 13], 30)

    def write_thickness(self, path: Path, day: date) -> None:
        """Write CS2SMOS in the layout of v205."""
        thickness, uncertainty = self.thickness(day)
        with _product(
            path, cs2smos.GRID, "Lambert_Azimuthal_Grid", EASE2, day - timedelta(3), day + timedelta(4)
        ) as file:
            file.title, file.product_version = "SuperIce twin, in the layout of CS2SMOS", "205"
            packing = {"scale_factor": 1e-3, "units": "m"}
            _packed(file, "analysis_sea_ice_thickness", "i4", -2147483647, thickness, packing)
            _packed(file, "analysis_sea_ice_thickness_unc", "i4", -2147483647, uncertainty, packing)

    def write_concentration(self, path: Path, day: date) -> None:
        """Write OSI-401 concentration."""
        concentration, flags = self.concentration(day)
        with _product(
            path,
            osisaf_concentration.GRID,
            "Polar_Stereographic_Grid",
            POLAR_STEREOGRAPHIC,
            day,
            day + timedelta(1),
            latlon=False,
        ) as file:
            file.title, file.product_id = "SuperIce twin, in the layout of OSI-401", "OSI-401"
            packing = {"scale_factor": 0.01, "units": "%", "standard_name": "sea_ice_area_fraction"}
            _packed(file, "ice_conc", "i2", -999, 100 * concentration, packing)
            meanings = {
                0: "nominal",
                2: "lake",
                10: "max_climatology",
                11: "coastal_correction",
                12: "open_water_filter",
            }
            meanings |= {100: "land", 101: "missing", 102: "unclassified"}
            _flags(file, flags, meanings)

    def write_drift(self, path: Path, day: date) -> None:
        """Write OSI-405 drift; its date is that of the end of the displacement."""
        displacement, flags = self.drift(day)
        noon = timedelta(hours=12)
        first, last = (datetime(d.year, d.month, d.day) + noon for d in (day - timedelta(1), day + timedelta(1)))
        with _product(
            path, osisaf_drift.GRID, "Polar_Stereographic_Grid", POLAR_STEREOGRAPHIC, first, last, end=True
        ) as file:
            file.title, file.product_id = "SuperIce twin, in the layout of OSI-405", "OSI-405"
            to_geographic = pyproj.Transformer.from_crs(
                osisaf_drift.GRID.crs, osisaf_drift.GRID.crs.geodetic_crs, always_xy=True
            )
            x, y = np.meshgrid(osisaf_drift.GRID.x, osisaf_drift.GRID.y)
            known = np.isfinite(displacement[0])
            end = np.full((2, *known.shape), np.nan)
            end[:, known] = to_geographic.transform(
                x[known] + 1e3 * displacement[0][known], y[known] + 1e3 * displacement[1][known]
            )
            fields = {"dX": (displacement[0], "km"), "dY": (displacement[1], "km")}
            fields |= {"lon1": (end[0], "degrees_east"), "lat1": (end[1], "degrees_north")}
            uncertainty = np.where(known, self.settings.drift_noise_km, np.nan)
            fields |= {"uncert_dX_and_dY": (uncertainty, "km")}
            for name, (values, units) in fields.items():
                _packed(file, name, "f4", -1e10, values, {"units": units})
            for name in ("dt0", "dt1"):
                _packed(file, name, "i4", 2147483647, np.where(known, 0, np.nan), {"units": "seconds"})
            meanings = {
                0: "missing_input_data",
                1: "over_land",
                2: "no_ice",
                3: "close_to_coast_or_edge",
                4: "summer_period",
            }
            meanings |= {10: "processing_failed", 11: "too_low_correlation", 12: "not_enough_neighbours"}
            meanings |= {13: "filtered_by_neighbours", 20: "smaller_pattern", 21: "corrected_by_neighbours"}
            _flags(file, flags, meanings | {22: "interpolated", 30: "nominal_quality"})


@contextmanager
def _product(
    path: Path, grid: Grid, mapping: str, proj4: str, first: date, last: date, end: bool = False, latlon: bool = True
) -> Iterator[netCDF4.Dataset]:
    """A file with what all products share: time, its bounds, axes in km from the top, grid mapping and coordinates."""
    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4_CLASSIC") as file:
        file.Conventions = "CF-1.6"
        for name, size in (("time", 1), ("nv", 2), ("yc", grid.y.size), ("xc", grid.x.size)):
            file.createDimension(name, size)
        crs = file.createVariable(mapping, "i4", ())
        crs.proj4_string = proj4
        bounds = [_seconds(moment) for moment in (first, last)]
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts({"units": EPOCH, "standard_name": "time", "bounds": "time_bnds"})
        time[0] = bounds[1] if end else sum(bounds) / 2
        file.createVariable("time_bnds", "f8", ("time", "nv"))[0] = bounds
        for name, values in (("xc", grid.x), ("yc", grid.y[::-1])):
            axis = file.createVariable(name, "f8", (name,))
            axis.setncatts({"units": "km", "standard_name": f"projection_{name[0]}_coordinate"})
            axis[:] = values / 1000
        if latlon:
            for name, values, units in zip(
                ("lon", "lat"), grid.lonlat(), ("degrees_east", "degrees_north"), strict=True
            ):
                variable = file.createVariable(name, "f4", ("yc", "xc"), zlib=True, complevel=1)
                variable.units = units
                variable[:] = values[::-1]
        yield file


def _mapping(file: netCDF4.Dataset) -> str:
    return next(name for name, variable in file.variables.items() if "proj4_string" in variable.ncattrs())


def _seconds(moment: date) -> float:
    return netCDF4.date2num(datetime(*moment.timetuple()[:6]), EPOCH)


def _packed(file: netCDF4.Dataset, name: str, kind: str, fill: float, values: np.ndarray, attributes: dict) -> None:
    """A field (y, x), NaN where missing, packed as the provider packs it."""
    variable = file.createVariable(name, kind, ("time", "yc", "xc"), fill_value=fill, zlib=True, complevel=1)
    variable.setncatts(attributes | {"grid_mapping": _mapping(file)})
    variable.set_auto_maskandscale(False)
    scaled = values[::-1] / attributes.get("scale_factor", 1)
    scaled = np.where(np.isfinite(scaled), np.rint(scaled) if kind != "f4" else scaled, fill)
    variable[0] = scaled.astype(variable.dtype)


def _flags(file: netCDF4.Dataset, flags: np.ndarray, meanings: dict[int, str]) -> None:
    variable = file.createVariable("status_flag", "i1", ("time", "yc", "xc"), fill_value=-1, zlib=True, complevel=1)
    variable.flag_values = np.array(list(meanings), dtype=np.int8)
    variable.flag_meanings = " ".join(meanings.values())
    variable[0] = flags[::-1].astype(np.int8)
