"""Thickness of neXtSIM at moments: snapshots or short means, several in a file or one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np

from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.readers.curvilinear import Between, Window, placed
from superice.readers.time_series import Series, in_one_axis

PRODUCT = "nextsim"
NAMES = ("sit",)


def thickness(
    folder: str | Path, moments: Sequence[datetime], grid: Grid, resample: bool = False
) -> Iterator[np.ndarray]:
    """The thickness of the moments on ``grid``: mean over the cell in m, (y, x), NaN on land; one after the other.

    Files of another lattice are interpolated where ``resample`` allows it. Raises InputError for a moment that is not
    covered, another calendar, a grid that does not match, and values out of range.
    """
    with ExitStack() as files:
        series = Series(PRODUCT, folder, NAMES, files)
        in_one_axis([series], moments)
        places: dict[Path, Window | Between] = {}
        for moment in moments:
            file = series.where[moment][0]
            if file.path not in places:
                places[file.path] = placed(file, grid, resample)
            place = places[file.path]
            _, field = series.field(moment, place.where)
            low, high, unit = RANGES["sit"]
            file.require_range(NAMES[0], field, low, high, unit, 1e-3)
            yield np.maximum(place.scalar(field), 0)
