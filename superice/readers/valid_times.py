"""Find the times that the fields of a variable are valid at, and read the field of one: by the names of its dimensions.

Times may have a dimension of their own, two (starts and steps of forecasts), or none. Every other dimension must have a
single entry: which member, level or version is meant, only the user can say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from superice.readers.product_file import ProductFile
from superice.readers.units import convert_units

VALID, STARTS, PERIODS = "valid_time", ("time", "forecast_reference_time"), ("step", "forecast_period")


class ValidTime(NamedTuple):
    """A time that a field is valid at.

    Attributes
    ----------
    moment
        The time.
    place
        Index of the field along each dimension of the times.
    """

    moment: datetime
    place: dict[str, int]


def read_valid_times(file: ProductFile, name: str) -> list[ValidTime]:
    """Read the times that the fields of the variable ``name`` are valid at, in the order of the file.

    They are those of ``valid_time`` if the file has it, otherwise those of ``time``; where ``time`` is the start of
    forecasts, their steps are added. Raises InputError when the variable does not have the dimensions of its times.
    """
    starts = find_times(file)
    times = list(_iterate(file, starts))
    period = None if starts == VALID else _find_period(file, name, starts)
    if period is not None:
        times = [
            ValidTime(moment + length, place | along_steps)
            for moment, place in times
            for length, along_steps in _read_periods(file, period)
            if all(place.get(dimension, index) == index for dimension, index in along_steps.items())
        ]
    own = file.get_variable(name).dimensions
    lost = [
        dimension
        for dimension in times[0].place
        if dimension not in own and len(file.dataset.dimensions[dimension]) > 1
    ]
    if lost:
        raise file.error(f"has no dimension {lost[0]}, which its times have", name, own)
    return times


def find_times(file: ProductFile) -> str:
    """Return the name of the variable with the times of a file, or with the starts of its forecasts."""
    return next((name for name in (VALID, *STARTS) if name in file), STARTS[0])


def _iterate(file: ProductFile, name: str) -> Iterator[ValidTime]:
    variable = file.get_variable(name)
    for index, moment in zip(np.ndindex(variable.shape), file.read_times(name), strict=True):
        yield ValidTime(moment, dict(zip(variable.dimensions, index, strict=True)))


def _find_period(file: ProductFile, name: str, starts: str) -> str | None:
    """Return the name of the steps that must be added to the starts of forecasts, None when the times are valid ones."""
    period = next((key for key in PERIODS if key in file), None)
    if period is None:
        return None
    along_steps = set(file.get_variable(period).dimensions) - set(file.get_variable(starts).dimensions)
    has_steps = not along_steps.isdisjoint(file.get_variable(name).dimensions)
    are_starts = "forecast_reference_time" in (starts, file.get_attribute(starts, "standard_name"))
    return period if has_steps or are_starts else None


def _read_periods(file: ProductFile, name: str) -> list[tuple[timedelta, dict[str, int]]]:
    """Read the lengths of forecast steps, and their index along each of their dimensions."""
    variable = file.get_variable(name)
    seconds = convert_units(file, name, file.read_values(name), "s")
    places = [dict(zip(variable.dimensions, index, strict=True)) for index in np.ndindex(variable.shape)]
    return [(timedelta(seconds=float(length)), place) for length, place in zip(np.ravel(seconds), places, strict=True)]


def read_at(
    file: ProductFile,
    name: str,
    place: dict[str, int],
    part: tuple[slice, slice] = (slice(None), slice(None)),
    kept: Collection[str] = (),
) -> np.ndarray:
    """Read the field of one time.

    Parameters
    ----------
    file
        The file.
    name
        A variable whose last two dimensions are rows and columns.
    place
        Index along the dimensions of the times.
    part
        The part to read, (rows, columns).
    kept
        Names of dimensions to keep, before rows and columns.

    Returns
    -------
    numpy.ndarray
        Decoded values, NaN where missing.

    Raises
    ------
    InputError
        For another dimension with more than one entry, by its name and size.
    """
    variable = file.get_variable(name)
    if variable.ndim < 2:
        raise file.error("not a field of rows and columns", name, variable.dimensions)
    index: list[int | slice] = []
    for dimension, size in zip(variable.dimensions[:-2], variable.shape, strict=False):
        if dimension in kept:
            index.append(slice(None))
        elif dimension in place or size == 1:
            index.append(place.get(dimension, 0))
        else:
            raise file.error(
                f"unclear which of its {size} entries along {dimension} is meant: keep one in the file",
                name,
                f"{dimension}: {size}",
            )
    return file.decode(name, file.read_part(name, (*index, *part)))


def require_axes(file: ProductFile, name: str, rows: str, columns: str) -> None:
    """Raise InputError unless the last two dimensions of a variable are ``rows`` and ``columns``, in this order."""
    dimensions = file.get_variable(name).dimensions
    if dimensions[-2:] != (rows, columns):
        raise file.error(f"its last dimensions are not ({rows}, {columns})", name, dimensions)
