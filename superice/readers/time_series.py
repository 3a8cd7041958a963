"""A variable over time: which file of a folder holds which moment, whatever the files are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from superice.errors import InputError, MissingInput
from superice.readers.product_file import ProductFile, open_product

CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
TIMES = ("valid_time", "time")


class Series:
    """The moments of a variable in the files of a folder, flat or below it.

    Attributes:
        product, folder: where it comes from. names: of the variable in its files, first to last.
        where: by moment, the file and the step in it.
    """

    def __init__(self, product: str, folder: str | Path, names: tuple[str, ...], files: ExitStack) -> None:
        """Look into every file. They stay open until ``files`` is closed.

        Raises InputError for a file that cannot be read, a calendar other than the standard one, a moment that two
        files hold, and MissingInput when no file holds the variable.
        """
        self.product, self.folder, self.names = product, Path(folder), names
        self.where: dict[datetime, tuple[ProductFile, int]] = {}
        for path in sorted(self.folder.rglob("*.nc")):
            file = files.enter_context(open_product(product, path))
            if self.name_in(file) is not None:
                self._add(file)
        if not self.where:
            raise MissingInput(f"no file holds {' or '.join(names)}", product=product, file=folder)

    def name_in(self, file: ProductFile) -> str | None:
        """What the variable is called in a file; None when it is not there."""
        return next((name for name in self.names if name in file), None)

    def _add(self, file: ProductFile) -> None:
        for step, moment in enumerate(moments_of(file)):
            if moment in self.where:
                both = f"also in {self.where[moment][0].path}"
                raise file.error(f"{moment:%Y-%m-%d %H:%M} is held twice; keep one", self.names[0], both)
            self.where[moment] = file, step

    def require(self, moments: Sequence[datetime]) -> None:
        """Raise InputError naming the first of the moments that no file holds."""
        missing = [moment for moment in moments if moment not in self.where]
        if missing:
            held = f"{len(self.where)} times from {min(self.where):%Y-%m-%d %H:%M} to {max(self.where):%Y-%m-%d %H:%M}"
            raise InputError(
                f"{missing[0]:%Y-%m-%d %H:%M} is not covered, nor are {len(missing) - 1} other times that are needed",
                product=self.product,
                file=self.folder,
                variable=self.names[0],
                value=held,
            )

    def field(self, moment: datetime, window: tuple = (slice(None), slice(None))) -> tuple[ProductFile, np.ndarray]:
        """The file of a moment, and the decoded values of the last two dimensions, or of a window of them.

        Of versions in one file (``expver``: ERA5 and its preliminary form) the first that has a value is taken.
        """
        file, step = self.where[moment]
        name = self.name_in(file)
        dimensions = file.variable(name).dimensions
        leading = tuple(step if dimension in TIMES else slice(None) for dimension in dimensions[:-2])
        values = file.decode(name, file.read_part(name, (*leading, *window)))
        while values.ndim > 2:
            first, *others = values
            for other in others:
                first = np.where(np.isnan(first), other, first)
            values = first
        return file, values


def moments_of(file: ProductFile) -> list[datetime]:
    """The times of a file, to the minute. Raises InputError for a calendar whose days are not those of the others."""
    name = next((name for name in TIMES if name in file), "time")
    calendar = str(file.attribute(name, "calendar", "standard")).lower()
    if calendar not in CALENDARS:
        raise file.error("another calendar than the standard one: its days cannot be told", name, calendar)
    half = timedelta(seconds=30)
    return [(moment + half).replace(second=0, microsecond=0) for moment in file.read_times(name)]


def every(first: datetime, last: datetime, hours: float) -> list[datetime]:
    """The moments from the first to the last, both included."""
    count = int((last - first) / timedelta(hours=hours))
    return [first + timedelta(hours=hours * n) for n in range(count + 1)]


def in_one_axis(series: Iterable[Series], moments: Sequence[datetime]) -> None:
    """Raise InputError unless all the series hold all the moments."""
    for one in series:
        one.require(moments)
