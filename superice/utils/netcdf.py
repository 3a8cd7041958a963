"""Write and read NetCDF-4 files as xarray does, without importing it.

The start of xarray and pandas takes longer than most of the jobs that write one small file. What is written here is
what ``xarray.Dataset.to_netcdf`` writes, byte for byte (a test).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from superice.errors import InputError
from superice.utils.file_format import explain_unreadable, is_hdf5
from superice.utils.files import atomic_path
from superice.utils.machine import raise_lock_fault, raise_machine_fault

if TYPE_CHECKING:
    import netCDF4
    import xarray

PACKING = {
    "scale_factor",
    "add_offset",
    "_Unsigned",
}  # attributes of a variable that stores other numbers than its values
FILL = ("_FillValue", "missing_value")
REAL_CALENDARS = ("standard", "gregorian", "proleptic_gregorian")


class Variable(NamedTuple):
    """A variable of a file; xarray takes its parts in the same order.

    Attributes
    ----------
    dimensions
        Names of its dimensions.
    values
        Values with as many axes, NaN where a floating-point number is missing.
    attributes
        Attributes in the file.
    """

    dimensions: tuple[str, ...]
    values: ArrayLike
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class FileContent:
    """What a NetCDF file holds.

    Attributes
    ----------
    variables
        Variables by name, in the order of the file.
    coordinates
        Names of those that are coordinates of the others.
    attributes
        Attributes of the file.
    """

    variables: dict[str, Variable]
    coordinates: Collection[str]
    attributes: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the values of a variable."""
        return np.asarray(self.variables[name].values)

    def select(self, name: str, **labels: str) -> np.ndarray:
        """Return the values of a variable at labels of some of its dimensions, without these dimensions."""
        index = tuple(
            self[dimension].tolist().index(labels[dimension]) if dimension in labels else slice(None)
            for dimension in self.variables[name].dimensions
        )
        return self[name][index]

    def as_dataset(self) -> xarray.Dataset:
        """Return the content as xarray holds it."""
        import xarray

        coordinates = {name: self.variables[name] for name in self.coordinates}
        others = {name: variable for name, variable in self.variables.items() if name not in coordinates}
        return xarray.Dataset(others, coordinates, self.attributes)


def write_content(path: str | Path, content: FileContent, complete: Collection[str] = (), by_map: bool = False) -> None:
    """Write a compressed NetCDF-4 file; floating-point variables of two or more dimensions become float32.

    NaN is the fill value of floating-point variables, except for those named in ``complete``, which have none. ``by_map``
    stores the last two dimensions of a variable of more in one chunk, so that a map is read without the others.
    """
    import netCDF4

    with atomic_path(path) as temporary, netCDF4.Dataset(temporary, "w", format="NETCDF4") as file:
        file.setncatts(content.attributes)
        for variable in content.variables.values():
            for dimension, size in zip(variable.dimensions, np.shape(variable.values), strict=True):
                if dimension not in file.dimensions:
                    file.createDimension(dimension, size)
        for name, variable in content.variables.items():
            attributes = dict(variable.attributes)
            if used := _list_used_coordinates(content, name):
                attributes["coordinates"] = " ".join(used)
            _write_variable(file, name, variable._replace(attributes=attributes), name not in complete, by_map)


def _list_used_coordinates(content: FileContent, name: str) -> list[str]:
    """Return the sorted names of the coordinates that the attribute ``coordinates`` of a variable lists (CF, section 5)."""
    if name in content.coordinates:
        return []
    dimensions = set(content.variables[name].dimensions)
    return sorted(
        coordinate
        for coordinate in content.coordinates
        if coordinate not in content.variables[coordinate].dimensions
        and dimensions.issuperset(content.variables[coordinate].dimensions)
    )


def _write_variable(file: netCDF4.Dataset, name: str, variable: Variable, has_gaps: bool, by_map: bool) -> None:
    values = np.asarray(variable.values)
    is_float, is_text, is_field = values.dtype.kind == "f", values.dtype.kind == "U", values.ndim >= 2
    if is_float and is_field:
        values = values.astype(np.float32)
    stored = file.createVariable(
        name,
        str if is_text else values.dtype,
        variable.dimensions,
        compression="zlib" if is_field else None,
        complevel=1 if is_field else 4,
        shuffle=True,
        chunksizes=(*(1,) * (values.ndim - 2), *values.shape[-2:]) if by_map and is_field else None,
        fill_value=values.dtype.type(np.nan) if is_float and has_gaps else None,
    )
    stored.set_auto_maskandscale(False)
    stored.setncatts(variable.attributes)
    stored[...] = values.astype(object) if is_text else values


def open_whole_file(path: str | Path, product: str | None = None) -> netCDF4.Dataset:
    """Open a NetCDF file for reading.

    Parameters
    ----------
    path
        The file, of any format.
    product
        What the file is, for error messages.

    Raises
    ------
    InputError
        When it is no NetCDF file, or bytes of it are missing.
    MachineError
        When the machine could not open it: no permission, a lock, a fault of the disk.
    OSError, RuntimeError
        When it is damaged in another way.
    """
    import netCDF4

    try:
        reason = explain_unreadable(path)
        if reason is not None:
            raise InputError(f"cannot be read: {reason}", product=product, file=path)
        return netCDF4.Dataset(path)
    except (OSError, RuntimeError, MemoryError) as error:
        raise_machine_fault(error, path)
        if is_hdf5(path):
            raise_lock_fault(error, path)
    return netCDF4.Dataset(path)  # a fault of the disk may have passed


def read_content(
    path: str | Path, names: Iterable[str], optional: Iterable[str] = (), at: Mapping[str, int] | None = None
) -> FileContent:
    """Read variables of a file with their attributes, and those of the file.

    Parameters
    ----------
    path
        The file.
    names
        Names of the variables.
    optional
        Names of variables that the file may lack.
    at
        Index along some dimensions, to read a part of the variables without these dimensions.

    Raises
    ------
    InputError
        When the file cannot be read or lacks a variable.
    MachineError
        When the machine could not read it.
    """
    try:
        with open_whole_file(path) as file:
            file.set_auto_maskandscale(False)
            for name in names:
                if name not in file.variables:
                    raise InputError("variable missing", file=path, variable=name)
            wanted = [*names, *(name for name in optional if name in file.variables)]
            variables = {name: _read_variable(path, file.variables[name], at or {}) for name in wanted}
            return FileContent(variables, (), {key: file.getncattr(key) for key in file.ncattrs()})
    except (OSError, RuntimeError, MemoryError) as error:
        raise_machine_fault(error, path)
        raise InputError(f"cannot be read ({error or type(error).__name__})", file=path) from error


def _read_variable(path: str | Path, stored: netCDF4.Variable, at: Mapping[str, int]) -> Variable:
    attributes = {key: stored.getncattr(key) for key in stored.ncattrs()}
    dimensions = tuple(name for name in stored.dimensions if name not in at)
    if _is_stored_as_it_is(stored, attributes):
        values = stored[tuple(at.get(name, slice(None)) for name in stored.dimensions)]
    else:
        values = _decode(path, stored.name, at)
    return Variable(dimensions, values, attributes)


def _is_stored_as_it_is(stored: netCDF4.Variable, attributes: Mapping[str, Any]) -> bool:
    """Return whether the numbers in the file are the values, with NaN where they are missing."""
    fill_values = [attributes[key] for key in FILL if key in attributes]
    is_float = np.dtype(stored.dtype).kind == "f"
    return PACKING.isdisjoint(attributes) and (not fill_values or (is_float and bool(np.isnan(fill_values).all())))


def _decode(path: str | Path, name: str, at: Mapping[str, int]) -> np.ndarray:
    """Read the values of a variable of any CF encoding; files of our own have none."""
    import xarray

    with xarray.open_dataset(path, engine="netcdf4") as dataset:
        return dataset[name].isel(at, missing_dims="ignore").values


def decode_date(time: Variable) -> date | None:
    """Return the day of the first time of a variable; None when it holds no times of a real calendar."""
    first = np.ravel(time.values)[0]
    if isinstance(first, np.datetime64):  # already decoded, as it has a fill value
        return None if np.isnat(first) else first.astype("M8[D]").item()
    units, calendar = time.attributes.get("units", ""), time.attributes.get("calendar", "standard")
    if " since " not in units or calendar not in REAL_CALENDARS:
        return None
    import netCDF4

    # Of one number one moment, which the library's annotation leaves open.
    moment: Any = netCDF4.num2date(first, units, calendar, only_use_cftime_datetimes=False)
    return date(moment.year, moment.month, moment.day)
