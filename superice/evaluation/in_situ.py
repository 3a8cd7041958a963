"""Take the members at the positions of measurements, and keep both in a file of discrete sampling geometry (CF, chapter 9).

Members are interpolated bilinearly at the points of their date. A measurement that is a mean over an area or over many days
is compared with the mean of the members over the same area and over those of its days that the run has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from superice.dataset.layout import EAST, EPOCH, NORTH, describe_altitude
from superice.dataset.publication import SEA_LEVEL_M, Extent, describe_file
from superice.errors import InputError
from superice.features.files import pair_files, read_observed_features, read_own_grid, require_day
from superice.fields.grid import Grid
from superice.fields.point_series import LEVEL_ICE, MEAN, PointSeries
from superice.fields.regridding import interpolate
from superice.utils.netcdf import FileContent, Variable, decode_date, read_content, write_content

KINDS = (LEVEL_ICE, MEAN)  # in the order of their flags
MOST_MISSING = 0.5  # share of an area without ice beyond which its mean is missing


@dataclass(frozen=True)
class Collocation:
    """Measurements of one platform, and what the run has at its points.

    Attributes
    ----------
    series
        The measurements of the days that the run has.
    members
        Thickness of every member in m, (point, n), NaN where the run has no value.
    low_resolution
        Thickness of the field that the members are drawn from, m, (point,), NaN where it has none.
    """

    series: PointSeries
    members: np.ndarray
    low_resolution: np.ndarray


@dataclass(frozen=True)
class RunDay:
    """The files of one date: an ensemble, and the features that it was drawn from."""

    day: date
    ensemble: Path
    features: Path


def find_run_days(ensembles: Sequence[Path], features: Sequence[Path]) -> list[RunDay]:
    """Return the dates of ensembles with the features of the same dates, both in the same order."""
    days = []
    for low, ensemble in pair_files(features, ensembles):
        time = read_content(ensemble, ("time",)).variables["time"]
        day = decode_date(time)
        if day is None:
            raise InputError("holds no date", file=ensemble, variable="time")
        days.append(RunDay(day, ensemble, low))
    return days


def collocate(all_series: Sequence[PointSeries], days: Sequence[RunDay]) -> list[Collocation]:
    """Return what the run has at the points of each platform.

    Points of other days than those of the run, and points outside its grid, are left out; a platform of which no point is
    left is left out too.

    Raises InputError when the files of the run cannot be read, or their numbers of members differ.
    """
    totals: dict[int, _Totals] = {}
    for run_day in days:
        used = [(number, find_points(series, run_day.day)) for number, series in enumerate(all_series)]
        used = [(number, points) for number, points in used if points.size]
        if not used:
            continue
        grid = read_own_grid(run_day.ensemble)
        if grid is None:
            raise InputError("does not describe its grid with x, y and crs", file=run_day.ensemble)
        members = read_content(run_day.ensemble, ("sit_ai",))["sit_ai"]
        # Members may exist wherever a thickness was observed.
        features = read_observed_features(run_day.features, day=run_day.day, partly_missing=True)
        require_day(features, run_day.day, run_day.features)
        fields = [*members, features.sit]
        for number, points in used:
            series = all_series[number]
            total = totals.setdefault(number, _Totals(series.size, len(fields)))
            total.add(points, sample_fields(fields, grid, series.select(points)), run_day.ensemble)
    return [_finish(all_series[number], totals[number]) for number in sorted(totals) if totals[number].inside.any()]


def describe_points(all_series: Sequence[PointSeries], days: Sequence[RunDay], found: Sequence[Collocation]) -> str:
    """Return how many points of measurements were read, and why those count nothing that are not compared."""
    read = sum(series.size for series in all_series)
    of_days = sum(
        np.unique(np.concatenate([find_points(series, run_day.day) for run_day in days])).size for series in all_series
    )
    inside = sum(one.series.size for one in found)
    compared = sum(int((np.isfinite(one.members).all(axis=1) & np.isfinite(one.low_resolution)).sum()) for one in found)
    return (
        f"of {read} points that were read, {read - of_days} are of other days than the run's, {of_days - inside} lie outside"
        f" its area, and {inside - compared} lie where it has no value"
    )


def find_points(series: PointSeries, day: date) -> np.ndarray:
    """Return the points whose time contains a day, as indices: as many days as it spans, around that of the point."""
    apart = (series.days - np.datetime64(day, "D")).astype(int)
    return np.flatnonzero((-series.span_days <= 2 * apart) & (2 * apart < series.span_days))


class _Totals:
    """Sums of the members and of the low-resolution field, the last column, over the days of each point."""

    def __init__(self, points: int, fields: int) -> None:
        self.sums, self.days = np.zeros((points, fields)), np.zeros((points, fields), int)
        self.inside = np.zeros(points, bool)

    def add(self, points: np.ndarray, values: tuple[np.ndarray, np.ndarray], path: Path) -> None:
        sampled, inside = values
        if sampled.shape[1] != self.sums.shape[1]:
            found = f"{sampled.shape[1] - 1} and {self.sums.shape[1] - 1}"
            raise InputError("has a different number of members from the other dates", file=path, value=found)
        known = np.isfinite(sampled).all(axis=1, keepdims=True)  # members and low resolution on the same days
        self.sums[points] += np.where(known, sampled, 0.0)
        self.days[points] += known
        self.inside[points] |= inside


def _finish(series: PointSeries, totals: _Totals) -> Collocation:
    """Return the means over the days, of the points inside the grid."""
    with np.errstate(invalid="ignore"):
        means = np.where(totals.days > 0, totals.sums / np.maximum(totals.days, 1), np.nan)[totals.inside]
    return Collocation(series.select(totals.inside), means[:, :-1], means[:, -1])


def sample_fields(fields: Sequence[np.ndarray], grid: Grid, series: PointSeries) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate fields bilinearly at the points of a series, or average them over the points' areas.

    Parameters
    ----------
    fields
        Fields (y, x), NaN where missing.
    grid
        Their grid.
    series
        The points, and the width of their areas.

    Returns
    -------
    values
        (point, field), NaN beside missing pixels; of an area, NaN where more than half of it is missing.
    inside
        Whether a point lies within the grid, bool (point,).
    """
    import pyproj

    to_grid = pyproj.Transformer.from_crs(grid.crs.geodetic_crs, grid.crs, always_xy=True)
    x, y = to_grid.transform(series.longitude, series.latitude)
    rows, columns = (y - grid.y[0]) / grid.step, (x - grid.x[0]) / grid.step
    inside = (rows >= 0) & (rows <= grid.shape[0] - 1) & (columns >= 0) & (columns <= grid.shape[1] - 1)
    across = max(1, round(series.width_km * 1000 / grid.step))
    offsets = np.arange(across) - (across - 1) / 2
    down, right = (offset.ravel() for offset in np.meshgrid(offsets, offsets, indexing="ij"))
    positions = np.stack([rows[:, None] + down, columns[:, None] + right])
    values = np.empty((series.size, len(fields)))
    for number, field in enumerate(fields):
        sampled = interpolate(field, positions)
        known = np.isfinite(sampled)
        share = known.mean(axis=1)
        total = np.where(known, sampled, 0.0).sum(axis=1)
        enough = (share > 0) & (share >= 1 - MOST_MISSING)
        values[:, number] = np.where(enough, total / np.maximum(known.sum(axis=1), 1), np.nan)
    return values, inside


def write_collocations(path: Path, collocations: Sequence[Collocation], details: dict[str, str]) -> None:
    """Write trajectories one after the other (contiguous ragged arrays): a platform each, every member at every point.

    ``details`` are further attributes of the file.
    """
    all_series = [one.series for one in collocations]
    join = lambda name: np.concatenate([getattr(series, name) for series in all_series]) if all_series else np.empty(0)
    members = [one.members for one in collocations] or [np.empty((0, 1))]
    low = [one.low_resolution for one in collocations] or [np.empty(0)]
    days = join("days").astype("datetime64[D]")
    noon = (days - np.datetime64(EPOCH, "D")).astype(np.float64)
    thickness = {"standard_name": "sea_ice_thickness", "units": "m"}
    measured, modelled = ({"coverage_content_type": kind} for kind in ("physicalMeasurement", "modelResult"))
    of_time = {"axis": "T", "units": f"days since {EPOCH} 12:00:00", "calendar": "proleptic_gregorian"}
    of_platform: dict[str, tuple[np.ndarray, Mapping[str, Any]]] = {
        "platform": (
            np.array([series.platform for series in all_series], dtype=str),
            {"long_name": "name of the platform", "cf_role": "trajectory_id"},
        ),
        "row_size": (
            np.array([series.size for series in all_series], np.int32),
            {"long_name": "number of points of the platform", "sample_dimension": "obs"},
        ),
        "measures": (
            np.array([KINDS.index(series.measures) for series in all_series], np.int8),
            {
                "long_name": "what the platform measures: one level floe, or a mean",
                "flag_values": np.arange(len(KINDS), dtype=np.int8),
                "flag_meanings": " ".join(KINDS),
            },
        ),
        "width": (
            np.array([series.width_km for series in all_series]),
            {"long_name": "width of the area that a point is the mean of", "units": "km"},
        ),
        "span": (
            np.array([series.span_days for series in all_series], np.int32),
            {"long_name": "number of days that a point is the mean of"},
        ),
    }
    of_point: dict[str, tuple[np.ndarray, Mapping[str, Any]]] = {
        "time": (noon, {"standard_name": "time", "long_name": "noon of the day", **of_time}),
        "latitude": (join("latitude"), {"standard_name": "latitude", "units": NORTH, "long_name": "latitude"}),
        "longitude": (join("longitude"), {"standard_name": "longitude", "units": EAST, "long_name": "longitude"}),
        "sit": (join("thickness"), {"long_name": "measured thickness of the ice", **thickness, **measured}),
        "sit_uncertainty": (
            join("uncertainty"),
            {
                "long_name": "standard uncertainty of the measurement",
                "standard_name": "sea_ice_thickness standard_error",
                "units": "m",
                "coverage_content_type": "qualityInformation",
            },
        ),
        "sit_low_resolution": (
            np.concatenate(low),
            {"long_name": "thickness of the field that the members are drawn from", **thickness, **modelled},
        ),
    }
    variables = {
        name: Variable(("trajectory",), values, attributes) for name, (values, attributes) in of_platform.items()
    }
    variables |= {name: Variable(("obs",), values, attributes) for name, (values, attributes) in of_point.items()}
    variables["altitude"] = Variable((), np.float64(SEA_LEVEL_M), describe_altitude())
    attributes = {"long_name": "thickness of the members, mean over the cell", **thickness, **modelled}
    variables["sit_ai"] = Variable(("obs", "n"), np.concatenate(members), attributes)
    described = describe_file(
        "SuperIce members at the positions of measurements",
        "Sea ice thickness as measured by buoys, sonars and others, and of every member of an ensemble.",
        Extent.around(join("latitude"), join("longitude")),
        days.min().item() if days.size else EPOCH,
        days.max().item() if days.size else EPOCH,
        details,
    )
    coordinates = ("time", "latitude", "longitude", "altitude", "width", "span")
    content = FileContent(variables, coordinates, {"featureType": "trajectory", **described})
    write_content(path, content, complete=("time", "latitude", "longitude", "altitude", "width"))


def read_collocations(path: Path) -> list[Collocation]:
    """Read what ``write_collocations`` wrote. Raises InputError when a variable is missing."""
    names = ("platform", "row_size", "measures", "width", "span", "time", "latitude", "longitude", "sit")
    content = read_content(path, (*names, "sit_uncertainty", "sit_low_resolution", "sit_ai"))
    days = np.datetime64(EPOCH, "D") + np.rint(content["time"]).astype("timedelta64[D]")
    ends = np.cumsum(content["row_size"])
    collocations = []
    for number, (end, size) in enumerate(zip(ends, content["row_size"], strict=True)):
        own = slice(end - size, end)
        series = PointSeries(
            platform=str(content["platform"][number]),
            measures=KINDS[content["measures"][number]],
            days=days[own],
            latitude=content["latitude"][own],
            longitude=content["longitude"][own],
            thickness=content["sit"][own],
            uncertainty=content["sit_uncertainty"][own],
            width_km=float(content["width"][number]),
            span_days=int(content["span"][number]),
            path=path,
        )
        collocations.append(Collocation(series, content["sit_ai"][own], content["sit_low_resolution"][own]))
    return collocations
