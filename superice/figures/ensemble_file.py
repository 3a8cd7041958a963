"""Read ensembles with their grids from published files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj
import xarray as xr

from superice.dataset.layout import read_gridded
from superice.fields.grid import Grid


@dataclass(frozen=True)
class Ensemble:
    """The members of one date (member, y, x), thickness in m, on their grid."""

    day: date
    grid: Grid
    members: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean of the members (y, x) in m, NaN outside the mask."""
        return self.members.mean(axis=0, dtype=np.float64)

    @property
    def spread(self) -> np.ndarray:
        """Unbiased standard deviation of the members (y, x) in m, NaN for a single member."""
        if self.members.shape[0] < 2:
            return np.full(self.grid.shape, np.nan)
        return self.members.std(axis=0, ddof=1, dtype=np.float64)

    @property
    def has_ice(self) -> bool:
        """Whether any pixel holds ice."""
        return bool(np.isfinite(self.members[0]).any())


def read_ensemble(path: str | Path) -> Ensemble:
    """Read an ensemble. Date and grid come from the file too."""
    dataset = read_gridded(path, ("sit_ai", "crs"))
    return Ensemble(read_day(dataset), read_grid(dataset), dataset.sit_ai.values)


def read_member(path: str | Path, number: int = 0) -> tuple[date, Grid, np.ndarray]:
    """Read date, grid and one member (y, x) in m of an ensemble, without reading the other members."""
    with xr.open_dataset(path, engine="netcdf4") as dataset:
        one = dataset[["sit_ai", "crs"]].isel(n=number).load()
    return read_day(one), read_grid(one), one.sit_ai.values


def read_grid(dataset: xr.Dataset) -> Grid:
    """Return the grid that a published NetCDF file describes."""
    return Grid("file", pyproj.CRS.from_cf(dataset.crs.attrs), dataset.x.values, dataset.y.values)


def read_day(dataset: xr.Dataset) -> date:
    """Return the date of a published NetCDF file."""
    return dataset.time.values.astype("datetime64[D]").item()
