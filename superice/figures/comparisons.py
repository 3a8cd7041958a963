"""Every experiment beside the others: by parts of the ice and of the winter, in thin ice, and at every wavelength."""

from __future__ import annotations

import re
from calendar import month_abbr
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from superice.figures.style import (
    LOW_RESOLUTION,
    PAGE_WIDTH,
    TRUTH,
    experiment_colours,
    letter_panels,
    look,
    name_line_styles,
    notice,
    spelled,
)
from superice.scores import ICE

LOW = "low-resolution field"
# By column of the tables: how the axis is named, and the best value.
SCORES = {
    "rmse": ("RMSE (m)", None),
    "crps": ("CRPS (m)", None),
    "spread_skill": ("spread–skill (1)", 1.0),
    "variability": ("variability (1)", 1.0),
    "fine_scale": ("fine scale (1)", 1.0),
}
RATIOS = ("fine_scale",)  # told by their logarithm: twice too much is as wrong as half
REGIONS = {ICE: "all ice", "pack": "pack", "marginal": "marginal"}
LEAST_RATIO = 0.02  # what has less is drawn at the edge of its panel
CLASSES = 4  # of wavelengths in an octave, in which dates are put together
NOTHING = "No date was scored: nothing to draw."
STYLES = ("-", "--", "-.", ":")


def scores_by_part(regions: pd.DataFrame, months: pd.DataFrame) -> Figure:
    """Scores of every experiment by region and by month of the test season, or of the last split that was scored.

    ``regions`` and ``months`` are the tables of the scores by region and by month. A row of panels for each branch and
    kind of part.
    """
    if regions.empty:
        return notice(NOTHING)
    regions = regions.assign(part=regions.region.map(REGIONS)).sort_values("part", key=_in_order, kind="stable")
    months = months.assign(part=months.month.map(lambda number: month_abbr[number]))
    lines = [
        (f"{branch}, {split}", table[(table.branch == branch) & (table.split == split)])
        for branch, split in _last_splits(regions)
        for table in (regions, months)
    ]
    colours = experiment_colours(regions.experiment) | {LOW: LOW_RESOLUTION}
    with look():
        figure, axes = plt.subplots(
            len(lines), len(SCORES), figsize=(PAGE_WIDTH, 1.55 * len(lines) + 0.4), squeeze=False, sharex="row"
        )
        for line, (title, rows) in zip(axes, lines, strict=True):
            for axis, (score, (label, best)) in zip(line, SCORES.items(), strict=True):
                _by_part(axis, rows, score, colours, joined="month" in rows)
                if best is not None:
                    axis.axhline(best, color=TRUTH, lw=0.7, ls=":")
                axis.set_title(label)
            line[0].set_ylabel(title)
        figure.legend(handles=_keys(colours), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _in_order(parts: pd.Series) -> pd.Series:
    return parts.map(list(REGIONS.values()).index)


def _last_splits(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Of each branch the last split in time: test, where it was scored."""
    order = ["training", "validation", "test"]
    return [(branch, max(rows.split.unique(), key=order.index)) for branch, rows in table.groupby("branch", sort=False)]


def _by_part(axis: Axes, rows: pd.DataFrame, score: str, colours: Mapping[str, str], joined: bool) -> None:
    """A line through the parts for each experiment, or where they are not joined a point beside the others'."""
    parts = list(dict.fromkeys(rows.part))
    low = rows[rows.field == "low_resolution"].drop_duplicates("part")
    lines = {LOW: low} | {name: of for name, of in rows[rows.field == "generated"].groupby("experiment")}
    for number, (name, of_name) in enumerate(lines.items()):
        values = of_name.set_index("part")[score].reindex(parts).to_numpy()
        values = np.maximum(values, LEAST_RATIO) if score in RATIOS else values
        beside = 0 if joined else 0.6 * (number / max(1, len(lines) - 1) - 0.5)
        places = np.arange(len(parts)) + beside
        axis.plot(places, values, ".-" if joined else "o", ms=4, lw=0.9, color=colours[name])
    if score in RATIOS:
        axis.set_yscale("log")
    axis.set_xticks(range(len(parts)), parts, rotation=40, ha="right")
    axis.margins(x=0.08)


def _keys(colours: Mapping[str, str]) -> list[Line2D]:
    return [Line2D([], [], color=colour, marker=".", label=spelled(name)) for name, colour in colours.items()]


def thin_ice(table: pd.DataFrame) -> Figure:
    """Fractions skill against the width of the boxes, the thin end of the thickness, and leads; a row for each branch.

    ``table`` is that of thin ice, of which all ice and all months are shown; of each branch the test season, or the last
    split that was scored.
    """
    if table.empty:
        return notice(NOTHING)
    table = table[(table.region == ICE) & table.month.isna()]
    colours = experiment_colours(table.experiment) | {LOW: LOW_RESOLUTION, "truth": TRUTH}
    splits = _last_splits(table)
    with look():
        figure, axes = plt.subplots(
            len(splits), 3, figsize=(PAGE_WIDTH, 0.7 + 2.2 * len(splits)), squeeze=False, width_ratios=(1.2, 1.1, 1)
        )
        for line, (branch, split) in zip(axes, splits, strict=True):
            rows = _named_sources(table[(table.branch == branch) & (table.split == split)])
            _fractions_skill(line[0], rows, colours)
            _thin_quantiles(line[1], rows, colours)
            _shares(line[2], rows, colours)
            line[0].set_ylabel(f"{branch}, {split}\nfractions skill score (1)")
        figure.legend(handles=_keys(colours), loc="outside upper center", ncols=4)
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


def scales(scores: Mapping[tuple[str, str], Sequence[xr.Dataset]]) -> Figure:
    """Power, coherence and error of every experiment at every wavelength, a column for each branch.

    ``scores`` are those of single dates by (branch, experiment). Medians over the dates that have a spectrum: power of
    the members and of the low-resolution field over that of the truth; squared coherence with the truth; power of the
    error of the mean over the power of the truth, which is 1 where nothing is known.
    """
    scores = {key: [day for day in days if day.sizes["wavenumber"]] for key, days in scores.items()}
    scores = {key: days for key, days in scores.items() if days}
    if not scores:
        return notice("No date has an all-ice window large enough for a spectrum.")
    colours = experiment_colours(experiment for _, experiment in scores) | {LOW: LOW_RESOLUTION}
    branches = list(dict.fromkeys(branch for branch, _ in scores))
    with look():
        figure, axes = plt.subplots(
            3, len(branches), figsize=(PAGE_WIDTH, 6.2), sharex=True, sharey="row", squeeze=False
        )
        for column, branch in zip(axes.T, branches, strict=True):
            of_branch = {experiment: days for (name, experiment), days in scores.items() if name == branch}
            for experiment, days in of_branch.items():
                _by_wavelength(column, days, 0, colours[experiment])
            _by_wavelength(column, next(iter(of_branch.values())), 1, LOW_RESOLUTION)
            _dress_scales(column, branch)
        figure.legend(handles=_keys(colours), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _by_wavelength(column: Sequence[Axes], days: Sequence[xr.Dataset], field: int, colour: str) -> None:
    """Lines of the ensembles, ``field`` 0, or of the low-resolution field, 1."""
    tables = []
    for day in days:
        power = day.power_members.mean("member") if field == 0 else day.power_low_resolution
        measures = (power / day.power_truth, day.coherence[field], day.power_error[field] / day.power_truth)
        tables.append(pd.DataFrame({i: measure.values for i, measure in enumerate(measures)}, index=day.wavenumber))
    together = pd.concat(tables)
    # A window of its own gives each date its own wavenumbers: they are gathered in classes.
    place = np.round(CLASSES * np.log2(together.index.to_numpy())) / CLASSES
    medians = together.groupby(place).median()
    for axis, measure in zip(column, medians, strict=True):
        axis.plot(2.0**-medians.index, medians[measure], color=colour)


def _dress_scales(column: Sequence[Axes], branch: str) -> None:
    titles = ("power over the truth's", "coherence with the truth", "error of the mean over the truth")
    for axis, title in zip(column, titles, strict=True):
        axis.axvspan(6, 20, color="0.93", lw=0)
        axis.set(xscale="log", xlim=(400, 6), title=f"{branch}: {title}")
        axis.set_xticks([200, 100, 50, 20, 10, 6], ["200", "100", "50", "20", "10", "6"])
        axis.minorticks_off()
    power, coherence, error = column
    power.set(yscale="log", ylim=(0.01, 30), ylabel="ratio (1)")
    coherence.set(ylim=(0, 1), ylabel="squared coherence (1)")
    error.set(yscale="log", ylim=(0.01, 30), ylabel="ratio (1)", xlabel="wavelength (km)")
    for axis in (power, error):
        axis.axhline(1, color=TRUTH, lw=0.7, ls=":")
