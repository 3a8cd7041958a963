"""The fields of one day on the target grid: what the network reads, and a model day at both resolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from superice.dataset.layout import FIELDS
from superice.errors import InputError
from superice.fields.deformation import total_deformation
from superice.fields.grid import Grid


@dataclass(frozen=True)
class Features:
    """The low-resolution fields of one day, which the network reads: each float32 (y, x), NaN where missing.

    Attributes
    ----------
    date
        The day.
    sic
        Concentration as a fraction.
    sit
        Mean thickness over the cell in m.
    divergence, shear
        In s-1.
    truth
        The high-resolution thickness in m, or None for observations.
    sic_threshold
        The concentration above which a pixel is ice.
    partly_missing
        Whether pixels with only some inputs belong to the mask.
    observed
        Whether the fields are those of satellite products, which have errors.
    uncertainties
        Standard deviations of the fields as their products state them, float32 (y, x), NaN where not known, by the
        names of ``UNCERTAINTIES``.
    neighbours
        Concentrations of the days before and after, float32 (y, x), NaN where not known, by the names of
        ``NEIGHBOURS``; empty where they are not held. The mask does not depend on them.

    """

    date: date
    sic: np.ndarray
    sit: np.ndarray
    divergence: np.ndarray
    shear: np.ndarray
    truth: np.ndarray | None = None
    sic_threshold: float = 0.15
    partly_missing: bool = False
    observed: bool = False
    uncertainties: Mapping[str, np.ndarray] = field(default_factory=dict)
    neighbours: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def deformation(self) -> np.ndarray:
        """Total deformation in s-1, (y, x)."""
        return total_deformation(self.divergence, self.shear)

    @property
    def all_known(self) -> np.ndarray:
        """Pixels where no input is missing, bool (y, x)."""
        return np.logical_and.reduce([np.isfinite(getattr(self, name)) for name in FIELDS])

    @property
    def mask(self) -> np.ndarray:
        """Sea ice where all inputs are known, bool (y, x) (report, sections 2 and 8.1).

        With ``partly_missing``, sea ice where the thickness is known. Where the concentration is unknown, a pixel with a
        thickness above 0 is ice.
        """
        if self.partly_missing:
            ice = np.where(np.isfinite(self.sic), self.sic > self.sic_threshold, self.sit > 0)
            return np.isfinite(self.sit) & ice
        return self.all_known & (self.sic > self.sic_threshold)

    def get_truth(self) -> np.ndarray:
        """Return the high-resolution thickness in m, (y, x). Raises InputError for a day without it."""
        if self.truth is None:
            raise InputError("the truth of the day is not known; give features of the model", value=self.date)
        return self.truth


@dataclass(frozen=True)
class ModelFeatures:
    """The fields of a model day at both resolutions.

    Attributes
    ----------
    high
        By name (those of ``FIELDS``), the fields on the 3 km grid, (y, x), NaN where missing.
    low
        The same fields at the resolution of satellite products, on the same grid.
    neighbours
        Of the days before and after, the low-resolution concentration, by the names of ``NEIGHBOURS``.

    """

    high: dict[str, np.ndarray]
    low: dict[str, np.ndarray]
    neighbours: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def empty(cls, grid: Grid) -> ModelFeatures:
        """Return the fields of a day that could not be made: all missing."""
        return cls(make_empty_fields(grid), make_empty_fields(grid))

    def as_features(self, day: date, sic_threshold: float) -> Features:
        """Return the low-resolution fields with the true thickness, as ``read_model_features`` reads them."""
        fields: dict[str, Any] = {name: np.asarray(self.low[name], np.float32) for name in FIELDS}
        truth = np.asarray(self.high["sit"], np.float32)
        neighbours = {name: np.asarray(values, np.float32) for name, values in self.neighbours.items()}
        return Features(day, **fields, truth=truth, sic_threshold=sic_threshold, neighbours=neighbours)


def make_empty_fields(grid: Grid) -> dict[str, np.ndarray]:
    """Return the four fields of a day that could not be made: float32 (y, x), all NaN."""
    return {name: np.full(grid.shape, np.nan, np.float32) for name in FIELDS}
