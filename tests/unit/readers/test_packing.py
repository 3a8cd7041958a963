"""Stored numbers become values as netCDF4 and xarray decode them; where these differ, as the module says."""

import uuid
import warnings

import netCDF4
import numpy as np
import pytest
import xarray
from hypothesis import given, settings
from hypothesis import strategies as st

from superice.readers.packing import decode

DTYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "f4", "f8")
STATED = (0, 1, -1, 5, 127, 200, 255, -127, -32767, 65535, -2147483647, 0.5, -32.767, 1e20, 1e36, np.nan)


def write(dtype, stored, attributes):
    """Return an open file in memory with a variable; ``attributes`` may hold a ``_FillValue``."""
    file = netCDF4.Dataset(f"{uuid.uuid4()}.nc", "w", diskless=True)
    others = dict(attributes)
    file.createDimension("x", len(stored))
    variable = file.createVariable("v", dtype, ("x",), fill_value=others.pop("_FillValue", None))
    variable.set_auto_maskandscale(False)
    variable.setncatts(others)
    variable[:] = stored
    return file


def read_by_netcdf4(file):
    file["v"].set_auto_maskandscale(True)
    values = np.ma.masked_array(file["v"][:])
    return np.ma.filled(values.astype(np.float64), np.nan)


def read_by_xarray(file):
    file["v"].set_auto_maskandscale(False)
    return xarray.open_dataset(xarray.backends.NetCDF4DataStore(file))["v"].values.astype(np.float64)


def read_by_both(dtype, stored, attributes):
    """Decode by netCDF4 and by xarray, and by this package."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with write(dtype, stored, attributes) as file:
            ours = {name: file["v"].getncattr(name) for name in file["v"].ncattrs()}
            return read_by_netcdf4(file), read_by_xarray(file), decode(stored, ours)


def fits(dtype, number):
    """Return whether a number is one of the type, to the last digit."""
    with np.errstate(all="ignore"):
        return not np.isnan(number) and np.array(number).astype(dtype).astype(np.float64) == number


@st.composite
def variables(draw):
    """A type, stored numbers and attributes. Nothing on which netCDF4 and xarray differ; that is tested by cases."""
    dtype = draw(st.sampled_from(DTYPES))
    storable = [number for number in STATED if fits(dtype, number)]
    stored = np.array(draw(st.lists(st.sampled_from(storable), min_size=1, max_size=6)), dtype)
    attributes = {}
    if draw(st.booleans()):
        attributes["_FillValue"] = np.array(draw(st.sampled_from(storable)), dtype)[()]
    if draw(st.booleans()):
        number = draw(st.sampled_from(STATED))
        attributes["missing_value"] = draw(
            st.sampled_from([np.float64(number), np.float32(number)] + ([int(number)] if fits("i8", number) else []))
        )
    elif draw(st.booleans()):
        attributes["missing_value"] = "none"
    if draw(st.booleans()):
        short = [np.float32(0.5)] if np.dtype(dtype).itemsize <= 2 else []
        attributes["scale_factor"] = draw(st.sampled_from([0.01, 1e-3, *short]))
    if draw(st.booleans()):
        attributes["add_offset"] = draw(st.sampled_from([0.0, 273.15, np.float32(1)]))
    if "missing_value" not in attributes and draw(st.booleans()):
        attributes["_Unsigned"] = draw(st.sampled_from(["true"] if dtype[0] != "u" else ["true", "maybe"]))
    return dtype, stored, attributes


@given(variable=variables())
@settings(max_examples=400, deadline=None)
def test_random_attributes_decode_as_both_libraries_do(variable):
    dtype, stored, attributes = variable
    by_netcdf4, by_xarray, ours = read_by_both(dtype, stored, attributes)
    never_written = (stored == netCDF4.default_fillvals[dtype]) & ("_FillValue" not in attributes)
    assert not (np.isnan(by_netcdf4) ^ np.isnan(by_xarray))[~never_written].any()
    np.testing.assert_array_equal(np.isnan(ours)[~never_written], np.isnan(by_xarray)[~never_written])
    # Both calculate in float32 at times.
    np.testing.assert_allclose(ours[~never_written], by_xarray[~never_written], rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(ours[~never_written], by_netcdf4[~never_written], rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize(
    ("dtype", "stored", "attributes", "followed"),
    [
        # Never written: netCDF4's default fill value, also beside a missing value; bytes have none.
        ("i2", [-32767, 5, 1], {}, "netCDF4"),
        ("i2", [-32767, 5, 1], {"missing_value": np.int16(5)}, "netCDF4"),
        ("f4", [netCDF4.default_fillvals["f4"], 1], {"missing_value": np.float32(-1)}, "netCDF4"),
        ("i1", [-127, 5, 1], {}, "xarray"),
        # Numbers are compared as they are stored, and not in float32.
        ("i4", [-2147483647, 1], {"_FillValue": -2147483647, "scale_factor": np.float32(0.5)}, "netCDF4"),
        # Values beyond a valid range are refused elsewhere, not hidden.
        ("i2", [-1, 5, 900], {"valid_min": np.int16(0)}, "xarray"),
        ("i2", [-1, 5, 900], {"valid_max": np.int16(100)}, "xarray"),
        ("i2", [-1, 5, 900], {"valid_range": np.array([0, 100], "i2")}, "xarray"),
        # Of several missing values each counts.
        ("i2", [-32, 5, 1], {"missing_value": [-32.0, 1e36], "_FillValue": 1}, "xarray"),
        # Signs.
        ("u1", [255, 1, 200], {"_Unsigned": "false", "scale_factor": 0.5, "_FillValue": 255}, "xarray"),
        ("i1", [-1, 1, -56], {"_Unsigned": "True", "_FillValue": -1}, "netCDF4"),
        ("i1", [-1, 1, -56], {"_Unsigned": "true", "missing_value": np.int8(-1), "_FillValue": -56}, "netCDF4"),
        ("i1", [-1, 1, -56], {"_Unsigned": "true", "missing_value": np.int16(255), "_FillValue": -56}, "xarray"),
    ],
)
def test_where_the_libraries_differ_one_is_followed(dtype, stored, attributes, followed):
    by_netcdf4, by_xarray, ours = read_by_both(dtype, np.array(stored, dtype), attributes)
    expected, other = (by_netcdf4, by_xarray) if followed == "netCDF4" else (by_xarray, by_netcdf4)
    np.testing.assert_allclose(ours, expected)
    assert not np.array_equal(expected, other, equal_nan=True)


@pytest.mark.parametrize("scale", ["0.1", [0.1, 0.2], "x"])
def test_a_scale_that_is_no_number_is_refused(scale):
    with pytest.raises(ValueError, match="scale_factor is not one number"):
        decode(np.array([1, 2], "i2"), {"scale_factor": scale})
