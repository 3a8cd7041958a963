"""neXtSIM as the Copernicus Marine Service delivers it: the forecast neXtSIM-F and the reanalysis, a file a day.

The axes ``x`` and ``y`` and the grid mapping are left alone, as their units and numbers are not always right: the
lattice is that of ``longitude`` and ``latitude``. ``vxsi`` and ``vysi`` run along its axes, ``sithick`` is a mean over
the cell.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from superice.fields.grid import Grid
from superice.readers.nextsim_day import ModelDay, read_day
from superice.readers.product_file import find_best_file, open_product

PRODUCT = "cmems"
NAME = re.compile(r"(?P<day>\d{8})_(?:hr|dm)-nersc-MODEL-(?P<rest>.+?)(?:-b(?P<bulletin>\d{8})(?P<version>.*))?\.nc")
VARIABLES = {"sic": "siconc", "sit": "sithick", "u": "vxsi", "v": "vysi"}


def rank(name: str, day: date) -> tuple | None:
    """Of a file's name: the newest bulletin first, then the newest version; None for another day."""
    match = NAME.fullmatch(name)
    if match is None or match["day"] != f"{day:%Y%m%d}":
        return None
    return match["bulletin"] or "", match["version"] or "", name


def months(day: date) -> list[date]:
    """Days whose months may be those that the file is kept under."""
    return [day]


def find(folder: str | Path, day: date) -> Path:
    """The day's file. Raises MissingInput when there is none."""
    return find_best_file(PRODUCT, folder, day, months(day), rank)


def read(path: str | Path, day: date, grid: Grid, resample: bool = False) -> ModelDay:
    """Read the fields of ``day`` on ``grid``, the mean over its hours, interpolated only where ``resample`` allows it.

    Raises InputError as ``model_days.read_day`` does.
    """
    with open_product(PRODUCT, path) as file:
        return read_day(file, day, grid, VARIABLES, resample)
