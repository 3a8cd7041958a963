"""The store of the surrogate: thickness and forcings of a year on neXtSIM's grid, as one memory-mapped array.

The array is (time, variable, y, x), of scaled integers as in ``superice.training.store``. Reading one time of any year
costs only the pages that its fields lie on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from tqdm import tqdm

from superice.errors import InputError
from superice.network.normalisation import Moments
from superice.training.store import MISSING, scale_to_integers
from superice.utils.files import atomic_path, read_json, write_json

VARIABLES = ("sit", "t2m", "u10", "v10")
FORCINGS = VARIABLES[1:]
OFFSETS = np.array([0, 250, 0, 0], np.float32)  # m, K, m s-1, m s-1
STEPS = np.array([1e-3, 1e-2, 2e-3, 2e-3], np.float32)


def write_year(
    path: str | Path,
    times: Sequence[datetime],
    thickness: Iterable[np.ndarray],
    forcings: Iterable[dict[str, np.ndarray]],
) -> None:
    """Write a year as ``path`` (npy), and beside it (json) its first time, the hours between two and its statistics.

    Parameters
    ----------
    path
        The array.
    times
        Evenly spaced.
    thickness
        Of each time, m, (y, x), NaN on land.
    forcings
        Of each time, t2m in K, u10 and v10 in m s-1, (y, x).

    Raises
    ------
    InputError
        Where the thickness is missing at sea, or a value is too large for the integers.
    """
    path = Path(path)
    stored: np.memmap | None = None
    with atomic_path(path) as temporary:
        for row, (ice, weather) in enumerate(zip(thickness, forcings, strict=True)):
            if stored is None:
                shape = (len(times), len(VARIABLES), *ice.shape)
                stored = np.lib.format.open_memmap(temporary, "w+", np.int16, shape)
                land = np.isnan(ice)
            if (np.isnan(ice) != land).any():
                time = f"{times[row]:%Y-%m-%d %H:%M}"
                raise InputError("thickness is missing where it was known, or the land moved", value=time)
            fields = {"sit": ice} | {name: weather[name] for name in FORCINGS}
            for place, (name, values) in enumerate(fields.items()):
                stored[row, place] = scale_to_integers(path, name, values - OFFSETS[place], STEPS[place])
        if stored is None:
            raise InputError("the year has no time", file=path)
        write_json(path.with_suffix(".json"), _describe_year(stored, times))
        stored.flush()


def _describe_year(stored: np.ndarray, times: Sequence[datetime]) -> dict:
    """Return the first time, the hours between two, and the moments of every variable over the sea."""
    hours = (times[1] - times[0]) / timedelta(hours=1)
    sea = stored[0, 0] != MISSING
    statistics = {}
    for place, name in enumerate(VARIABLES):
        values = stored[:, place][:, sea].astype(np.float32) * float(STEPS[place])
        statistics[name] = asdict(Moments.from_values(values))
        statistics[name]["mean"] += float(OFFSETS[place])
    return {"first": times[0].isoformat(), "hours": hours, "moments": statistics}


class Record:
    """Thickness and forcings over the years, without a gap.

    Attributes
    ----------
    first
        The first time, which is also the hour of the first time of every day.
    hours
        Between two times.
    length
        The number of times.
    sea
        Where neXtSIM has ice or water, bool (y, x).
    statistics
        Of each year, the moments of every variable over the sea.
    """

    def __init__(self, files: Sequence[str | Path]) -> None:
        """Open years of the store, in order. Raises InputError unless they follow each other on one grid with one sea."""
        if not files:
            raise InputError("no year of thickness and forcings is given")
        self.files = [Path(path) for path in files]
        descriptions = [read_json(path.with_suffix(".json")) for path in self.files]
        self._years = [_open_year(path) for path in self.files]
        self.first = datetime.fromisoformat(descriptions[0]["first"])
        self.hours = descriptions[0]["hours"]
        self._year_starts = np.cumsum([0] + [len(year) for year in self._years])
        self.length = int(self._year_starts[-1])
        for path, year, description, start in zip(self.files, self._years, descriptions, self._year_starts):
            if year.shape[1:] != self._years[0].shape[1:]:
                raise InputError(f"not on the grid of {self.files[0]}", file=path, value=year.shape[2:])
            expected = self.time_at(int(start))
            if datetime.fromisoformat(description["first"]) != expected:
                raise InputError(f"does not continue at {expected}", file=path, value=description["first"])
        self.sea = np.asarray(self._years[0][0, 0] != MISSING)
        for path, year in zip(self.files, self._years):
            require_same_sea(year[0, 0] != MISSING, path, self.sea, self.files[0])
        self.statistics = [description["moments"] for description in descriptions]

    def require_sea_of(self, other: Record) -> None:
        """Raise InputError unless the sea is that of another record."""
        require_same_sea(self.sea, self.files[0], other.sea, other.files[0])

    def time_at(self, index: int) -> datetime:
        """Return the time of an index."""
        return self.first + timedelta(hours=self.hours * index)

    def find_index(self, time: datetime) -> int:
        """Return the index of a time. Raises InputError when the record does not hold it."""
        index = (time - self.first) / timedelta(hours=self.hours)
        if index != int(index) or not 0 <= index < self.length:
            raise InputError(f"thickness and forcings do not cover {time:%Y-%m-%d %H:%M}", value=self.describe_span())
        return int(index)

    def find_day(self, day: date) -> int:
        """Return the index of a day's first time. Raises InputError when the record does not hold it."""
        return self.find_index(datetime.combine(day, self.first.time()))

    def describe_span(self) -> str:
        """Return the first and the last time, for messages."""
        return f"{self.first:%Y-%m-%d %H:%M} to {self.time_at(self.length - 1):%Y-%m-%d %H:%M}"

    def count_steps(self, hours: float) -> int:
        """Return hours as a difference of indices. Raises InputError unless it is a whole number."""
        steps = hours / self.hours
        if steps != int(steps):
            raise InputError(f"{hours:g} h are not a whole number of the record's steps of {self.hours:g} h")
        return int(steps)

    def compute_increments(self, hours: float) -> Moments:
        """Compute the moments of the change of the thickness over some hours, m, from every time and over the sea."""
        lead, moments = self.count_steps(hours), Moments()
        for index in tqdm(range(self.length - lead), desc="increments", unit="step"):
            before, after = (self.read_field("sit", time)[self.sea] for time in (index, index + lead))
            moments = moments.merge(Moments.from_values(after - before))
        return moments

    def read_stored(self, name: str, index: int) -> np.ndarray:
        """Read a field as it is stored, int16 (y, x)."""
        year = int(np.searchsorted(self._year_starts, index, "right")) - 1
        return self._years[year][index - self._year_starts[year], VARIABLES.index(name)]

    def read_field(self, name: str, index: int) -> np.ndarray:
        """Read a field, float32 (y, x): sit in m, NaN on land; t2m in K; u10 and v10 along the grid's axes in m s-1."""
        return decode_field(name, self.read_stored(name, index))


def require_same_sea(sea: np.ndarray, file: str | Path, reference: np.ndarray, reference_file: str | Path) -> None:
    """Raise InputError unless the sea of a file, bool (y, x), is that of a reference."""
    if sea.shape != reference.shape:
        raise InputError(f"not on the grid of {reference_file}", file=file, value=sea.shape)
    moved = int((sea != reference).sum())
    if moved:
        raise InputError(
            f"land and sea are not those of {reference_file}; make both of files with one land mask",
            file=file,
            value=f"{moved} other cells",
        )


def decode_field(name: str, stored: np.ndarray) -> np.ndarray:
    """Return the values of stored integers, float32, NaN where missing."""
    place = VARIABLES.index(name)
    values = stored * STEPS[place] + OFFSETS[place]
    return np.where(stored == MISSING, np.float32(np.nan), values)


def _open_year(path: Path) -> np.ndarray:
    try:
        stored = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    if stored.dtype != np.int16 or stored.ndim != 4 or stored.shape[1] != len(VARIABLES):
        raise InputError("not a year of the surrogate's store", file=path, value=f"{stored.dtype} {stored.shape}")
    return stored
