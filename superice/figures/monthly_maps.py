"""Draw the months of the last season: mean thickness and spread of the ensembles on maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyproj
import xarray
from matplotlib.figure import Figure

from superice.dataset.season import open_season
from superice.fields.grid import Grid
from superice.figures.annotation import letter_panels
from superice.figures.field_style import make_spread_style, make_thickness_style
from superice.figures.map_panels import draw_colour_bar, draw_field, make_map_panels
from superice.figures.season_overview import thin_field
from superice.figures.style import apply_style, draw_notice

SUMMER_MONTHS = 3  # a longer gap between months parts two seasons
MOST_MONTHS = 7  # of a winter, October to April
FEWEST_COLUMNS = 4  # keeps the maps of few months small
FIELDS = {"mean": "sit_mean", "spread": "sit_std"}
LABELS = {"mean": "mean thickness (m)", "spread": "spread of the members (m)"}


def draw_from_files(season: Sequence[Path]) -> Figure:
    """Read the means by month of a season cube and draw the last season's."""
    with open_season(season[0], "monthly") as monthly:
        return draw_months(monthly.isel(time=_choose_last_season(monthly.time.values)))


def _choose_last_season(months: np.ndarray) -> slice:
    """Return the months after the last summer."""
    numbers = months.astype("M8[M]").astype(int)
    gaps = np.flatnonzero(np.diff(numbers) > SUMMER_MONTHS)
    first = gaps[-1] + 1 if gaps.size else 0
    return slice(max(first, len(numbers) - MOST_MONTHS), None)


def draw_months(monthly: xarray.Dataset) -> Figure:
    """Draw the mean of the ensembles above and the spread of their members below, a column for each month with ice.

    ``monthly`` has the months of one season, with ``sit_mean`` and ``sit_std`` (time, y, x) in m, ``date_count``, and the
    places of the cells.
    """
    crs = pyproj.CRS.from_cf(monthly.crs.attrs)
    whole = Grid("monthly", crs, monthly.x.values.astype(float), monthly.y.values.astype(float))
    fields = {title: [thin_field(whole, month.values)[1] for month in monthly[name]] for title, name in FIELDS.items()}
    shown = [number for number, mean in enumerate(fields["mean"]) if np.isfinite(mean).any()]
    if not shown:
        return draw_notice("No month has an ensemble with ice: nothing to draw.")
    grid = thin_field(whole, monthly.sit_mean[0].values)[0]
    styles = {"mean": make_thickness_style(fields["mean"]), "spread": make_spread_style(fields["spread"])}
    with apply_style():
        figure, axes = make_map_panels(grid, len(FIELDS), max(len(shown), FEWEST_COLUMNS), rows_with_bars=2)
        for axis in axes[:, len(shown) :].flat:
            axis.remove()
        axes = axes[:, : len(shown)]
        for line, (title, style) in zip(axes, styles.items(), strict=True):
            for axis, number in zip(line, shown, strict=True):
                draw_field(axis, grid, fields[title][number], style)
            draw_colour_bar(figure, line, replace(style, label=LABELS[title]))
        for axis, number in zip(axes[0], shown, strict=True):
            axis.set_title(_describe_month(monthly, number))
        letter_panels(axes.flat)
    return figure


def _describe_month(monthly: xarray.Dataset, number: int) -> str:
    """Return the month, and of how many dates its map is at most the mean."""
    month = monthly.time.values[number].astype("M8[M]").item()
    dates = int(monthly.date_count[number].max())
    return f"{month:%b %Y}\n{dates} date" + ("s" if dates != 1 else "")
