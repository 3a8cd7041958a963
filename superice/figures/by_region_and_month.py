"""Every experiment beside the others, by region and by month."""

from __future__ import annotations

from calendar import month_abbr
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.date_scores import ICE
from superice.evaluation.tables import last_splits
from superice.figures.style import (
    LOW,
    LOW_RESOLUTION,
    NOTHING,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    draw_notice,
    experiment_colours,
    legend_keys,
    letter_panels,
)

# By column of the tables: how the axis is named, and the best value.
SCORES = {
    "rmse": ("RMSE (m)", None),
    "crps": ("CRPS (m)", None),
    "spread_skill": ("spread–skill (1)", 1.0),
    "variability": ("variability (1)", 1.0),
    "fine_scale": ("fine scale (1)", 1.0),
}
RATIOS = ("fine_scale",)  # told by their logarithm: twice too much is as wrong as half
REGIONS = {ICE: "all ice", "pack": "pack", "marginal": "marginal"}
LEAST_RATIO = 0.02  # what has less is drawn at the edge of its panel


def draw_scores_by_part(regions: pd.DataFrame, months: pd.DataFrame) -> Figure:
    """Scores of every experiment by region and by month of the test season, or of the last split that was scored.

    ``regions`` and ``months`` are the tables of the scores by region and by month. A row of panels for each branch and
    kind of part.
    """
    if regions.empty:
        return draw_notice(NOTHING)
    regions = regions.assign(part=regions.region.map(REGIONS)).sort_values("part", key=_in_order, kind="stable")
    months = months.assign(part=months.month.map(lambda number: month_abbr[number]))
    lines = [
        (f"{branch}, {split}", table[(table.branch == branch) & (table.split == split)])
        for branch, split in last_splits(regions)
        for table in (regions, months)
    ]
    colours = experiment_colours(regions.experiment) | {LOW: LOW_RESOLUTION}
    with apply_style():
        figure, axes = plt.subplots(
            len(lines), len(SCORES), figsize=(PAGE_WIDTH, 1.55 * len(lines) + 0.4), squeeze=False, sharex="row"
        )
        for line, (title, rows) in zip(axes, lines, strict=True):
            for axis, (score, (label, best)) in zip(line, SCORES.items(), strict=True):
                _by_part(axis, rows, score, colours, joined="month" in rows)
                if best is not None:
                    axis.axhline(best, color=TRUTH, lw=0.7, ls=":")
                axis.set_title(label)
            line[0].set_ylabel(title)
        figure.legend(handles=legend_keys(colours), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _in_order(parts: pd.Series) -> pd.Series:
    return parts.map(list(REGIONS.values()).index)


def _by_part(axis: Axes, rows: pd.DataFrame, score: str, colours: Mapping[str, str], joined: bool) -> None:
    """A line through the parts for each experiment, or where they are not joined a point beside the others'."""
    parts = list(dict.fromkeys(rows.part))
    low = rows[rows.field == "low_resolution"].drop_duplicates("part")
    lines = {LOW: low} | {name: of for name, of in rows[rows.field == "generated"].groupby("experiment")}
    for number, (name, of_name) in enumerate(lines.items()):
        values = of_name.set_index("part")[score].reindex(parts).to_numpy()
        values = np.maximum(values, LEAST_RATIO) if score in RATIOS else values
        beside = 0 if joined else 0.6 * (number / max(1, len(lines) - 1) - 0.5)
        places = np.arange(len(parts)) + beside
        axis.plot(places, values, ".-" if joined else "o", ms=4, lw=0.9, color=colours[name])
    if score in RATIOS:
        axis.set_yscale("log")
    axis.set_xticks(range(len(parts)), parts, rotation=40, ha="right")
    axis.margins(x=0.08)
