"""Draw the ice volume of the regions through a season, with the band of the members."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from superice.evaluation.volume_table import DAY
from superice.fields.regions import ALL
from superice.figures.annotation import letter_panels, name_band
from superice.figures.style import LOW_RESOLUTION, MEMBERS, PAGE_WIDTH, TRUTH, apply_style, draw_notice

MOST_REGIONS, COLUMNS = 8, 2
AROUND = pd.Timedelta(days=3)  # a single date is shown with
SUMMER_DAYS = 60  # a longer gap between dates parts two seasons
SHARE = "0.5"
NEARLY_ALL = 0.9999  # share of the ice from which a region shows nothing else than all regions together
BANDS = (("q05", "q95", 0.2), ("q25", "q75", 0.35))


def draw_from_files(volumes: Sequence[Path]) -> Figure:
    """Read the table of volumes of a branch and draw it."""
    return draw_volumes(pd.read_csv(volumes[0]))


def draw_volumes(table: pd.DataFrame) -> Figure:
    """Draw the last season's volume in all regions together and in those with most ice, a panel for each."""
    daily = table[(table.period == DAY) & (table.quantity == "volume")]
    daily = _keep_last_season(daily.assign(date=pd.to_datetime(daily.date)))
    regions = _choose_regions(daily)
    if not regions:
        return draw_notice("No date has an ensemble with ice: no volume to draw.")
    columns = min(COLUMNS, len(regions))
    lines = ceil(len(regions) / columns)
    with apply_style():
        figure, axes = plt.subplots(
            lines, columns, figsize=(PAGE_WIDTH, 0.5 + 2.1 * lines), sharex=True, squeeze=False, layout="constrained"
        )
        for number, (axis, region) in enumerate(zip(axes.flat, regions), 1):
            is_last = number % columns == 0 or number == len(regions)
            _draw_region(axis, daily[daily.region == region].sort_values("date"), is_last)
        for axis in axes.flat[len(regions) :]:
            axis.remove()
        for axis in axes[:, 0]:
            axis.set_ylabel("volume (km³)")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
        letter_panels(axes.flat[: len(regions)])
    return figure


def _keep_last_season(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows after the last long gap between dates."""
    dates = np.sort(rows.date.unique())
    if dates.size < 2:
        return rows
    ends = np.flatnonzero(np.diff(dates) > np.timedelta64(SUMMER_DAYS, "D"))
    return rows[rows.date >= dates[ends[-1] + 1]] if ends.size else rows


def _choose_regions(rows: pd.DataFrame) -> list[str]:
    """Return all regions together, then those with most ice; one without ice, or with all of it, is not shown."""
    volumes = rows.groupby("region")["mean"].mean().dropna().sort_values(ascending=False)
    whole = volumes.get(ALL, np.inf) * NEARLY_ALL
    found = [name for name in volumes[(volumes > 0) & (volumes < whole)].index if name != ALL]
    return ([ALL] if volumes.get(ALL, 0) > 0 else []) + found[: MOST_REGIONS - 1]


def _draw_region(axis: Axes, rows: pd.DataFrame, is_last: bool) -> None:
    """Draw the volume of a region; the panel that is the last of its row names the share without an ensemble."""
    known = rows.date[rows["mean"].notna()].drop_duplicates()
    for lower, upper, shade in BANDS:
        label = name_band(int(rows.members.max()), float(upper[1:]) - float(lower[1:]))
        band: dict[str, Any] = {"color": MEMBERS, "alpha": shade, "label": label}
        if len(known) == 1:
            axis.vlines(rows.date, rows[lower], rows[upper], lw=8, **band)
        else:
            axis.fill_between(rows.date, rows[lower], rows[upper], lw=0, **band)
    axis.plot(rows.date, rows.q50, ".-", ms=3, color=MEMBERS, label="median")
    axis.plot(rows.date, rows.low_resolution, ".-", ms=3, lw=0.9, color=LOW_RESOLUTION, label="low-resolution field")
    if rows.truth.notna().any():
        axis.plot(rows.date, rows.truth, ".-", ms=3, lw=0.9, color=TRUTH, label="truth")
    if len(known) == 1:
        axis.set_xlim(known.iloc[0] - AROUND, known.iloc[0] + AROUND)
    locator = AutoDateLocator(maxticks=6)
    axis.xaxis.set(major_locator=locator, major_formatter=ConciseDateFormatter(locator))
    missing = rows.without_ensemble_percent
    name = "Whole grid" if rows.region.iloc[0] == ALL else _spell(rows.region.iloc[0])
    axis.set_title(f"{name}: {missing.mean():.0f} % without ensemble\n{rows.calibration.iloc[-1]}")
    if missing.max() >= 1:
        shares = axis.twinx()
        shares.plot(rows.date, missing, ":", lw=0.9, color=SHARE)
        shares.set(ylim=(0, 100), yticks=(0, 50, 100))
        if is_last:
            shares.set_ylabel("ice without ensemble (%)", color=SHARE)
        shares.tick_params(axis="y", colors=SHARE)
        shares.spines["right"].set(visible=True, color=SHARE)


def _spell(region: str) -> str:
    """Return the name of a region for a title; a name with capitals is left unchanged."""
    words = region.replace("_", " ")
    return words.title().replace(" Of ", " of ") if words.islower() else words
