"""Leads as lines, and the shape of what is smaller than the low resolution: what a spectrum does not tell.

Noise of the right spectrum has no lines, no skewness, and is as rough here as there. Sea ice breaks along lines of a few
directions, more leads than ridges deep, and is rough at all scales where it is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage, stats
from skimage.morphology import skeletonize

from superice.fields.box_filter import box_sum

NEIGHBOURS = np.ones((3, 3), np.uint8)
ROUNDING_M = 1e-6  # of thickness in float32


def find_lead_pixels(field: np.ndarray, mask: np.ndarray, around: np.ndarray, width: int, share: float) -> np.ndarray:
    """The ice of a field (y, x) in m that is thinner than ``share`` of the mean of the ice around it, bool (y, x).

    mask: the ice, where the field is not missing; around: its number of pixels, (y, x), in the box of ``width`` pixels
    that is centred on a pixel.
    """
    return mask & (field * around < share * box_sum(np.where(mask, field, 0), width))


@dataclass(frozen=True)
class Leads:
    """Leads as straight lines: length in km and direction in degrees from the x axis towards y, 0 to 180, each (n,)."""

    length_km: np.ndarray
    direction: np.ndarray

    @classmethod
    def join(cls, several: list[Leads]) -> Leads:
        """The leads of several fields."""
        return cls(*(np.concatenate([getattr(one, name) for one in several]) for name in ("length_km", "direction")))

    @property
    def length_quantiles(self) -> np.ndarray:
        """Lengths that half and a tenth of the leads exceed, km (2,); NaN without leads."""
        return np.quantile(self.length_km, (0.5, 0.9)) if self.length_km.size else np.full(2, np.nan)

    def length_by_direction(self, classes: int) -> np.ndarray:
        """Sum of the lengths in km, (classes,), whose middles are 0, 180 / classes, … degrees."""
        of_lead = np.rint(self.direction * classes / 180).astype(np.intp) % classes
        return np.bincount(of_lead, self.length_km, classes)


def find_lead_lines(pixels: np.ndarray, spacing_km: float, shortest_km: float) -> Leads:
    """The leads of at least ``shortest_km`` in a field whose lead pixels are given, bool (y, x).

    A lead is a piece of the skeleton of the pixels between its ends and the crossings with others. It counts as the
    straight line with the same second moments; a skeleton ends up to half a width before the lead.
    """
    skeleton = skeletonize(pixels).astype(np.uint8)
    crossing = ndimage.correlate(skeleton, NEIGHBOURS, mode="constant") > 3
    pieces, count = ndimage.label(skeleton.astype(bool) & ~crossing, NEIGHBOURS)
    y, x = np.nonzero(pieces)
    piece = pieces[y, x] - 1
    size = np.bincount(piece, minlength=count)
    mean = lambda values: np.bincount(piece, values, count) / size
    dx, dy = x - mean(x)[piece], y - mean(y)[piece]
    xx, yy, xy = mean(dx * dx), mean(dy * dy), mean(dx * dy)
    # The variance along a line of length l is l^2 / 12; that of its n pixels lacks that of one pixel.
    along = (xx + yy) / 2 + np.hypot((xx - yy) / 2, xy)
    length = spacing_km * np.sqrt(12 * along + 1)
    direction = np.degrees(np.arctan2(2 * xy, xx - yy) / 2) % 180
    long_enough = length >= shortest_km
    return Leads(length[long_enough], direction[long_enough])


def direction_of(length_by_direction: np.ndarray) -> tuple[float, float]:
    """How much the leads share a direction, 0 to 1, and that direction in degrees; NaN without leads.

    The argument is that of ``Leads.length_by_direction``, (classes,). Directions are axes, 180 degrees a full circle.
    """
    total, classes = length_by_direction.sum(), length_by_direction.size
    if not total > 0:
        return float("nan"), float("nan")
    resultant = (length_by_direction * np.exp(2j * np.pi * np.arange(classes) / classes)).sum() / total
    return float(np.abs(resultant)), float(np.degrees(np.angle(resultant) / 2) % 180)


def increment_shape(increment: np.ndarray) -> tuple[float, float]:
    """Skewness and excess kurtosis of the increment (p,) in m, a field less the low resolution; NaN if it is constant."""
    if not increment.size or np.std(increment, dtype=np.float64) < ROUNDING_M:
        return float("nan"), float("nan")
    return float(stats.skew(increment)), float(stats.kurtosis(increment))


def scale_coherence(field: np.ndarray, spacing_km: float, bands_km: Sequence[tuple[float, float]], width: int) -> float:
    """Rank correlation of the local energies of two bands of a field (y, x) that is all ice.

    bands_km: their wavelengths, [shortest, longest) each; local is the mean over boxes of ``width`` pixels. It is near 0
    for Gaussian noise of any spectrum that is the same everywhere, and high where fine structure stands on coarse
    structure. NaN where there is no field or a constant one.
    """
    if not field.size or np.ptp(field) == 0:
        return float("nan")
    modes = fft.dctn(field.astype(np.float64))  # of the field mirrored at its sides, so that these make no waves
    wavenumber = np.hypot(*np.ix_(*(np.arange(size) / (2 * size * spacing_km) for size in field.shape)))
    energies = []
    for shortest, longest in bands_km:
        band = fft.idctn(np.where((wavenumber > 1 / longest) & (wavenumber <= 1 / shortest), modes, 0))
        energies.append(ndimage.uniform_filter(band**2, width)[:: width // 3, :: width // 3].ravel())
    return float(stats.spearmanr(*energies).statistic)
