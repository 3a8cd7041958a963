"""Every experiment beside the others, at every wavelength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.figures.style import (
    LOW,
    LOW_RESOLUTION,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    draw_notice,
    experiment_colours,
    legend_keys,
    letter_panels,
)

CLASSES = 4  # of wavelengths in an octave, in which dates are put together


def draw_scales(scores: Mapping[tuple[str, str], Sequence[xr.Dataset]]) -> Figure:
    """Power, coherence and error of every experiment at every wavelength, a column for each branch.

    ``scores`` are those of single dates by (branch, experiment). Medians over the dates that have a spectrum: power of
    the members and of the low-resolution field over that of the truth; squared coherence with the truth; power of the
    error of the mean over the power of the truth, which is 1 where nothing is known.
    """
    scores = {key: [day for day in days if day.sizes["wavenumber"]] for key, days in scores.items()}
    scores = {key: days for key, days in scores.items() if days}
    if not scores:
        return draw_notice("No date has an all-ice window large enough for a spectrum.")
    colours = experiment_colours(experiment for _, experiment in scores) | {LOW: LOW_RESOLUTION}
    branches = list(dict.fromkeys(branch for branch, _ in scores))
    with apply_style():
        figure, axes = plt.subplots(
            3, len(branches), figsize=(PAGE_WIDTH, 6.2), sharex=True, sharey="row", squeeze=False
        )
        for column, branch in zip(axes.T, branches, strict=True):
            of_branch = {experiment: days for (name, experiment), days in scores.items() if name == branch}
            for experiment, days in of_branch.items():
                _by_wavelength(column, days, 0, colours[experiment])
            _by_wavelength(column, next(iter(of_branch.values())), 1, LOW_RESOLUTION)
            _dress_scales(column, branch)
        figure.legend(handles=legend_keys(colours), loc="outside upper center", ncols=4)
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
