"""Write what the satellites observe of the synthetic Arctic, in the layouts of CS2SMOS and OSI SAF."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.readers.product_file import EASE2, POLAR_STEREOGRAPHIC
from superice.synthetic.satellites import Satellites
from superice.utils.files import atomic_path

EPOCH = "seconds since 1978-01-01 00:00:00"
CONCENTRATION_FLAGS = {
    0: "nominal",
    2: "lake",
    10: "max_climatology",
    11: "coastal_correction",
    12: "open_water_filter",
    100: "land",
    101: "missing",
    102: "unclassified",
}
DRIFT_FLAGS = {
    0: "missing_input_data",
    1: "over_land",
    2: "no_ice",
    3: "close_to_coast_or_edge",
    4: "summer_period",
    10: "processing_failed",
    11: "too_low_correlation",
    12: "not_enough_neighbours",
    13: "filtered_by_neighbours",
    20: "smaller_pattern",
    21: "corrected_by_neighbours",
    22: "interpolated",
    30: "nominal_quality",
}


def write_thickness(path: Path, satellites: Satellites, day: date) -> None:
    """Write a week of CS2SMOS thickness in the layout of v205."""
    thickness, uncertainty = satellites.observe_thickness(day)
    first, last = day - timedelta(3), day + timedelta(4)
    with _create_product(path, cs2smos.GRID, "Lambert_Azimuthal_Grid", EASE2, (first, last)) as file:
        file.title, file.product_version = "SuperIce synthetic Arctic, in the layout of CS2SMOS", "205"
        packing = {"scale_factor": 1e-3, "units": "m"}
        _write_packed(file, "analysis_sea_ice_thickness", "i4", -2147483647, thickness, packing)
        _write_packed(file, "analysis_sea_ice_thickness_unc", "i4", -2147483647, uncertainty, packing)


def write_concentration(path: Path, satellites: Satellites, day: date) -> None:
    """Write a day of OSI-401 concentration."""
    concentration, flags = satellites.observe_concentration(day)
    span = day, day + timedelta(1)
    grid = osisaf_concentration.GRID
    with _create_product(path, grid, "Polar_Stereographic_Grid", POLAR_STEREOGRAPHIC, span, with_lonlat=False) as file:
        file.title, file.product_id = "SuperIce synthetic Arctic, in the layout of OSI-401", "OSI-401"
        packing = {"scale_factor": 0.01, "units": "%", "standard_name": "sea_ice_area_fraction"}
        _write_packed(file, "ice_conc", "i2", -999, 100 * concentration, packing)
        _write_flags(file, flags, CONCENTRATION_FLAGS)


def write_drift(path: Path, satellites: Satellites, day: date) -> None:
    """Write 48 hours of OSI-405 drift; the time of the file is the end of the displacement."""
    displacement, flags = satellites.observe_drift(day)
    grid = osisaf_drift.GRID
    noon = datetime(day.year, day.month, day.day) + timedelta(hours=12)
    span = noon - timedelta(1), noon + timedelta(1)
    with _create_product(path, grid, "Polar_Stereographic_Grid", POLAR_STEREOGRAPHIC, span, time_is_end=True) as file:
        file.title, file.product_id = "SuperIce synthetic Arctic, in the layout of OSI-405", "OSI-405"
        known = np.isfinite(displacement[0])
        x, y = np.meshgrid(grid.x, grid.y)
        to_geographic = pyproj.Transformer.from_crs(grid.crs, grid.crs.geodetic_crs, always_xy=True)
        end = np.full((2, *known.shape), np.nan)
        end[:, known] = to_geographic.transform(
            x[known] + 1e3 * displacement[0][known], y[known] + 1e3 * displacement[1][known]
        )
        uncertainty = np.where(known, satellites.settings.drift_noise_km, np.nan)
        fields = {
            "dX": (displacement[0], "km"),
            "dY": (displacement[1], "km"),
            "lon1": (end[0], "degrees_east"),
            "lat1": (end[1], "degrees_north"),
            "uncert_dX_and_dY": (uncertainty, "km"),
        }
        for name, (values, units) in fields.items():
            _write_packed(file, name, "f4", -1e10, values, {"units": units})
        for name in ("dt0", "dt1"):
            _write_packed(file, name, "i4", 2147483647, np.where(known, 0, np.nan), {"units": "seconds"})
        _write_flags(file, flags, DRIFT_FLAGS)


@contextmanager
def _create_product(
    path: Path,
    grid: Grid,
    mapping: str,
    proj4: str,
    span: tuple[date, date],
    time_is_end: bool = False,
    with_lonlat: bool = True,
) -> Iterator[netCDF4.Dataset]:
    """Create a file with what all products share: time, its bounds, axes in km from the top, grid mapping, coordinates.

    Parameters
    ----------
    path
        Of the file.
    grid
        Of the product.
    mapping
        Name of the variable with the grid mapping.
    proj4
        The projection.
    span
        First and last moment of the mean or of the displacement.
    time_is_end
        Whether the time is the last moment, or else the middle of the span.
    with_lonlat
        Whether longitude and latitude are written.

    """
    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4_CLASSIC") as file:
        file.Conventions = "CF-1.6"
        for name, size in (("time", 1), ("nv", 2), ("yc", grid.y.size), ("xc", grid.x.size)):
            file.createDimension(name, size)
        crs = file.createVariable(mapping, "i4", ())
        crs.proj4_string = proj4
        bounds = [_count_seconds(moment) for moment in span]
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts({"units": EPOCH, "standard_name": "time", "bounds": "time_bnds"})
        time[0] = bounds[1] if time_is_end else sum(bounds) / 2
        file.createVariable("time_bnds", "f8", ("time", "nv"))[0] = bounds
        for name, values in (("xc", grid.x), ("yc", grid.y[::-1])):
            axis = file.createVariable(name, "f8", (name,))
            axis.setncatts({"units": "km", "standard_name": f"projection_{name[0]}_coordinate"})
            axis[:] = values / 1000
        if with_lonlat:
            longitude, latitude = grid.lonlat()
            for name, values, units in (("lon", longitude, "degrees_east"), ("lat", latitude, "degrees_north")):
                variable = file.createVariable(name, "f4", ("yc", "xc"), zlib=True, complevel=1)
                variable.units = units
                variable[:] = values[::-1]
        yield file


def _count_seconds(moment: date) -> float:
    return float(netCDF4.date2num(datetime(*moment.timetuple()[:6]), EPOCH))


def _find_mapping(file: netCDF4.Dataset) -> str:
    """Return the name of the variable with the grid mapping."""
    return next(name for name, variable in file.variables.items() if "proj4_string" in variable.ncattrs())


def _write_packed(
    file: netCDF4.Dataset, name: str, kind: str, fill: float, values: np.ndarray, attributes: dict
) -> None:
    """Write a field (y, x), NaN where missing, packed as the provider packs it."""
    variable = file.createVariable(name, kind, ("time", "yc", "xc"), fill_value=fill, zlib=True, complevel=1)
    variable.setncatts(attributes | {"grid_mapping": _find_mapping(file)})
    variable.set_auto_maskandscale(False)
    scaled = values[::-1] / attributes.get("scale_factor", 1)
    if kind != "f4":
        scaled = np.rint(scaled)
    variable[0] = np.where(np.isfinite(scaled), scaled, fill).astype(variable.dtype)


def _write_flags(file: netCDF4.Dataset, flags: np.ndarray, meanings: dict[int, str]) -> None:
    variable = file.createVariable("status_flag", "i1", ("time", "yc", "xc"), fill_value=-1, zlib=True, complevel=1)
    variable.flag_values = np.array(list(meanings), dtype=np.int8)
    variable.flag_meanings = " ".join(meanings.values())
    variable[0] = flags[::-1].astype(np.int8)
