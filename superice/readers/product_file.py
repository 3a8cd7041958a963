"""One open file of a product: how variables, axes, times and flags are decoded, and which files are refused.

The module of a product knows its names, variables and dates. This module knows what the files of all products share.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pyproj

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers import packing
from superice.readers.units import convert_units
from superice.utils.machine import raise_machine_fault
from superice.utils.netcdf import REAL_CALENDARS, open_whole_file

EASE2 = "+proj=laea +lon_0=0 +datum=WGS84 +ellps=WGS84 +lat_0=90.0"
POLAR_STEREOGRAPHIC = "+proj=stere +a=6378273 +b=6356889.44891 +lat_0=90 +lat_ts=70 +lon_0=-45"

# What netCDF4, numpy and pyproj raise on damaged files, and on some faults of the machine.
UNREADABLE = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    OverflowError,
    MemoryError,
)
MOST_CELLS = 5_000  # along an axis of a grid; a damaged header may claim any number
MOST_NAMED = 12  # variables of a file in a message
# Words for a product that is worse than its kind; that it is not degraded, a file says as well.
DEGRADED = re.compile(r"(?<!not )(?<!non-)\bdegraded\b|\breduced (quality|input)|\bfewer inputs\b", re.IGNORECASE)
LATEST = 1e11  # the largest plausible number of seconds (or of a longer unit) since the epoch of a file


class ProductFile:
    """An open file of a product.

    Attributes
    ----------
    product
        Name of the product in error messages.
    path
        The file.
    dataset
        The open dataset; variables are read as stored, without masks and scaling.
    """

    def __init__(self, product: str, path: Path, dataset: netCDF4.Dataset) -> None:
        self.product, self.path, self.dataset = product, path, dataset
        dataset.set_auto_maskandscale(False)

    def error(self, reason: str, variable: str | None = None, value: object = None) -> InputError:
        """Return the error that refuses this file, ready to be raised."""
        return InputError(reason, product=self.product, file=self.path, variable=variable, value=value)

    def __contains__(self, name: object) -> bool:
        return name in self.dataset.variables

    def get_variable(self, name: str) -> netCDF4.Variable:
        """Return the stored variable. Raises InputError when the file has no such variable."""
        if name not in self.dataset.variables:
            raise self.missing_variable(name)
        return self.dataset.variables[name]

    def missing_variable(self, *names: str) -> InputError:
        """Return the error that refuses this file as it holds no variable with one of the names, ready to be raised."""
        held, groups = (", ".join(list(found)[:MOST_NAMED]) for found in (self.dataset.variables, self.dataset.groups))
        reason = f"variable missing; the file holds {held}" if held else "variable missing"
        if groups:
            reason += (
                f"; what is in groups ({groups}), as in files of neXtSIM-DG, is not read: write it outside of groups"
            )
        return self.error(reason, " or ".join(names))

    def get_attribute(self, name: str, attribute: str, default: Any = None) -> Any:
        """Return an attribute of the variable ``name``, or ``default``."""
        return getattr(self.get_variable(name), attribute, default)

    def get_attributes(self, name: str) -> dict[str, Any]:
        """Return all attributes of the variable ``name``."""
        variable = self.get_variable(name)
        return {key: variable.getncattr(key) for key in variable.ncattrs()}

    def get_units(self, name: str) -> str:
        """Return the units that the file states for ``name``, or an empty text."""
        return str(self.get_attribute(name, "units", "")).strip()

    def read_stored(self, name: str, part: tuple = ()) -> np.ndarray:
        """Read the stored numbers of a (y, x) field, or of a ``part`` (rows, columns) of it.

        Raises InputError when a leading dimension has more than one entry, when the field is transposed, or when it is
        implausibly large.
        """
        variable = self.get_variable(name)
        if variable.ndim < 2 or any(size != 1 for size in variable.shape[:-2]):
            raise self.error("not one (y, x) field", name, dict(zip(variable.dimensions, variable.shape, strict=True)))
        axes = [self.get_variable(axis).dimensions[:1] for axis in ("yc", "xc")]
        if (variable.dimensions[-2:-1], variable.dimensions[-1:]) != tuple(axes):
            raise self.error("its last dimensions are not those of yc and xc", name, variable.dimensions)
        first_of_each = (0,) * (variable.ndim - 2)
        return self.read_part(name, first_of_each + (part or (slice(None), slice(None))))

    def read_part(self, name: str, part: tuple = ()) -> np.ndarray:
        """Read the stored numbers of a variable, or of a part of it.

        Raises InputError when that part is damaged, or the variable is implausibly large.
        """
        variable = self.get_variable(name)
        if math.prod(variable.shape[-2:]) > MOST_CELLS**2:
            raise self.error("larger than any known grid", name, variable.shape)
        try:
            return variable[part or ...]
        except UNREADABLE as error:
            raise_machine_fault(error, self.path)
        try:
            return variable[part or ...]  # a fault of the disk may have passed
        except UNREADABLE as error:
            raise self.error(f"damaged: cannot be read ({error})", name) from error

    def decode(self, name: str, stored: np.ndarray) -> np.ndarray:
        """Convert stored numbers of a variable to float64 values, NaN where missing, as ``packing`` describes."""
        try:
            return packing.decode(stored, self.get_attributes(name))
        except ValueError as error:
            raise self.error(f"cannot be decoded ({error})", name) from error

    def read_values(self, name: str) -> np.ndarray:
        """Read all values of a variable, such as an axis, as float64, NaN where missing."""
        return self.decode(name, self.read_part(name))

    def read_field(self, name: str) -> np.ndarray:
        """Read the values of a (y, x) field as float64, NaN where missing, y and x ascending.

        Raises InputError when all values are missing.
        """
        values = self.decode(name, self.orient(self.read_stored(name)))
        if not np.isfinite(values).any():
            raise self.error("no valid value in the whole field", name)
        return values

    def orient(self, field: np.ndarray) -> np.ndarray:
        """Return ``field``, (y, x), with y and x ascending."""
        y, x = self._read_axis("yc"), self._read_axis("xc")
        return field[:: -1 if y[0] > y[-1] else 1, :: -1 if x[0] > x[-1] else 1]

    def read_flags(self, name: str, meanings: set[str]) -> np.ndarray | None:
        """Return the cells with a flag of one of the ``meanings``, bool (y, x), y and x ascending.

        Returns None when the file states no meanings. Bits (``flag_masks``), values (``flag_values``) and values
        within bits are decoded as CF section 3.5 defines them.
        """
        stated = str(self.get_attribute(name, "flag_meanings", "")).split()
        masks = np.atleast_1d(self.get_attribute(name, "flag_masks", []))
        values = np.atleast_1d(self.get_attribute(name, "flag_values", []))
        has_masks, has_values = masks.size == len(stated), values.size == len(stated)
        if not stated or not (has_masks or has_values):
            return None
        stored, attributes = self.orient(self.read_stored(name)), self.get_attributes(name)
        flags, masks, values = (
            packing.convert_sign(one.astype(stored.dtype), attributes).astype(np.int64)
            for one in (stored, masks, values)
        )
        found = np.zeros(flags.shape, bool)
        for index, meaning in enumerate(stated):
            if meaning in meanings:
                bits = flags & int(masks[index]) if has_masks else flags
                found |= bits == int(values[index]) if has_values else bits != 0
        return found

    def read_notes(self) -> list[str]:
        """Return what attributes of the file say of a degraded product, one sentence each."""
        texts = ((name, str(self.dataset.getncattr(name))) for name in self.dataset.ncattrs())
        return [f"{name}: {' '.join(text.split())}" for name, text in texts if DEGRADED.search(text)]

    def require_range(
        self, name: str, values: np.ndarray, low: float, high: float, unit: str, rounding: float = 0.0
    ) -> None:
        """Raise InputError naming the worst value outside [low, high] by more than ``rounding``; NaN is allowed."""
        with np.errstate(invalid="ignore"):
            outside = values[(values < low - rounding) | (values > high + rounding)]
        if outside.size:
            worst = outside[np.argmax(np.abs(outside))]
            raise self.error(
                f"{outside.size} values outside {low:g} to {high:g} {unit}".rstrip(),
                name,
                f"{worst:.6g} {unit}".rstrip(),
            )

    def _read_axis(self, name: str) -> np.ndarray:
        """Read an axis in m, in the order of the file."""
        axis = convert_units(self, name, self.read_values(name), "m")
        if axis.ndim != 1 or not 2 <= axis.size <= MOST_CELLS:
            raise self.error("not a one-dimensional axis", name, axis.shape)
        return axis

    def _read_regular_axis(self, name: str) -> np.ndarray:
        """Read an axis in m, ascending, without the rounding of float32. Raises InputError when it is not regular."""
        stored = self._read_axis(name)
        ascending = np.sort(stored)
        exact = np.linspace(ascending[0], ascending[-1], ascending.size)
        step = exact[1] - exact[0]
        monotonic = np.all(np.diff(stored) > 0) or np.all(np.diff(stored) < 0)
        if not (monotonic and np.abs(ascending - exact).max() < 1e-3 * step):
            raise self.error("the axis is not regular", name, f"{stored[0]:.6g} ... {stored[-1]:.6g} m")
        return exact

    def read_grid(self, name: str, steps_km: tuple[float, ...]) -> Grid:
        """Read the native grid of the variable ``name``, y and x ascending.

        Raises InputError when an axis is not regular, its step is none of ``steps_km``, the grid lies in the southern
        hemisphere, or the longitudes and latitudes of the file contradict its projection.
        """
        x, y = self._read_regular_axis("xc"), self._read_regular_axis("yc")
        grid = Grid(self.product, self._read_crs(name), x, y)
        for axis, values in (("xc", x), ("yc", y)):
            step = (values[1] - values[0]) / 1000
            if not np.isclose(step, steps_km, rtol=1e-4).any():
                raise self.error(f"the step is none of {', '.join(map(str, steps_km))} km", axis, f"{step:.6g} km")
        if self.get_variable(name).shape[-2:] != grid.shape:
            raise self.error("the field does not have the shape of its axes", name, self.get_variable(name).shape)
        project = pyproj.Proj(grid.crs)
        _, middle = project(x[x.size // 2], y[y.size // 2], inverse=True)
        if not middle > 0:
            raise self.error(
                "wrong hemisphere: the grid lies in the south", name, f"latitude {middle:.1f} at its middle"
            )
        self._check_lonlat(grid, project)
        return grid

    def _read_crs(self, name: str) -> pyproj.CRS:
        """Read the projection that the variable names, or else the only one of the file."""
        mapping_name = self.get_attribute(name, "grid_mapping")
        if mapping_name is None:
            mapping_name = self._find_only_mapping(name)
        mapping = self.get_variable(str(mapping_name))
        attributes = {key: getattr(mapping, key) for key in mapping.ncattrs()}
        if "proj4_string" in attributes:
            return pyproj.CRS(str(attributes["proj4_string"]))
        return pyproj.CRS.from_cf({k: v if isinstance(v, str) else float(v) for k, v in attributes.items()})

    def _find_only_mapping(self, name: str) -> str:
        """Return the name of the only grid mapping of the file. Raises InputError when there is not exactly one."""
        marks = {"grid_mapping_name", "proj4_string"}
        mappings = [key for key, variable in self.dataset.variables.items() if marks & set(variable.ncattrs())]
        if len(mappings) != 1:
            raise self.error("names no grid mapping", name)
        return mappings[0]

    def _check_lonlat(self, grid: Grid, project: pyproj.Proj) -> None:
        """Compare the longitudes and latitudes of the file with the projection at about 50 x 50 cells, edges included."""
        if "lat" not in self or "lon" not in self:
            return
        rows, columns = (np.unique(np.linspace(0, n - 1, 50).astype(int)) for n in grid.shape)
        where = np.ix_(rows, columns)
        latitude, longitude = (
            convert_units(self, n, self.decode(n, self.orient(self.read_stored(n)))[where], "degree", "degree")
            for n in ("lat", "lon")
        )
        x, y = project(longitude, latitude, errcheck=False)
        distance = np.hypot(x - grid.x[columns], y - grid.y[rows, None])
        if not np.all(distance < 0.1 * grid.step):
            worst = np.unravel_index(np.argmax(np.where(np.isfinite(distance), distance, np.inf)), distance.shape)
            raise self.error(
                "latitude and longitude contradict the projection",
                "lat, lon",
                f"{latitude[worst]:.6g}, {longitude[worst]:.6g}",
            )

    def read_times(self, name: str = "time") -> list[datetime]:
        """Read a time variable as datetimes, flattened.

        Raises InputError when a time is missing or absurd, for units that are not understood, and for a calendar without
        the days of the real one.
        """
        units = str(self._get_time_attribute(name, "units", "")).strip()
        calendar = self._get_time_attribute(name, "calendar", "standard")
        if str(calendar).lower() not in REAL_CALENDARS:
            raise self.error(
                "a calendar other than the standard one, whose days are not dates: convert the times to the standard one",
                name,
                calendar,
            )
        numbers = np.ravel(self.read_values(name))
        if numbers.size == 0 or not (np.abs(numbers) < LATEST).all():
            raise self.error("a time is missing or absurd", name, numbers[:1])
        try:
            # Of an array an array, which the library's annotation leaves open.
            times: Any = netCDF4.num2date(
                numbers, units, calendar, only_use_cftime_datetimes=False, only_use_python_datetimes=True
            )
        except UNREADABLE as error:
            expected = "units such as 'seconds since 1978-01-01' are expected"
            raise self.error(
                f"times that cannot be converted ({error}); {expected}", name, units or "no unit"
            ) from error
        return list(times)

    def _get_time_attribute(self, name: str, attribute: str, default: str) -> Any:
        """Return an attribute of times; bounds that do not state it have that of the variable time, if there is one."""
        own = self.get_attribute(name, attribute)
        if not own and "time" in self:
            own = self.get_attribute("time", attribute)
        return own or default


@contextmanager
def open_product(product: str, path: str | Path) -> Iterator[ProductFile]:
    """Open a file of a product.

    Raises
    ------
    InputError
        When the file, or something read from it, is damaged or is no NetCDF.
    MachineError
        When the machine could not read it: no memory, no permission, a lock, a fault of the disk.
    """
    path = Path(path)
    try:
        with open_whole_file(path, product) as dataset:
            yield ProductFile(product, path, dataset)
    except UNREADABLE as error:
        raise_machine_fault(error, path)
        raise InputError(f"cannot be read ({error or type(error).__name__})", product=product, file=path) from error
