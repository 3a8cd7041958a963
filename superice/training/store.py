"""The training store: the fields of a day that a training reads, as one memory-mapped array of scaled integers.

The published NetCDF files are an archive format: eight compressed variables, of which a training would decompress five in
each of 250 epochs. Here a day is an uncompressed ``.npy`` of the four quantities that the network reads or makes, before
normalisation. Another training split rewrites nothing, reading a patch costs only the pages that it lies on, and all
processes share the pages that the system keeps. Compressed chunks (zarr, blosc) take half the disk and are faster when
patches are read for the first time. The memory map is faster for every later reading, and always on the full grid
(docs/performance.md).

The quantisation steps are those of the products. The largest error is half a step: 0.5 mm of thickness, where float16
errs by 4 mm above 8 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.network.normalisation import VARIABLES
from superice.seasons import NEIGHBOURS
from superice.utils.files import atomic_path

STEPS = {
    "sic": 1e-4,
    "sit": 1e-3,  # m
    "log_deformation": 2e-4,  # of log10 of the deformation in day-1: 0.05 % of the deformation
    "increment": 1e-3,  # m
    **dict.fromkeys(NEIGHBOURS, 1e-4),
}
STORED = (*VARIABLES, *NEIGHBOURS)  # the order of a day's arrays; the last ones only where they are asked for
LARGEST = 2**15 - 1
MISSING = -(2**15)
LOWEST_LOG_DEFORMATION = -LARGEST * STEPS["log_deformation"]


def store_name(day: date) -> str:
    """Return the file name of a day in the store."""
    return f"{day:%Y%m%d}.npy"


def scale_to_integers(path: Path, name: str, values: np.ndarray, step: float) -> np.ndarray:
    """Return the values in whole steps, int16, ``MISSING`` for NaN. Raises InputError for a value out of range."""
    steps = np.rint(values / step)
    largest = np.nanmax(np.abs(steps), initial=0)
    if largest > LARGEST:
        raise InputError(f"beyond {LARGEST * step:g}", file=path, variable=name, value=f"{largest * step:g}")
    return np.where(np.isnan(steps), MISSING, steps).astype(np.int16)


def _encode(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """Return a quantity as int16 (y, x)."""
    if name == "log_deformation":
        values = np.maximum(values, LOWEST_LOG_DEFORMATION)
    return scale_to_integers(path, name, values, STEPS[name])


def write_day(path: str | Path, quantities: Mapping[str, np.ndarray]) -> None:
    """Write a day's quantities, each (y, x), NaN where masked; a day without ice becomes an empty array.

    Concentrations of other days are among them or not.

    Ice at rest gets ``LOWEST_LOG_DEFORMATION``, which lies below the floor of every normalisation.
    Raises InputError for a value that the integers cannot hold, such as a thickness above 32.767 m.
    """
    stored = np.stack([_encode(Path(path), name, quantities[name]) for name in STORED if name in quantities])
    if not find_known_pixels(stored).any():
        stored = stored[:, :0, :0]
    with atomic_path(path) as temporary:
        np.save(temporary, stored)


def open_day(path: str | Path) -> np.ndarray:
    """Open a day of the store, mapped into memory: int16 (variable, y, x), of size 0 without ice.

    Raises InputError for a file that is missing, damaged, or no day of a store.
    """
    try:
        stored = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    if stored.dtype != np.int16 or stored.ndim != 3 or len(stored) not in (len(VARIABLES), len(STORED)):
        raise InputError("no day of a training store", file=path, value=f"{stored.dtype} {stored.shape}")
    return np.asarray(stored)


def find_known_pixels(stored: np.ndarray) -> np.ndarray:
    """Return the mask of a stored day or of a part of it, bool (y, x)."""
    return stored[0] != MISSING


def decode_day(stored: np.ndarray) -> dict[str, np.ndarray]:
    """Return the quantities of a stored day or of a part of it, each float32 (y, x), NaN where masked."""
    values = np.where(stored == MISSING, np.float32(np.nan), stored)
    return {name: field * np.float32(STEPS[name]) for name, field in zip(STORED, values)}
