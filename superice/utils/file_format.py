"""Tell from the bytes of a file whether it is NetCDF, and whether bytes of it are missing.

NetCDF's library reads past the end of a classic file (formats 1, 2 and 5) and returns junk, and it refuses every other
file with the same few words. The headers of both formats state the length of the file. Whatever bytes are missing, the file
is shorter than that, or its header makes no sense.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from math import prod
from pathlib import Path

CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
HDF5 = b"\x89HDF\r\n\x1a\n"
START_BYTES = 512
AGAIN = "delete it and fetch it again"
# Marks of other formats: where a mark stands, what the file is, and what to do.
OTHER_FORMATS = (
    (0, b"PK\x03\x04", "a ZIP archive: unpack it with `unzip`, and keep the NetCDF files that it holds"),
    (0, b"\x1f\x8b", "compressed with gzip: rename it to end in .gz and unpack it with `gunzip`"),
    (0, b"BZh", "compressed with bzip2: unpack it with `bunzip2`"),
    (0, b"\xfd7zXZ\x00", "compressed with xz: rename it to end in .xz and unpack it with `unxz`"),
    (0, b"GRIB", "GRIB: convert it, as with `grib_to_netcdf`, or ask the provider for NetCDF"),
    (0, b"\x0e\x03\x13\x01", "HDF4: convert it, or ask the provider for NetCDF"),
    (0, b"version https://git-lfs", "a pointer of Git LFS: fetch the file itself with `git lfs pull`"),
    (257, b"ustar", "a tar archive: unpack it with `tar -xf`, and keep the NetCDF files that it holds"),
)
# Of the classic format: tags of its lists, bytes of a value by the number of its type.
DIMENSIONS, VARIABLES, ATTRIBUTES = 10, 11, 12
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
LAST_OLD_TYPE = 6  # of formats 1 and 2
CAPPED_SIZE = 2**32 - 1  # formats 1 and 2 cannot state the size of a larger variable
# Of HDF5, by the version of the superblock: where the address of the end stands, behind the start of the block.
END_ADDRESS_OFFSETS = {0: 40, 1: 44, 2: 28, 3: 28}
UNKNOWN_ADDRESS = 2**64 - 1


class DamagedHeader(Exception):
    """A header that contradicts itself or the format."""


def explain_unreadable(path: str | Path) -> str | None:
    """Return the reason why a file is not a whole NetCDF file, and what to do; None when its header and length agree.

    Raises OSError when the file cannot be read at all.
    """
    with Path(path).open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        start = file.read(START_BYTES)
        try:
            if start[:4] in CLASSIC:
                stated = _measure_classic(file)
            else:
                block = _find_superblock(file, size)
                if block is None:
                    return _name_format(start)
                stated = _measure_hdf5(file, block)
        except DamagedHeader as error:
            return f"damaged: {error}; {AGAIN}"
    if size < stated:
        return f"truncated: {size} bytes of the {stated} that its header says; {AGAIN}"
    return None


def is_hdf5(path: str | Path) -> bool:
    """Return whether a file begins as NetCDF-4 files do."""
    with Path(path).open("rb") as file:
        return file.read(len(HDF5)) == HDF5


def _name_format(start: bytes) -> str:
    """Return what a file is that is not NetCDF, from its first bytes, and what to do."""
    if not start:
        return f"it is empty; {AGAIN}"
    for place, mark, what in OTHER_FORMATS:
        if start.startswith(mark, place):
            return f"it is not NetCDF but {what}"
    if not start.strip(b"\0"):
        return f"it begins with zeros, as half a copy does; {AGAIN}"
    text = start.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    if text.lower().startswith(("<!doctype html", "<html", "<?xml")):
        return (
            "it is not NetCDF but a web page, such as a login or an error: open it as text, then fetch the file again"
        )
    begin = text.partition("\n")[0][:40]
    if begin.isprintable():
        return f"it is not NetCDF but text that begins with {begin!r}: read what it says, then fetch the file again"
    return f"it is not NetCDF, it begins with {start[:8]!r}; {AGAIN}"


def _find_superblock(file: io.BufferedReader, size: int) -> int | None:
    """Return where HDF5 begins: at 0, 512, 1024, 2048, … None when it begins nowhere."""
    place = 0
    while place < size:
        file.seek(place)
        if file.read(len(HDF5)) == HDF5:
            return place
        place = max(2 * place, 512)
    return None


def _measure_hdf5(file: io.BufferedReader, block: int) -> int:
    """Return the length of an HDF5 file whose superblock begins at ``block``, as the superblock states it."""
    file.seek(block)
    content = file.read(64)
    if len(content) < 64:
        raise DamagedHeader("it ends within its header")
    version = content[8]
    if version not in END_ADDRESS_OFFSETS:
        raise DamagedHeader("its header is of no known version")
    (end,) = struct.unpack_from("<Q", content, END_ADDRESS_OFFSETS[version])
    if not 0 < end < UNKNOWN_ADDRESS:
        raise DamagedHeader("its header states no length")
    return end


def _measure_classic(file: io.BufferedReader) -> int:
    """Return the length of a classic file that is open at any place, as its header states it."""
    header = _ClassicHeader(file)
    records = header.read_count()
    lengths = header.read_list(DIMENSIONS, header.read_dimension)
    header.read_list(ATTRIBUTES, header.read_attribute)
    variables = header.read_list(VARIABLES, lambda: header.read_variable(lengths))
    if not variables:
        raise DamagedHeader("it holds no variables")
    end_of_header = file.tell()
    # A dimension of length 0 is that of the records; of a lone variable with records, these are not padded.
    in_records = [variable for variable in variables if variable.in_records]
    lone = len(in_records) == 1
    record_bytes = sum(variable.count_bytes(padded=not lone) for variable in in_records)
    ends = [end_of_header]
    for variable in variables:
        if variable.begin < end_of_header:
            raise DamagedHeader("a variable begins within the header")
        if not variable.in_records:
            ends.append(variable.begin + variable.count_bytes(padded=True))
        elif records > 0:
            last = variable.begin + (records - 1) * record_bytes
            ends.append(last + variable.count_bytes(padded=not lone))
    return max(ends)


class _ClassicVariable:
    """Where a variable of a classic file lies: its first byte, and the shape and bytes of its values in one record."""

    def __init__(self, lengths: list[int], value_bytes: int, stated: int, begin: int) -> None:
        self.in_records = bool(lengths) and lengths[0] == 0
        self.size = prod(lengths[self.in_records :]) * value_bytes
        self.begin = begin
        if stated not in (self.size, _pad(self.size), min(_pad(self.size), CAPPED_SIZE)):
            raise DamagedHeader("the size of a variable is not that of its dimensions")

    def count_bytes(self, padded: bool) -> int:
        """Return the bytes of the variable, or of one record of it."""
        return _pad(self.size) if padded else self.size


class _ClassicHeader:
    """Read the parts of a header as the specification of NetCDF defines them. Raises DamagedHeader."""

    def __init__(self, file: io.BufferedReader) -> None:
        self.file = file
        self.size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self.version = file.read(4)[3]
        self.count_format = ">Q" if self.version == 5 else ">I"
        self.begin_format = ">I" if self.version == 1 else ">Q"

    def read_bytes(self, count: int) -> bytes:
        if count > self.size - self.file.tell():
            raise DamagedHeader("it ends within its header, or the header is changed")
        return self.file.read(count)

    def read_number(self, layout: str = ">I") -> int:
        return struct.unpack(layout, self.read_bytes(struct.calcsize(layout)))[0]

    def read_count(self) -> int:
        return self.read_number(self.count_format)

    def read_list(self, tag: int, read_entry: Callable) -> list:
        """Read a list of dimensions, attributes or variables; an absent one has a zero instead of the tag."""
        found, count = self.read_number(), self.read_count()
        if found != tag and (found, count) != (0, 0):
            raise DamagedHeader("its header is changed, or parts of it are missing")
        return [read_entry() for _ in range(count)]

    def read_name(self) -> None:
        length = self.read_count()
        name = self.read_bytes(_pad(length))
        if not name[:length].strip(b"\0") or name[length:].strip(b"\0"):
            raise DamagedHeader("a name in its header is changed")

    def read_type(self) -> int:
        """Read a type; return the bytes of its values."""
        number = self.read_number()
        if number not in TYPE_BYTES or (self.version != 5 and number > LAST_OLD_TYPE):
            raise DamagedHeader("its header names an unknown type")
        return TYPE_BYTES[number]

    def read_dimension(self) -> int:
        self.read_name()
        return self.read_count()

    def read_attribute(self) -> None:
        self.read_name()
        value_bytes = self.read_type()
        self.read_bytes(_pad(self.read_count() * value_bytes))

    def read_variable(self, lengths: list[int]) -> _ClassicVariable:
        self.read_name()
        dimensions = [self.read_count() for _ in range(self.read_count())]
        if any(dimension >= len(lengths) for dimension in dimensions):
            raise DamagedHeader("a variable has a dimension that there is not")
        self.read_list(ATTRIBUTES, self.read_attribute)
        value_bytes, stated, begin = self.read_type(), self.read_count(), self.read_number(self.begin_format)
        return _ClassicVariable([lengths[dimension] for dimension in dimensions], value_bytes, stated, begin)


def _pad(count: int) -> int:
    """Return the number of bytes with those that fill up the last four."""
    return -(-count // 4) * 4
