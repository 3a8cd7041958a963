"""Features as xarray holds them: read what a network draws from, and describe what is drawn.

A dataset of features has the four fields of a feature file, with the dimensions ``y`` and ``x``, and may have a dimension
``time`` in front. They have the names of observed features (``sic``, …) or those of the model (``sic_reprocessed``, …).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import xarray
from dask.base import is_dask_collection

from superice.dataset.layout import BEYOND_MASK, FIELDS, INPUT_NOTES, UNCERTAINTIES, join_beyond_mask
from superice.errors import InputError
from superice.features.day import Features
from superice.features.files import (
    LOW_RESOLUTION_NAMES,
    NEIGHBOUR_NAMES,
    OBSERVED_UNITS,
    derive_mask_reason,
    make_grid,
    require_limits,
)
from superice.fields.grid import Grid
from superice.fields.units import convert_values
from superice.seasons import NEIGHBOURS
from superice.utils.netcdf import FileContent

TIME = "time"
MAP = ("y", "x")
MAPPINGS = ("crs", "spatial_ref")  # usual names of a grid mapping that no field names
PLACE = ("crs", "cell_area")  # coordinates that CF keeps beside the axes


@dataclass(frozen=True)
class FeatureDays:
    """The features of one day or of several, checked as far as it costs nothing.

    Attributes
    ----------
    grid
        The grid of the fields.
    days
        The dates, in the order of the dataset.
    has_time
        Whether the dataset has a dimension of times.
    arrays
        By name, the fields (time, y, x) as they are stored, with dask or in memory.
    units
        By name, the units as the dataset writes them.
    settings
        How the features were made, as the dataset says it; empty where it does not.
    notes
        What products say of a degraded day, an attribute; mostly nothing.
    is_model
        Whether they are low-resolution fields of a model, which themselves tell why a pixel is masked.
    """

    grid: Grid
    days: list[date]
    has_time: bool
    arrays: dict[str, Any]
    units: dict[str, str]
    settings: dict[str, Any]
    notes: dict[str, str]
    is_model: bool

    def select_arrays(self, number: int) -> dict[str, Any]:
        """Return the fields (y, x) of one day by name, which are not computed yet."""
        return {name: array[number] for name, array in self.arrays.items()}

    def make_features(
        self, arrays: Mapping[str, np.ndarray], number: int, sic_threshold: float, partly_missing: bool
    ) -> Features:
        """Return the features of a day from its computed ``arrays``. Raises InputError for a value out of range."""
        converted = {name: self._convert(arrays, name) for name in arrays if name in OBSERVED_UNITS}
        fields = {name: join_beyond_mask(name, converted) if partly_missing else converted[name] for name in FIELDS}
        single: dict[str, Any] = {name: np.asarray(values, np.float32) for name, values in fields.items()}
        uncertainties, neighbours = (
            {name: np.asarray(converted[name], np.float32) for name in names if name in converted}
            for names in (UNCERTAINTIES, NEIGHBOURS)
        )
        features = Features(
            self.days[number],
            **single,
            sic_threshold=sic_threshold,
            partly_missing=partly_missing,
            observed=not self.is_model,
            uncertainties=uncertainties,
            neighbours=neighbours,
        )
        require_limits(None, features)
        return features

    def make_empty_features(self) -> Features:
        """Return features of the first day with all of their parts, and nothing in them."""
        nothing = np.full(self.grid.shape, np.nan, np.float32)
        uncertainties = {name: nothing for name in UNCERTAINTIES if name in self.units}
        fields: dict[str, Any] = dict.fromkeys(FIELDS, nothing)
        return Features(
            self.days[0],
            **fields,
            observed=not self.is_model,
            uncertainties=uncertainties,
        )

    def _convert(self, arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
        """Return the values of a variable in the unit that a network needs."""
        return convert_values(arrays[name], self.units[name], OBSERVED_UNITS[name])

    def make_mask_reason(self, arrays: Mapping[str, np.ndarray], features: Features) -> np.ndarray | None:
        """Return why pixels of a day are masked, (y, x); None where neither the dataset nor the fields tell."""
        if "mask_reason" in arrays:
            return np.nan_to_num(arrays["mask_reason"]).astype(np.int8)
        return derive_mask_reason(features) if self.is_model else None


def read_feature_days(dataset: xarray.Dataset) -> FeatureDays:
    """Check a dataset of features, and return its parts.

    Raises
    ------
    InputError
        When it is no dataset, or lacks a field; for other dimensions than ``y`` and ``x`` with ``time`` or without, in
        whatever order; for a unit of another quantity; and when it does not say its times, its axes or its projection.
    """
    if not isinstance(dataset, xarray.Dataset):
        raise InputError(
            "features are an xarray.Dataset with sic, sit, divergence and shear", value=type(dataset).__name__
        )
    is_model = any(name in dataset for name in LOW_RESOLUTION_NAMES.values())
    names = LOW_RESOLUTION_NAMES if is_model else {name: name for name in FIELDS}
    for name in names.values():
        if name not in dataset:
            raise InputError(
                "variable missing; the dataset holds " + ", ".join(map(str, dataset.variables)), variable=name
            )
    has_time = any(TIME in dataset[name].dims for name in names.values())
    days = read_days(dataset)
    stored = {name: dataset[variable] for name, variable in names.items()}
    neighbours = NEIGHBOUR_NAMES if is_model else {name: name for name in NEIGHBOURS}
    stored |= {name: dataset[variable] for name, variable in neighbours.items() if variable in dataset}
    additional = [*(BEYOND_MASK.format(name=name) for name in FIELDS), *UNCERTAINTIES, "mask_reason"]
    stored |= {name: dataset[name] for name in additional if name in dataset}
    units = {name: read_unit(field, OBSERVED_UNITS[name]) for name, field in stored.items() if name in OBSERVED_UNITS}
    arrays = {name: order_dimensions(field, days, has_time) for name, field in stored.items()}
    grid = read_grid(dataset, stored.values())
    notes = {INPUT_NOTES: str(dataset.attrs[INPUT_NOTES])} if INPUT_NOTES in dataset.attrs else {}
    return FeatureDays(grid, days, has_time, arrays, units, _read_settings(dataset), notes, is_model)


def order_dimensions(field: xarray.DataArray, days: list[date], has_time: bool) -> Any:
    """Return the array (time, y, x) of a field with its dimensions in whatever order; a single day has one time.

    Raises InputError for other dimensions.
    """
    expected = {TIME, *MAP} if has_time and TIME in field.dims else set(MAP)
    if set(field.dims) != expected:
        wanted = f"({TIME}, y, x)" if has_time else "(y, x)"
        raise InputError(
            f"the dimensions {wanted} are needed; rename them with dataset.rename",
            variable=str(field.name),
            value=", ".join(map(str, field.dims)),
        )
    if TIME not in field.dims:  # the same map on all days
        field = field.expand_dims({TIME: len(days)})
    return field.transpose(TIME, *MAP).data


def read_unit(field: xarray.DataArray, unit: str) -> str:
    """Return the unit of a field as it is written, or ``unit`` where none is. Raises InputError when it does not convert."""
    written = str(field.attrs.get("units", "")).strip() or unit
    try:
        convert_values(np.zeros(1), written, unit)
    except InputError as error:
        raise InputError(error.reason, variable=str(field.name), value=written) from error
    return written


def read_days(dataset: xarray.Dataset | xarray.DataArray) -> list[date]:
    """Return the dates of a dataset, one for each of its times. Raises InputError when it has none."""
    if TIME not in dataset.coords:
        raise InputError(
            "does not say which day it is: dataset.assign_coords(time=numpy.datetime64('2022-04-12'))", variable=TIME
        )
    times = np.atleast_1d(dataset[TIME].values)
    if times.dtype.kind != "M" or np.isnat(times).any():
        raise InputError(
            "is not a date of the real calendar; decode it with xarray.decode_cf", variable=TIME, value=times[:1]
        )
    return times.astype("M8[D]").astype(object).tolist()


def read_grid(dataset: xarray.Dataset, fields: Iterable[xarray.DataArray] = ()) -> Grid:
    """Return the grid of a dataset. Raises InputError when an axis or the projection is missing, or is not regular."""
    for axis in MAP:
        if axis not in dataset.coords:
            raise InputError("has no coordinate of cell centres in m on the map", variable=axis)
    named = [str(field.attrs.get("grid_mapping") or field.encoding.get("grid_mapping") or "") for field in fields]
    mapping = next((name for name in (*named, *MAPPINGS) if name in dataset.variables), None)
    if mapping is None:
        raise InputError(
            "does not say which map projection its cells are on: open files with decode_coords='all', or give it a scalar"
            " coordinate crs with the attributes of pyproj.CRS.to_cf()",
            variable="crs",
        )
    x, y = (
        convert_values(dataset[axis].values, str(dataset[axis].attrs.get("units", "m")), "m") for axis in ("x", "y")
    )
    if x.ndim != 1 or y.ndim != 1:
        raise InputError("is not a one-dimensional axis", variable="x, y", value=(x.shape, y.shape))
    return make_grid("of the dataset", dataset[mapping].attrs, x, y, crs=mapping)


def _read_settings(dataset: xarray.Dataset) -> dict[str, Any]:
    stated = dataset.attrs.get("feature_settings", "{}")
    try:
        return json.loads(stated)
    except (TypeError, ValueError) as error:
        raise InputError("is not JSON", variable="feature_settings", value=stated) from error


def make_dataset(content: FileContent) -> xarray.Dataset:
    """Return the content of a file as xarray opens that file with ``decode_coords="all"``; lazy arrays stay lazy."""
    opened = xarray.decode_cf(content.as_dataset(), decode_coords="all")
    for name, variable in opened.variables.items():
        if variable.ndim >= 2 and variable.dtype == np.float64:  # files hold them in single precision
            opened[name] = variable.astype(np.float32)
        if not is_dask_collection(variable.data):
            opened[name].load()
    return opened.set_coords([name for name in PLACE if name in opened])
