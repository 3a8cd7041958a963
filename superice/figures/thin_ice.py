"""Draw how well every experiment represents thin ice and leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.scored_date import ICE
from superice.evaluation.tables import keep_last_splits, list_last_splits
from superice.evaluation.thin_ice_table import parse_quantiles, parse_skills
from superice.figures.annotation import count_dates, label_ticks, letter_panels, make_legend_keys, name_line_styles
from superice.figures.style import (
    LOW,
    LOW_RESOLUTION,
    NOTHING,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    choose_colours,
    draw_notice,
)

LINE_STYLES = ("-", "--", "-.", ":")
SHARES = {"thin_fraction_percent": "thinner than\nlead threshold", "lead_fraction_percent": "leads"}


def draw_from_files(thin_ice: Sequence[Path]) -> Figure:
    """Read ``thin_ice.csv`` and draw it."""
    return draw_thin_ice(pd.read_csv(thin_ice[0]))


def draw_thin_ice(table: pd.DataFrame) -> Figure:
    """Draw fractions skill against box width, the lowest thickness quantiles, and shares of leads; a row for each branch.

    ``table`` is the table of thin ice. Its rows for all ice and all months are shown, of each branch's test season or
    of the last split that was scored.
    """
    if table.empty:
        return draw_notice(NOTHING)
    table = table[(table.region == ICE) & table.month.isna()]
    colours = choose_colours(table.experiment) | {LOW: LOW_RESOLUTION, "truth": TRUTH}
    splits = list_last_splits(table)
    with apply_style():
        figure, axes = plt.subplots(
            len(splits), 3, figsize=(PAGE_WIDTH, 0.7 + 2.2 * len(splits)), squeeze=False, width_ratios=(1.2, 1.1, 1)
        )
        for line, (branch, split) in zip(axes, splits, strict=True):
            rows = _name_sources(table[(table.branch == branch) & (table.split == split)])
            _draw_fractions_skill(line[0], rows, colours)
            _draw_quantiles(line[1], rows, colours)
            _draw_shares(line[2], rows, colours)
            line[0].set_ylabel(f"{branch}, {split}\nfractions skill score (1)")
        figure.legend(
            handles=make_legend_keys(colours, count_dates(keep_last_splits(table))), loc="outside upper center", ncols=4
        )
        name_line_styles(figure, axes[0, 0], "fractions skill of ice thinner than a threshold")
        letter_panels(axes.flat)
    return figure


def _name_sources(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each experiment, for the truth and for the low-resolution field, indexed by name."""
    shared = {"truth": "truth", "low_resolution": LOW}
    named = rows.assign(name=rows.source.map(shared).fillna(rows.experiment))
    # Of experiments on fewer dates truth and low-resolution field are others: those of most dates are drawn.
    named = named.sort_values("dates", ascending=False, kind="stable")
    return named.drop_duplicates("name").set_index("name")


def _draw_fractions_skill(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw the skill of everything but the truth, a line style for each thickness."""
    columns = parse_skills(rows)
    for style, (thickness_m, of_thickness) in zip(LINE_STYLES, columns.groupby("thickness_m", sort=False)):
        for name in rows.index.drop("truth", errors="ignore"):
            skill = rows.loc[name, of_thickness.column].astype(float)
            axis.plot(of_thickness.width_km, skill, style, marker=".", ms=4, color=colours[name])
        axis.lines[-1].set_label(f"below {thickness_m:g} m")
    axis.set(xscale="log", ylim=(0, 1), xlabel="box width (km)", title="fractions skill of thin ice")
    label_ticks(axis, sorted(columns.width_km.unique()))


def _draw_quantiles(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    columns = parse_quantiles(rows)
    for name, row in rows.iterrows():
        axis.plot(columns.percent, row[columns.column].astype(float), ".-", ms=4, lw=0.9, color=colours[name])
    axis.set(xscale="log", xlabel="quantile (%)", ylabel="thickness (m)", title="lowest thickness quantiles")
    label_ticks(axis, columns.percent)


def _draw_shares(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw the shares of thin ice and of leads as bars beside each other."""
    width = 0.8 / len(rows)
    for number, (name, row) in enumerate(rows.iterrows()):
        shift = (number - (len(rows) - 1) / 2) * width
        axis.bar(
            np.arange(len(SHARES)) + shift, row[list(SHARES)].astype(float), width=0.9 * width, color=colours[name]
        )
    axis.set_xticks(range(len(SHARES)), SHARES.values())
    axis.set(ylabel="share of ice area (%)", title="thin ice and leads")
