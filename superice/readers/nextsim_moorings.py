"""Read neXtSIM output in its Moorings layout: daily, weekly, monthly or yearly files, or a single file.

``sit`` is a volume per cell area unless its ``cell_methods`` say otherwise. ``siu`` and ``siv`` run along the axes of the
lattice, or to the east and north if ``moorings.false_easting`` was switched off. Rows ascend in y.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers.finding import find_best_file
from superice.readers.nextsim_day import ModelDay, read_day
from superice.readers.product_file import open_product
from superice.readers.vector_axes import are_geographic_in_nextsim

PRODUCT = "nextsim"
NAME = re.compile(r"Moorings(?:_(?P<year>\d{4})(?:d(?P<day>\d{3})|w(?P<week>\d{2})|m(?P<month>\d{2}))?)?\.nc")
DAYS_AROUND = 7  # a week lies in the month of any of its days
VARIABLES = {"sic": "sic", "sit": "sit", "u": "siu", "v": "siv", "divergence": "divergence"}
WEEKS_IN_YEAR = 53


def rank(name: str, day: date) -> tuple | None:
    """Rank a file by its name: the shortest interval is the best. Returns None for another interval.

    Conventions for the number of a week differ. The two weeks before and after the ISO 8601 week of the day are
    therefore accepted, the nearest first.
    """
    match = NAME.fullmatch(name)
    if match is None:
        return None
    if match["week"]:
        weeks = _count_weeks_between(match, day)
        return (3, -weeks, int(match["year"])) if weeks <= 2 else None
    wanted = {"year": day.year, "day": day.timetuple().tm_yday, "month": day.month}
    if any(match[key] and int(match[key]) != value for key, value in wanted.items()):
        return None
    if match["day"]:
        return (4,)
    if match["month"]:
        return (2,)
    return (1,) if match["year"] else (0,)


def _count_weeks_between(match: re.Match, day: date) -> int:
    """Return how many weeks the number in a name is away from that of the day; a whole year for another year."""
    years = {(day - timedelta(14)).year, (day + timedelta(14)).year}
    if int(match["year"]) not in years:
        return WEEKS_IN_YEAR
    weeks_after = (int(match["week"]) - day.isocalendar().week) % WEEKS_IN_YEAR
    return min(weeks_after, WEEKS_IN_YEAR - weeks_after)


def find(folder: str | Path, day: date) -> Path:
    """Find the file that should hold ``day``. Raises MissingInput when there is none."""
    return find_best_file(PRODUCT, folder, day, rank, DAYS_AROUND, holds, f"Moorings_{day:%Yd%j}.nc")


def holds(path: Path, day: date) -> bool:
    """Return whether a file holds the day: for a week by its times, otherwise by its name.

    A damaged week counts as the week of its number, so that its days are refused and not reported as missing.
    """
    match = NAME.fullmatch(path.name)
    if match is None:
        return False
    if not match["week"]:
        return True
    try:
        return day in _read_days(path, path.stat().st_mtime_ns)
    except InputError:
        return _count_weeks_between(match, day) == 0


@lru_cache(maxsize=1000)
def _read_days(path: Path, changed: int) -> frozenset[date]:
    """Read the days of a file; kept in memory, as each day of a week and its neighbours ask for the same file.

    ``changed``, the time of its last change, makes a changed file another one.
    """
    with open_product(PRODUCT, path) as file:
        return frozenset(moment.date() for moment in file.read_times())


def read(path: str | Path, day: date, grid: Grid, resample: bool = False) -> ModelDay:
    """Read the fields of ``day`` on ``grid``, interpolated only if ``resample`` allows it.

    Raises InputError as ``nextsim_day.read_day`` does.
    """
    with open_product(PRODUCT, path) as file:
        return read_day(file, day, grid, VARIABLES, resample, are_geographic_in_nextsim)
