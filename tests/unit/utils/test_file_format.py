"""What the bytes of a file tell: its format, its length, and that some of them are missing."""

import gzip
import io
import tarfile
import zipfile

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superice.errors import InputError
from superice.utils.file_format import explain_unreadable
from superice.utils.netcdf import open_whole_file

FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA", "NETCDF4", "NETCDF4_CLASSIC")
OLD_TYPES = ("i1", "S1", "i2", "i4", "f4", "f8")
NEW_TYPES = (*OLD_TYPES, "u1", "u2", "u4", "i8", "u8")


@st.composite
def layouts(draw):
    """A layout of a file: format, length of the dimensions, number of records, and the variables."""
    kind = draw(st.sampled_from(FORMATS))
    types = NEW_TYPES if kind in ("NETCDF3_64BIT_DATA", "NETCDF4") else OLD_TYPES
    variable = st.tuples(st.sampled_from(types), st.booleans(), st.lists(st.sampled_from("yx"), unique=True))
    lengths = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    return (
        kind,
        lengths,
        draw(st.integers(0, 4)),
        draw(st.lists(variable, min_size=1, max_size=4)),
        draw(st.text("mk", max_size=5)),
    )


def write_layout(path, kind, lengths, records, variables, text):
    with netCDF4.Dataset(path, "w", format=kind) as file:
        file.createDimension("time", None)
        for name, length in zip("yx", lengths, strict=True):
            file.createDimension(name, length)
        file.title = text
        for number, (dtype, in_records, dimensions) in enumerate(variables):
            variable = file.createVariable(f"v{number}", dtype, (("time",) if in_records else ()) + tuple(dimensions))
            variable.units = text
        for number, variable in enumerate(file.variables.values()):
            sizes = [records if name == "time" else file.dimensions[name].size for name in variable.dimensions]
            variable[...] = np.full(sizes, b"a" if variable.dtype == "S1" else 1 + number, variable.dtype)
    return path


@given(layout=layouts())
@settings(max_examples=150, deadline=None)
def test_a_file_of_any_format_is_whole_and_one_byte_less_is_not(tmp_path_factory, layout):
    """The libraries that write files know their lengths: what a header says of it is the size, to the byte."""
    path = write_layout(tmp_path_factory.mktemp("layout") / "a.nc", *layout)
    assert explain_unreadable(path) is None
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert explain_unreadable(path) is not None


@pytest.fixture(scope="module", params=FORMATS)
def whole(request, tmp_path_factory):
    """A file of a format, and what it holds."""
    path = tmp_path_factory.mktemp(request.param) / "whole.nc"
    random = np.random.default_rng(0)
    with netCDF4.Dataset(path, "w", format=request.param) as file:
        file.institution = "nowhere"
        for name, size in (("time", None), ("y", 23), ("x", 17)):
            file.createDimension(name, size)
        file.createVariable("time", "f8", ("time",)).units = "days since 1978-01-01"
        file["time"][:] = [1.0]
        file.createVariable("field", "i2", ("time", "y", "x"), zlib=True)[:] = random.integers(0, 999, (1, 23, 17))
        file.createVariable("flags", "i1", ("y", "x"))[:] = random.integers(0, 9, (23, 17))
        file.createVariable("bounds", "f4", ("y",))[:] = random.uniform(size=23)
    return path, read_all(path)


def read_all(path):
    with open_whole_file(path) as file:
        file.set_auto_maskandscale(False)
        return {name: variable[...] for name, variable in file.variables.items()}


@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_missing_bytes_are_noticed_in_every_format(whole, tmp_path_factory, data):
    """At any place, of any number; half of the examples in the header, where everything else is described."""
    path, expected = whole
    content = path.read_bytes()
    first = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 700))
    count = data.draw(st.integers(1, len(content) - first) | st.integers(1, 16))
    cut = tmp_path_factory.mktemp("cut") / "cut.nc"
    cut.write_bytes(content[:first] + content[first + count :])
    try:
        found = read_all(cut)
    except (InputError, OSError, RuntimeError):
        return
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)


def zip_of(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data_stream-oper_stepType-instant.nc", content)
    return buffer.getvalue()


def tar_of(content):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("a.nc")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "what", "remedy"),
    [
        (zip_of, "a ZIP archive", "unzip"),
        (gzip.compress, "compressed with gzip", "gunzip"),
        (lambda content: tar_of(b"CDF" + content), "a tar archive", "tar -xf"),
        (lambda content: b"GRIB\x00\x10\x00\x01" + bytes(4000) + b"7777", "GRIB", "grib_to_netcdf"),
        (lambda content: b"\n <!DOCTYPE html><html>Please accept", "a web page", "fetch the file again"),
        (lambda content: b'{"message": "job failed"}\n', "text that begins with", "read what it says"),
        (lambda content: b"", "empty", "fetch it again"),
        (lambda content: bytes(4096), "begins with zeros", "fetch it again"),
        (lambda content: content[::-1], "begins with", "fetch it again"),
    ],
)
def test_what_is_not_netcdf_is_called_by_its_name(whole, tmp_path, make, what, remedy):
    path = tmp_path / "era5_2018.nc"
    path.write_bytes(make(whole[0].read_bytes()))
    with pytest.raises(InputError, match=what) as caught:
        open_whole_file(path)
    assert caught.value.file == str(path)
    assert remedy in caught.value.reason
