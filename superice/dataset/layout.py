"""The published data set: names, dimensions and attributes of its files (doi 10.11582/2024.00175)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from superice import __version__
from superice.errors import InputError
from superice.fields.grid import Grid
from superice.utils.files import atomic_path, write_dataset
from superice.utils.provenance import describe_origin

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
MASK_REASONS = {
    1: "thickness_missing",
    2: "concentration_missing",
    4: "drift_missing",
    8: "land",
    16: "concentration_below_threshold",
}
EAST, NORTH = "degrees_east", "degrees_north"
EPOCH = "days since 1978-01-01 12:00:00"
# File names by day.
MODEL_FEATURES = "{date}.nc"
OBSERVED_FEATURES = "sic_sit_e1_e2_{date}.npz"
PREDICTIONS = "sit_hrai_{date}.nc"


def model_features_name(day: date) -> str:
    """Return the file name of a day's model features."""
    return MODEL_FEATURES.format(date=f"{day:%Y%m%d}")


def observed_features_name(day: date) -> str:
    """Return the file name of a day's observed features."""
    return OBSERVED_FEATURES.format(date=f"{day:%Y%m%d}")


def predictions_name(day: date) -> str:
    """Return the file name of a day's ensemble."""
    return PREDICTIONS.format(date=f"{day:%Y%m%d}")


def _make_variable(values: np.ndarray, name: str, content: str, note: str = "") -> tuple:
    """Return a variable (y, x) as xarray takes it: dimensions, float32 values, attributes."""
    return ("y", "x"), np.asarray(values, dtype=np.float32), _describe_field(name, content, note)


def _describe_field(name: str, content: str, note: str = "") -> dict[str, str]:
    """Return the attributes of a field; ``content`` is a coverage content type of ISO 19115."""
    long_name, standard_name, units = FIELDS[name]
    return {
        "long_name": long_name + note,
        "standard_name": standard_name,
        "units": units,
        "coverage_content_type": content,
        "grid_mapping": "crs",
    }


def _describe_coordinate(standard_name: str, long_name: str, **more: str) -> dict[str, str]:
    return {"standard_name": standard_name, "long_name": long_name, **more}


def _describe_projection(grid: Grid) -> dict[str, object]:
    """Return the attributes of the CF grid mapping. For a polar stereographic projection, CF requires its pole."""
    attributes = grid.crs.to_cf()
    if attributes.get("grid_mapping_name") == "polar_stereographic":
        pole = 90.0 if grid.lonlat()[1].mean() > 0 else -90.0
        attributes = {"latitude_of_projection_origin": pole, **attributes}
    return attributes


def _make_frame(grid: Grid, day: date, title: str, summary: str, details: Mapping[str, str | float]) -> xr.Dataset:
    """Return a dataset without fields: time, coordinates, grid mapping, CF and ACDD attributes.

    Every gridded file starts from it. ``details`` are further attributes of the file.
    """
    longitude, latitude = grid.lonlat()
    noon = np.datetime64(day.isoformat() + "T12:00:00", "ns")
    describe = _describe_coordinate
    frame = xr.Dataset(
        coords={
            "time": ((), noon, describe("time", "noon of the day", axis="T")),
            "x": ("x", grid.x, describe("projection_x_coordinate", "x of the cell centre", units="m", axis="X")),
            "y": ("y", grid.y, describe("projection_y_coordinate", "y of the cell centre", units="m", axis="Y")),
            "longitude": (("y", "x"), longitude, describe("longitude", "longitude of the cell centre", units=EAST)),
            "latitude": (("y", "x"), latitude, describe("latitude", "latitude of the cell centre", units=NORTH)),
        },
        attrs={
            "Conventions": "CF-1.8, ACDD-1.3",
            "title": title,
            "summary": summary,
            "history": f"{title}, made by SuperIce {__version__}",
            "standard_name_vocabulary": "CF Standard Name Table v93",
            "time_coverage_duration": "P1D",
            "time_coverage_resolution": "P1D",
            "time_coverage_start": f"{day}T00:00:00Z",
            "time_coverage_end": f"{day}T23:59:59Z",
            "geospatial_lat_min": float(latitude.min()),
            "geospatial_lat_max": float(latitude.max()),
            "geospatial_lon_min": float(longitude.min()),
            "geospatial_lon_max": float(longitude.max()),
            "keywords": "sea ice thickness, Arctic, ensemble, super-resolution",
            **describe_origin(**details),
        },
    )
    frame["crs"] = ((), np.int32(0), _describe_projection(grid))
    return frame


def _write_gridded(path: str | Path, dataset: xr.Dataset) -> None:
    """Write a dataset that ``_make_frame`` has begun."""
    time = {"time": {"units": EPOCH, "dtype": "float64", "_FillValue": None}}
    coordinates = {name: {"_FillValue": None} for name in ("x", "y", "longitude", "latitude")}
    write_dataset(path, dataset, time | coordinates)


def write_model_features(
    path: str | Path,
    grid: Grid,
    day: date,
    high: dict[str, np.ndarray],
    low: dict[str, np.ndarray],
    details: Mapping[str, str | float],
) -> None:
    """Write ``model/features/YYYYMMDD.nc``.

    ``high`` and ``low`` hold sic (1), sit (m), divergence and shear (s-1), each (y, x), NaN where missing. The
    low-resolution fields are stored as ``*_reprocessed``.
    """
    dataset = _make_frame(
        grid,
        day,
        "SuperIce model features",
        "neXtSIM fields on the 3 km grid and, as *_reprocessed, at the resolution of satellite products.",
        details,
    )
    for name in FIELDS:
        dataset[name] = _make_variable(high[name], name, "modelResult")
        dataset[f"{name}_reprocessed"] = _make_variable(
            low[name], name, "modelResult", ", at the resolution of satellite products"
        )
    _write_gridded(path, dataset)


def write_observed_features(
    npz_path: str | Path,
    netcdf_path: str | Path,
    grid: Grid,
    day: date,
    fields: dict[str, np.ndarray],
    mask_reason: np.ndarray,
    details: Mapping[str, str | float],
) -> None:
    """Write the published ``.npz``, and the same fields as CF NetCDF with the reasons of the mask.

    ``fields`` holds sic (1), sit (m), divergence and shear (s-1), each (y, x), NaN where masked. ``mask_reason`` is
    uint8 (y, x), the sum of the keys of ``MASK_REASONS``, 0 where nothing is masked.
    """
    dataset = _make_frame(
        grid,
        day,
        "SuperIce observed features",
        "CS2SMOS thickness, OSI SAF concentration and deformation from OSI SAF drift on the 3 km grid.",
        details,
    )
    for name in FIELDS:
        dataset[name] = _make_variable(fields[name], name, "physicalMeasurement")
    dataset["mask_reason"] = (
        ("y", "x"),
        # CF 1.8 has no unsigned bytes.
        mask_reason.astype(np.int8),
        {
            "long_name": "why a pixel is masked",
            "standard_name": "status_flag",
            "flag_masks": np.array(list(MASK_REASONS), dtype=np.int8),
            "flag_meanings": " ".join(MASK_REASONS.values()),
            "coverage_content_type": "qualityInformation",
            "grid_mapping": "crs",
        },
    )
    _write_gridded(netcdf_path, dataset)
    with atomic_path(npz_path) as temporary:
        np.savez_compressed(temporary, **{name: np.asarray(fields[name], np.float32) for name in FIELDS})


class Ensemble:
    """An ensemble file that is being written, one member at a time."""

    def __init__(self, dataset: netCDF4.Dataset) -> None:
        self._dataset, self._written = dataset, 0

    def append(self, member: np.ndarray) -> None:
        """Write the next member: thickness in m, (y, x), NaN where masked."""
        self._dataset["sit_ai"][self._written] = member
        self._written += 1

    def describe(self, attributes: dict[str, object]) -> None:
        """Add attributes that are known only after the members are drawn."""
        self._dataset.setncatts(attributes)


@contextmanager
def open_predictions(
    path: str | Path, grid: Grid, day: date, members: int, details: Mapping[str, str | float]
) -> Iterator[Ensemble]:
    """Open ``predictions/sit_hrai_YYYYMMDD.nc`` to write ``members`` members; a member not written stays missing.

    The file appears under its name when the block succeeds, and not at all when it fails.
    """
    frame = _make_frame(
        grid,
        day,
        "SuperIce ensemble of sea ice thickness",
        "Sea ice thickness at 3 km drawn by a conditional diffusion network from low-resolution fields.",
        details,
    )
    with atomic_path(path) as temporary:
        _write_gridded(temporary, frame)
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
            attributes = {"cell_methods": "area: mean", "coordinates": "time longitude latitude"}
            variable.setncatts(_describe_field("sit", "modelResult") | attributes)
            yield Ensemble(dataset)


def read_gridded(path: str | Path, names: tuple[str, ...]) -> xr.Dataset:
    """Read the variables ``names`` of one of our NetCDF files into memory.

    Raises InputError when the file cannot be read or lacks a variable.
    """
    try:
        with xr.open_dataset(path, engine="netcdf4") as dataset:
            for name in names:
                if name not in dataset:
                    raise InputError("variable missing", file=path, variable=name)
            return dataset[list(names)].load()
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path) from error


def read_predictions(path: str | Path) -> xr.Dataset:
    """Read an ensemble: ``sit_ai`` (n, y, x) in m, NaN where masked."""
    return read_gridded(path, ("sit_ai",))
