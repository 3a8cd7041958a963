"""Days of the synthetic Arctic as features with their truth, to try things on."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray

from superice.api.datasets import make_dataset
from superice.api.products import features_from_products, parse_date
from superice.dataset.layout import make_field, make_frame
from superice.errors import InputError
from superice.fields.grid import Area, load_grid
from superice.seasons import Season
from superice.synthetic.season_files import SeasonFiles
from superice.synthetic.settings import SyntheticSettings

OPENS, CLOSES = (10, 18), (4, 15)  # month and day of a freezing season's first and last day


def make_synthetic_day(
    date: datetime.date | str = "2023-01-10",
    area: Area = "demo",
    folder: str | Path | None = None,
    seed: int = 0,
) -> xarray.Dataset:
    """Simulate a day of the synthetic Arctic and what satellites observe of it, and make its features.

    The products are written and read again, as those of providers are.

    Parameters
    ----------
    date
        A day of a freezing season, from 18 October to 15 April, or its text YYYY-MM-DD.
    area
        Name of the grid, or its centre, size and step, as of ``superice.features_from_products``.
    folder
        Where the files of the products are kept; None for a folder that is deleted.
    seed
        Of everything that is random in this Arctic.

    Returns
    -------
    xarray.Dataset
        Features as of ``superice.features_from_products``, and ``sit_truth``, the thickness in m at the resolution of the
        grid, (y, x), NaN on land.

    Raises
    ------
    InputError
        For a day outside the freezing season, and an area without ice.

    Examples
    --------
    >>> day = superice.make_synthetic_day("2023-01-10", area={"centre": (84, -20), "size_km": (150, 120)})
    >>> day.sit_truth.shape, bool(day.sit_truth.std() > day.sit.std())
    ((40, 50), True)
    """
    day = parse_date(date)
    return _make_days([day], area, folder, seed)[0]


def make_synthetic_season(
    dates: Sequence[datetime.date | str],
    area: Area = "demo",
    folder: str | Path | None = None,
    seed: int = 0,
) -> xarray.Dataset:
    """Simulate days of one season of the synthetic Arctic, and make their features.

    Parameters
    ----------
    dates
        Days of one freezing season, or their texts YYYY-MM-DD.
    area, seed
        As of ``make_synthetic_day``.
    folder
        Where the files of the products are kept, and ``in_situ/virtual_buoys.csv``: what three buoys measure that drift with
        the ice. None for a folder that is deleted.

    Returns
    -------
    xarray.Dataset
        What ``make_synthetic_day`` returns, with the dimension ``time`` in front.

    Raises
    ------
    InputError
        For days outside a freezing season, or of several, and an area without ice.

    Examples
    --------
    >>> place = {"centre": (84, -20), "size_km": (150, 120)}
    >>> season = superice.make_synthetic_season(["2022-11-15", "2022-12-15"], area=place)
    >>> season.sit.dims, season.time.dt.month.values.tolist()
    (('time', 'y', 'x'), [11, 12])
    """
    days = sorted({parse_date(date) for date in dates})
    if not days:
        raise InputError("dates: a season needs at least one")
    season = _make_days(days, area, folder, seed)
    return xarray.concat(
        season, "time", data_vars="all", coords="minimal", compat="override", combine_attrs="drop_conflicts"
    )


def _make_days(days: list[datetime.date], area: Area, folder: str | Path | None, seed: int) -> list[xarray.Dataset]:
    """Return the features of each day with its truth."""
    season = find_season(days[0])
    if days[-1] > season.last:
        raise InputError(f"dates: {days[-1]} lies in another season than {days[0]}")
    grid = load_grid(None, area)
    datasets = []
    with tempfile.TemporaryDirectory() as temporary:
        files = SeasonFiles(grid, SyntheticSettings(seed=seed), season, Path(folder or temporary))
        for day in days:
            products: dict[str, Any] = {**files.write_products(day)}
            features = features_from_products(**products, date=day, area=area)
            frame = make_frame(grid, day, "", "", {})
            truth = files.crop_truth(day).sit
            frame.variables["sit_truth"] = make_field(truth, "sit", "modelResult", ", of the synthetic Arctic")
            datasets.append(features.assign(sit_truth=make_dataset(frame)["sit_truth"]))
        if folder and len(days) > 1:
            files.write_measurements(days)
    return datasets


def find_season(day: datetime.date) -> Season:
    """Return the freezing season of a day. Raises InputError for a day of the summer."""
    for year in (day.year - 1, day.year):
        season = Season(datetime.date(year, *OPENS), datetime.date(year + 1, *CLOSES))
        if season.first <= day <= season.last:
            return season
    raise InputError("no day of a freezing season, 18 October to 15 April", variable="date", value=day)
