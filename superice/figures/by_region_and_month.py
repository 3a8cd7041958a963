"""Draw the scores of every experiment by region and by month."""

from __future__ import annotations

from calendar import month_abbr
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.scored_date import ICE
from superice.evaluation.tables import keep_last_splits, list_last_splits
from superice.figures.annotation import ScoreAxis, count_dates, letter_panels, make_legend_keys, mark_value
from superice.figures.style import LOW, LOW_RESOLUTION, NOTHING, PAGE_WIDTH, apply_style, choose_colours, draw_notice

SCORES = {
    "rmse": ScoreAxis("RMSE (m)"),
    "crps": ScoreAxis("CRPS (m)"),
    "spread_skill": ScoreAxis("spread–skill", best=1.0),
    "coverage_90_percent": ScoreAxis("within 90 %", best=90),
    "variability": ScoreAxis("variability ratio", best=1.0),
    "fine_variance_ratio": ScoreAxis("variance, 6–20 km", best=1.0),
}
LOGARITHMIC = ("fine_variance_ratio",)  # a ratio for which twice too much is as wrong as half
SMALLEST_RATIO = 0.02  # smaller ratios are drawn at the edge of their panel
REGIONS = {ICE: "all ice", "pack": "pack", "marginal": "marginal"}


def draw_from_files(regions: Sequence[Path], months: Sequence[Path]) -> Figure:
    """Read ``regions.csv`` and ``months.csv``, and draw them."""
    return draw_scores_by_part(pd.read_csv(regions[0]), pd.read_csv(months[0]))


def draw_scores_by_part(regions: pd.DataFrame, months: pd.DataFrame) -> Figure:
    """Draw the scores of every experiment by region and by month, of the test season or of the last scored split.

    ``regions`` and ``months`` are the tables of the scores by region and by month. Each branch has a row of panels
    for its regions and one for its months.
    """
    if regions.empty:
        return draw_notice(NOTHING)
    by_region = _name_regions(regions)
    by_month = months.assign(part=months.month.map(lambda number: month_abbr[number]))
    titles, tables = [], []
    for branch, split in list_last_splits(by_region):
        for table in (by_region, by_month):
            titles.append(f"{branch}, {split}")
            tables.append(table[(table.branch == branch) & (table.split == split)])
    colours = choose_colours(regions.experiment) | {LOW: LOW_RESOLUTION}
    with apply_style():
        figure, axes = plt.subplots(
            len(tables), len(SCORES), figsize=(PAGE_WIDTH, 1.55 * len(tables) + 0.4), squeeze=False, sharex="row"
        )
        for line, title, table in zip(axes, titles, tables, strict=True):
            for axis, (score, shown) in zip(line, SCORES.items(), strict=True):
                _draw_score(axis, table, score, colours)
                mark_value(axis, shown.best)
                axis.set_title(shown.label)
            line[0].set_ylabel(title)
        figure.legend(
            handles=make_legend_keys(colours, count_dates(keep_last_splits(by_region))),
            loc="outside upper center",
            ncols=4,
        )
        letter_panels(axes.flat)
    return figure


def _name_regions(regions: pd.DataFrame) -> pd.DataFrame:
    """Return the table with a column ``part``, the region's name, in the order of ``REGIONS``."""
    order = list(REGIONS.values())
    named = regions.assign(part=regions.region.map(REGIONS))
    return named.sort_values("part", key=lambda parts: parts.map(order.index), kind="stable")


def _draw_score(axis: Axes, rows: pd.DataFrame, score: str, colours: Mapping[str, str]) -> None:
    """Draw a score of all experiments: a line through the months, or points beside each other at every region."""
    by_month = "month" in rows
    parts = list(dict.fromkeys(rows.part))
    # Of experiments on fewer dates the low-resolution field is another one: that of most dates is drawn.
    low = rows[rows.field == "low_resolution"].sort_values("dates", ascending=False, kind="stable")
    experiments = {LOW: low.drop_duplicates("part")}
    for name, of_experiment in rows[rows.field == "generated"].groupby("experiment"):
        experiments[name] = of_experiment
    for number, (name, of_experiment) in enumerate(experiments.items()):
        values = of_experiment.set_index("part")[score].reindex(parts).to_numpy()
        if score in LOGARITHMIC:
            values = np.maximum(values, SMALLEST_RATIO)
        shift = 0 if by_month else 0.6 * (number / max(1, len(experiments) - 1) - 0.5)
        marker = ".-" if by_month else "o"
        axis.plot(np.arange(len(parts)) + shift, values, marker, ms=4, lw=0.9, color=colours[name])
    if score in LOGARITHMIC:
        axis.set_yscale("log")
    axis.set_xticks(range(len(parts)), parts, rotation=40, ha="right")
    axis.margins(x=0.08)
