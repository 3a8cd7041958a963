"""Draw the report's three scores on every date (report, Fig. 8), its RMSE over the ice and over the domain."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.scored_date import ICE
from superice.figures.annotation import ScoreAxis, letter_panels, mark_value
from superice.figures.style import (
    LOW,
    LOW_RESOLUTION,
    NOTHING,
    PAGE_WIDTH,
    apply_style,
    choose_colours,
    draw_notice,
    spell_experiment,
)

SCORES = {
    "rmse": ScoreAxis("RMSE of the mean (m)"),
    "rmse_domain": ScoreAxis("RMSE over the domain (m)"),  # probably the report's: it grows with the extent of the ice
    "variability": ScoreAxis("ratio of spatial variability", best=1.0),
    "fine_scale": ScoreAxis("fine-scale ratio, 6–20 km", best=1.0),
}


def draw_from_files(daily: Path) -> Figure:
    """Read ``daily.csv`` and draw it."""
    return draw_scores_over_dates(pd.read_csv(daily))


def draw_scores_over_dates(daily: pd.DataFrame) -> Figure:
    """Draw the scores of every experiment on every date, one column for each branch.

    ``daily`` has the columns branch, experiment, region, field, date, n_pixels and the scores.
    """
    scored = daily[(daily.n_pixels > 0) & (daily.region == ICE)]
    if scored.empty:
        return draw_notice(NOTHING)
    branches = list(dict.fromkeys(scored.branch))
    colours = choose_colours(scored.experiment)
    with apply_style():
        figure, axes = plt.subplots(
            len(SCORES), len(branches), figsize=(PAGE_WIDTH, 7.2), sharex="col", sharey="row", squeeze=False
        )
        for column, branch in zip(axes.T, branches, strict=True):
            rows = scored[scored.branch == branch]
            for axis, (score, shown) in zip(column, SCORES.items(), strict=True):
                _draw_score(axis, rows, score, colours)
                mark_value(axis, shown.best)
                axis.set_title(f"{branch}: {shown.label}")
            column[-1].set(yscale="log", ylim=(0.05, None))  # the low-resolution field has next to nothing there
            column[-1].tick_params(axis="x", rotation=30)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _draw_score(axis: Axes, rows: pd.DataFrame, score: str, colours: Mapping[str, str]) -> None:
    """Draw a score of every experiment and of the low-resolution field, which is the same for all experiments."""
    generated = rows[rows.field == "generated"]
    for experiment, of_experiment in generated.groupby("experiment"):
        _draw_winters(axis, of_experiment, score, colours[experiment], spell_experiment(experiment))
    low = rows[rows.field == "low_resolution"].drop_duplicates("date").sort_values("date")
    _draw_winters(axis, low, score, LOW_RESOLUTION, LOW)


def _draw_winters(axis: Axes, rows: pd.DataFrame, score: str, colour: str, label: str) -> None:
    """Draw a line that is broken between winters; only the first winter enters the legend."""
    days = pd.to_datetime(rows.date)
    winter = (days.dt.year - (days.dt.month < 7)).to_numpy()
    for number, year in enumerate(np.unique(winter)):
        chosen = winter == year
        axis.plot(days[chosen], rows[score][chosen], ".-", ms=3, color=colour, label=None if number else label)
