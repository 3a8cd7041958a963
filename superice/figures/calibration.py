"""Draw how reliable the ensembles are: rank histogram, reliability, and error against spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import cycle
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.evaluation.scored_date import ICE
from superice.evaluation.tables import read_score_groups
from superice.figures.annotation import letter_panels, mark_value, name_line_styles
from superice.figures.style import PAGE_WIDTH, TRUTH, apply_style, choose_colours, draw_notice, spell_experiment

LINE_STYLES = ("-", "--", "-.", ":")
FEWEST_PIXELS = 300  # neighbouring pixels are alike: frequencies of fewer pixels would only be noise
SMALLEST_SHARE = 0.002  # of all pixels in a class of spread


def draw_from_files(scores: Sequence[Path]) -> Figure:
    """Read the scores of all dates, ``scores/<branch>/<experiment>/YYYYMMDD.nc``, and draw them."""
    return draw_calibration(read_score_groups(scores))


def draw_calibration(scores: Mapping[tuple[str, str], Sequence[xr.Dataset]]) -> Figure:
    """Draw rank histogram, reliability, and error against spread, one row for each branch, summed over the dates.

    A reliable ensemble has a flat histogram, forecast probabilities that equal the observed frequencies, and an error
    equal to its spread. ``scores`` are the scores of single dates by (branch, experiment). Single fields have no
    calibration and are left out.
    """
    colours = choose_colours(experiment for _, experiment in scores)
    shown = _select_ensembles(scores)
    if not shown:
        return draw_notice("No ensemble was scored: nothing to draw.")
    branches = list(dict.fromkeys(branch for branch, _ in shown))
    experiments = list(dict.fromkeys(experiment for _, experiment in shown))
    with apply_style():
        figure, axes = plt.subplots(len(branches), 3, figsize=(PAGE_WIDTH, 0.6 + 2.5 * len(branches)), squeeze=False)
        for row, branch in zip(axes, branches, strict=True):
            for (of_branch, experiment), days in shown.items():
                if of_branch == branch:
                    _draw_ranks(row[0], days, colours[experiment])
                    _draw_reliability(row[1], days, colours[experiment])
                    _draw_error_against_spread(row[2], days, colours[experiment])
            _label_panels(row, branch)
        name_line_styles(figure, axes[0, 1], "reliability of exceeding a thickness")
        keys = [Line2D([], [], color=colours[name], label=spell_experiment(name)) for name in experiments]
        figure.legend(handles=keys, loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _select_ensembles(
    scores: Mapping[tuple[str, str], Sequence[xr.Dataset]],
) -> dict[tuple[str, str], list[xr.Dataset]]:
    """Return the scores over all ice of the dates that have scored pixels and more than one member."""
    selected = {}
    for key, days in scores.items():
        over_ice = [day.sel(region=ICE) for day in days]
        ensembles = [day for day in over_ice if int(day.n_pixels) and day.sizes["member"] > 1]
        if ensembles:
            selected[key] = ensembles
    return selected


def _draw_ranks(axis: Axes, days: Sequence[xr.Dataset], colour: str) -> None:
    """Draw the frequency of each rank of the truth over that of a flat histogram."""
    counts = _sum_over_days(days, "rank_count")
    edges = np.linspace(0, 1, counts.size + 1)
    axis.stairs(counts / counts.mean(), edges, color=colour)


def _draw_reliability(axis: Axes, days: Sequence[xr.Dataset], colour: str) -> None:
    """Draw the observed frequency by forecast probability, a line for each threshold of thickness."""
    pixels = _sum_over_days(days, "reliability_pixels")  # (threshold, class of probability)
    hits = _sum_over_days(days, "reliability_hits")
    probability = np.linspace(0, 1, pixels.shape[1])
    frequency = np.where(pixels >= FEWEST_PIXELS, hits / np.maximum(pixels, 1), np.nan)
    for threshold, style, line in zip(days[0].threshold.values, cycle(LINE_STYLES), frequency):
        axis.plot(probability, line, style, marker=".", ms=3, color=colour, label=f"above {threshold:g} m")


def _draw_error_against_spread(axis: Axes, days: Sequence[xr.Dataset], colour: str) -> None:
    """Draw the error of the mean in classes of spread that hold enough pixels."""
    pixels = _sum_over_days(days, "spread_class_pixels")
    variance = _sum_over_days(days, "spread_class_variance")
    square_error = _sum_over_days(days, "spread_class_square_error")
    enough = pixels > SMALLEST_SHARE * pixels.sum()
    spread = np.sqrt(variance[enough] / pixels[enough])
    error = np.sqrt(square_error[enough] / pixels[enough])
    axis.plot(spread, error, "o-", ms=3, color=colour)


def _sum_over_days(days: Sequence[xr.Dataset], name: str) -> np.ndarray:
    return reduce(np.add, (day[name].values for day in days))


def _label_panels(row: Sequence[Axes], branch: str) -> None:
    """Write titles and labels of a branch's three panels, and dot what a reliable ensemble would show."""
    ranks, reliability, error = row
    mark_value(ranks, 1)
    ranks.set(xlabel="normalised rank of the truth", ylabel="frequency / uniform frequency", ylim=(0, None))
    ranks.set_title(f"{branch}: rank histogram")
    _draw_diagonal(reliability, 1)
    reliability.set(xlabel="forecast probability (1)", ylabel="observed frequency (1)", xlim=(0, 1), ylim=(0, 1))
    reliability.set_title(f"{branch}: reliability")
    limit = max(*error.get_xlim(), *error.get_ylim())
    _draw_diagonal(error, limit)
    error.set(xlabel="spread (m)", ylabel="error of the mean (m)", xlim=(0, limit), ylim=(0, limit))
    error.set_title(f"{branch}: error and spread")


def _draw_diagonal(axis: Axes, limit: float) -> None:
    axis.plot([0, limit], [0, limit], color=TRUTH, lw=0.7, ls=":")
