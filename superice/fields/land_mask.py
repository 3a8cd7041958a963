"""The land of the Earth in steps of 1/120 degree, from the data of the package global-land-mask.

The package itself reads its whole mask when it is imported: 0.9 GB, and longer than all else that a figure needs. The rows
run from north to south, so that they are read here no farther than to the southernmost point, and kept as bits.
"""

from __future__ import annotations

import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np

from superice.errors import InputError

FILE = "globe_combined_mask_compressed.npz"
ROWS_AT_ONCE = 240
_read = {"ocean": np.empty((0, 0), np.uint8)}  # the rows that are known, from the north; eight columns a byte


def find_land(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Return where points in degrees, longitudes from -180, are on land: bool of their shape."""
    latitudes, longitudes = _read_axes()
    row, column = (_find_cells(values, axis) for values, axis in ((latitude, latitudes), (longitude, longitudes)))
    ocean = _read_ocean(int(row.max(initial=0)) + 1)
    return (ocean[row, column // 8] >> (7 - column % 8)) & 1 == 0


def _find_cells(values: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the numbers of the cells that values lie in, rounded as the package does."""
    within = np.clip(values, axis.min(), axis.max())
    return ((within - axis[0]) / (axis[1] - axis[0])).astype(int)


def _find_file() -> Path:
    """Return the file of the mask, without the package's start."""
    package = find_spec("global_land_mask")
    if package is None or package.origin is None:
        raise InputError("the package global-land-mask is not installed; install it")
    return Path(package.origin).with_name(FILE)


@cache
def _read_axes() -> tuple[np.ndarray, np.ndarray]:
    """Return the latitudes and longitudes of the cells in degrees."""
    with np.load(_find_file()) as arrays:
        return arrays["lat"], arrays["lon"]


def _read_ocean(rows: int) -> np.ndarray:
    """Return at least so many rows of the ocean from the north, (row, column // 8), as bits."""
    if len(_read["ocean"]) < rows:
        with zipfile.ZipFile(_find_file()) as archive, archive.open("mask.npy") as stream:
            _read["ocean"] = _read_rows(stream, rows)
    return _read["ocean"]


def _read_rows(stream: IO[bytes], rows: int) -> np.ndarray:
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError(f"{FILE}: another version of the format than 1.0")
    (all_rows, columns), by_column, kind = np.lib.format.read_array_header_1_0(stream)
    if by_column or kind.kind != "b":
        raise ValueError(f"{FILE}: no array of truth values, row by row")
    parts = []
    for first in range(0, min(rows, all_rows), ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, all_rows - first)
        values = np.frombuffer(stream.read(count * columns), bool)
        parts.append(np.packbits(values.reshape(count, columns), axis=1))
    return np.concatenate(parts)
