"""Small files in the providers' own layouts, for the tests of their readers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pyproj

SATELLITE_EPOCH = datetime(1978, 1, 1)
EASE2 = "+proj=laea +lon_0=0 +datum=WGS84 +ellps=WGS84 +lat_0=90.0"
POLAR_STEREOGRAPHIC = "+proj=stere +a=6378273 +b=6356889.44891 +lat_0=90 +lat_ts=70 +lon_0=-45"
MOORINGS_EPOCH = datetime(1900, 1, 1)


def seconds(moment: datetime) -> float:
    """Return the seconds since 1978, the time in satellite products."""
    return (moment - SATELLITE_EPOCH).total_seconds()


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)


def frame(path: Path, proj4: str, x_km, y_km, bounds: tuple[datetime, datetime], kind: str, time=None):
    """Return an open dataset with time, its bounds, axes from the top, latitude and longitude, and a grid mapping."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = netCDF4.Dataset(path, "w", format=kind)
    for name, size in (("time", 1), ("nv", 2), ("yc", len(y_km)), ("xc", len(x_km))):
        data.createDimension(name, size)
    mapping = data.createVariable("mapping", "i4")
    mapping.proj4_string = proj4
    start, end = bounds
    stamps = data.createVariable("time", "f8", ("time",))
    stamps.units, stamps.bounds = "seconds since 1978-01-01 00:00:00", "time_bnds"
    stamps[:] = seconds(time or start + (end - start) / 2)
    data.createVariable("time_bnds", "f8", ("time", "nv"))[:] = [[seconds(start), seconds(end)]]
    for name, axis in (("xc", x_km), ("yc", y_km)):
        variable = data.createVariable(name, "f8", (name,))
        variable.units = "km"
        variable[:] = axis
    longitude, latitude = pyproj.Proj(proj4)(*np.meshgrid(np.asarray(x_km) * 1e3, np.asarray(y_km) * 1e3), inverse=True)
    for name, values in (("lat", latitude), ("lon", longitude)):
        data.createVariable(name, "f4", ("yc", "xc"))[:] = values
    return data


def packed(data, name: str, values: np.ndarray, scale: float, fill: int, units: str, kind: str = "i4") -> None:
    """Add a packed field from the top; NaN becomes the fill value. Values beyond the packed type are not detected."""
    variable = data.createVariable(name, kind, ("time", "yc", "xc"), fill_value=fill)
    variable.set_auto_maskandscale(False)
    variable.scale_factor, variable.units, variable.grid_mapping = scale, units, "mapping"
    variable[0] = np.where(np.isfinite(values), np.rint(np.nan_to_num(values) / scale), fill)


def ease2_axes(step_km: float = 25.0) -> tuple[np.ndarray, np.ndarray]:
    x = np.arange(-5400 + step_km / 2, 5400, step_km)
    return x, x[::-1]


def write_thickness(folder: Path, day: date, thickness: np.ndarray, step_km: float = 25.0, **names: str) -> Path:
    """Write a CS2SMOS file; ``thickness`` in m from the top. ``names``: kind, version, file, variable, units."""
    names = {
        "kind": "r",
        "version": "205",
        "file": "01",
        "variable": "analysis_sea_ice_thickness",
        "units": "m",
    } | names
    start = datetime(day.year, day.month, day.day) - timedelta(3)
    end = start + timedelta(7)
    satellites, spacing = ("SMOS_CS2", "25KM") if step_km == 25 else ("SMOS_CS2_S3A_S3B", "12P5KM")
    path = folder / (
        f"W_XX-ESA,{satellites},NH_{spacing}_EASE2_{start:%Y%m%d}_{end - timedelta(1):%Y%m%d}"
        f"_{names['kind']}_v{names['version']}_{names['file']}_l4sit.nc"
    )
    with frame(path, EASE2, *ease2_axes(step_km), (start, end), "NETCDF4") as data:
        packed(data, names["variable"], thickness, 1e-3, -2147483647, names["units"])
    return path


def write_concentration(
    folder: Path,
    day: date,
    percent: np.ndarray,
    flags: np.ndarray | None = None,
    grid: str = "ease2",
    units: str = "%",
) -> Path:
    """Write a concentration file: ``ease2`` as OSI-450 (bits), ``polstere`` as OSI-401 (values); arrays from the top."""
    start = datetime(day.year, day.month, day.day)
    bounds = start, start + timedelta(1)
    if grid == "ease2":
        path = folder / f"ice_conc_nh_ease2-250_icdr-v3p0_{day:%Y%m%d}1200.nc"
        data = frame(path, EASE2, *ease2_axes(), bounds, "NETCDF4")
        attributes = {
            "flag_masks": np.array([1, 2, 4, 8], np.int16),
            "flag_meanings": "land lake open_water_filtered land_spill_over",
        }
    else:
        path = folder / f"ice_conc_nh_polstere-100_multi_{day:%Y%m%d}1200.nc"
        axes = np.arange(-3845, 3750, 10.0), np.arange(5845, -5350, -10.0)
        data = frame(path, POLAR_STEREOGRAPHIC, *axes, bounds, "NETCDF3_CLASSIC")
        attributes = {
            "flag_values": np.array([0, 2, 10, 12, 100, 101, 102], np.int16),
            "flag_meanings": "nominal lake background open_water_filter land missing unclassified",
        }
    with data:
        packed(data, "ice_conc", percent, 0.01, -32767, units)
        if flags is not None:
            data.createVariable("status_flag", "i2", ("time", "yc", "xc"))[0] = flags
            data["status_flag"].setncatts(attributes)
    return path


DRIFT_AXES_KM = np.arange(-3750, 3626, 62.5), np.arange(5750, -5251, -62.5)


def write_drift(
    folder: Path, day: date, dx_km: np.ndarray, dy_km: np.ndarray, status: np.ndarray, hours: int = 48
) -> Path:
    """Write an OSI-405 file of the period centred on ``day``; arrays from the top, displacements in km."""
    start, end = noon(day) - timedelta(hours=hours / 2), noon(day) + timedelta(hours=hours / 2)
    path = folder / f"ice_drift_nh_polstere-625_multi-oi_{start:%Y%m%d}1200-{end:%Y%m%d}1200.nc"
    with frame(path, POLAR_STEREOGRAPHIC, *DRIFT_AXES_KM, (start, end), "NETCDF3_CLASSIC", time=end) as data:
        for name, values in (("dX", dx_km), ("dY", dy_km)):
            variable = data.createVariable(name, "f4", ("time", "yc", "xc"), fill_value=np.float32(-1e10))
            variable.units, variable.grid_mapping = "km", "mapping"
            variable[0] = np.where(np.isfinite(values), values, -1e10)
        data.createVariable("status_flag", "i1", ("time", "yc", "xc"))[0] = status
    return path


def write_moorings(
    folder: Path,
    grid,
    days: list[date],
    fields: dict[str, np.ndarray],
    name: str | None = None,
    fill: bool = True,
    bounds: timedelta | None = None,
) -> Path:
    """Write a Moorings file of ``days`` (or moments); each field is (y, x), or (time, y, x), NaN where missing.

    ``grid`` is anything with ``shape`` and ``lonlat()``; ``bounds`` is the length of the time steps, if the file states it.
    """
    path = folder / (name or f"Moorings_{days[0]:%Yd%j}.nc")
    with _model_file(path, grid, days, fields, np.float32(-1e14), fill) as data:
        if bounds:
            data.createDimension("nv", 2)
            times = data["time"][:]
            half = bounds / timedelta(2)
            data.createVariable("time_bnds", "f8", ("time", "nv"))[:] = np.stack([times - half, times + half], 1)
    return path


def write_cmems(folder: Path, grid, times: list[datetime], fields: dict[str, np.ndarray], name: str) -> Path:
    """Write a file of the Copernicus Marine Service's neXtSIM: hours, and axes with wrong numbers and units."""
    with _model_file(folder / name, grid, times, fields, np.float32(9.96921e36), True) as data:
        for axis, size in zip("yx", grid.shape, strict=True):
            data.createVariable(axis, "f4", (axis,))[:] = 100.0 * np.arange(size)
            data[axis].units = "100 km"
    return folder / name


def _model_file(path: Path, grid, days: list[date], fields: dict, missing: np.float32, fill: bool):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = netCDF4.Dataset(path, "w")
    for dimension, size in (("time", None), ("y", grid.shape[0]), ("x", grid.shape[1])):
        data.createDimension(dimension, size)
    time = data.createVariable("time", "f8", ("time",))
    time.units, time.calendar = "days since 1900-01-01 00:00:00", "standard"
    moments = [day if isinstance(day, datetime) else noon(day) for day in days]
    time[:] = [(moment - MOORINGS_EPOCH) / timedelta(1) for moment in moments]
    for coordinate, values in zip(("longitude", "latitude"), grid.lonlat(), strict=True):
        data.createVariable(coordinate, "f4", ("y", "x"))[:] = values
    for field, values in fields.items():
        variable = data.createVariable(
            field,
            "f4",
            ("time", "y", "x"),
            fill_value=missing if fill else False,
            zlib=True,
            chunksizes=(1, *grid.shape),
        )
        stored = np.where(np.isfinite(values), values, missing)
        variable[:] = np.broadcast_to(stored, (len(days), *grid.shape))
    return data
