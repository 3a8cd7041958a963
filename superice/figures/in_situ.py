"""Draw members beside measurements: along the way of each platform, and where the platforms were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from superice.evaluation.in_situ import Collocation, read_collocations
from superice.fields.grid import Grid
from superice.fields.point_series import LEVEL_ICE
from superice.figures.annotation import name_band
from superice.figures.ensemble_file import FRAME, make_grid
from superice.figures.map_panels import make_map_panels
from superice.figures.style import (
    EXPERIMENTS,
    LOW,
    LOW_RESOLUTION,
    MEMBERS,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    draw_notice,
    format_date,
)
from superice.utils.netcdf import read_content

MOST_PANELS = 6  # with a way each
MOST_ROWS = 12  # of platforms with a single point
PANEL_HEIGHT, ROW_HEIGHT = 1.5, 0.4  # inches
BANDS = ((90, 0.2), (50, 0.35))  # percent and opacity
BAR = 0.6  # width of a date's bar, as a share of the time between dates
LONGEST_GAP = 1.5  # times the usual time between dates, beyond which no line joins two points
MEAN_LABEL = "their mean"
NOTHING = "No measurement lies on the grid and the dates of the run."
EARTH = pyproj.Geod(ellps="WGS84")


def draw_ways_from_file(collocations: Sequence[Path]) -> Figure:
    """Draw members, low-resolution field and measurement along the way of each platform.

    Platforms with a single point share a panel below the others.
    """
    found = [one for path in collocations for one in read_collocations(path)]
    shown = sorted((one for one in found if np.isfinite(one.members).any()), key=lambda one: -one.series.size)
    if not shown:
        return draw_notice(NOTHING)
    ways = [one for one in shown if one.series.size > 1][:MOST_PANELS]
    points = [one for one in shown if one.series.size == 1][:MOST_ROWS]
    heights = [PANEL_HEIGHT] * len(ways) + [ROW_HEIGHT * len(points) + 0.4] * bool(points)
    with apply_style():
        size = (PAGE_WIDTH, sum(heights) + 0.6)
        figure, axes = plt.subplots(len(heights), 1, figsize=size, height_ratios=heights, squeeze=False)
        for axis, one in zip(axes[:, 0], ways):
            _draw_track(axis, one) if _is_track(one) else _draw_dates(axis, one)
        if points:
            _draw_points(axes[-1, 0], points)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _is_track(one: Collocation) -> bool:
    """Return whether a platform has many points on one date."""
    return bool(one.series.days[0] == one.series.days[-1])


def _draw_track(axis: Axes, one: Collocation) -> None:
    """Draw a platform along its track."""
    at = _measure_length(one)
    for percent, opacity in BANDS:
        axis.fill_between(
            at,
            *_find_band(one, percent),
            color=MEMBERS,
            alpha=opacity,
            lw=0,
            label=name_band(one.members.shape[1], percent),
        )
    _draw_lines(axis, one, at)
    axis.set_title(f"{_name_platform(one)}, {_format_day(one)}", loc="left")
    axis.set(ylabel="thickness (m)", xlabel="distance along the track (km)", ylim=(0, None))


def _draw_dates(axis: Axes, one: Collocation) -> None:
    """Draw a platform over its dates, each of which has a bar for the members."""
    days = one.series.days.astype("datetime64[D]")
    steps = np.diff(days).astype(float)
    usual = np.median(steps[steps > 0])
    for percent, opacity in BANDS:
        low, high = _find_band(one, percent)
        look: dict[str, Any] = {
            "color": MEMBERS,
            "alpha": opacity,
            "lw": 0,
            "label": name_band(one.members.shape[1], percent),
        }
        axis.bar(days.astype(object), high - low, width=BAR * usual, bottom=low, **look)
    # Nothing is known of the ice within a gap.
    gaps = 1 + np.flatnonzero(steps > LONGEST_GAP * usual)
    _draw_lines(axis, one, np.insert(days, gaps, days[gaps]).astype(object), gaps, marker="o", markersize=3)
    axis.set_title(_name_platform(one), loc="left")
    axis.set(ylabel="thickness (m)", ylim=(0, None))
    locator = AutoDateLocator(minticks=3, maxticks=8)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _draw_lines(
    axis: Axes, one: Collocation, at: np.ndarray, gaps: Sequence[int] | np.ndarray = (), **style: Any
) -> None:
    """Draw mean of the members, low-resolution field and measurement at ``at``; lines end before the points ``gaps``."""
    series = one.series
    uncertainty = 2 * np.nan_to_num(series.uncertainty)
    curves = [
        (one.members.mean(axis=1), None, MEMBERS, MEAN_LABEL),
        (one.low_resolution, None, LOW_RESOLUTION, LOW),
        (series.thickness, np.insert(uncertainty, gaps, np.nan) if uncertainty.any() else None, TRUTH, "measured"),
    ]
    for values, error, colour, label in curves:
        axis.errorbar(at, np.insert(values, gaps, np.nan), error, color=colour, elinewidth=0.8, label=label, **style)


def _draw_points(axis: Axes, points: Sequence[Collocation]) -> None:
    """Draw platforms with a single point, one below the other: thickness from left to right."""
    rows = np.arange(len(points))
    for percent, opacity in BANDS:
        low, high = np.stack([np.squeeze(_find_band(one, percent), axis=1) for one in points], axis=1)
        look: dict[str, Any] = {
            "color": MEMBERS,
            "alpha": opacity,
            "lw": 0,
            "label": name_band(points[0].members.shape[1], percent),
        }
        axis.barh(rows, high - low, height=BAR, left=low, **look)
    for row, one in zip(rows, points):
        axis.plot(one.members[0], np.full(one.members.shape[1], row), "|", color=MEMBERS, markersize=8, alpha=0.5)
    uncertainty = np.array([2 * np.nan_to_num(one.series.uncertainty[0]) for one in points])
    curves = [
        ([one.members.mean() for one in points], None, MEMBERS, MEAN_LABEL),
        ([one.low_resolution[0] for one in points], None, LOW_RESOLUTION, LOW),
        ([one.series.thickness[0] for one in points], uncertainty if uncertainty.any() else None, TRUTH, "measured"),
    ]
    for values, error, colour, label in curves:
        axis.errorbar(values, rows, xerr=error, fmt="o", color=colour, markersize=4, elinewidth=0.8, label=label)
    axis.set_yticks(rows, [f"{_name_platform(one)}\n{_format_day(one)}" for one in points])
    axis.invert_yaxis()
    axis.set(xlabel="thickness (m)", xlim=(0, None))


def _find_band(one: Collocation, percent: float) -> np.ndarray:
    """Return the ends of the members' central band, (2, point); member i of M stands for the probability i / (M + 1)."""
    return np.quantile(one.members, [0.5 - percent / 200, 0.5 + percent / 200], axis=1, method="weibull")


def _name_platform(one: Collocation) -> str:
    kind = "one level floe" if one.series.measures == LEVEL_ICE else "mean"
    return f"{one.series.platform} ({kind})"


def _format_day(one: Collocation) -> str:
    return format_date(one.series.days[0].astype(object))


def _measure_length(one: Collocation) -> np.ndarray:
    """Return the distance of each point along the track in km, (point,)."""
    longitude, latitude = one.series.longitude, one.series.latitude
    steps = EARTH.inv(longitude[:-1], latitude[:-1], longitude[1:], latitude[1:])[2]
    return np.concatenate([[0.0], np.cumsum(steps)]) / 1000


def draw_positions_from_files(collocations: Sequence[Path], predictions: Sequence[Path]) -> Figure:
    """Draw the way of each platform on the grid of an ensemble."""
    found = [one for path in collocations for one in read_collocations(path)]
    return draw_positions(make_grid(read_content(predictions[0], FRAME)), found) if found else draw_notice(NOTHING)


def draw_positions(grid: Grid, found: Sequence[Collocation]) -> Figure:
    """Draw the way of each platform on a map of the grid; it ends at the marker."""
    to_grid = pyproj.Transformer.from_crs(grid.crs.geodetic_crs, grid.crs, always_xy=True)
    with apply_style():
        figure, axes = make_map_panels(grid, 1, 1, rows_with_bars=0)
        axis = axes[0, 0]
        for number, one in enumerate(found):
            x, y = to_grid.transform(one.series.longitude, one.series.latitude)
            colour = EXPERIMENTS[number % len(EXPERIMENTS)]
            axis.plot(x, y, ".-", color=colour, lw=1, markersize=2.5, zorder=5)
            label = f"{one.series.platform} ({one.series.size})"
            axis.plot(x[-1:], y[-1:], "o", color=colour, markersize=4, zorder=6, label=label)
        axis.legend(
            loc="upper left", bbox_to_anchor=(1.02, 1), title="platform (points), last point large", title_fontsize=7
        )
        figure.set_size_inches(PAGE_WIDTH, 0.62 * PAGE_WIDTH * grid.shape[0] / grid.shape[1] + 0.3)
    return figure
