"""One date as it is scored: its fields, its regions, and what several groups of scores need of them.

Everything is computed on the pixels where the truth, the low-resolution field and every member are present.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from superice.evaluation.pixel_statistics import PixelStatistics, compute_pixel_statistics
from superice.evaluation.settings import ScoreSettings
from superice.fields.box_filter import count_pixels
from superice.fields.spectra import find_ice_square

FIELDS = ("generated", "low_resolution")
SOURCES = ("truth", *FIELDS)
ICE = "ice"
# What a member cost: attributes of an ensemble's file, which its scores repeat, and their columns in tables.
COSTS = {"passes_per_member": "passes", "seconds_per_member": "seconds_per_member"}
NO_SQUARE = slice(0, 0), slice(0, 0)


@dataclass(frozen=True)
class RegionPixels:
    """The pixels of one region.

    Attributes
    ----------
    members
        Thickness (n, p) in m.
    truth, low_resolution
        Thickness (p,) in m.
    statistics
        Statistics of the members at each pixel.
    """

    members: np.ndarray
    truth: np.ndarray
    low_resolution: np.ndarray
    statistics: PixelStatistics


@dataclass(frozen=True)
class ScoredDate:
    """The fields of one date, and what several groups of scores compute from them; each is computed once.

    Attributes
    ----------
    members
        Thickness (n, y, x) in m, NaN where missing.
    truth, low_resolution
        Thickness (y, x) in m, NaN where missing.
    day
        The date.
    spacing_km
        Grid spacing.
    settings
        How the date is scored.
    concentration
        Low-resolution fraction (y, x), which separates pack from marginal zone; None to score all ice
        as one region.
    cell_area
        Area of the cells on the Earth in m2, (y, x); None where it is that on the map.
    """

    members: np.ndarray
    truth: np.ndarray
    low_resolution: np.ndarray
    day: date
    spacing_km: float
    settings: ScoreSettings
    concentration: np.ndarray | None = None
    cell_area: np.ndarray | None = None

    @property
    def forecasts(self) -> tuple[np.ndarray, ...]:
        """Members and low-resolution field, each (y, x)."""
        return *self.members, self.low_resolution

    @property
    def all_fields(self) -> tuple[np.ndarray, ...]:
        """Truth, members and low-resolution field, each (y, x)."""
        return self.truth, *self.members, self.low_resolution

    @cached_property
    def mask(self) -> np.ndarray:
        """Pixels (y, x) that are scored: those where no field is missing."""
        return find_common_pixels(self.members, self.truth, self.low_resolution)

    @cached_property
    def regions(self) -> dict[str, np.ndarray]:
        """Masks (y, x) by name: all ice and, where the concentration is given, pack and marginal zone."""
        if self.concentration is None:
            return {ICE: self.mask}
        pack = self.mask & (self.concentration > self.settings.pack_concentration)
        marginal = self.mask & (self.concentration > self.settings.marginal_concentration) & ~pack
        return {ICE: self.mask, "pack": pack, "marginal": marginal}

    @cached_property
    def cell_km2(self) -> np.ndarray:
        """Area of the cells in km2, (y, x), for what is an area or a share of one."""
        if self.cell_area is None:
            return np.full(self.truth.shape, self.spacing_km**2)
        return np.asarray(self.cell_area, np.float64) / 1e6

    @cached_property
    def squares(self) -> dict[str, tuple[slice, slice]]:
        """Rows and columns of the largest square of ice in each region; empty where it is too small for a spectrum."""
        squares = {}
        for name, region in self.regions.items():
            rows, columns = find_ice_square(region)
            side_km = (rows.stop - rows.start) * self.spacing_km
            squares[name] = (rows, columns) if side_km >= self.settings.smallest_window_km else NO_SQUARE
        return squares

    @cached_property
    def members_on_ice(self) -> np.ndarray:
        """Thickness (n, p) of the members in m on the pixels of the mask."""
        return self.members[:, self.mask]

    @cached_property
    def statistics(self) -> PixelStatistics:
        """Statistics of the members at each pixel of the mask."""
        return compute_pixel_statistics(self.members_on_ice, self.truth[self.mask])

    def select_pixels(self, region: np.ndarray) -> RegionPixels:
        """Return the pixels of a region (y, x) that lies within the mask."""
        within = region[self.mask]
        members = np.stack([member[within] for member in self.members_on_ice])
        return RegionPixels(members, self.truth[region], self.low_resolution[region], self.statistics.select(within))

    def measure_shares(self, where: np.ndarray) -> list[float]:
        """Return the share of each region's area where ``where`` (y, x) is True; NaN for a region without a pixel."""
        shares = []
        for region in self.regions.values():
            area = self.cell_km2[region]
            shares.append(area[where[region]].sum() / area.sum() if area.size else np.nan)
        return shares

    def count_pixels(self, width_km: float) -> int:
        """Return a width in pixels. Raises InputError when it is not a whole number of them."""
        return count_pixels(width_km, 1000 * self.spacing_km)


def find_common_pixels(members: Iterable[np.ndarray], truth: np.ndarray, low_resolution: np.ndarray) -> np.ndarray:
    """Return the pixels (y, x) where the truth, the low-resolution field and every member are present."""
    mask = np.isfinite(truth) & np.isfinite(low_resolution)
    for member in members:
        mask &= np.isfinite(member)
    return mask
