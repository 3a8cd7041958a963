"""The published data set: names, dimensions and attributes of its files (doi 10.11582/2024.00175)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superice.dataset.publication import SEA_LEVEL_M, Extent, describe_file
from superice.errors import InputError
from superice.seasons import NEIGHBOURS
from superice.utils.files import atomic_path
from superice.utils.netcdf import FileContent, Variable, write_content

if TYPE_CHECKING:
    import netCDF4
    import xarray

    from superice.fields.grid import Grid

FIELDS = {
    "sic": ("sea ice concentration", "sea_ice_area_fraction", "1"),
    "sit": ("sea ice thickness, mean over the cell", "sea_ice_thickness", "m"),
    "divergence": ("divergence of the sea ice velocity", "divergence_of_sea_ice_velocity", "s-1"),
    "shear": (
        "shear of the sea ice velocity",
        "maximum_over_coordinate_rotation_of_sea_ice_horizontal_shear_strain_rate",
        "s-1",
    ),
}
# Standard deviations of the observed fields, where the products state them.
UNCERTAINTIES = {
    "sic_uncertainty": ("standard deviation of the sea ice concentration", "sea_ice_area_fraction standard_error", "1"),
    "sit_uncertainty": (
        "standard deviation of the sea ice thickness, mean over the cell",
        "sea_ice_thickness standard_error",
        "m",
    ),
    "divergence_uncertainty": (
        "standard deviation of the divergence of the sea ice velocity, and of its shear",
        "divergence_of_sea_ice_velocity standard_error",
        "s-1",
    ),
}
MASK_REASONS = {
    1: "thickness_missing",
    2: "concentration_missing",
    4: "drift_missing",
    8: "land",
    16: "concentration_below_threshold",
}
BEYOND_MASK = "{name}_beyond_mask"  # an observed field where it is known and another one is missing
INPUT_NOTES = "input_notes"  # the attribute of a day of which a product says that it is worse than others
POINTS_NOTE = "points_note"  # attribute of members at measurements: how many points were read, and are not compared
EAST, NORTH = "degrees_east", "degrees_north"
EPOCH = date(1978, 1, 1)  # times are counted in days from its noon
COORDINATES = ("time", "x", "y", "longitude", "latitude", "altitude")
COMPLETE = (*COORDINATES, "cell_area")  # have no missing values
AREA = {"cell_measures": "area: cell_area"}  # of every variable on the grid (CF, section 7.2)
AREA_BITS = 16  # of the mantissa of a cell area: exact to 1.5e-5, a third of the room of all bits
# File names by day.
MODEL_FEATURES = "{date}.nc"
OBSERVED_FEATURES = "sic_sit_e1_e2_{date}.npz"
PREDICTIONS = "sit_hrai_{date}.nc"
SUMMARIES = "sit_summary_{date}.nc"


def model_features_name(day: date) -> str:
    """Return the file name of a day's model features."""
    return MODEL_FEATURES.format(date=f"{day:%Y%m%d}")


def observed_features_name(day: date) -> str:
    """Return the file name of a day's observed features."""
    return OBSERVED_FEATURES.format(date=f"{day:%Y%m%d}")


def predictions_name(day: date) -> str:
    """Return the file name of a day's ensemble."""
    return PREDICTIONS.format(date=f"{day:%Y%m%d}")


def summaries_name(day: date) -> str:
    """Return the file name of a day's summary of its ensemble."""
    return SUMMARIES.format(date=f"{day:%Y%m%d}")


def make_field(values: np.ndarray, name: str, content: str, note: str = "") -> Variable:
    """Return a variable (y, x) of float32; ``content`` is a coverage content type of ISO 19115."""
    return Variable(("y", "x"), np.asarray(values, dtype=np.float32), _describe_field(name, content, note))


def _describe_field(name: str, content: str, note: str = "") -> dict[str, str]:
    """Return the attributes of a field; ``content`` is a coverage content type of ISO 19115."""
    long_name, standard_name, units = (FIELDS | UNCERTAINTIES)[name]
    return {
        "long_name": long_name + note,
        "standard_name": standard_name,
        "units": units,
        "coverage_content_type": content,
        "grid_mapping": "crs",
        **AREA,
    }


def describe_cell_area(grid: Grid) -> Variable:
    """Return the variable ``cell_area``: the area of the cells on the Earth in m2, (y, x), float32."""
    mantissa, exponent = np.frexp(grid.compute_cell_area())
    rounded = np.ldexp(np.round(np.ldexp(mantissa, AREA_BITS)), exponent - AREA_BITS)
    attributes = {
        "long_name": "area of the cell on the WGS 84 ellipsoid",
        "standard_name": "cell_area",
        "units": "m2",
        "coverage_content_type": "auxiliaryInformation",
    }
    return Variable(("y", "x"), rounded.astype(np.float32), attributes)


def add_cell_area(fields: xarray.Dataset, grid: Grid) -> None:
    """Add ``cell_area`` to fields (…, y, x), which then name it as their area.

    Raises InputError when they are not on ``grid``.
    """
    shape = fields.sizes["y"], fields.sizes["x"]
    if shape != grid.shape:
        raise InputError(f"the fields do not fit the grid {grid.name!r} of {grid.shape} cells", value=shape)
    for variable in fields.data_vars.values():
        if {"y", "x"}.issubset(variable.dims):
            variable.attrs |= AREA
    fields["cell_area"] = describe_cell_area(grid)


def _describe_coordinate(standard_name: str, long_name: str, **more: str) -> dict[str, str]:
    return {"standard_name": standard_name, "long_name": long_name, **more}


def describe_altitude() -> dict[str, str]:
    """Return the attributes of the altitude of the ice, a scalar coordinate."""
    return _describe_coordinate("altitude", "altitude of the sea surface", units="m", positive="up", axis="Z")


def make_frame(grid: Grid, day: date, title: str, summary: str, details: Mapping[str, str | float]) -> FileContent:
    """Return the content of a file without fields: time, coordinates, grid mapping, cell areas, CF and ACDD attributes.

    Every gridded file starts from it. ``details`` are further attributes of the file.
    """
    longitude, latitude = grid.lonlat()
    describe = _describe_coordinate
    of_time = {"axis": "T", "units": f"days since {EPOCH} 12:00:00", "calendar": "proleptic_gregorian"}
    variables = {
        "time": Variable((), np.float64((day - EPOCH).days), describe("time", "noon of the day", **of_time)),
        "x": Variable(("x",), grid.x, describe("projection_x_coordinate", "x of the cell centre", units="m", axis="X")),
        "y": Variable(("y",), grid.y, describe("projection_y_coordinate", "y of the cell centre", units="m", axis="Y")),
        "longitude": Variable(("y", "x"), longitude, describe("longitude", "longitude of the cell centre", units=EAST)),
        "latitude": Variable(("y", "x"), latitude, describe("latitude", "latitude of the cell centre", units=NORTH)),
        "altitude": Variable((), np.float64(SEA_LEVEL_M), describe_altitude()),
        "crs": Variable((), np.int32(0), grid.describe_projection()),
        "cell_area": describe_cell_area(grid),
    }
    attributes = describe_file(title, summary, Extent.around(latitude, longitude), day, day, details)
    return FileContent(variables, COORDINATES, attributes)


def write_model_features(
    path: str | Path,
    grid: Grid,
    day: date,
    high: dict[str, np.ndarray],
    low: dict[str, np.ndarray],
    details: Mapping[str, str | float],
    neighbours: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write ``model/features/YYYYMMDD.nc``.

    ``high`` and ``low`` hold sic (1), sit (m), divergence and shear (s-1), each (y, x), NaN where missing. The
    low-resolution fields are stored as ``*_reprocessed``, and so are the concentrations of the days before and after, by
    the names of ``NEIGHBOURS``, where they are given.
    """
    content = make_frame(
        grid,
        day,
        "SuperIce model features",
        f"neXtSIM fields on the {grid.spacing} grid and, as *_reprocessed, at the resolution of satellite products.",
        details,
    )
    for name in FIELDS:
        content.variables[name] = make_field(high[name], name, "modelResult")
        content.variables[f"{name}_reprocessed"] = make_field(
            low[name], name, "modelResult", ", at the resolution of satellite products"
        )
    for name, values in (neighbours or {}).items():
        note = f", at the resolution of satellite products{_describe_neighbour(name)}"
        content.variables[f"{name}_reprocessed"] = make_field(values, "sic", "modelResult", note)
    write_content(path, content, complete=COMPLETE)


def _describe_neighbour(name: str) -> str:
    """Return the part of a long name that says of which day a concentration is; how far it is, the file's settings say."""
    return f", of a day {'before' if NEIGHBOURS[name] < 0 else 'after'} the date"


def make_mask_reason(mask_reason: np.ndarray) -> Variable:
    """Return the variable ``mask_reason`` (y, x): sums of the keys of ``MASK_REASONS``, 0 where nothing is masked."""
    attributes = {
        "long_name": "why a pixel is masked",
        "standard_name": "status_flag",
        "flag_masks": np.array(list(MASK_REASONS), dtype=np.int8),
        "flag_meanings": " ".join(MASK_REASONS.values()),
        "coverage_content_type": "qualityInformation",
        "grid_mapping": "crs",
        **AREA,
    }
    # CF 1.8 has no unsigned bytes.
    return Variable(("y", "x"), np.asarray(mask_reason).astype(np.int8), attributes)


def make_observed_features(
    grid: Grid,
    day: date,
    fields: Mapping[str, np.ndarray],
    mask_reason: np.ndarray,
    details: Mapping[str, str | float],
    beyond_mask: Mapping[str, np.ndarray] | None = None,
    uncertainties: Mapping[str, np.ndarray] | None = None,
    neighbours: Mapping[str, np.ndarray] | None = None,
) -> FileContent:
    """Return the content of the NetCDF file of observed features; what it holds, ``write_observed_features`` says."""
    content = make_frame(
        grid,
        day,
        "SuperIce observed features",
        f"CS2SMOS thickness, OSI SAF concentration and deformation from OSI SAF drift on the {grid.spacing} grid.",
        details,
    )
    for name in FIELDS:
        content.variables[name] = make_field(fields[name], name, "physicalMeasurement")
    for name, values in (beyond_mask or {}).items():
        content.variables[BEYOND_MASK.format(name=name)] = make_field(
            values, name, "physicalMeasurement", ", where another input is missing"
        )
    for name, values in (uncertainties or {}).items():
        content.variables[name] = make_field(values, name, "qualityInformation")
    for name, values in (neighbours or {}).items():
        content.variables[name] = make_field(values, "sic", "physicalMeasurement", _describe_neighbour(name))
    content.variables["mask_reason"] = make_mask_reason(mask_reason)
    return content


def join_beyond_mask(name: str, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return a field (y, x) of an observed day with its values beyond the mask of all inputs, as far as there are some."""
    beyond = arrays.get(BEYOND_MASK.format(name=name))
    return arrays[name] if beyond is None else np.where(np.isfinite(arrays[name]), arrays[name], beyond)


def write_observed_features(
    npz_path: str | Path,
    netcdf_path: str | Path,
    grid: Grid,
    day: date,
    fields: dict[str, np.ndarray],
    mask_reason: np.ndarray,
    details: Mapping[str, str | float],
    beyond_mask: Mapping[str, np.ndarray] | None = None,
    uncertainties: Mapping[str, np.ndarray] | None = None,
    neighbours: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Write the published ``.npz``, and the same fields as CF NetCDF with the reasons of the mask.

    ``fields`` holds sic (1), sit (m), divergence and shear (s-1), each (y, x), NaN where masked. ``mask_reason`` is
    uint8 (y, x), the sum of the keys of ``MASK_REASONS``, 0 where nothing is masked. ``beyond_mask`` holds the same fields
    where they are known and another one is missing, NaN elsewhere. ``uncertainties`` holds the standard deviations by the
    names of ``UNCERTAINTIES``, of the products that state one, and ``neighbours`` the concentrations of the days before
    and after by the names of ``NEIGHBOURS``, wherever they are known. Both files get these as additional arrays.
    """
    content = make_observed_features(grid, day, fields, mask_reason, details, beyond_mask, uncertainties, neighbours)
    write_content(netcdf_path, content, complete=COMPLETE)
    additional = {BEYOND_MASK.format(name=name): values for name, values in (beyond_mask or {}).items()}
    additional |= {**(uncertainties or {}), **(neighbours or {})}
    with atomic_path(npz_path) as temporary:
        arrays = {name: fields[name] for name in FIELDS} | additional
        stored: dict[str, Any] = {name: np.asarray(values, np.float32) for name, values in arrays.items()}
        np.savez_compressed(temporary, **stored)


class Ensemble:
    """An ensemble file that is being written, one member at a time."""

    def __init__(self, dataset: netCDF4.Dataset) -> None:
        self._dataset, self._written = dataset, 0

    def append(self, member: np.ndarray) -> None:
        """Write the next member: thickness in m, (y, x), NaN where masked."""
        self._dataset["sit_ai"][self._written] = member
        self._written += 1

    def describe(self, attributes: Mapping[str, Any]) -> None:
        """Add attributes that are known only after the members are drawn."""
        self._dataset.setncatts(dict(attributes))


def make_ensemble_frame(grid: Grid, day: date, details: Mapping[str, str | float]) -> FileContent:
    """Return the content of an ensemble's file without its members."""
    return make_frame(
        grid,
        day,
        "SuperIce ensemble of sea ice thickness",
        f"Sea ice thickness at {grid.spacing} drawn by a neural network from low-resolution fields.",
        details,
    )


def describe_members() -> dict[str, str]:
    """Return the attributes of the members, the variable ``sit_ai`` of an ensemble."""
    return _describe_field("sit", "modelResult") | {"cell_methods": "area: mean"}


@contextmanager
def open_predictions(
    path: str | Path, grid: Grid, day: date, members: int, details: Mapping[str, str | float]
) -> Iterator[Ensemble]:
    """Open ``predictions/sit_hrai_YYYYMMDD.nc`` to write ``members`` members; a member not written stays missing.

    The file appears under its name when the block succeeds, and not at all when it fails.
    """
    frame = make_ensemble_frame(grid, day, details)
    import netCDF4

    with atomic_path(path) as temporary:
        write_content(temporary, frame, complete=COMPLETE)
        with netCDF4.Dataset(temporary, "a") as dataset:
            dataset.createDimension("n", members)
            variable = dataset.createVariable(
                "sit_ai",
                np.float32,
                ("n", "y", "x"),
                zlib=True,
                complevel=1,
                shuffle=True,
                chunksizes=(1, *grid.shape),
                fill_value=np.float32(np.nan),
            )
            variable.setncatts(describe_members() | {"coordinates": "time longitude latitude altitude"})
            yield Ensemble(dataset)
