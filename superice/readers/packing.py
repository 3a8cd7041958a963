"""Decode stored numbers: which of them are unsigned, which mean missing, and what scale and offset make of the others.

NetCDF4-python and xarray decode most files alike, and so does this module (a test). Neither takes its place: both calculate
in float32 where the scale is one, netCDF4 hides what exceeds ``valid_range``, and xarray is slow to import. Where the two
differ:

- The default fill value means missing unless the file states a ``_FillValue``, as in netCDF4: a cell that was never
  written has no value. As in xarray, bytes have no default.
- Numbers are compared with the missing ones as they are stored, as in netCDF4; xarray may compare them in float32.
- ``valid_min``, ``valid_max`` and ``valid_range`` are not applied, as in xarray: a value beyond them is refused by the
  reader of the product, not hidden.
- Of several missing values, each counts for itself, as in xarray; netCDF4 drops all if one cannot be stored.
- ``_Unsigned = "false"`` makes unsigned numbers signed, as in xarray, and may be written with a capital, as in netCDF4.
- A missing value of unsigned numbers may be stated as stored (netCDF4) or as it is meant (xarray): -1 or 255.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import netCDF4
import numpy as np


def decode(stored: np.ndarray, attributes: Mapping[str, Any]) -> np.ndarray:
    """Convert stored numbers to float64 values: missing ones become NaN, then scale and offset apply.

    Parameters
    ----------
    stored
        Numbers as the file holds them, of any shape.
    attributes
        Attributes of their variable.

    Raises
    ------
    ValueError
        When scale or offset is not one number.
    """
    missing = np.isin(stored, find_missing_numbers(stored.dtype, attributes))
    scale, offset = (_get_number(attributes, name, plain) for name, plain in (("scale_factor", 1), ("add_offset", 0)))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(missing, np.nan, convert_sign(stored, attributes) * np.float64(scale) + offset)


def convert_sign(stored: np.ndarray, attributes: Mapping[str, Any]) -> np.ndarray:
    """Return stored integers with the sign that ``_Unsigned`` says: as unsigned ones, as signed ones or as they are."""
    return stored.view(_find_meant_type(stored.dtype, attributes))


def find_missing_numbers(dtype: np.dtype, attributes: Mapping[str, Any]) -> np.ndarray:
    """Return the stored numbers, of type ``dtype``, that mean missing.

    A stated number that the type cannot hold exactly, such as NaN or 1e36 among integers, is no stored number.
    """
    meant = _find_meant_type(dtype, attributes)
    fill, others = (_list_storable(attributes.get(name), dtype, meant) for name in ("_FillValue", "missing_value"))
    if not fill and dtype.itemsize > 1 and meant == dtype:
        fill = [netCDF4.default_fillvals[dtype.str[1:]]]
    return np.array([*fill, *others], dtype)


def _find_meant_type(dtype: np.dtype, attributes: Mapping[str, Any]) -> np.dtype:
    """Return the type of integers with the sign that ``_Unsigned`` says."""
    unsigned = str(attributes.get("_Unsigned", "")).lower()
    kind = {("i", "true"): "u", ("u", "false"): "i"}.get((dtype.kind, unsigned), dtype.kind)
    return np.dtype(f"{dtype.byteorder}{kind}{dtype.itemsize}")


def _list_storable(stated: Any, dtype: np.dtype, meant: np.dtype) -> list:
    """Return those of the stated numbers that are numbers of the stored or of the meant type, as stored."""
    numbers = np.ravel([] if stated is None else stated)
    if numbers.dtype.kind not in "iuf":
        return []
    storable = []
    for number in numbers.tolist():
        for one in (dtype, meant):
            if _holds_exactly(one, number):
                storable.append(np.array(number).astype(one).view(dtype)[()])
                break
    return storable


def _holds_exactly(dtype: np.dtype, number: float) -> bool:
    """Return whether a number of Python is a number of the type."""
    if not np.isfinite(number):
        return dtype.kind == "f"
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return float(dtype.type(number)) == number
    limits = np.iinfo(dtype)
    return number == int(number) and limits.min <= number <= limits.max


def _get_number(attributes: Mapping[str, Any], name: str, plain: float) -> float:
    """Return an attribute that is one number, or ``plain``. Raises ValueError for anything else."""
    stated = attributes.get(name, plain)
    numbers = np.ravel(stated)
    if numbers.size != 1 or numbers.dtype.kind not in "iuf":
        raise ValueError(f"{name} is not one number")
    return float(numbers[0])
