"""Curves: losses, scores over the dates, spectra and calibration (report, Figs. 1, 8 and 10, and ours)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import cycle

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from superice.evaluation.date_scores import ICE
from superice.figures.style import (
    LOW,
    LOW_RESOLUTION,
    NOTHING,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    draw_notice,
    experiment_colours,
    format_date,
    letter_panels,
    name_line_styles,
    spell_experiment,
)

MEMBERS = "#0072B2"
LINES = ("-", "--", "-.", ":")
LEAST_PIXELS = 300  # neighbouring pixels are alike: frequencies of fewer would only be noise
SCORES = {
    "rmse": ("RMSE of the mean (m)", None),
    "variability": ("ratio of spatial variability", 1.0),
    "fine_scale": ("fine-scale ratio, 6–20 km", 1.0),
}


def draw_training_losses(histories: Mapping[tuple[str, int], pd.DataFrame]) -> Figure:
    """Losses of the noise and of the image in every epoch, one column for each experiment (report, Fig. 1).

    ``histories`` holds, by (experiment, seed), the columns epoch and <training|validation>_<noise|image>_loss.
    """
    names = list(dict.fromkeys(experiment for experiment, _ in histories))
    colours = experiment_colours(names)
    with apply_style():
        figure, axes = plt.subplots(2, len(names), figsize=(PAGE_WIDTH, 4.2), sharex="col", squeeze=False)
        for column, name in zip(axes.T, names, strict=True):
            for axis, kind in zip(column, ("noise", "image"), strict=True):
                _losses(
                    axis, [h for (experiment, _), h in histories.items() if experiment == name], kind, colours[name]
                )
                axis.set_title(f"{spell_experiment(name)}: error of the {kind}")
            column[-1].set_xlabel("epoch")
            column[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        for axis in axes[:, 0]:
            axis.set_ylabel("mean square (1)")
        axes[0, 0].legend()
        letter_panels(axes.flat)
    return figure


def _losses(axis: Axes, histories: Sequence[pd.DataFrame], kind: str, colour: str) -> None:
    for number, history in enumerate(histories):
        label = (None, None) if number else ("training", "validation")
        axis.plot(history.epoch, history[f"training_{kind}_loss"], color=colour, alpha=0.5, lw=0.9, label=label[0])
        axis.plot(history.epoch, history[f"validation_{kind}_loss"], color=colour, ls="--", label=label[1])
    axis.set_yscale("log")


def draw_scores_over_dates(daily: pd.DataFrame) -> Figure:
    """The report's three scores on every date, a column for each branch (report, Fig. 8).

    ``daily`` has the columns branch, experiment, region, field, date, n_pixels and the scores.
    """
    scored = daily[(daily.n_pixels > 0) & (daily.region == ICE)]
    if scored.empty:
        return draw_notice(NOTHING)
    branches = list(dict.fromkeys(scored.branch))
    colours = experiment_colours(scored.experiment)
    with apply_style():
        figure, axes = plt.subplots(
            3, len(branches), figsize=(PAGE_WIDTH, 5.6), sharex="col", sharey="row", squeeze=False
        )
        for column, branch in zip(axes.T, branches, strict=True):
            rows = scored[scored.branch == branch]
            for axis, (score, (label, best)) in zip(column, SCORES.items(), strict=True):
                _over_dates(axis, rows, score, colours)
                if best is not None:
                    axis.axhline(best, color=TRUTH, lw=0.7, ls=":")
                axis.set_title(f"{branch}: {label}")
            column[-1].set(yscale="log", ylim=(0.05, None))  # the low-resolution field has next to nothing there
            column[-1].tick_params(axis="x", rotation=30)
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _over_dates(axis: Axes, rows: pd.DataFrame, score: str, colours: Mapping[str, str]) -> None:
    generated = rows[rows.field == "generated"]
    for name, group in generated.groupby("experiment"):
        _seasons(axis, group, score, colours[name], spell_experiment(name))
    low = rows[rows.field == "low_resolution"].drop_duplicates("date").sort_values("date")
    _seasons(axis, low, score, LOW_RESOLUTION, LOW)


def _seasons(axis: Axes, rows: pd.DataFrame, score: str, colour: str, label: str) -> None:
    """A line that is broken between seasons."""
    days = pd.to_datetime(rows.date)
    season = (days.dt.year - (days.dt.month < 7)).to_numpy()
    for number, year in enumerate(np.unique(season)):
        chosen = season == year
        axis.plot(days[chosen], rows[score][chosen], ".-", ms=3, color=colour, label=None if number else label)


def draw_spectra(days: Sequence[xr.Dataset], title: str = "") -> Figure:
    """Power spectra of the low-resolution field, the truth and every member, a column for each date (report, Fig. 10).

    Below, how coherent the members and the low-resolution field are with the truth. ``days`` are scores of single dates;
    those without a spectrum are left out.
    """
    shown = [scores for scores in days if scores.sizes["wavenumber"]]
    if not shown:
        return draw_notice("No date has an all-ice window large enough for a spectrum.")
    with apply_style():
        figure, axes = plt.subplots(
            2, len(shown), figsize=(PAGE_WIDTH, 5.0), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 2)
        )
        for column, scores in zip(axes.T, shown, strict=True):
            day = format_date(date.fromisoformat(scores.attrs["date"]))
            _spectrum(column[0], scores)
            _coherence(column[1], scores)
            _wavelengths(column, scores)
            column[0].set_title(f"power, {day}")
            column[1].set_title("coherence with the truth")
        # Only when all panels are drawn: a bound that is set ends the scaling of the axis that they share.
        axes[0, 0].set_ylim(bottom=min(float(scores.power_truth.min()) for scores in shown) / 30)
        axes[0, 0].set_ylabel("power (m$^2$)")
        axes[0, 0].legend(loc="upper right")
        axes[1, 0].set_ylabel("squared coherence (1)")
        axes[1, 0].legend(loc="upper right")
        figure.suptitle(title, fontsize=9)
        letter_panels(axes.flat)
    return figure


def _spectrum(axis: Axes, scores: xr.Dataset) -> None:
    wavelength = 1 / scores.wavenumber.values
    for number, member in enumerate(scores.power_members.values):
        label = None if number else f"{scores.sizes['member']} members"
        axis.loglog(wavelength, member, color=MEMBERS, alpha=0.35, lw=0.7, label=label)
    axis.loglog(wavelength, scores.power_truth.values, color=TRUTH, label="truth")
    axis.loglog(wavelength, scores.power_low_resolution.values, color=LOW_RESOLUTION, label=LOW)


def _coherence(axis: Axes, scores: xr.Dataset) -> None:
    wavelength, (generated, low) = 1 / scores.wavenumber.values, scores.coherence.values
    axis.semilogx(wavelength, generated, color=MEMBERS, label="members, mean")
    axis.semilogx(wavelength, low, color=LOW_RESOLUTION, label=LOW)
    axis.set_ylim(0, 1)


def _wavelengths(column: Sequence[Axes], scores: xr.Dataset) -> None:
    """One axis of wavelengths for the panels of a date, with the band of the fine-scale ratio."""
    wavelength = 1 / scores.wavenumber.values
    for axis in column:
        axis.axvspan(6, 20, color="0.93", lw=0)
        axis.set_xlim(wavelength.max(), wavelength.min())
        ticks = [tick for tick in (200, 100, 50, 20, 10, 6) if wavelength.min() <= tick <= wavelength.max()]
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
        axis.minorticks_off()
    column[-1].set_xlabel("wavelength (km)")


def draw_calibration(scores: Mapping[tuple[str, str], Sequence[xr.Dataset]]) -> Figure:
    """Rank histogram, reliability and error against spread, a row for each branch, summed over the dates.

    ``scores`` are those of single dates by (branch, experiment). A reliable ensemble has a flat histogram, thicknesses
    that are exceeded as often as it foretells, and an error equal to its spread.
    """
    colours = experiment_colours(experiment for _, experiment in scores)
    scores = {key: [day.sel(region=ICE) for day in days] for key, days in scores.items()}
    scores = {
        key: [day for day in days if int(day.n_pixels) and day.sizes["member"] > 1] for key, days in scores.items()
    }
    scores = {key: days for key, days in scores.items() if days}
    if not scores:
        return draw_notice("No ensemble was scored: nothing to draw.")
    branches = list(dict.fromkeys(branch for branch, _ in scores))
    with apply_style():
        figure, axes = plt.subplots(len(branches), 3, figsize=(PAGE_WIDTH, 0.6 + 2.5 * len(branches)), squeeze=False)
        for row, branch in zip(axes, branches, strict=True):
            for (of_branch, experiment), days in scores.items():
                if of_branch == branch:
                    _ranks(row[0], days, colours[experiment])
                    _reliability(row[1], days, colours[experiment])
                    _spread_and_error(row[2], days, colours[experiment])
            _dress_calibration(row, branch)
        name_line_styles(figure, axes[0, 1], "reliability of the thickness")
        shown = dict.fromkeys(experiment for _, experiment in scores)
        keys = [Line2D([], [], color=colours[experiment], label=spell_experiment(experiment)) for experiment in shown]
        figure.legend(handles=keys, loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _dress_calibration(row: Sequence[Axes], branch: str) -> None:
    """Titles, labels and what a reliable ensemble would show, dotted, for the three panels of a branch."""
    ranks, reliability, error = row
    ranks.axhline(1, color=TRUTH, lw=0.7, ls=":")
    ranks.set(xlabel="rank of the truth, from 0 to 1", ylabel="frequency / flat", ylim=(0, None))
    ranks.set_title(f"{branch}: rank histogram")
    reliability.plot([0, 1], [0, 1], color=TRUTH, lw=0.7, ls=":")
    reliability.set(xlabel="forecast probability (1)", ylabel="observed frequency (1)", xlim=(0, 1), ylim=(0, 1))
    reliability.set_title(f"{branch}: reliability")
    limit = max(*error.get_xlim(), *error.get_ylim())
    error.plot([0, limit], [0, limit], color=TRUTH, lw=0.7, ls=":")
    error.set(xlabel="spread (m)", ylabel="error of the mean (m)", xlim=(0, limit), ylim=(0, limit))
    error.set_title(f"{branch}: error and spread")


def _ranks(axis: Axes, days: Sequence[xr.Dataset], colour: str) -> None:
    counts = sum(day.rank_count.values for day in days)
    edges = np.linspace(0, 1, counts.size + 1)
    axis.stairs(counts / counts.mean(), edges, color=colour)


def _reliability(axis: Axes, days: Sequence[xr.Dataset], colour: str) -> None:
    """Observed frequency by forecast probability, a line for each threshold of thickness."""
    pixels, hits = (sum(day[f"reliability_{name}"].values for day in days) for name in ("pixels", "hits"))
    probability = np.linspace(0, 1, pixels.shape[1])
    for threshold, style, of_class, of_hits in zip(days[0].threshold.values, cycle(LINES), pixels, hits):
        frequency = np.where(of_class >= LEAST_PIXELS, of_hits / np.maximum(of_class, 1), np.nan)
        axis.plot(probability, frequency, style, marker=".", ms=3, color=colour, label=f"above {threshold:g} m")


def _spread_and_error(axis: Axes, days: Sequence[xr.Dataset], colour: str) -> None:
    names = ("spread_class_pixels", "spread_class_variance", "spread_class_square_error")
    pixels, variance, square_error = (sum(day[name].values for day in days) for name in names)
    enough = pixels > 0.002 * pixels.sum()
    spread, error = np.sqrt(variance[enough] / pixels[enough]), np.sqrt(square_error[enough] / pixels[enough])
    axis.plot(spread, error, "o-", ms=3, color=colour)
