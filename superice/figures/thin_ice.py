"""Every experiment beside the others, in thin ice."""

from __future__ import annotations

import re
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
    name_line_styles,
)

STYLES = ("-", "--", "-.", ":")


def draw_thin_ice(table: pd.DataFrame) -> Figure:
    """Fractions skill against the width of the boxes, the thin end of the thickness, and leads; a row for each branch.

    ``table`` is that of thin ice, of which all ice and all months are shown; of each branch the test season, or the last
    split that was scored.
    """
    if table.empty:
        return draw_notice(NOTHING)
    table = table[(table.region == ICE) & table.month.isna()]
    colours = experiment_colours(table.experiment) | {LOW: LOW_RESOLUTION, "truth": TRUTH}
    splits = last_splits(table)
    with apply_style():
        figure, axes = plt.subplots(
            len(splits), 3, figsize=(PAGE_WIDTH, 0.7 + 2.2 * len(splits)), squeeze=False, width_ratios=(1.2, 1.1, 1)
        )
        for line, (branch, split) in zip(axes, splits, strict=True):
            rows = _named_sources(table[(table.branch == branch) & (table.split == split)])
            _fractions_skill(line[0], rows, colours)
            _thin_quantiles(line[1], rows, colours)
            _shares(line[2], rows, colours)
            line[0].set_ylabel(f"{branch}, {split}\nfractions skill score (1)")
        figure.legend(handles=legend_keys(colours), loc="outside upper center", ncols=4)
        name_line_styles(figure, axes[0, 0], "fractions skill of ice")
        letter_panels(axes.flat)
    return figure


def _named_sources(rows: pd.DataFrame) -> pd.DataFrame:
    """Each experiment's own row, and one of the truth and of the low-resolution field, by name."""
    shared = {"truth": "truth", "low_resolution": LOW}
    named = rows.assign(name=rows.source.map(shared).fillna(rows.experiment))
    return named.drop_duplicates("name").set_index("name")


def _fractions_skill(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    pattern = re.compile(r"fractions_skill_(?P<thickness>[\d.]+)_m_(?P<width>[\d.]+)_km")
    found = pd.DataFrame([match.groupdict() | {"column": name} for name in rows if (match := pattern.fullmatch(name))])
    for style, (thickness, columns) in zip(STYLES, found.groupby("thickness", sort=False)):
        for name in rows.index.drop("truth", errors="ignore"):
            skill = rows.loc[name, columns.column].astype(float)
            axis.plot(columns.width.astype(float), skill, style, marker=".", ms=4, color=colours[name])
        axis.lines[-1].set_label(f"below {thickness} m")
    axis.set(xscale="log", ylim=(0, 1), xlabel="width of the boxes (km)", title="thin ice, fractions skill")
    widths = sorted(found.width.astype(float).unique())
    axis.set_xticks(widths, [f"{width:g}" for width in widths])
    axis.minorticks_off()


def _thin_quantiles(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    columns = [name for name in rows if name.startswith("quantile_")]
    probability = [float(name.split("_")[1]) for name in columns]
    for name, row in rows.iterrows():
        axis.plot(probability, row[columns].astype(float), ".-", ms=4, lw=0.9, color=colours[name])
    axis.set(xscale="log", xlabel="quantile (%)", ylabel="thickness (m)", title="thin end of the thickness")
    axis.set_xticks(probability, [f"{value:g}" for value in probability])
    axis.minorticks_off()


def _shares(axis: Axes, rows: pd.DataFrame, colours: Mapping[str, str]) -> None:
    kinds = {"thin_fraction_percent": "below a\nlead's thickness", "lead_fraction_percent": "leads"}
    width = 0.8 / len(rows)
    for number, (name, row) in enumerate(rows.iterrows()):
        places = np.arange(len(kinds)) + (number - (len(rows) - 1) / 2) * width
        axis.bar(places, row[list(kinds)].astype(float), width=0.9 * width, color=colours[name])
    axis.set_xticks(range(len(kinds)), kinds.values())
    axis.set(ylabel="share of the ice (%)", title="thin ice and leads")
