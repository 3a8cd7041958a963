"""The training store: what a training reads of a day, as one memory-mapped array of scaled integers.

The published NetCDF is made to be kept: eight compressed variables, of which a training needs five, whole. It would be
read 250 times. Here a day is an uncompressed ``.npy`` of the four quantities that the network reads or makes, before
normalisation: another training split rewrites nothing, a patch costs the pages it lies on, and the system keeps what was
read for all processes at once. Compressed chunks (zarr, blosc) take half the disk and are faster for the first reading of
patches; the map is faster for every later one, and on the full grid always (docs/performance.md).

The steps are the products' own, and int16 errs by half of one: 0.5 mm of thickness, where float16 errs by 4 mm above 8 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.network.normalisation import VARIABLES
from superice.utils.files import atomic_path

STEPS = {
    "sic": 1e-4,
    "sit": 1e-3,  # m
    "log_deformation": 2e-4,  # of log10 of the deformation in day-1: 0.05 % of the deformation
    "increment": 1e-3,  # m
}
LARGEST = 2**15 - 1
MISSING = -(2**15)
LOWEST_LOG_DEFORMATION = -LARGEST * STEPS["log_deformation"]


def store_name(day: date) -> str:
    """File name of a day in the store."""
    return f"{day:%Y%m%d}.npy"


def scale_to_integers(path: Path, name: str, values: np.ndarray, step: float) -> np.ndarray:
    """Values in whole steps, int16, ``MISSING`` for NaN. Raises InputError for a value beyond the integers."""
    steps = np.rint(values / step)
    largest = np.nanmax(np.abs(steps), initial=0)
    if largest > LARGEST:
        raise InputError(f"beyond {LARGEST * step:g}", file=path, variable=name, value=f"{largest * step:g}")
    return np.where(np.isnan(steps), MISSING, steps).astype(np.int16)


def _encoded(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    if name == "log_deformation":
        values = np.maximum(values, LOWEST_LOG_DEFORMATION)
    return scale_to_integers(path, name, values, STEPS[name])


def write_day(path: str | Path, quantities: Mapping[str, np.ndarray]) -> None:
    """Write a day's quantities, each (y, x), NaN where masked; a day without ice becomes an empty array.

    Ice at rest gets ``LOWEST_LOG_DEFORMATION``, below the floor of every normalisation.
    Raises InputError for a value beyond the range of the integers, as 32.767 m.
    """
    stored = np.stack([_encoded(Path(path), name, quantities[name]) for name in VARIABLES])
    if not known_pixels(stored).any():
        stored = stored[:, :0, :0]
    with atomic_path(path) as temporary:
        np.save(temporary, stored)


def open_day(path: str | Path) -> np.ndarray:
    """A day of the store, mapped into memory: int16 (variable, y, x), of size 0 without ice.

    Raises InputError for a file that is missing, damaged, or no day of a store.
    """
    try:
        stored = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    if stored.dtype != np.int16 or stored.ndim != 3 or len(stored) != len(VARIABLES):
        raise InputError("no day of a training store", file=path, value=f"{stored.dtype} {stored.shape}")
    return np.asarray(stored)


def known_pixels(stored: np.ndarray) -> np.ndarray:
    """The mask of a stored day or of a part of it, bool (y, x)."""
    return stored[0] != MISSING


def decode_day(stored: np.ndarray) -> dict[str, np.ndarray]:
    """The quantities of a stored day or of a part of it, float32 (y, x), NaN where masked."""
    values = np.where(stored == MISSING, np.float32(np.nan), stored)
    return {name: field * np.float32(STEPS[name]) for name, field in zip(VARIABLES, values)}
