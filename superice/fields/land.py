"""Find land at points, from the GLOBE mask of 1/120 degree that the package global-land-mask holds.

That package takes seconds and a gigabyte to read its whole mask when it is imported. Here its file is read only as far
south as the points lie, and a few rows at a time.
"""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np

FILE = "globe_combined_mask_compressed.npz"
ROWS_AT_ONCE = 120


def find_land(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Return which points lie on land, bool, of the shape of the arguments, as ``global_land_mask.globe.is_land`` does.

    ``longitude`` is in degrees from -180 to 180, ``latitude`` from -90 to 90.
    """
    path = Path(find_spec("global_land_mask").origin).with_name(FILE)
    with np.load(path) as axes:
        row, column = _find_index(latitude, axes["lat"]), _find_index(longitude, axes["lon"])
    is_ocean = np.empty(row.shape, bool)
    with zipfile.ZipFile(path) as archive, archive.open("mask.npy") as stream:
        np.lib.format.read_magic(stream)
        (_, columns), _, _ = np.lib.format.read_array_header_1_0(stream)
        for first in range(0, row.max(initial=-1) + 1, ROWS_AT_ONCE):
            rows = np.frombuffer(stream.read(ROWS_AT_ONCE * columns), bool).reshape(-1, columns)
            here = (row >= first) & (row < first + ROWS_AT_ONCE)
            is_ocean[here] = rows[row[here] - first, column[here]]
    return ~is_ocean


def _find_index(degrees: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the index of the cell of an axis that each coordinate lies in; beyond its ends the nearest cell."""
    within = np.clip(degrees, axis.min(), axis.max())
    return ((within - axis[0]) / (axis[1] - axis[0])).astype(np.intp)
