"""Draw power, coherence and error of every experiment at every wavelength."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.evaluation.tables import read_score_groups
from superice.figures.annotation import (
    FINE_BAND_KM,
    label_ticks,
    letter_panels,
    make_legend_keys,
    mark_value,
    shade_band,
)
from superice.figures.spectra import NO_SPECTRUM, TICKS_KM
from superice.figures.style import LOW, LOW_RESOLUTION, PAGE_WIDTH, apply_style, choose_colours, draw_notice

CLASSES_PER_OCTAVE = 4  # of wavelengths, within which the dates are put together


def draw_from_files(scores: Sequence[Path]) -> Figure:
    """Read the scores of all dates, ``scores/<branch>/<experiment>/YYYYMMDD.nc``, and draw them."""
    return draw_scales(read_score_groups(scores))


def draw_scales(scores: Mapping[tuple[str, str], Sequence[xr.Dataset]]) -> Figure:
    """Draw power, coherence and error of every experiment at every wavelength, one column for each branch.

    The lines are medians over the dates that have a spectrum. Above: power of the members and of the low-resolution
    field over the power of the truth. Middle: squared coherence with the truth. Below: power of the error of the mean
    over the power of the truth, which is 1 where nothing is known. ``scores`` are the scores of single dates by
    (branch, experiment).
    """
    shown = {}
    for key, days in scores.items():
        with_spectrum = [day for day in days if day.sizes["wavenumber"]]
        if with_spectrum:
            shown[key] = with_spectrum
    if not shown:
        return draw_notice(NO_SPECTRUM)
    colours = choose_colours(experiment for _, experiment in shown) | {LOW: LOW_RESOLUTION}
    branches = list(dict.fromkeys(branch for branch, _ in shown))
    with apply_style():
        figure, axes = plt.subplots(
            3, len(branches), figsize=(PAGE_WIDTH, 6.2), sharex=True, sharey="row", squeeze=False
        )
        for column, branch in zip(axes.T, branches, strict=True):
            of_branch = {experiment: days for (name, experiment), days in shown.items() if name == branch}
            for experiment, days in of_branch.items():
                ensembles = [_measure(day, day.power_members.mean("member"), field=0) for day in days]
                _draw_medians(column, ensembles, colours[experiment])
            # Of experiments on fewer dates the low-resolution field is another one: that of most dates is drawn.
            most_days = max(of_branch.values(), key=len)
            low = [_measure(day, day.power_low_resolution, field=1) for day in most_days]
            _draw_medians(column, low, LOW_RESOLUTION)
            _label_panels(column, branch)
        figure.legend(handles=make_legend_keys(colours, _count_dates(shown)), loc="outside upper center", ncols=4)
        letter_panels(axes.flat)
    return figure


def _count_dates(shown: Mapping[tuple[str, str], Sequence[xr.Dataset]]) -> dict[str, int]:
    """Return the number of dates of each experiment, in the branch in which it has most."""
    counts: dict[str, int] = {}
    for (_, experiment), days in shown.items():
        counts[experiment] = max(counts.get(experiment, 0), len(days))
    return counts


def _measure(day: xr.Dataset, power: xr.DataArray, field: int) -> pd.DataFrame:
    """Return power, coherence and error of a field by wavenumber; ``field`` is its index in the scores."""
    measures = {
        "power": (power / day.power_truth).values,
        "coherence": day.coherence[field].values,
        "error": (day.power_error[field] / day.power_truth).values,
    }
    return pd.DataFrame(measures, index=day.wavenumber)


def _draw_medians(column: Sequence[Axes], days: Sequence[pd.DataFrame], colour: str) -> None:
    """Draw the medians over the dates, which are put in classes as the size of each date's window sets its wavenumbers."""
    together = pd.concat(days)
    octave = np.log2(together.index.to_numpy())
    medians = together.groupby(np.round(CLASSES_PER_OCTAVE * octave) / CLASSES_PER_OCTAVE).median()
    wavelength = 2.0**-medians.index
    for axis, measure in zip(column, medians, strict=True):
        axis.plot(wavelength, medians[measure], color=colour)


def _label_panels(column: Sequence[Axes], branch: str) -> None:
    titles = ("relative power", "coherence with the truth", "relative error of the mean")
    for axis, title in zip(column, titles, strict=True):
        shade_band(axis, FINE_BAND_KM)
        axis.set(xscale="log", xlim=(400, 6), title=f"{branch}: {title}")
        label_ticks(axis, TICKS_KM)
    power, coherence, error = column
    power.set(yscale="log", ylim=(0.01, 30), ylabel="power / power of truth")
    coherence.set(ylim=(0, 1), ylabel="squared coherence (1)")
    error.set(yscale="log", ylim=(0.01, 30), ylabel="error power / power of truth", xlabel="wavelength (km)")
    mark_value(power, 1)
    mark_value(error, 1)
