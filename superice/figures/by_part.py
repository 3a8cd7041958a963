"""Draw the scores of every experiment by class of thickness, along the coast, and beyond the mask of all inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.by_part import SOME_INPUTS
from superice.evaluation.tables import list_last_splits
from superice.figures.annotation import ScoreAxis, letter_panels, make_legend_keys, mark_value
from superice.figures.style import NOTHING, PAGE_WIDTH, apply_style, choose_colours, draw_notice

SCORES = {
    "rmse": ScoreAxis("RMSE (m)"),
    "bias": ScoreAxis("bias (m)", best=0),
    "spread_skill": ScoreAxis("spread–skill", best=1),
    "coverage_50_percent": ScoreAxis("within 50 %", best=50),
    "coverage_90_percent": ScoreAxis("within 90 %", best=90),
}


def draw_from_files(by_thickness: Path, by_stratum: Path) -> Figure:
    """Read ``by_thickness.csv`` and ``by_stratum.csv``, and draw them."""
    return draw_scores_by_class(pd.read_csv(by_thickness), pd.read_csv(by_stratum))


def draw_scores_by_class(by_thickness: pd.DataFrame, by_stratum: pd.DataFrame) -> Figure:
    """Draw a row of panels for the classes of thickness and one for the strata of each branch, of its last split.

    A stratum of pixels beyond the mask is shown beside the same stratum within it, as ``beyond``.
    """
    if by_stratum.empty:
        return draw_notice(NOTHING)
    beyond = by_stratum.inputs == SOME_INPUTS
    strata = by_stratum.assign(part=by_stratum.stratum.where(~beyond, by_stratum.stratum + ", beyond"))
    thicknesses = by_thickness.assign(part=by_thickness.thickness)
    titles, tables = [], []
    for branch, split in list_last_splits(by_stratum):
        for table in (thicknesses, strata):
            titles.append(f"{branch}, {split}")
            tables.append(table[(table.branch == branch) & (table.split == split)])
    colours = choose_colours(by_stratum.experiment)
    with apply_style():
        size = (PAGE_WIDTH, 1.75 * len(tables) + 0.4)
        figure, axes = plt.subplots(len(tables), len(SCORES), figsize=size, squeeze=False, sharex="row", sharey="col")
        for line, title, table in zip(axes, titles, tables, strict=True):
            for axis, (score, shown) in zip(line, SCORES.items(), strict=True):
                _draw_score(axis, table, score, colours)
                mark_value(axis, shown.best)
                axis.set_title(shown.label)
            line[0].set_ylabel(title)
        figure.legend(handles=make_legend_keys(colours), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _draw_score(axis: Axes, rows: pd.DataFrame, score: str, colours: Mapping[str, str]) -> None:
    """Draw a score of all experiments, points beside each other at every part."""
    parts = list(dict.fromkeys(rows.part))
    experiments = list(dict.fromkeys(rows.experiment))
    for number, experiment in enumerate(experiments):
        values = rows[rows.experiment == experiment].set_index("part")[score].reindex(parts)
        shift = 0.6 * ((number + 0.5) / len(experiments) - 0.5)
        axis.plot(np.arange(len(parts)) + shift, values, "o", ms=3, color=colours[experiment])
    axis.set_xticks(range(len(parts)), parts, rotation=60, ha="right")
    axis.margins(x=0.08)
