"""neXtSIM output in its own Moorings layout: daily, weekly, monthly or yearly files, or one file.

``sit`` is a volume per cell area, ``siu`` and ``siv`` run along the axes of the lattice, rows ascend in y.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers.nextsim_day import ModelDay, read_day
from superice.readers.product_file import days_around, find_best_file, open_product

PRODUCT = "nextsim"
NAME = re.compile(r"Moorings(?:_(?P<year>\d{4})(?:d(?P<day>\d{3})|w(?P<week>\d{2})|m(?P<month>\d{2}))?)?\.nc")
VARIABLES = {"sic": "sic", "sit": "sit", "u": "siu", "v": "siv", "divergence": "divergence"}
WEEKS = 53


def rank(name: str, day: date) -> tuple | None:
    """Of a file's name: the shortest interval first; None for another interval.

    Weeks are numbered in more than one way: the two before and after that of ISO 8601 may hold the day as well.
    """
    match = NAME.fullmatch(name)
    if match is None:
        return None
    if match["week"]:
        away = _weeks_away(match, day)
        return (3, -away, match["year"]) if away <= 2 else None
    wanted = {"year": f"{day:%Y}", "day": f"{day:%j}", "month": f"{day:%m}"}
    if any(match[key] not in (None, value) for key, value in wanted.items()):
        return None
    return (4 if match["day"] else 2 if match["month"] else 1 if match["year"] else 0,)


def _weeks_away(match: re.Match, day: date) -> int:
    """Weeks between the number in a name and that of the day; as many as a year has when the year is another."""
    if int(match["year"]) not in {(day + timedelta(shift)).year for shift in (-14, 14)}:
        return WEEKS
    after = (int(match["week"]) - day.isocalendar().week) % WEEKS
    return min(after, WEEKS - after)


def months(day: date) -> list[date]:
    """Days whose months may be those that the file is kept under."""
    return days_around(day, 7)


def find(folder: str | Path, day: date) -> Path:
    """The file that should hold ``day``. Raises MissingInput when there is none."""
    return find_best_file(PRODUCT, folder, day, months(day), rank, holds)


def holds(path: Path, day: date) -> bool:
    """Whether a file has the day, as its times say of a week and the name of any other interval.

    A damaged week is taken for that of its number, so that the day is refused and not merely missed.
    """
    match = NAME.fullmatch(path.name)
    if not match["week"]:
        return True
    try:
        return day in _days(path, path.stat().st_mtime_ns)
    except (InputError, OSError):
        return _weeks_away(match, day) == 0


@lru_cache(maxsize=1000)
def _days(path: Path, changed: int) -> frozenset[date]:
    """The days of a file; it is opened once, though a week is asked for each day and its neighbours'."""
    with open_product(PRODUCT, path) as file:
        return frozenset(moment.date() for moment in file.read_times())


def read(path: str | Path, day: date, grid: Grid, resample: bool = False) -> ModelDay:
    """Read the fields of ``day`` on ``grid``, interpolated only where ``resample`` allows it.

    Raises InputError as ``model_days.read_day`` does.
    """
    with open_product(PRODUCT, path) as file:
        return read_day(file, day, grid, VARIABLES, resample)
