"""Draw the scores of a study's experiments against what varies between them (report, Figs. 4 to 7)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.figures.annotation import letter_panels, mark_value
from superice.figures.style import EXPERIMENTS, LOW, LOW_RESOLUTION, PAGE_WIDTH, apply_style, draw_notice

COMPARED, FINAL = EXPERIMENTS[:2]
PANELS = {
    "rmse": "RMSE (m)",
    "crps": "CRPS (m)",
    "fine_scale": "fine-scale ratio",
    "seconds_per_member": "seconds per member",
}
WIDE = 5  # values that span more than this factor stand on a logarithmic axis


@dataclass(frozen=True)
class Places:
    """Where a study's experiments stand on the x axis.

    Attributes
    ----------
    x : list of float
        The values where they are numbers, otherwise 0, 1, 2, ...
    labels : list of str
        The values as text.
    numeric : bool
        Whether the values are numbers.
    """

    x: list[float]
    labels: list[str]
    numeric: bool

    @classmethod
    def from_values(cls, values: pd.Series) -> Places:
        """Return the places of a study's values, which the table holds as text."""
        numbers = pd.to_numeric(values, errors="coerce")
        if numbers.notna().all():
            return cls(numbers.tolist(), [f"{number:g}" for number in numbers], numeric=True)
        return cls(list(range(len(values))), values.str.replace(" ", "\n").tolist(), numeric=False)

    @property
    def logarithmic(self) -> bool:
        """Whether the values span such a range that they need a logarithmic axis."""
        return self.numeric and max(self.x) > WIDE * min(self.x) > 0


def draw_from_files(studies: Path, study: str, final: str) -> Figure:
    """Read ``studies.csv`` and draw one study; ``final`` is the experiment that is marked."""
    table = pd.read_csv(studies, dtype={"value": str})
    return draw_study(table[table.study == study], final)


def draw_study(rows: pd.DataFrame, final: str) -> Figure:
    """Draw a panel for each score of a study's experiments, with 95 % intervals, and one for the cost of a member.

    ``rows`` are the rows of one study in the table of studies. ``final`` is the experiment to mark, the report's
    selected model. The low-resolution field has next to no fine scale and appears only in the panels of RMSE and CRPS.
    """
    experiments = rows[rows.experiment != "low_resolution"]
    if experiments.empty:
        return draw_notice("No experiment was scored: nothing to draw.")
    low = rows[rows.experiment == "low_resolution"].iloc[0]
    places = Places.from_values(experiments.value)
    with apply_style():
        figure, axes = plt.subplots(1, len(PANELS), figsize=(PAGE_WIDTH, 2.4))
        for axis, (score, title) in zip(axes, PANELS.items(), strict=True):
            _draw_points(axis, experiments, places, score, final)
            if score in ("rmse", "crps"):
                axis.axhline(low[score], color=LOW_RESOLUTION, label=LOW)
            if score == "fine_scale":
                mark_value(axis, 1)
            axis.set_title(title)
            if places.logarithmic:
                axis.set_xscale("log")
            if score == "seconds_per_member":
                axis.set_ylim(bottom=0)
            axis.set_xticks(places.x, places.labels, fontsize=6, rotation=45 if places.numeric else 0)
            axis.minorticks_off()
            axis.margins(x=0.15)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center")
        figure.supxlabel(rows.varies.iloc[0].split(".")[-1].replace("_", " "), fontsize=8)
        letter_panels(axes)
    return figure


def _draw_points(axis: Axes, rows: pd.DataFrame, places: Places, score: str, final: str) -> None:
    """Draw a score of each experiment as a point, with its interval where there is one."""
    for x, (_, row) in zip(places.x, rows.iterrows(), strict=True):
        colour = FINAL if row.experiment == final else COMPARED
        axis.plot(x, row[score], "o", ms=5, color=colour)
        if f"{score}_lower" in row and pd.notna(row[f"{score}_lower"]):
            axis.plot([x, x], [row[f"{score}_lower"], row[f"{score}_upper"]], color=colour, lw=1)
