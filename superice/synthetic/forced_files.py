"""Write a year of the forced synthetic Arctic: thickness in the Moorings layout of neXtSIM, weather as ERA5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import netCDF4
import numpy as np

from superice.fields.grid import Grid
from superice.synthetic.nextsim_files import FILL
from superice.utils.files import atomic_path

ERA5 = {
    "t2m": ("2 metre temperature", "K"),
    "u10": ("10 metre U wind component", "m s**-1"),
    "v10": ("10 metre V wind component", "m s**-1"),
}
PACKED_FILL = -32767


def write_thickness(path: str | Path, grid: Grid, moments: Sequence[datetime], thickness: np.ndarray) -> None:
    """Write snapshots (time, y, x) in m, NaN on land, in the Moorings layout."""
    longitude, latitude = grid.lonlat()
    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4") as file:
        file.setncatts({"Conventions": "CF-1.6", "source": "SuperIce synthetic Arctic, in the layout of neXtSIM"})
        for name, size in (("time", None), ("x", grid.x.size), ("y", grid.y.size)):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts({"units": "days since 1900-01-01 00:00:00", "calendar": "standard"})
        time[:] = netCDF4.date2num(list(moments), time.units, "standard")
        for name, values, unit in (("longitude", longitude, "degrees_east"), ("latitude", latitude, "degrees_north")):
            axis = file.createVariable(name, "f4", ("y", "x"), zlib=True, complevel=1)
            axis.setncatts({"standard_name": name, "units": unit})
            axis[:] = values
        sit = file.createVariable("sit", "f4", ("time", "y", "x"), fill_value=FILL, zlib=True, complevel=1)
        sit.setncatts({"standard_name": "sea_ice_thickness", "units": "m", "cell_methods": "time: point area: mean"})
        sit[:] = np.where(np.isfinite(thickness), thickness, FILL)


def write_old_era5(
    path: str | Path, moments: Sequence[datetime], latitude: np.ndarray, longitude: np.ndarray,
    fields: Mapping[str, np.ndarray],
) -> None:  # fmt: skip
    """Write fields (time, latitude, longitude) as the data store did until 2024: packed integers, classic NetCDF."""
    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF3_64BIT_OFFSET") as file:
        _create_axes(file, "time", moments, latitude, longitude)
        time = file.createVariable("time", "i4", ("time",))
        time.setncatts({"units": "hours since 1900-01-01 00:00:00.0", "long_name": "time", "calendar": "gregorian"})
        time[:] = netCDF4.date2num(list(moments), time.units, "gregorian").round().astype("i4")
        for name, values in fields.items():
            offset = float(values.min() + values.max()) / 2
            scale = max(float(values.max() - values.min()), 1e-6) / 65000
            variable = file.createVariable(name, "i2", ("time", "latitude", "longitude"), fill_value=PACKED_FILL)
            long_name, units = ERA5[name]
            variable.set_auto_maskandscale(False)
            variable.setncatts({"scale_factor": scale, "add_offset": offset, "missing_value": np.int16(PACKED_FILL)})
            variable.setncatts({"units": units, "long_name": long_name})
            variable[:] = np.rint((values - offset) / scale).astype("i2")


def write_new_era5(
    path: str | Path, moments: Sequence[datetime], latitude: np.ndarray, longitude: np.ndarray,
    fields: Mapping[str, np.ndarray],
) -> None:  # fmt: skip
    """Write fields (time, latitude, longitude) as the data store does now: floats over ``valid_time``."""
    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4") as file:
        file.setncatts({"GRIB_centre": "ecmf", "Conventions": "CF-1.7"})
        _create_axes(file, "valid_time", moments, latitude, longitude)
        time = file.createVariable("valid_time", "i8", ("valid_time",))
        time.setncatts({"units": "seconds since 1970-01-01", "calendar": "proleptic_gregorian"})
        time[:] = netCDF4.date2num(list(moments), time.units, "proleptic_gregorian").round().astype("i8")
        file.createVariable("number", "i8", ())[:] = 0
        version = file.createVariable("expver", str, ("valid_time",))
        version[:] = np.array(["0001"] * len(moments), dtype=object)
        for name, values in fields.items():
            shape = ("valid_time", "latitude", "longitude")
            variable = file.createVariable(name, "f4", shape, fill_value=np.float32(np.nan), zlib=True, complevel=1)
            long_name, units = ERA5[name]
            variable.setncatts({"units": units, "long_name": long_name, "GRIB_gridType": "regular_ll"})
            variable[:] = values


def _create_axes(
    file: netCDF4.Dataset, time: str, moments: Sequence[datetime], latitude: np.ndarray, longitude: np.ndarray
) -> None:
    for name, size in ((time, len(moments)), ("latitude", latitude.size), ("longitude", longitude.size)):
        file.createDimension(name, size)
    for name, values, unit in (("latitude", latitude, "degrees_north"), ("longitude", longitude, "degrees_east")):
        axis = file.createVariable(name, "f8", (name,))
        axis.setncatts({"units": unit, "standard_name": name})
        axis[:] = values
