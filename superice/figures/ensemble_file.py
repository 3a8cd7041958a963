"""Read ensembles with their grids from published files, and what files and paths tell about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from superice.errors import InputError
from superice.features.day import Features
from superice.features.files import pair_files, require_day
from superice.fields.grid import Grid
from superice.utils.netcdf import FileContent, decode_date, read_content

FRAME = ("crs", "x", "y", "time")  # variables that say where and when a file is


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
    content = read_content(path, ("sit_ai", *FRAME))
    return Ensemble(find_date(content), make_grid(content), content["sit_ai"])


def read_member(path: str | Path, number: int = 0) -> tuple[date, Grid, np.ndarray]:
    """Read date, grid and one member (y, x) in m of an ensemble, without reading the other members."""
    content = read_content(path, ("sit_ai", *FRAME), at={"n": number})
    return find_date(content), make_grid(content), content["sit_ai"]


def read_pairs(
    features: Sequence[Path], predictions: Sequence[Path], read: Callable[..., Features]
) -> list[tuple[Features, Ensemble]]:
    """Read files of features, as ``read`` does, and the ensembles of the same dates.

    Raises InputError when they are of other dates, or not as many.
    """
    pairs = []
    for known, path in pair_files(features, predictions):
        ensemble = read_ensemble(path)
        day = read(known, day=ensemble.day)
        require_day(day, ensemble.day, known)
        pairs.append((day, ensemble))
    return pairs


def make_grid(content: FileContent) -> Grid:
    """Return the grid that a published NetCDF file describes by the variables of ``FRAME``."""
    return Grid("file", pyproj.CRS.from_cf(dict(content.variables["crs"].attributes)), content["x"], content["y"])


def find_date(content: FileContent) -> date:
    """Return the date of a published NetCDF file. Raises InputError when its time is none of a real calendar."""
    day = decode_date(content.variables["time"])
    if day is None:
        raise InputError("holds no day of a real calendar", variable="time")
    return day


def name_feature_set(path: Path) -> str:
    """Return the feature set that a path <...>/feature_sets/<set>/observations/features/<file> belongs to."""
    folder = path.resolve().parents[2]
    return folder.name.replace("_", ", ") if folder.parent.name == "feature_sets" else "as configured"
