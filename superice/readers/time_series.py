"""Read a variable over time: find the file and the time step of each moment, whatever the files are called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from superice.errors import InputError, MissingInput
from superice.readers.product_file import ProductFile, open_product

CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
TIME_NAMES = ("valid_time", "time")


class TimeSeries:
    """A variable over time in the NetCDF files of a folder and its subfolders.

    Attributes
    ----------
    product
        Name of the product in error messages.
    folder
        Where the files are.
    names
        Names that the variable may have, in order of preference.
    steps
        The file and the index of the time step of each moment.
    """

    def __init__(self, product: str, folder: str | Path, names: tuple[str, ...], files: ExitStack) -> None:
        """Open every file of the folder; ``files`` closes them.

        Raises InputError for a file that cannot be read, a calendar other than the standard one, or a moment that is
        in two files, and MissingInput when no file holds the variable.
        """
        self.product, self.folder, self.names = product, Path(folder), names
        self.steps: dict[datetime, tuple[ProductFile, int]] = {}
        for path in sorted(self.folder.rglob("*.nc")):
            file = files.enter_context(open_product(product, path))
            if self.find_name(file) is not None:
                self._add_file(file)
        if not self.steps:
            raise MissingInput(f"no file holds {' or '.join(names)}", product=product, file=folder)

    def find_name(self, file: ProductFile) -> str | None:
        """Return the name of the variable in a file, None when the file does not hold it."""
        return next((name for name in self.names if name in file), None)

    def _add_file(self, file: ProductFile) -> None:
        for step, moment in enumerate(read_moments(file)):
            if moment in self.steps:
                both = f"also in {self.steps[moment][0].path}"
                raise file.error(f"{moment:%Y-%m-%d %H:%M} is held twice; keep one", self.names[0], both)
            self.steps[moment] = file, step

    def require(self, moments: Sequence[datetime]) -> None:
        """Raise InputError naming the first of the ``moments`` that no file holds."""
        missing = [moment for moment in moments if moment not in self.steps]
        if missing:
            held = f"{len(self.steps)} times from {min(self.steps):%Y-%m-%d %H:%M} to {max(self.steps):%Y-%m-%d %H:%M}"
            raise InputError(
                f"{missing[0]:%Y-%m-%d %H:%M} is not covered, nor are {len(missing) - 1} other times that are needed",
                product=self.product,
                file=self.folder,
                variable=self.names[0],
                value=held,
            )

    def read_field(
        self, moment: datetime, part: tuple[slice, slice] = (slice(None), slice(None))
    ) -> tuple[ProductFile, np.ndarray]:
        """Read the field of a moment.

        Parameters
        ----------
        moment
            One of ``steps``.
        part
            The part of the last two dimensions to read, (rows, columns).

        Returns
        -------
        file
            The file that holds the moment.
        values
            Decoded values, (rows, columns), NaN where missing. Where a file holds several versions (dimension
            ``expver``: ERA5 and its preliminary form), each value is that of the first version that has one.
        """
        file, step = self.steps[moment]
        name = self.find_name(file)
        dimensions = file.get_variable(name).dimensions
        leading = tuple(step if dimension in TIME_NAMES else slice(None) for dimension in dimensions[:-2])
        values = file.decode(name, file.read_part(name, (*leading, *part)))
        while values.ndim > 2:
            values = _merge_versions(values)
        return file, values


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
