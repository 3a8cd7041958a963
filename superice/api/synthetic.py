"""A day of the synthetic Arctic as features with their truth, to try things on."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

import numpy as np
import xarray

from superice.api.datasets import make_dataset
from superice.api.products import features_from_products, parse_date
from superice.dataset.layout import make_field, make_frame
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
    day, grid = parse_date(date), load_grid(None, area)
    with tempfile.TemporaryDirectory() as temporary:
        files = SeasonFiles(grid, SyntheticSettings(seed=seed), find_season(day), Path(folder or temporary))
        products = files.write_products(day)
        features = features_from_products(**products, date=day, area=area)
        truth = files.crop_truth(day).sit
    frame = make_frame(grid, day, "", "", {})
    frame.variables["sit_truth"] = make_field(truth, "sit", "modelResult", ", of the synthetic Arctic")
    return features.assign(sit_truth=make_dataset(frame)["sit_truth"].astype(np.float32))


def find_season(day: datetime.date) -> Season:
    """Return the freezing season of a day. Raises InputError for a day of the summer."""
    from superice.errors import InputError

    for year in (day.year - 1, day.year):
        season = Season(datetime.date(year, *OPENS), datetime.date(year + 1, *CLOSES))
        if season.first <= day <= season.last:
            return season
    raise InputError("no day of a freezing season, 18 October to 15 April", variable="date", value=day)
