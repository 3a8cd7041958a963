"""All experiments and baselines side by side: a dot for each score, with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.figures.style import NOTHING, PAGE_WIDTH, TRUTH, apply_style, draw_notice, letter_panels, spell_experiment

# By column of the table: title, best value, and the range beyond which a dot becomes a number.
SCORES = {
    "rmse": ("RMSE of the mean (m)", 0, None),
    "crps": ("fair CRPS (m)", 0, None),
    "spread_skill": ("spread–skill", 1, (0.4, 2.5)),
    "reliability_index": ("rank index", 0, None),
    "variability": ("variability", 1, (0.5, 2.0)),
    "fine_scale": ("power, 6–20 km", 1, (0.1, 10)),
    "medium_scale": ("power, 20–80 km", 1, (0.1, 10)),
    "passes": ("passes per member", None, None),
}
BRANCHES = {"model": ("#0072B2", "#0072B2"), "observations": ("#D55E00", "white")}  # colour of the edge and of the face


def draw_score_comparison(compared: pd.DataFrame) -> Figure:
    """A panel for each score and a line for each experiment, on the test split where there is one.

    ``compared`` is the table ``comparison.csv``; the experiments stand as there, the best CRPS above.
    """
    if compared.empty:
        return draw_notice(NOTHING)
    split = "test" if "test" in set(compared.split) else compared.split.iloc[0]
    rows = compared[compared.split == split]
    names = list(dict.fromkeys(rows.experiment))
    with apply_style():
        figure, axes = plt.subplots(2, 4, figsize=(PAGE_WIDTH, 1.2 + 0.46 * len(names)), sharey=True)
        for axis, (score, (title, best, limits)) in zip(axes.flat, SCORES.items(), strict=True):
            for branch, of_branch in rows.groupby("branch", sort=False):
                _dots(axis, of_branch, score, names, branch, limits)
            _dress(axis, title, best, limits)
        axes[0, 0].set_yticks(range(len(names)), [spell_experiment(name) for name in names])
        axes[0, 0].set_ylim(len(names) - 0.5, -0.5)
        keys = [_key(branch) for branch in dict.fromkeys(rows.branch)]
        figure.legend(handles=keys, loc="outside upper center", ncols=len(keys), title=split, title_fontsize=7)
        letter_panels(axes.flat)
    return figure


def _dots(
    axis: Axes, rows: pd.DataFrame, score: str, names: list[str], branch: str, limits: tuple[float, float] | None
) -> None:
    edge, face = BRANCHES[branch]
    shift = 0.18 * (list(BRANCHES).index(branch) * 2 - 1)
    low, high = limits or (-np.inf, np.inf)
    for _, row in rows[rows[score].notna()].iterrows():
        value, y = row[score], names.index(row.experiment) + shift
        if not low <= value <= high:
            beyond = value > high
            text, side = (f"{value:.1f} →", "right") if beyond else (f"← {value:.2f}", "left")
            axis.text(high if beyond else low, y, text, color=edge, fontsize=6, ha=side, va="center")
            continue
        bounds = [np.clip(row.get(f"{score}_{end}", np.nan), low, high) for end in ("lower", "upper")]
        axis.plot(bounds, [y, y], color=edge, lw=1)
        axis.plot(value, y, "o", ms=4, color=edge, mfc=face, clip_on=False)


def _dress(axis: Axes, title: str, best: float | None, limits: tuple[float, float] | None) -> None:
    """Title, scale, lines of the experiments, and the best value, dotted."""
    axis.set_title(title)
    axis.grid(axis="y", color="0.9", lw=0.5)
    axis.set_axisbelow(True)
    axis.tick_params(axis="y", length=0)
    if limits:
        axis.set(xscale="log", xlim=limits)
        ticks = [tick for tick in (0.1, 0.5, 1, 2, 10) if limits[0] <= tick <= limits[1]]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
    else:
        axis.set_xlim(left=0)
    if best is not None:
        axis.axvline(best, color=TRUTH, lw=0.7, ls=":")


def _key(branch: str) -> Line2D:
    edge, face = BRANCHES[branch]
    return Line2D([], [], color=edge, mfc=face, marker="o", ms=4, label=f"from the {branch}")
