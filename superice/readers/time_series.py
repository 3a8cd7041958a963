"""Read variables over time: find the file and the time step of each moment, whatever the files are called.

A folder may hold more files than may be open at a time, and more years than are needed. Files whose names contain other
years are therefore opened only when the others do not hold all moments, and few files are open at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from superice.errors import InputError, MachineError, MissingInput
from superice.readers.finding import describe_folder
from superice.readers.product_file import ProductFile, open_product
from superice.readers.valid_times import ValidTime, read_at, read_valid_times

VERSION, FINAL = "expver", 1  # of ERA5; its preliminary form ERA5T, of the last months, has another number
MOST_OPEN = 8  # files at a time; more than a product has variables, which may lie in files of their own
# A year in a name, which other digits may follow: 2015, 201501, 20150101T03, 2015d001.
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d")


class Step(NamedTuple):
    """Where a moment is: a file, the index along each dimension of its times, and whether it is preliminary."""

    path: Path
    place: dict[str, int]
    preliminary: bool


class OpenFiles:
    """Files of a product; the few that were used last stay open."""

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
        except (InputError, MachineError):
            self.close()
            raise

    def close(self) -> None:
        """Close the files, which ``contextlib.closing`` does at the end of a block."""
        self._files.close()

    def _find(self, moments: Sequence[datetime]) -> None:
        files = list_files(self.folder)
        years = {moment.year for moment in moments}
        likely = [path for path in files if may_hold(path.name, years)]
        for path in likely:
            self._add_file(path)
        if any(self._list_missing(key, moments) for key in self.names):
            for path in sorted(set(files) - set(likely)):
                self._add_file(path)
        for key, names in self.names.items():
            if not self.steps[key]:
                where = describe_folder(self.folder, len(files))
                raise MissingInput(
                    f"no file holds {' or '.join(names)} {where}", product=self.product, file=self.folder
                )
        for key in self.names:
            self._require(key, moments)

    def _add_file(self, path: Path) -> None:
        file = self._files.get(path)
        for key in self.names:
            name = self.find_name(key, file)
            if name is None:
                continue
            times = read_moments(file, name)
            for (moment, place), preliminary in zip(times, find_preliminary(file, times), strict=True):
                known = self.steps[key].get(moment)
                if known and known.preliminary == preliminary:
                    both = f"also in {known.path}"
                    raise file.error(
                        f"{moment:%Y-%m-%d %H:%M} is in the files twice; keep one", self.names[key][0], both
                    )
                if known is None or known.preliminary:
                    self.steps[key][moment] = Step(path, place, preliminary)

    def _list_missing(self, key: str, moments: Sequence[datetime]) -> list[datetime]:
        return [moment for moment in moments if moment not in self.steps[key]]

    def _require(self, key: str, moments: Sequence[datetime]) -> None:
        """Raise InputError naming the first of the ``moments`` that no file holds."""
        missing, steps = self._list_missing(key, moments), self.steps[key]
        if missing:
            held = f"{len(steps)} times from {min(steps):%Y-%m-%d %H:%M} to {max(steps):%Y-%m-%d %H:%M}"
            raise InputError(
                f"{missing[0]:%Y-%m-%d %H:%M} is not covered, nor are {len(missing) - 1} other times that are needed"
                + _describe_offset(moments, steps),
                product=self.product,
                file=self.folder,
                variable=self.names[key][0],
                value=held,
            )

    def find_name(self, key: str, file: ProductFile) -> str | None:
        """Return the name of a variable in a file, None when the file does not hold it."""
        return next((name for name in self.names[key] if name in file), None)

    def get_name(self, key: str, file: ProductFile) -> str:
        """Return the name of a variable in a file. Raises InputError when the file does not hold it."""
        name = self.find_name(key, file)
        if name is None:
            raise file.missing_variable(*self.names[key])
        return name

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

        Raises
        ------
        InputError
            For any other dimension with more than one entry, by its name and size.
        """
        file, place = self.open_file(key, moment), self.steps[key][moment].place
        values = read_at(file, self.get_name(key, file), place, part, kept=(VERSION,))
        if values.ndim > 2 and VERSION in file:
            values = values[np.argsort(_read_version_numbers(file))]
        return _merge_versions(values) if values.ndim > 2 else values


def _describe_offset(moments: Sequence[datetime], held: Iterable[datetime]) -> str:
    """Return the part of a sentence for times that all lie the same hours beside those that are needed; else nothing."""
    if len(moments) < 2:
        return ""
    spacing = moments[1] - moments[0]
    offsets = {(moment - moments[0]) % spacing for moment in held}
    offset = min(offsets)
    if len(offsets) > 1 or not offset:
        return ""
    midnight = datetime.combine(moments[0], time())
    hour = (moments[0] + offset - midnight) % spacing / timedelta(hours=1)
    return (
        f"; all times of the files are {offset / timedelta(hours=1):g} h later than such a time: state"
        f" surrogate.first_hour: {hour:g}, or get files of the times that are needed"
    )


def list_files(folder: str | Path) -> list[Path]:
    """Return the NetCDF files of a folder and its subfolders, sorted; hidden ones are left out."""
    return [path for path in sorted(Path(folder).rglob("*.nc")) if not path.name.startswith(".")]


def may_hold(name: str, years: set[int]) -> bool:
    """Return whether a file may hold one of the ``years`` by its name: it spans one of them, or names no year."""
    named = [int(year) for year in YEAR.findall(name)]
    return not named or any(min(named) <= year <= max(named) for year in years)


def find_preliminary(file: ProductFile, times: Sequence[ValidTime]) -> list[bool]:
    """Return which time steps of a file are preliminary: those of ERA5T, whose version is not 1."""
    dimensions = file.get_variable(VERSION).dimensions if VERSION in file else ()
    if not dimensions or not times or not set(dimensions) <= set(times[0].place):
        return [False] * len(times)
    numbers = np.reshape(_read_version_numbers(file), file.get_variable(VERSION).shape)
    return [bool(numbers[tuple(place[name] for name in dimensions)] != FINAL) for _, place in times]


def _read_version_numbers(file: ProductFile) -> list[int]:
    """Read the numbers of the versions: 1 or 0001 for ERA5, 5 or 0005 for ERA5T."""
    return [int(number) for number in np.ravel(file.read_part(VERSION, (...,)))]


def _merge_versions(values: np.ndarray) -> np.ndarray:
    """Return the first value along the first axis that is not NaN."""
    merged = values[0]
    for other in values[1:]:
        merged = np.where(np.isnan(merged), other, merged)
    return merged


def read_moments(file: ProductFile, name: str) -> list[ValidTime]:
    """Read the times of a variable, rounded to the minute.

    Raises InputError for a calendar other than the standard one.
    """
    half_minute = timedelta(seconds=30)
    return [
        ValidTime((moment + half_minute).replace(second=0, microsecond=0), place)
        for moment, place in read_valid_times(file, name)
    ]


def list_moments(first: datetime, last: datetime, hours: float) -> list[datetime]:
    """Return the moments from ``first`` to ``last``, both included, ``hours`` apart."""
    count = int((last - first) / timedelta(hours=hours))
    return [first + timedelta(hours=hours * n) for n in range(count + 1)]


def list_moments_of_year(year: int, hours: float, first_hour: float = 0) -> list[datetime]:
    """Return the moments of a year, ``hours`` apart; the first is ``first_hour`` hours after the year begins."""
    begin, end = (datetime(when, 1, 1) + timedelta(hours=first_hour) for when in (year, year + 1))
    return list_moments(begin, end, hours)[:-1]
