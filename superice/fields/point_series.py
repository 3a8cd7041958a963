"""Thickness that a platform measured at points: what all formats of measurements are read into."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from superice.errors import InputError

PRODUCT = "in situ"
LEVEL_ICE, MEAN = "level_ice", "mean"
THICKEST_M = 20.0
OTHER_UNIT = "state the unit where it is not m"  # what to do about a length that no ice has
AGREEMENT_M = 0.05  # two files of one buoy may round differently


@dataclass(frozen=True)
class PointSeries:
    """The thickness that one platform measured.

    Attributes
    ----------
    platform
        Its name.
    measures
        ``level_ice``: the thickness of one level floe, such as that under a buoy, which is no mean over a cell;
        ``mean``: the mean thickness of the ice along a track, over a time or over an area.
    days
        Day of each point, datetime64[D], (point,), ascending.
    latitude, longitude
        Positions in degrees, (point,).
    thickness
        Thickness of the ice in m, (point,).
    uncertainty
        Its standard uncertainty in m, (point,), NaN where unknown.
    width_km
        Width of the area that a point is the mean of; 0 for a point.
    span_days
        Number of days, centred on its day, that a point is the mean of.
    path
        The file.
    """

    platform: str
    measures: str
    days: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    thickness: np.ndarray
    uncertainty: np.ndarray
    width_km: float = 0.0
    span_days: int = 1
    path: Path | None = None

    def __post_init__(self) -> None:
        """Raise InputError for a value that no measurement has."""
        if self.measures not in (LEVEL_ICE, MEAN):
            self._refuse("measures", f"is neither {LEVEL_ICE} nor {MEAN}", self.measures)
        position = "write degrees, negative in the south and west, and mark missing positions as missing"
        length = f"{OTHER_UNIT}, and mark missing values as missing"
        limits = {
            "latitude": (-90.0, 90.0, "degrees", position),
            "longitude": (-180.0, 360.0, "degrees", position),
            "thickness": (0.0, THICKEST_M, "m", length),
            "uncertainty": (0.0, THICKEST_M, "m", length),
        }
        for name, (low, high, unit, advice) in limits.items():
            values = getattr(self, name)
            outside = values[(values < low) | (values > high)]
            if outside.size:
                share = f"{outside.size} of {values.size} outside {low:g} to {high:g} {unit}"
                self._refuse(name, f"{share}: {advice}", f"{outside[0]:.6g}")

    def _refuse(self, variable: str, reason: str, value: object) -> None:
        raise InputError(
            f"{reason} (of {self.platform})", product=PRODUCT, file=self.path, variable=variable, value=value
        )

    @property
    def size(self) -> int:
        """Number of points."""
        return self.days.size

    def select(self, points: np.ndarray) -> PointSeries:
        """Return the series at some of its points: indices, or bool (point,)."""
        return replace(
            self,
            days=self.days[points],
            latitude=self.latitude[points],
            longitude=self.longitude[points],
            thickness=self.thickness[points],
            uncertainty=self.uncertainty[points],
        )

    def keep_complete(self) -> PointSeries:
        """Return the points whose day, position and thickness are known, in the order of their days."""
        known = np.isfinite(self.latitude) & np.isfinite(self.longitude) & np.isfinite(self.thickness)
        complete = self.select(known & ~np.isnat(self.days))
        return complete.select(np.argsort(complete.days, kind="stable"))


def take_daily_medians(series: PointSeries) -> PointSeries:
    """Return one point a day: the medians of the day's positions, thicknesses and uncertainties.

    Longitudes are taken around that of the day's first point, so that a platform may cross the date line.
    """
    days, groups = np.unique(series.days, return_inverse=True)
    members = [np.flatnonzero(groups == group) for group in range(days.size)]

    def reduce(values: np.ndarray) -> np.ndarray:
        return np.array([np.median(values[points]) for points in members])

    first = np.array([series.longitude[points[0]] for points in members])
    eastward = (series.longitude - first[groups] + 180) % 360 - 180
    return replace(
        series,
        days=days,
        latitude=reduce(series.latitude),
        longitude=(first + reduce(eastward) + 180) % 360 - 180,
        thickness=reduce(series.thickness),
        uncertainty=reduce(series.uncertainty),
    )


def merge_series(all_series: list[PointSeries]) -> list[PointSeries]:
    """Return the series with each platform once: files may repeat the days of a platform, under a slightly other name.

    Names are compared by their letters and numbers. Of a level floe's day that several files have, the first counts.

    Raises InputError when two files give thicknesses of one day that differ by more than 5 cm.
    """
    merged: dict[tuple, PointSeries] = {}
    for series in all_series:
        key = _simplify(series.platform), series.measures, series.width_km, series.span_days
        merged[key] = _join(merged[key], series) if key in merged else series
    return list(merged.values())


def _simplify(name: str) -> str:
    """Return the letters and numbers of a name; what separates two numbers stays, as a hyphen."""
    hyphenated = re.sub(r"[^a-z0-9]+", "-", name.lower())
    return re.sub(r"(?<!\d)-|-(?!\d)", "", hyphenated)


def _list_points(series: PointSeries) -> list[tuple[np.datetime64, float, float, float]]:
    """Return day, latitude, longitude and thickness of each point."""
    return list(zip(series.days, series.latitude, series.longitude, series.thickness, strict=True))


def _join(first: PointSeries, other: PointSeries) -> PointSeries:
    """Return the points of two series of one platform."""
    shared, in_first, in_other = np.intersect1d(first.days, other.days, return_indices=True)
    if first.measures == LEVEL_ICE:
        difference = np.abs(first.thickness[in_first] - other.thickness[in_other])
        if (difference > AGREEMENT_M).any():
            worst = int(difference.argmax())
            raise InputError(
                f"{first.platform} has another thickness on {shared[worst]} in {first.path}; keep one of the files",
                product=PRODUCT,
                file=other.path,
                variable="thickness",
                value=f"{other.thickness[in_other][worst]:.3f} and {first.thickness[in_first][worst]:.3f} m",
            )
        other = other.select(~np.isin(other.days, shared))
    else:  # a copy of a file counts once
        known = set(_list_points(first))
        other = other.select(np.array([point not in known for point in _list_points(other)], bool))
    joined = replace(
        first,
        days=np.concatenate([first.days, other.days]),
        latitude=np.concatenate([first.latitude, other.latitude]),
        longitude=np.concatenate([first.longitude, other.longitude]),
        thickness=np.concatenate([first.thickness, other.thickness]),
        uncertainty=np.concatenate([first.uncertainty, other.uncertainty]),
    )
    return joined.keep_complete()
