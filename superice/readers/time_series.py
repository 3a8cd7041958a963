"""Read variables over time: find the file and the time step of each moment, whatever the files are called.

A folder may hold more files than may be open at a time, and more years than are needed. Files whose names contain other
years are therefore opened only when the others do not hold all moments, and few files are open at a time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from superice.errors import InputError, MissingInput
from superice.readers.product_file import ProductFile, open_product

CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
TIME_NAMES = ("valid_time", "time")
VERSION, FINAL = "expver", 1  # of ERA5; its preliminary form ERA5T, of the last months, has another number
MOST_OPEN = 8  # files at a time; more than a product has variables, which may lie in files of their own
# A year in a name, which other digits may follow: 2015, 201501, 20150101T03, 2015d001.
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d")


class Step(NamedTuple):
    """Where a moment is: a file, the index of the time step in it, and whether it is preliminary."""

    path: Path
    index: int
    preliminary: bool


class OpenFiles:
    """Files of a product, of which the few that were used last stay open."""

    def __init__(self, product: str) -> None:
        self._product = product
        self._open: dict[Path, tuple[ProductFile, ExitStack]] = {}

    def get(self, path: Path) -> ProductFile:
        """Return a file, open. Raises InputError when it cannot be read."""
        if path in self._open:
            self._open[path] = self._open.pop(path)  # the last in order is the last used
        else:
            if len(self._open) >= MOST_OPEN:
                self._close(next(iter(self._open)))
            stack = ExitStack()
            self._open[path] = stack.enter_context(open_product(self._product, path)), stack
        return self._open[path][0]

    def _close(self, path: Path) -> None:
        _, stack = self._open.pop(path)
        stack.close()

    def close(self) -> None:
        """Close all files."""
        for path in list(self._open):
            self._close(path)


class TimeSeries:
    """Variables over time in the NetCDF files of a folder and its subfolders.

    Attributes
    ----------
    product
        Name of the product in error messages.
    folder
        Where the files are.
    names
        Names that each variable may have, in order of preference, by its key.
    steps
        Where each moment of each variable is.
    """

    def __init__(
        self, product: str, folder: str | Path, names: Mapping[str, tuple[str, ...]], moments: Sequence[datetime]
    ) -> None:
        """Find the ``moments`` of all variables.

        Raises InputError for a file that cannot be read, a calendar other than the standard one, a moment that is in
        two files, and a moment that is in none; MissingInput when no file holds a variable.
        """
        self.product, self.folder, self.names = product, Path(folder), names
        self.steps: dict[str, dict[datetime, Step]] = {key: {} for key in names}
        self._files = OpenFiles(product)
        try:
            self._find(moments)
        except InputError:
            self.close()
            raise

    def close(self) -> None:
        """Close the files, which ``contextlib.closing`` does at the end of a block."""
        self._files.close()

    def _find(self, moments: Sequence[datetime]) -> None:
        files = [path for path in sorted(self.folder.rglob("*.nc")) if not path.name.startswith(".")]
        years = {moment.year for moment in moments}
        likely = [path for path in files if may_hold(path.name, years)]
        for path in likely:
            self._add_file(path)
        if any(self._list_missing(key, moments) for key in self.names):
            for path in sorted(set(files) - set(likely)):
                self._add_file(path)
        for key, names in self.names.items():
            if not self.steps[key]:
                raise MissingInput(f"no file holds {' or '.join(names)}", product=self.product, file=self.folder)
        for key in self.names:
            self._require(key, moments)

    def _add_file(self, path: Path) -> None:
        file = self._files.get(path)
        held = [key for key in self.names if self.find_name(key, file) is not None]
        moments = read_moments(file) if held else []
        for key in held:
            for index, (moment, preliminary) in enumerate(
                zip(moments, find_preliminary(file, len(moments)), strict=True)
            ):
                known = self.steps[key].get(moment)
                if known and known.preliminary == preliminary:
                    both = f"also in {known.path}"
                    raise file.error(f"{moment:%Y-%m-%d %H:%M} is held twice; keep one", self.names[key][0], both)
                if known is None or known.preliminary:
                    self.steps[key][moment] = Step(path, index, preliminary)

    def _list_missing(self, key: str, moments: Sequence[datetime]) -> list[datetime]:
        return [moment for moment in moments if moment not in self.steps[key]]

    def _require(self, key: str, moments: Sequence[datetime]) -> None:
        """Raise InputError naming the first of the ``moments`` that no file holds."""
        missing, steps = self._list_missing(key, moments), self.steps[key]
        if missing:
            held = f"{len(steps)} times from {min(steps):%Y-%m-%d %H:%M} to {max(steps):%Y-%m-%d %H:%M}"
            raise InputError(
                f"{missing[0]:%Y-%m-%d %H:%M} is not covered, nor are {len(missing) - 1} other times that are needed",
                product=self.product,
                file=self.folder,
                variable=self.names[key][0],
                value=held,
            )

    def find_name(self, key: str, file: ProductFile) -> str | None:
        """Return the name of a variable in a file, None when the file does not hold it."""
        return next((name for name in self.names[key] if name in file), None)

    def open_file(self, key: str, moment: datetime) -> ProductFile:
        """Return the file that holds a moment of a variable; it stays open until some others are asked for."""
        return self._files.get(self.steps[key][moment].path)

    def read_field(
        self, key: str, moment: datetime, part: tuple[slice, slice] = (slice(None), slice(None))
    ) -> np.ndarray:
        """Read the field of a variable at a moment.

        Parameters
        ----------
        key
            The variable, a key of ``names``.
        moment
            One of ``steps``.
        part
            The part of the last two dimensions to read, (rows, columns).

        Returns
        -------
        numpy.ndarray
            Decoded values, (rows, columns), NaN where missing. Where a file holds several versions (dimension
            ``expver``: ERA5 and its preliminary form), each value is that of the lowest version that has one.
        """
        file, step = self.open_file(key, moment), self.steps[key][moment].index
        name = self.find_name(key, file)
        dimensions = file.get_variable(name).dimensions
        leading = tuple(step if dimension in TIME_NAMES else slice(None) for dimension in dimensions[:-2])
        values = file.decode(name, file.read_part(name, (*leading, *part)))
        others = [dimension for dimension in dimensions[:-2] if dimension not in TIME_NAMES]
        if VERSION in others and VERSION in file:
            values = np.take(values, np.argsort(_read_version_numbers(file)), axis=others.index(VERSION))
        while values.ndim > 2:
            values = _merge_versions(values)
        return values


def may_hold(name: str, years: set[int]) -> bool:
    """Return whether a file may hold one of the ``years`` by its name: it spans one of them, or names no year."""
    named = [int(year) for year in YEAR.findall(name)]
    return not named or any(min(named) <= year <= max(named) for year in years)


def find_preliminary(file: ProductFile, steps: int) -> list[bool]:
    """Return which time steps of a file are preliminary: those of ERA5T, whose version is not 1."""
    if VERSION not in file or file.get_variable(VERSION).shape != (steps,) or VERSION in file.dataset.dimensions:
        return [False] * steps
    return [number != FINAL for number in _read_version_numbers(file)]


def _read_version_numbers(file: ProductFile) -> list[int]:
    """Read the numbers of the versions: 1 or 0001 for ERA5, 5 or 0005 for ERA5T."""
    return [int(number) for number in np.ravel(file.read_part(VERSION, (...,)))]


def _merge_versions(values: np.ndarray) -> np.ndarray:
    """Return the first value along the first axis that is not NaN."""
    merged = values[0]
    for other in values[1:]:
        merged = np.where(np.isnan(merged), other, merged)
    return merged


def read_moments(file: ProductFile) -> list[datetime]:
    """Read the times of a file, rounded to the minute. Raises InputError for a calendar other than the standard one."""
    name = next((name for name in TIME_NAMES if name in file), "time")
    calendar = str(file.get_attribute(name, "calendar", "standard")).lower()
    if calendar not in CALENDARS:
        raise file.error("another calendar than the standard one; its days cannot be converted", name, calendar)
    half_minute = timedelta(seconds=30)
    return [(moment + half_minute).replace(second=0, microsecond=0) for moment in file.read_times(name)]


def list_moments(first: datetime, last: datetime, hours: float) -> list[datetime]:
    """Return the moments from ``first`` to ``last``, both included, ``hours`` apart."""
    count = int((last - first) / timedelta(hours=hours))
    return [first + timedelta(hours=hours * n) for n in range(count + 1)]
