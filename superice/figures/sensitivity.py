"""Studies: the scores of experiments against what varies between them (report, Figs. 4 to 7)."""

from __future__ import annotations

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.figures.style import (
    EXPERIMENTS,
    LOW,
    LOW_RESOLUTION,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    draw_notice,
    letter_panels,
)

COMPARED, FINAL = EXPERIMENTS[:2]
PANELS = {
    "rmse": "RMSE (m)",
    "crps": "CRPS (m)",
    "fine_scale": "fine-scale ratio",
    "seconds_per_member": "seconds a member",
}
WIDE = 5  # values that span more than this factor stand on a logarithmic axis


def draw_study(rows: pd.DataFrame, final: str) -> Figure:
    """Scores of a study's experiments with their 95 % intervals, and what a member costs; a panel for each.

    ``rows`` are those of one study in the table of studies. ``final`` is the experiment that is marked, as the report's
    selected model is. The low-resolution field has next to no fine scale, and is drawn beside the other scores alone.
    """
    generated = rows[rows.experiment != "low_resolution"]
    if generated.empty:
        return draw_notice("No experiment was scored: nothing to draw.")
    low = rows[rows.experiment == "low_resolution"].iloc[0]
    places, labels, numeric = _places(generated.value)
    with apply_style():
        figure, axes = plt.subplots(1, len(PANELS), figsize=(PAGE_WIDTH, 2.4))
        for axis, (score, title) in zip(axes, PANELS.items(), strict=True):
            _points(axis, generated, places, score, final)
            if score in ("rmse", "crps"):
                axis.axhline(low[score], color=LOW_RESOLUTION, label=LOW)
            if score == "fine_scale":
                axis.axhline(1, color=TRUTH, lw=0.7, ls=":")
            axis.set_title(title)
            if numeric and max(places) > WIDE * min(places) > 0:
                axis.set_xscale("log")
            if score == "seconds_per_member":
                axis.set_ylim(bottom=0)
            axis.set_xticks(places, labels, fontsize=6, rotation=45 if numeric else 0)
            axis.minorticks_off()
            axis.margins(x=0.15)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center")
        figure.supxlabel(rows.varies.iloc[0].split(".")[-1].replace("_", " "), fontsize=8)
        letter_panels(axes)
    return figure


def _places(values: pd.Series) -> tuple[list[float], list[str], bool]:
    """Where the experiments stand on the x axis, how they are named there, and whether their values are numbers."""
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all():
        return numbers.tolist(), [f"{number:g}" for number in numbers], True
    return list(range(len(values))), values.str.replace(" ", "\n").tolist(), False


def _points(axis: Axes, rows: pd.DataFrame, places: list[float], score: str, final: str) -> None:
    for place, (_, row) in zip(places, rows.iterrows(), strict=True):
        colour = FINAL if row.experiment == final else COMPARED
        axis.plot(place, row[score], "o", ms=5, color=colour)
        if f"{score}_lower" in row and pd.notna(row[f"{score}_lower"]):
            axis.plot([place, place], [row[f"{score}_lower"], row[f"{score}_upper"]], color=colour, lw=1)
