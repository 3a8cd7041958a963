"""Read the feature files of either branch, and the days of the published archive.

This module imports no reader of satellite or model products: whatever only reads features does not depend on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from superice.dataset.layout import BEYOND_MASK, FIELDS, INPUT_NOTES, MASK_REASONS, UNCERTAINTIES, join_beyond_mask
from superice.errors import InputError
from superice.features.day import Features, ModelFeatures
from superice.fields.grid import Grid
from superice.fields.quantities import RANGES
from superice.fields.units import convert_values
from superice.seasons import NEIGHBOURS
from superice.utils.netcdf import FileContent, decode_date, read_content

LOW_RESOLUTION_NAMES = {name: f"{name}_reprocessed" for name in FIELDS}
NEIGHBOUR_NAMES = {name: f"{name}_reprocessed" for name in NEIGHBOURS}  # in files of the model
# Name, smallest and largest value, unit. A concentration above 1 is a percentage, a shear above 1e-3 s-1 is in day-1, and
# -999 a fill value that the file does not declare.
LIMITS = (
    ("sic", -0.001, 1.001, ""),
    ("sit", -0.001, RANGES["sit"][1], " m"),
    ("divergence", -1e-3, 1e-3, " s-1"),
    ("shear", -1e-9, 1e-3, " s-1"),
)
UNITS = {"sic": "1", "sit": "m", "divergence": "s-1", "shear": "s-1"}
OBSERVED_UNITS = (
    UNITS
    | {BEYOND_MASK.format(name=name): unit for name, unit in UNITS.items()}
    | {name: units for name, (_, _, units) in UNCERTAINTIES.items()}
    | dict.fromkeys(NEIGHBOURS, "1")
)
CELL_TOLERANCE = 1e-4  # degrees


def read_model_features(
    path: str | Path, sic_threshold: float | None = None, with_truth: bool = True, day: date | None = None
) -> Features:
    """Read a published model day.

    Values in other units than those of ``UNITS`` are converted.

    Parameters
    ----------
    path
        The file.
    sic_threshold
        Concentration above which a pixel is ice; None for that which the file states, or else 0.15.
    with_truth
        Whether the thickness at high resolution is read, which scores and trainings need but drawing does not.
    day
        The day of a file that does not say it.

    Raises
    ------
    InputError
        For a missing variable, for a unit of another quantity, and for a value out of range such as a percentage instead
        of a fraction.
    """
    names = (*LOW_RESOLUTION_NAMES.values(), *(("sit",) if with_truth else ()))
    if is_observed(Path(path)):
        raise InputError("holds an observed day, not one of the model", file=path)
    content = read_content(path, names, optional=("time", *NEIGHBOUR_NAMES.values()))
    low = {name: _read_values(path, content, variable, UNITS[name]) for name, variable in LOW_RESOLUTION_NAMES.items()}
    fields: dict[str, Any] = {name: values.astype(np.float32) for name, values in low.items()}
    truth = _read_values(path, content, "sit", UNITS["sit"]).astype(np.float32) if with_truth else None
    neighbours = {
        name: _read_values(path, content, variable, UNITS["sic"]).astype(np.float32)
        for name, variable in NEIGHBOUR_NAMES.items()
        if variable in content.variables
    }
    day = _find_day(path, content, day)
    threshold = _find_threshold(path) if sic_threshold is None else sic_threshold
    features = Features(day, **fields, truth=truth, sic_threshold=threshold, neighbours=neighbours)
    require_limits(path, features)
    return features


def is_observed(path: Path) -> bool:
    """Return whether a file is of an observed day: arrays (``.npz``), or NetCDF with fields of one resolution alone."""
    if path.suffix != ".nc" or not path.is_file():
        return path.suffix == ".npz"
    held = _list_variables(path)
    return held.issuperset(FIELDS) and held.isdisjoint(LOW_RESOLUTION_NAMES.values())


def read_observed_features(
    path: str | Path, sic_threshold: float | None = None, day: date | None = None, partly_missing: bool = False
) -> Features:
    """Read a published observed day, its arrays (``.npz``) or its NetCDF file.

    Its date is that of a variable time or of the file's name, or ``day`` where there is neither. A pixel is ice above
    ``sic_threshold``; None for that which the NetCDF file of its name states, or else 0.15. With ``partly_missing``,
    each field is also read where others are missing. A file without those arrays has no such pixels.

    Raises InputError for a missing array, and for a value out of range such as a percentage instead of a fraction.
    """
    arrays, found_day = _read_netcdf(path, day) if Path(path).suffix == ".nc" else _read_arrays(path, day)
    fields: dict[str, Any] = {name: arrays[name] for name in FIELDS}
    if partly_missing:
        fields = {name: join_beyond_mask(name, arrays) for name in FIELDS}
    features = Features(
        found_day,
        **fields,
        sic_threshold=_find_threshold(path) if sic_threshold is None else sic_threshold,
        partly_missing=partly_missing,
        observed=True,
        uncertainties={name: arrays[name] for name in UNCERTAINTIES if name in arrays},
        neighbours={name: arrays[name] for name in NEIGHBOURS if name in arrays},
    )
    require_limits(path, features)
    return features


def _read_arrays(path: str | Path, day: date | None) -> tuple[dict[str, np.ndarray], date]:
    """Return the arrays of an observed day in single precision by name, and its date."""
    try:
        with np.load(path) as stored:
            for name in FIELDS:
                if name not in stored:
                    raise InputError("array missing", file=path, variable=name)
            arrays = {name: stored[name].astype(np.float32) for name in OBSERVED_UNITS if name in stored}
    except (OSError, ValueError, BadZipFile) as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    return arrays, _parse_day_in_name(path, day)


def _read_netcdf(path: str | Path, day: date | None) -> tuple[dict[str, np.ndarray], date]:
    """Return the same of an observed day's NetCDF file, whose units are converted."""
    content = read_content(path, tuple(FIELDS), optional=("time", *OBSERVED_UNITS))
    arrays = {
        name: _read_values(path, content, name, unit).astype(np.float32)
        for name, unit in OBSERVED_UNITS.items()
        if name in content.variables
    }
    return arrays, _find_day(path, content, day)


def read_features(
    path: Path, grid: Grid, sic_threshold: float, day: date | None = None, partly_missing: bool = False
) -> Features:
    """Read what a network draws from: the low-resolution fields of the model or of observations.

    With ``partly_missing``, pixels with only some inputs are read as well and belong to the mask.

    Raises InputError when they are not on ``grid``, or of another ``day`` than the one given; a file that does not say its
    day is of that one.
    """
    if is_observed(path):
        features = read_observed_features(path, sic_threshold, day, partly_missing)
    else:
        features = read_model_features(path, sic_threshold, with_truth=False, day=day)
        features = replace(features, partly_missing=partly_missing)
    if path.suffix == ".nc" and _list_variables(path).issuperset(("longitude", "latitude")):
        check_cells(path, grid)
    if features.sic.shape != grid.shape:
        raise InputError(f"its fields do not fit the grid {grid.shape}", file=path, value=features.sic.shape)
    if day:
        require_day(features, day, path)
    return features


def require_day(features: Features, day: date, path: str | Path) -> None:
    """Raise InputError when the features that were read from a file are of another day than ``day``."""
    if features.date != day:
        raise InputError(f"is of {features.date}, not of {day}", file=path)


def pair_files(features: Sequence[Path], ensembles: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Return files of features, each with the ensemble in its place. Raises InputError for unequal numbers of them."""
    if len(features) != len(ensembles):
        raise InputError(
            f"{len(features)} files of features and {len(ensembles)} ensembles: name one of each a date, in one order"
        )
    return list(zip(features, ensembles, strict=True))


def read_input_notes(path: Path) -> dict[str, str]:
    """Return the attribute ``input_notes`` of a feature file, what products say of a degraded day; mostly nothing.

    Arrays (``.npz``) have no attributes; those of the NetCDF file of the same name are read, if it exists.
    """
    described = path.with_suffix(".nc")
    if not described.exists():
        return {}
    attributes = read_content(described, ()).attributes
    return {INPUT_NOTES: str(attributes[INPUT_NOTES])} if INPUT_NOTES in attributes else {}


def _find_threshold(path: str | Path) -> float:
    """Return the concentration above which a pixel is ice: that which a feature file states, or the default.

    Of arrays (``.npz``), the NetCDF file of the same name in their folder states it.
    """
    described = Path(path).with_suffix(".nc")
    stated = read_content(described, ()).attributes.get("feature_settings", "{}") if described.exists() else "{}"
    try:
        return float(json.loads(stated).get("sic_threshold", Features.sic_threshold))
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError("is no JSON of settings", file=described, variable="feature_settings", value=stated) from error


def read_mask_reason(path: Path, features: Features) -> np.ndarray | None:
    """Return why pixels of a feature file are masked, int8 (y, x), sums of the keys of ``MASK_REASONS``.

    Arrays (``.npz``) do not state it; the NetCDF file of the same name beside them does. Where it does not, or there is no
    such file, the result is None. A model day does not say where it is land: there it tells which of the fields are missing.

    Raises InputError when the file beside the arrays cannot be read or is on another grid.
    """
    if not is_observed(path):
        return derive_mask_reason(features)
    described = path.with_suffix(".nc")
    if not described.exists():
        return None
    content = read_content(described, (), optional=("mask_reason",))
    if "mask_reason" not in content.variables:
        return None
    reason = _read_map(content, "mask_reason")
    if reason.shape != features.sic.shape:
        raise InputError(
            f"its cells are not the {features.sic.shape} of {path.name}",
            file=described,
            variable="mask_reason",
            value=reason.shape,
        )
    return reason


def derive_mask_reason(features: Features) -> np.ndarray:
    """Return which of the fields are missing or too low, int8 (y, x), as far as the fields themselves tell."""
    keys = {name: key for key, name in MASK_REASONS.items()}
    masked_by = {
        "thickness_missing": np.isnan(features.sit),
        "concentration_missing": np.isnan(features.sic),
        "drift_missing": np.isnan(features.divergence) | np.isnan(features.shear),
        "concentration_below_threshold": features.sic <= features.sic_threshold,
    }
    reason = np.zeros(features.sic.shape, np.int8)
    for name, masked in masked_by.items():
        reason[masked] += keys[name]
    return reason


def read_own_grid(path: Path) -> Grid | None:
    """Return the grid that a feature file describes by x, y and crs; None where it does not.

    Arrays (``.npz``) have none; that of the NetCDF file of the same name in their folder is taken.
    """
    described = path.with_suffix(".nc")
    if not described.exists():
        return None
    if not _list_variables(described).issuperset(("x", "y", "crs")):
        return None
    content = read_content(described, ("x", "y", "crs"))
    x, y = (_read_values(described, content, axis, "m") for axis in ("x", "y"))
    return make_grid(f"of {path.name}", content.variables["crs"].attributes, x, y, described)


def make_grid(
    name: str, mapping: Mapping[str, Any], x: np.ndarray, y: np.ndarray, path: Path | None = None, crs: str = "crs"
) -> Grid:
    """Return the grid of a CF grid mapping and the axes in m, (nx,) and (ny,).

    Raises InputError, which names the file ``path`` and the variable ``crs`` of the mapping, when the mapping cannot be
    read, or the axes are not those of a regular lattice of square cells.
    """
    import pyproj

    try:
        projection = pyproj.CRS.from_cf(dict(mapping))
    except (pyproj.exceptions.CRSError, KeyError) as error:
        raise InputError(f"its projection cannot be read ({error})", file=path, variable=crs) from error
    x, y = (axis.astype(np.float64) for axis in (x, y))
    if min(x.size, y.size) < 2 or not (np.allclose(np.diff(x), x[1] - x[0]) and np.allclose(np.diff(y), x[1] - x[0])):
        raise InputError("is not a regular lattice of square cells, y ascending", file=path, variable="x, y")
    return Grid(name, projection, x, y)


def read_shape(path: Path) -> tuple[int, ...]:
    """Return rows and columns of a feature file. Raises InputError when it has no concentration."""
    if is_observed(path):
        return read_observed_features(path, day=date.min).sic.shape
    name = LOW_RESOLUTION_NAMES["sic"]
    return _read_map(read_content(path, (name,)), name).shape


def _list_variables(path: Path) -> set[str]:
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            return set(file.variables)
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path) from error


def read_archived_day(path: str | Path, grid: Grid) -> ModelFeatures:
    """Read the fields of a day of the published archive at both resolutions.

    Raises InputError when a variable is missing, a value is out of range, or the cells are not those of ``grid``.
    """
    content = read_content(path, (*FIELDS, *LOW_RESOLUTION_NAMES.values()))
    check_cells(path, grid)
    read_model_features(path)  # refuses values out of range
    high = {name: _read_values(path, content, name, UNITS[name]) for name in FIELDS}
    low = {name: _read_values(path, content, variable, UNITS[name]) for name, variable in LOW_RESOLUTION_NAMES.items()}
    return ModelFeatures(high, low)


def check_cells(path: str | Path, grid: Grid) -> None:
    """Raise InputError when the cells of a NetCDF file are not those of ``grid``."""
    content = read_content(path, ("longitude", "latitude"))
    longitude, latitude = grid.lonlat()
    own_longitude, own_latitude = (_read_map(content, name) for name in ("longitude", "latitude"))
    if own_longitude.shape != grid.shape:
        raise InputError(f"wrong grid: {grid.name!r} is {grid.shape}", file=path, value=own_longitude.shape)
    northward = np.abs(own_latitude - latitude).max()
    difference = (own_longitude - longitude + 180) % 360 - 180
    eastward = np.abs(difference * np.cos(np.radians(latitude))).max()
    distance = max(northward, eastward)
    if not distance <= CELL_TOLERANCE:
        raise InputError(
            f"wrong grid: not the cells of {grid.name!r}", file=path, value=f"{distance:.4g} degrees apart"
        )


def _read_values(path: str | Path, content: FileContent, name: str, unit: str) -> np.ndarray:
    """Return the values of a variable in ``unit``, which a variable without a unit is taken to have; a map is (y, x)."""
    written = str(content.variables[name].attributes.get("units", "")).strip() or unit
    try:
        return convert_values(_read_map(content, name), written, unit)
    except InputError as error:
        raise InputError(error.reason, file=path, variable=name, value=written) from error


def _read_map(content: FileContent, name: str) -> np.ndarray:
    """Return the values of a variable; of one that is stored as (x, y) those of (y, x)."""
    is_transposed = tuple(content.variables[name].dimensions[-2:]) == ("x", "y")
    return np.swapaxes(content[name], -1, -2) if is_transposed else content[name]


def _find_day(path: str | Path, content: FileContent, default: date | None = None) -> date:
    """Return the day of a model file: that of its time, or of its name where it holds no time, or else ``default``."""
    day = decode_date(content.variables["time"]) if "time" in content.variables else None
    return day or _parse_day_in_name(path, default)


def _parse_day_in_name(path: str | Path, default: date | None = None) -> date:
    digits = re.search(r"(\d{8})$", Path(path).stem)
    try:
        return datetime.strptime(digits[1] if digits else "", "%Y%m%d").date()
    except ValueError as error:
        if default:
            return default
        raise InputError(
            "its name does not end in a date YYYYMMDD, and neither a variable time nor an option --date says its day",
            file=path,
        ) from error


def require_limits(path: str | Path | None, features: Features) -> None:
    """Raise InputError when a field exceeds a physical limit; ``path`` is the file that it names, if there is one."""
    neighbours = [(name, *LIMITS[0][1:]) for name in features.neighbours]
    for name, lowest, highest, unit in (*LIMITS, *neighbours):
        values = features.neighbours[name] if name in features.neighbours else getattr(features, name)
        smallest, largest = np.nanmin(values, initial=np.inf), np.nanmax(values, initial=-np.inf)
        if largest > highest:
            raise InputError(f"above {highest:g}{unit}", file=path, variable=name, value=f"{largest:g}{unit}")
        if smallest < lowest:
            raise InputError(f"below {lowest:g}{unit}", file=path, variable=name, value=f"{smallest:g}{unit}")
