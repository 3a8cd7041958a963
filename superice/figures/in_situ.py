"""Draw members beside measurements: along the way of each platform, and where the platforms were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyproj
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from superice.evaluation.in_situ import Collocation, read_collocations
from superice.fields.grid import Grid
from superice.fields.point_series import LEVEL_ICE
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
)
from superice.utils.netcdf import read_content

MOST_PANELS = 6
PANEL_HEIGHT = 1.5  # inches
BANDS = ((90, 0.2), (50, 0.35))  # percent and opacity
NOTHING = "No measurement lies on the grid and the dates of the run."
EARTH = pyproj.Geod(ellps="WGS84")


def draw_ways_from_file(collocations: Sequence[Path]) -> Figure:
    """Draw members, low-resolution field and measurement along the way of each platform."""
    found = [one for path in collocations for one in read_collocations(path)]
    shown = [one for one in found if np.isfinite(one.members).any()]
    if not shown:
        return draw_notice(NOTHING)
    shown = sorted(shown, key=lambda one: -one.series.size)[:MOST_PANELS]
    with apply_style():
        figure, axes = plt.subplots(len(shown), 1, figsize=(PAGE_WIDTH, PANEL_HEIGHT * len(shown) + 0.6), squeeze=False)
        for axis, one in zip(axes[:, 0], shown, strict=True):
            _draw_way(axis, one)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _draw_way(axis: Axes, one: Collocation) -> None:
    """Draw a platform: over its dates, or along its track where it has only one date and many points."""
    series = one.series
    is_track = series.size > 1 and series.days[0] == series.days[-1]
    at = _measure_length(one) if is_track else series.days.astype("datetime64[D]").astype(object)
    for percent, opacity in BANDS:
        ends = np.quantile(one.members, [0.5 - percent / 200, 0.5 + percent / 200], axis=1)
        label = f"members, central {percent} %"
        if series.size > 1:
            axis.fill_between(at, *ends, color=MEMBERS, alpha=opacity, lw=0, label=label)
        else:
            axis.vlines(at, *ends, color=MEMBERS, alpha=opacity, lw=14, label=label)
    many = dict(markersize=3, marker="none" if is_track else "o")
    axis.plot(at, one.members.mean(axis=1), color=MEMBERS, label="their mean", **many)
    axis.plot(at, one.low_resolution, color=LOW_RESOLUTION, label=LOW, **many)
    uncertainty = 2 * np.nan_to_num(series.uncertainty)
    axis.errorbar(at, series.thickness, uncertainty, color=TRUTH, elinewidth=0.8, label="measured", **many)
    kind = "one level floe" if series.measures == LEVEL_ICE else "mean"
    day = f", {series.days[0]}" if is_track or series.size == 1 else ""
    axis.set_title(f"{series.platform} ({kind}){day}", loc="left")
    axis.set_ylabel("thickness (m)")
    axis.set_ylim(bottom=0)
    if is_track:
        axis.set_xlabel("distance along the track (km)")
    elif series.size == 1:
        axis.set_xticks([])
    else:
        locator = AutoDateLocator(minticks=3, maxticks=8)
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))


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
            axis.plot(x, y, color=colour, lw=1, zorder=5)
            label = f"{one.series.platform} ({one.series.size})"
            axis.plot(x[-1:], y[-1:], "o", color=colour, markersize=4, zorder=6, label=label)
        axis.legend(loc="upper left", bbox_to_anchor=(1.02, 1), title="platform (points)", title_fontsize=7)
        figure.set_size_inches(PAGE_WIDTH, 0.62 * PAGE_WIDTH * grid.shape[0] / grid.shape[1] + 0.3)
    return figure
