"""Write the synthetic Arctic as neXtSIM would: daily files in the Moorings layout."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import netCDF4
import numpy as np

from superice.fields.deformation import gradient_deformation
from superice.fields.grid import Grid
from superice.synthetic.arctic import SyntheticDay
from superice.utils.files import atomic_path

FILL = np.float32(-1e14)
UNITS = "days since 1900-01-01 00:00:00"
VARIABLES = {
    "sic": ("sea_ice_area_fraction", "Sea Ice Concentration", "1"),
    "sit": ("sea_ice_thickness", "Sea Ice Thickness", "m"),
    "siu": ("sea_ice_x_velocity", "Sea Ice X Velocity", "m s-1"),
    "siv": ("sea_ice_y_velocity", "Sea Ice Y Velocity", "m s-1"),
    "divergence": ("divergence_of_sea_ice_velocity", "Sea Ice Divergence Rate", "1/s"),
}


def write_moorings(path: str | Path, grid: Grid, scale: np.ndarray, day: date, truth: SyntheticDay) -> None:
    """Write a day. The fields of ``truth`` and the map factor ``scale`` are (y, x) on ``grid``."""
    longitude, latitude = grid.lonlat()
    divergence, _ = gradient_deformation(truth.u, truth.v, grid.step, scale)
    fields = {"sic": truth.sic, "sit": truth.sit, "siu": truth.u, "siv": truth.v, "divergence": divergence}
    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4") as file:
        file.setncatts(
            {
                "Conventions": "CF-1.6",
                "institution": "SuperIce",
                "source": "SuperIce synthetic Arctic, in the layout of neXtSIM",
            }
        )
        for name, size in (("time", None), ("nv", 2), ("x", grid.x.size), ("y", grid.y.size)):
            file.createDimension(name, size)
        noon = (day - date(1900, 1, 1)).days + 0.5
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts({"units": UNITS, "calendar": "standard", "standard_name": "time", "bounds": "time_bnds"})
        time[0] = noon
        file.createVariable("time_bnds", "f8", ("time", "nv"))[0] = noon - 0.5, noon + 0.5
        for name, values, unit in (("longitude", longitude, "degrees_east"), ("latitude", latitude, "degrees_north")):
            axis = file.createVariable(name, "f4", ("y", "x"), zlib=True, complevel=1, shuffle=True)
            axis.setncatts({"standard_name": name, "units": unit})
            axis[:] = values
        mapping = file.createVariable("Polar_Stereographic_Grid", "i4", ())
        mapping.setncatts({"grid_mapping_name": "polar_stereographic", "proj4_string": _format_proj4(grid)})
        for name, values in fields.items():
            _write_field(file, name, values)


def _write_field(file: netCDF4.Dataset, name: str, values: np.ndarray) -> None:
    standard_name, long_name, units = VARIABLES[name]
    variable = file.createVariable(
        name, "f4", ("time", "y", "x"), fill_value=FILL, zlib=True, complevel=1, shuffle=True
    )
    variable.setncatts(
        {
            "standard_name": standard_name,
            "long_name": long_name,
            "units": units,
            "cell_methods": "time: mean (interval: 24 hours) area: mean",
            "coordinates": "time latitude longitude",
            "grid_mapping": "Polar_Stereographic_Grid",
        }
    )
    variable[0] = np.where(np.isfinite(values), values, FILL)


def _format_proj4(grid: Grid) -> str:
    return "+" + " +".join(f"{key}={value}" for key, value in grid.crs.to_dict().items() if value is not None)
