"""Draw all experiments and baselines beside each other: a dot for each score, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.evaluation.tables import describe_sizes
from superice.figures.annotation import ScoreAxis, label_ticks, letter_panels
from superice.figures.style import NOTHING, PAGE_WIDTH, TRUTH, apply_style, draw_notice, spell_experiment

# By column of the table. A value beyond the limits is written as a number.
SCORES = {
    "rmse": ScoreAxis("RMSE (m)", best=0),
    "crps": ScoreAxis("fair CRPS (m)", best=0),
    "spread_skill": ScoreAxis("spread–skill", best=1, limits=(0.4, 2.5)),
    "coverage_50_percent": ScoreAxis("within 50 %", best=50),
    "coverage_90_percent": ScoreAxis("within 90 %", best=90),
    "reliability_index": ScoreAxis("rank index", best=0),
    "variability": ScoreAxis("variability ratio", best=1, limits=(0.5, 2.0)),
    "fine_variance_ratio": ScoreAxis("σ², 6–20 km", best=1, limits=(0.1, 10)),
    "medium_variance_ratio": ScoreAxis("σ², 20–80 km", best=1, limits=(0.1, 10)),
    "passes": ScoreAxis("evaluations"),
}
LOGARITHMIC_TICKS = (0.1, 0.5, 1, 2, 10)


@dataclass(frozen=True)
class DotStyle:
    """How the dots of a branch are drawn: legend, edge colour, face colour, and distance from the experiment's line."""

    label: str
    edge: str
    face: str
    shift: float

    @property
    def marker(self) -> dict[str, Any]:
        """Arguments of a line that draws a dot."""
        return {"marker": "o", "ms": 4, "color": self.edge, "mfc": self.face}


BRANCHES = {
    "model": DotStyle("from model fields", edge="#0072B2", face="#0072B2", shift=-0.18),
    "observations": DotStyle("from observations", edge="#D55E00", face="white", shift=0.18),
}


def draw_from_files(table: Path) -> Figure:
    """Read ``comparison.csv`` and draw it."""
    return draw_score_comparison(pd.read_csv(table))


def draw_score_comparison(compared: pd.DataFrame) -> Figure:
    """Draw a panel for each score with a line for each experiment, on the test split where there is one.

    ``compared`` is the table ``comparison.csv``. The experiments keep its order, in which the best CRPS is first.
    """
    if compared.empty:
        return draw_notice(NOTHING)
    split = "test" if "test" in set(compared.split) else compared.split.iloc[0]
    rows = compared[compared.split == split]
    experiments = list(dict.fromkeys(rows.experiment))
    branches = list(dict.fromkeys(rows.branch))
    with apply_style():
        figure, axes = plt.subplots(2, 5, figsize=(PAGE_WIDTH, 1.2 + 0.46 * len(experiments)), sharey=True)
        for axis, (score, shown) in zip(axes.flat, SCORES.items(), strict=True):
            for branch in branches:
                known = rows[(rows.branch == branch) & rows[score].notna()]
                for _, row in known.iterrows():
                    y = experiments.index(row.experiment) + BRANCHES[branch].shift
                    _draw_value(axis, row, score, y, shown.limits, BRANCHES[branch])
            _finish_panel(axis, shown)
        axes[0, 0].set_yticks(range(len(experiments)), [spell_experiment(name) for name in experiments])
        axes[0, 0].set_ylim(len(experiments) - 0.5, -0.5)
        _draw_legend(figure, branches, split)
        if unequal := describe_sizes(rows):
            figure.supxlabel(unequal, fontsize=6)
        letter_panels(axes.flat)
    return figure


def _draw_value(
    axis: Axes, row: pd.Series, score: str, y: float, limits: tuple[float, float] | None, style: DotStyle
) -> None:
    """Draw a score as a dot with its interval; write it as a number where it lies beyond the limits."""
    value = row[score]
    low, high = limits or (-np.inf, np.inf)
    if value > high:
        axis.text(high, y, f"{value:.1f} →", color=style.edge, fontsize=6, ha="right", va="center")
    elif value < low:
        axis.text(low, y, f"← {value:.2f}", color=style.edge, fontsize=6, ha="left", va="center")
    else:
        interval = np.array([row.get(f"{score}_lower", np.nan), row.get(f"{score}_upper", np.nan)])
        axis.plot(np.clip(interval, low, high), [y, y], color=style.edge, lw=1)
        axis.plot(value, y, clip_on=False, **style.marker)


def _finish_panel(axis: Axes, shown: ScoreAxis) -> None:
    """Draw title, scale, the lines of the experiments and, dotted, the best value."""
    axis.set_title(shown.label)
    axis.grid(axis="y", color="0.9", lw=0.5)
    axis.set_axisbelow(True)
    axis.tick_params(axis="y", length=0)
    if shown.limits:
        low, high = shown.limits
        axis.set(xscale="log", xlim=(low, high))
        label_ticks(axis, [tick for tick in LOGARITHMIC_TICKS if low <= tick <= high])
    else:
        axis.set_xlim(left=0)
    if shown.best is not None:
        axis.axvline(shown.best, color=TRUTH, lw=0.7, ls=":")


def _draw_legend(figure: Figure, branches: Sequence[str], split: str) -> None:
    keys = [Line2D([], [], label=BRANCHES[branch].label, **BRANCHES[branch].marker) for branch in branches]
    figure.legend(handles=keys, loc="outside upper center", ncols=len(keys), title=split, title_fontsize=7)
