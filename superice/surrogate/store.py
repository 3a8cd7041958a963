"""The store of the surrogate: thickness and forcings of a year on the model's grid, as one memory-mapped array.

Scaled integers as in ``superice.store``, (time, variable, y, x): any moment of any year costs the pages it lies on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from superice.errors import InputError
from superice.network.normalisation import Moments
from superice.training.store import MISSING, scale_to_integers
from superice.utils.files import atomic_path, read_json, write_json

VARIABLES = ("sit", "t2m", "u10", "v10")
OFFSETS = np.array([0, 250, 0, 0], np.float32)  # m, K, m s-1, m s-1
STEPS = np.array([1e-3, 1e-2, 2e-3, 2e-3], np.float32)


def write_year(
    path: str | Path,
    moments: Sequence[datetime],
    step_hours: float,
    thickness: Iterable[np.ndarray],
    forcings: Iterable[dict[str, np.ndarray]],
) -> None:
    """Write a year as ``path`` (npy), and beside it (json) its moments in time and of its values.

    Args:
        path: the array.
        moments: evenly spaced.
        step_hours: of the increments whose moments are taken.
        thickness: of each moment, m, (y, x), NaN on land.
        forcings: of each moment, t2m in K, u10 and v10 in m s-1, (y, x).

    Raises:
        InputError: where the thickness is missing at sea, or a value is beyond the integers.
    """
    path, stored = Path(path), None
    with atomic_path(path) as temporary:
        for row, (ice, weather) in enumerate(zip(thickness, forcings, strict=True)):
            if stored is None:
                shape = (len(moments), len(VARIABLES), *ice.shape)
                stored = np.lib.format.open_memmap(temporary, "w+", np.int16, shape)
                land = np.isnan(ice)
            if (np.isnan(ice) != land).any():
                lacking = f"{moments[row]:%Y-%m-%d %H:%M}"
                raise InputError("thickness is missing where it was known, or the land moved", value=lacking)
            for place, (name, values) in enumerate(zip(VARIABLES, (ice, *(weather[n] for n in VARIABLES[1:])))):
                stored[row, place] = scale_to_integers(path, name, values - OFFSETS[place], STEPS[place])
        write_json(path.with_suffix(".json"), _described(stored, moments, step_hours))
        stored.flush()


def _described(stored: np.ndarray, moments: Sequence[datetime], step_hours: float) -> dict:
    hours = (moments[1] - moments[0]) / timedelta(hours=1)
    lead = round(step_hours / hours)
    sea = stored[0, 0] != MISSING
    of = lambda name, values: asdict(Moments.of(values * float(STEPS[VARIABLES.index(name)])))
    values = {name: stored[:, place][:, sea].astype(np.float32) for place, name in enumerate(VARIABLES)}
    described = {name: of(name, part) for name, part in values.items()}
    for place, name in enumerate(VARIABLES):
        described[name]["mean"] += float(OFFSETS[place])
    increment = of("sit", values["sit"][lead:] - values["sit"][:-lead])
    return {"first": moments[0].isoformat(), "hours": hours, "moments": described | {"increment": increment}}


class Record:
    """Thickness and forcings over the years, without a gap.

    Attributes:
        first: the first moment. hours: between two. length: how many moments there are.
        sea: where the model has ice or water, bool (y, x).
    """

    def __init__(self, files: Sequence[str | Path]) -> None:
        """Open years of the store, in order. Raises InputError when they do not follow each other on one grid."""
        if not files:
            raise InputError("no year of thickness and forcings is given")
        self.files = [Path(path) for path in files]
        about = [read_json(path.with_suffix(".json")) for path in self.files]
        self._years = [_opened(path) for path in self.files]
        self.first, self.hours = datetime.fromisoformat(about[0]["first"]), about[0]["hours"]
        self._begins = np.cumsum([0] + [len(year) for year in self._years])
        self.length = int(self._begins[-1])
        for path, year, described, begin in zip(self.files, self._years, about, self._begins):
            if year.shape[1:] != self._years[0].shape[1:]:
                raise InputError(f"not on the grid of {self.files[0]}", file=path, value=year.shape[2:])
            expected = self.moment(int(begin))
            if datetime.fromisoformat(described["first"]) != expected:
                raise InputError(f"does not go on at {expected}", file=path, value=described["first"])
        self.sea = np.asarray(self._years[0][0, 0] != MISSING)
        self.statistics = [described["moments"] for described in about]

    def moment(self, index: int) -> datetime:
        """The moment of an index."""
        return self.first + timedelta(hours=self.hours * index)

    def index(self, moment: datetime) -> int:
        """The index of a moment. Raises InputError when the record does not hold it."""
        index = (moment - self.first) / timedelta(hours=self.hours)
        if index != int(index) or not 0 <= index < self.length:
            held = f"{self.first:%Y-%m-%d %H:%M} to {self.moment(self.length - 1):%Y-%m-%d %H:%M}"
            raise InputError(f"thickness and forcings do not cover {moment:%Y-%m-%d %H:%M}", value=held)
        return int(index)

    def offset(self, hours: float) -> int:
        """Hours as a difference of indices. Raises InputError for a part of one."""
        steps = hours / self.hours
        if steps != int(steps):
            raise InputError(f"{hours:g} h are not a whole number of the record's steps of {self.hours:g} h")
        return int(steps)

    def stored(self, name: str, index: int) -> np.ndarray:
        """A field as it is stored, int16 (y, x)."""
        year = int(np.searchsorted(self._begins, index, "right")) - 1
        return self._years[year][index - self._begins[year], VARIABLES.index(name)]

    def values(self, name: str, index: int) -> np.ndarray:
        """A field, float32 (y, x): sit in m, NaN on land; t2m in K; u10 and v10 along the grid's axes in m s-1."""
        return decode_field(name, self.stored(name, index))


def decode_field(name: str, stored: np.ndarray) -> np.ndarray:
    """Values of stored integers, float32, NaN where missing."""
    place = VARIABLES.index(name)
    values = stored * STEPS[place] + OFFSETS[place]
    return np.where(stored == MISSING, np.float32(np.nan), values)


def _opened(path: Path) -> np.ndarray:
    try:
        stored = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    if stored.dtype != np.int16 or stored.ndim != 4 or stored.shape[1] != len(VARIABLES):
        raise InputError("no year of the surrogate's store", file=path, value=f"{stored.dtype} {stored.shape}")
    return stored
