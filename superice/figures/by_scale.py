"""Draw spread and error of means over boxes of growing width, and over the whole grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.evaluation.by_scale import BOX
from superice.evaluation.tables import keep_last_splits, list_last_splits
from superice.fields.regions import ALL
from superice.figures.annotation import count_dates, label_ticks, letter_panels, make_legend_keys, mark_value
from superice.figures.style import LOW, LOW_RESOLUTION, NOTHING, PAGE_WIDTH, apply_style, choose_colours, draw_notice

SMALLEST_RATIO = 0.05  # smaller ratios are drawn at the edge of their panel


def draw_from_files(by_scale: Path) -> Figure:
    """Read ``by_scale.csv`` and draw it."""
    return draw_spread_by_scale(pd.read_csv(by_scale))


def draw_spread_by_scale(table: pd.DataFrame) -> Figure:
    """Draw spread and error, and their ratio, against the width of the box; the last point is the whole grid.

    ``table`` is that of the scores by scale. Each branch has a column, of its test season or last scored split, and each
    experiment a line. Single fields have an error and no spread.
    """
    if table.empty:
        return draw_notice(NOTHING)
    daily = table[(table.days == 1) & ((table.kind == BOX) | (table.scale == ALL))]
    last = list_last_splits(daily)
    colours = choose_colours(daily.experiment) | {LOW: LOW_RESOLUTION}
    with apply_style():
        figure, axes = plt.subplots(2, len(last), figsize=(PAGE_WIDTH, 5), sharex=True, sharey="row", squeeze=False)
        for (above, below), (branch, split) in zip(axes.T, last, strict=True):
            rows = daily[(daily.branch == branch) & (daily.split == split)].sort_values("width_km", kind="stable")
            for experiment, of_experiment in rows.groupby("experiment", sort=False):
                _draw_line(above, of_experiment, "rmse", colours[experiment], "-")
                _draw_line(above, of_experiment, "spread", colours[experiment], "--")
                _draw_line(below, of_experiment, "spread_skill", colours[experiment], "-")
            # Experiments on fewer dates have another low-resolution field: that of most dates is drawn.
            dates = count_dates(rows, "periods")
            of_most = rows[rows.experiment == max(dates, key=dates.__getitem__)]
            _draw_line(above, of_most, "rmse_low_resolution", LOW_RESOLUTION, "-")
            _label_panels(above, below, branch, split, sorted(set(rows.width_km[rows.kind == BOX])))
        axes[0, 0].set_ylabel("thickness (m)")
        axes[1, 0].set_ylabel("spread / error (1)")
        figure.legend(
            handles=make_legend_keys(colours, count_dates(keep_last_splits(daily), "periods")),
            loc="outside upper center",
            ncols=4,
        )
        styles = [
            Line2D([], [], color="0.3", ls=style, label=name) for name, style in (("error", "-"), ("spread", "--"))
        ]
        styles.append(Line2D([], [], color="0.3", ls="", marker="s", ms=4, label="the whole grid"))
        figure.legend(handles=styles, loc="outside lower center", ncols=3)
        letter_panels(axes.flat)
    return figure


def _draw_line(axis: Axes, rows: pd.DataFrame, score: str, colour: str, style: str) -> None:
    """Draw a score against the width; the whole grid is a square."""
    known = rows[rows[score].notna()]
    values = np.maximum(known[score], SMALLEST_RATIO) if score == "spread_skill" else known[score]
    axis.plot(known.width_km, values, style, marker=".", ms=4, color=colour)
    whole = known.kind != BOX
    axis.plot(known.width_km[whole], values[whole], "s", ms=4, color=colour)


def _label_panels(above: Axes, below: Axes, branch: str, split: str, widths_km: list[float]) -> None:
    above.set(xscale="log", yscale="log", title=f"{branch}, {split}: error and spread of means")
    below.set(yscale="log", xlabel="width of the box (km)", title=f"{branch}, {split}: spread over error")
    mark_value(below, 1)
    label_ticks(below, widths_km)
    ticks = (0.1, 0.2, 0.5, 1, 2)
    below.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
