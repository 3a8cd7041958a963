"""The concentrations of the days before and after a date: leads last for days, the errors of a daily product do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.seasons import find_neighbours


def read_neighbours(
    read: Callable[[date], np.ndarray], day: date, distance: int, grid: Grid
) -> tuple[dict[str, np.ndarray], list[InputError]]:
    """Read the concentrations of the days around a day; one that cannot be read is unknown.

    Parameters
    ----------
    read
        Returns the low-resolution concentration of a day on the grid, (y, x), or raises InputError.
    day
        The day.
    distance
        Days to those before and after; 0 for none.
    grid
        The target grid.

    Returns
    -------
    tuple
        By the names of ``NEIGHBOURS`` float32 (y, x), NaN where unknown; and what was wrong with those that are unknown.
    """
    made, problems = {}, []
    for name, other in find_neighbours(day, distance).items():
        try:
            made[name] = np.asarray(read(other), np.float32)
        except InputError as error:
            problems.append(error)
            made[name] = np.full(grid.shape, np.nan, np.float32)
    return made, problems
