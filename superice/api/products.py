"""Satellite products of one day as features in xarray."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import xarray

from superice.api.datasets import make_dataset
from superice.dataset.layout import INPUT_NOTES, make_observed_features
from superice.errors import InputError
from superice.features.neighbours import read_neighbours
from superice.features.observed import ObservedDay, list_notes, make_concentration, make_observed_day
from superice.features.settings import FeatureSettings, describe_feature_settings
from superice.fields.grid import Area, Grid, load_grid, make_land_mask
from superice.readers import cs2smos as thickness_reader
from superice.readers import osisaf_concentration, osisaf_drift
from superice.utils.settings import build_settings

Place = str | Path


def features_from_products(
    cs2smos: Place,
    concentration: Place | None,
    drift: Place | None,
    date: datetime.date | str,
    area: Area = "superice",
    areas: Place | None = None,
    settings: Mapping[str, Any] | None = None,
) -> xarray.Dataset:
    """Make the features of a day from the files of three products.

    Parameters
    ----------
    cs2smos, concentration, drift
        A file each, or a folder in which the file of the day is found by its name. None for a concentration or a drift that
        there is not: nothing but a network that takes inputs which are partly missing draws then.
    date
        The day, or its text YYYY-MM-DD.
    area
        Name of the target grid, or ``{"centre": (lat, lon), "size_km": (width, height), "step_km": 3}``.
    areas
        File of area definitions that has the name; without it, the package's own.
    settings
        The section ``features`` of a configuration, as far as it differs from the defaults. With its key
        ``neighbouring_days`` the concentrations of the days before and after are looked for in the folder of that of the
        date; one that is not there is unknown.

    Returns
    -------
    xarray.Dataset
        ``sic``, ``sit`` (m), ``divergence`` and ``shear`` (s-1), (y, x), NaN where any is missing; ``*_beyond_mask``, the
        same where another one is missing; ``*_uncertainty`` of the products that state it; ``sic_before`` and
        ``sic_after`` where they are asked for; and ``mask_reason``. They are the variables of an observed feature file.

    Raises
    ------
    InputError
        When a file is missing or refused, or no pixel of ice has all products that are given.

    Examples
    --------
    >>> features = superice.features_from_products(
    ...     cs2smos="products", concentration="products", drift="products", date="2022-04-12",
    ...     area={"centre": (84, -20), "size_km": (180, 150)},
    ... )
    >>> features.sit.dims, features.sit.shape, features.sit.units, str(features.time.values)[:10]
    (('y', 'x'), (50, 60), 'm', '2022-04-12')
    """
    day = parse_date(date)
    grid, how = load_grid(areas, area), build_settings(FeatureSettings, settings or {}, "features")
    observed, details = read_products(cs2smos, concentration, drift, day, grid, how)
    return make_dataset(make_observed_features(grid, day, details=details, **observed.list_contents()))


def parse_date(stated: datetime.date | str) -> datetime.date:
    """Return a day, also of its text or of a moment. Raises InputError for a text that is none."""
    if isinstance(stated, datetime.datetime):
        return stated.date()
    if isinstance(stated, datetime.date):
        return stated
    try:
        return datetime.date.fromisoformat(stated)
    except (TypeError, ValueError) as error:
        raise InputError("date: a day YYYY-MM-DD is needed", value=stated) from error


def read_products(
    thickness: Place,
    concentration: Place | None,
    drift: Place | None,
    day: datetime.date,
    grid: Grid,
    how: FeatureSettings,
    land: np.ndarray | None = None,
) -> tuple[ObservedDay, dict[str, str]]:
    """Read the products of a day, each a file or a folder; return its fields on the grid, and attributes of their file.

    ``land``, bool (y, x), is computed where it is not given. Raises InputError as ``features_from_products``.
    """
    places = {thickness_reader: thickness, osisaf_concentration: concentration, osisaf_drift: drift}
    products = {reader: _read_product(reader, place, day) for reader, place in places.items()}
    read_thickness, read_concentration, read_drift = products.values()
    land = make_land_mask(grid) if land is None else land
    observed = make_observed_day(read_thickness, read_concentration, read_drift, grid, land, how)
    count = observed.thickness_pixels if None in products.values() else observed.kept_pixels
    if not count:
        raise InputError(
            f"no pixel of ice has all of them on {day} and on the grid {grid.name!r}", product="observations"
        )
    details = {"feature_settings": describe_feature_settings(how), "source_of_fields": "observations"}
    notes = list_notes({reader.PRODUCT: read for reader, read in products.items()}, how)

    def read_around(other: datetime.date) -> np.ndarray:
        if concentration is None:
            raise InputError("is not given", product=osisaf_concentration.PRODUCT, value=other)
        folder = Path(concentration) if Path(concentration).is_dir() else Path(concentration).parent
        return make_concentration(_read_product(osisaf_concentration, folder, other), grid, land, how.observations)

    neighbours, unknown = read_neighbours(read_around, day, how.neighbouring_days, grid)
    observed = replace(observed, neighbours=neighbours)
    notes += [str(error) for error in unknown]
    return observed, details | ({INPUT_NOTES: "; ".join(notes)} if notes else {})


def _read_product(reader: ModuleType, place: Place | None, day: datetime.date) -> Any:
    """Return what a file holds, or the file of the day in a folder; None for none."""
    if place is None:
        return None
    if not Path(place).exists():
        raise InputError("there is no such file or folder", product=reader.PRODUCT, file=place)
    return reader.read(reader.find(place, day) if Path(place).is_dir() else place, day)
