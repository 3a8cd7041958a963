"""Read neXtSIM as the Copernicus Marine Service delivers it: the forecast neXtSIM-F and the reanalysis, a file a day.

The axes ``x`` and ``y`` and the grid mapping are ignored, as their units and numbers are not always right. The lattice
is that of ``longitude`` and ``latitude``; ``vxsi`` and ``vysi`` run along its axes and ``sithick`` is a mean over the
cell, unless their attributes say otherwise.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from superice.fields.grid import Grid
from superice.readers.finding import find_best_file, format_day
from superice.readers.nextsim_day import ModelDay, read_day
from superice.readers.product_file import open_product

PRODUCT = "cmems"
NAME = re.compile(
    r"(?P<day>\d{8})_(?P<mean>hr|dm)-nersc-MODEL-(?P<rest>.+?)(?:-b(?P<bulletin>\d{8}))?(?:[-.]fv(?P<version>\d+\.\d+))?\.nc"
)
REANALYSIS = "RAN"  # a part of the names of a reanalysis, as in the provider's ocean products
DAYS_AROUND = 0  # the file lies in the month of the day
VARIABLES = {"sic": "siconc", "sit": "sithick", "u": "vxsi", "v": "vysi"}


def rank(name: str, day: date) -> tuple | None:
    """Rank a file by its name. Returns None for another day.

    A reanalysis before a forecast, then the newest bulletin, which has seen the most observations, then the newest
    version, then hourly before daily means.
    """
    match = NAME.fullmatch(name)
    if match is None or match["day"] != format_day(day):
        return None
    version = tuple(int(part) for part in (match["version"] or "0.0").split("."))
    is_reanalysis = REANALYSIS in re.split("[-.]", match["rest"])
    return is_reanalysis, match["bulletin"] or "", version, match["mean"] == "hr"


def find(folder: str | Path, day: date) -> Path:
    """Find the file of ``day``. Raises MissingInput when there is none."""
    example = f"{day:%Y%m%d}_hr-nersc-MODEL-nextsimf-ARC-b{day:%Y%m%d}-fv00.0.nc"
    return find_best_file(PRODUCT, folder, day, rank, DAYS_AROUND, example=example)


def read(path: str | Path, day: date, grid: Grid, resample: bool = False) -> ModelDay:
    """Read the mean over the hours of ``day`` on ``grid``, interpolated only if ``resample`` allows it.

    Raises InputError as ``nextsim_day.read_day`` does.
    """
    with open_product(PRODUCT, path) as file:
        return read_day(file, day, grid, VARIABLES, resample)
