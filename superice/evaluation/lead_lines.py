"""Leads as lines: how many, how long, in which directions.

Noise with the spectrum of the truth has no lines. Sea ice breaks along lines of a few directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

from superice.evaluation.score_group import ScoreGroup, Variable, reduce_to_sources
from superice.evaluation.scored_date import ScoredDate
from superice.fields.box_filter import box_sum

DIRECTIONS = 12
EXCEEDING = (0.5, 0.1)  # shares of the leads
NEIGHBOURS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Leads:
    """Leads as straight lines.

    Attributes
    ----------
    length_km
        Length of each lead, (n,).
    direction
        Direction of each lead, from the x axis towards the y axis, 0 to 180 degrees, (n,).
    """

    length_km: np.ndarray
    direction: np.ndarray

    @classmethod
    def join(cls, several: Sequence[Leads]) -> Leads:
        """Return the leads of several fields together."""
        length_km = np.concatenate([leads.length_km for leads in several])
        direction = np.concatenate([leads.direction for leads in several])
        return cls(length_km, direction)

    @property
    def length_quantiles(self) -> np.ndarray:
        """Lengths in km that half and a tenth of the leads exceed, (2,); NaN without leads."""
        if not self.length_km.size:
            return np.full(len(EXCEEDING), np.nan)
        return np.quantile(self.length_km, [1 - share for share in EXCEEDING])

    def sum_by_direction(self, classes: int) -> np.ndarray:
        """Return the sum of the lengths in km, (classes,), around directions of 0, 180 / classes, … degrees."""
        number = np.rint(self.direction * classes / 180).astype(np.intp) % classes
        return np.bincount(number, self.length_km, classes)


def compute_leads(scored: ScoredDate) -> dict[str, np.ndarray | list]:
    """Return the scores of the leads in the truth, in all members together, and in the low-resolution field, by name."""
    settings, mask = scored.settings, scored.mask
    width = scored.count_pixels(settings.lead_window_km)
    ice_pixels = box_sum(mask, width)
    leads, fractions = [], []
    for field in scored.all_fields:
        pixels = find_lead_pixels(field, mask, ice_pixels, width, settings.lead_share)
        leads.append(find_lead_lines(pixels, np.sqrt(scored.cell_km2), settings.lead_shortest_km))
        fractions.append(scored.measure_shares(pixels))
    by_source = [leads[0], Leads.join(leads[1:-1]), leads[-1]]
    ice_km2 = scored.cell_km2[mask].sum()
    # Of all fields of a source together, in 1000 km2.
    area = np.array([1, len(scored.members), 1]) * (ice_km2 / 1000 or np.nan)
    number = np.array([of_source.length_km.size for of_source in by_source])
    length_by_direction = np.array([of_source.sum_by_direction(DIRECTIONS) for of_source in by_source])
    return {
        "lead_fraction": reduce_to_sources(fractions),
        "lead_number": 10 * number / area,
        "lead_length": [of_source.length_quantiles for of_source in by_source],
        "exceeding": list(EXCEEDING),
        "lead_density": length_by_direction / area[:, None],
        "direction": np.arange(DIRECTIONS) * 180 / DIRECTIONS,
    }


def find_lead_pixels(
    field: np.ndarray, mask: np.ndarray, ice_pixels: np.ndarray, width: int, share: float
) -> np.ndarray:
    """Return the ice that is thinner than ``share`` of the mean of the ice around it, bool (y, x).

    Parameters
    ----------
    field
        Thickness (y, x) in m.
    mask
        The ice, bool (y, x), where the field is not missing.
    ice_pixels
        Number of pixels of ice, (y, x), in the box of ``width`` pixels around each pixel.
    width
        Width of the box in pixels.
    share
        Share of the mean thickness below which a pixel belongs to a lead.
    """
    return mask & (field * ice_pixels < share * box_sum(np.where(mask, field, 0), width))


def find_lead_lines(pixels: np.ndarray, cell_km: np.ndarray, shortest_km: float) -> Leads:
    """Return the leads of at least ``shortest_km`` in a field with the given lead pixels, bool (y, x).

    ``cell_km`` is the width of the cells on the Earth, (y, x). A lead has the mean width of its cells.

    A lead is a piece of the skeleton of the pixels, between its ends and the crossings with others. It counts as the
    straight line with the same second moments. A skeleton may end half a lead's width before the lead does.
    """
    skeleton = skeletonize(pixels).astype(np.uint8)
    crossing = ndimage.correlate(skeleton, NEIGHBOURS, mode="constant") > 3
    pieces, count = ndimage.label(skeleton.astype(bool) & ~crossing, NEIGHBOURS)
    y, x = np.nonzero(pieces)
    piece = pieces[y, x] - 1
    size = np.bincount(piece, minlength=count)

    def average(values: np.ndarray) -> np.ndarray:
        return np.bincount(piece, values, count) / size

    dx, dy = x - average(x)[piece], y - average(y)[piece]
    xx, yy, xy = average(dx * dx), average(dy * dy), average(dx * dy)
    # The variance along a line of length l is l^2 / 12; the variance of its n pixels lacks that within a pixel.
    along = (xx + yy) / 2 + np.hypot((xx - yy) / 2, xy)
    length = average(cell_km[y, x]) * np.sqrt(12 * along + 1)
    direction = np.degrees(np.arctan2(2 * xy, xx - yy) / 2) % 180
    long_enough = length >= shortest_km
    return Leads(length[long_enough], direction[long_enough])


LEADS = ScoreGroup(
    (
        Variable(
            "lead_fraction",
            ("source", "region"),
            "share of the ice much thinner than the ice around it; generated: mean over the members",
        ),
        Variable("lead_number", ("source",), "leads per 10,000 km2 of ice; generated: mean over the members"),
        Variable(
            "lead_length",
            ("source", "exceeding"),
            "length of a lead that a share of the leads exceeds; generated: of all members together",
            "km",
        ),
        Variable("exceeding", ("exceeding",), "share of the leads"),
        Variable(
            "lead_density",
            ("source", "direction"),
            "length of the leads per 1000 km2 of ice by direction; generated: mean over the members",
            "km",
        ),
        Variable("direction", ("direction",), "of a lead, from the x axis of the grid towards its y axis", "degrees"),
    ),
    compute_leads,
)
