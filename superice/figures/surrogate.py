"""Draw the surrogate's losses, skill against lead time, maps, long run, and restored fine scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from superice.fields.grid import Grid
from superice.figures.annotation import letter_panels
from superice.figures.field_style import make_thickness_style
from superice.figures.map_panels import draw_colour_bar, draw_field, make_map_panels, make_projection
from superice.figures.style import (
    LAND,
    LOW_RESOLUTION,
    MEMBERS,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    choose_colours,
    mark_few,
    spell_experiment,
)
from superice.surrogate.restoration import compute_spectrum
from superice.utils.files import atomic_path

BASELINES = {"persistence": LOW_RESOLUTION, "climatology": "0.5"}  # colours
SPECTRA_LEADS = (0.5, 2, 10, 30)  # days; those of an experiment that are nearest are drawn
MOST_FRAMES = 60
FRAMES_PER_SECOND = 8
FRAME_DOTS = 80


def draw_surrogate_losses(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the errors of the field and of its mean in every epoch; solid: training, dashed: validation.

    ``histories`` holds, by experiment, the columns ``epoch`` and ``<training|validation>_<field|amount>_loss``.
    """
    colours = choose_colours(histories)
    losses = {"field": "squared error over the sea", "amount": "squared error of its mean × share of the sea"}
    with apply_style():
        figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5))
        for axis, (name, title) in zip(axes, losses.items(), strict=True):
            for experiment, history in histories.items():
                style = {"color": colours[experiment], "marker": mark_few(len(history))}
                label = spell_experiment(experiment)
                axis.plot(history.epoch, history[f"training_{name}_loss"], alpha=0.5, lw=0.9, **style)
                axis.plot(history.epoch, history[f"validation_{name}_loss"], ls="--", label=label, **style)
            axis.set(yscale="log", xlabel="epoch", title=title, ylabel="loss (increment variances)")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
        letter_panels(axes)
    return figure


def draw_skill(scores: Sequence[xr.Dataset]) -> Figure:
    """Draw forecast error, bias and spectral exponent against lead time, and spectra of the first experiment.

    ``scores`` are the scores of the experiments, which are averaged over the starts.
    """
    names = [one.attrs["experiment"] for one in scores]
    means = [one.mean("start") for one in scores]
    colours = choose_colours(names)
    with apply_style():
        figure, axes = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 5.0))
        error, bias, exponent, spectrum = axes.flat
        for name, mean in zip(names, means, strict=True):
            forecast = mean.sel(forecast="surrogate")
            style = {"color": colours[name], "label": spell_experiment(name), "marker": mark_few(mean.lead.size)}
            error.plot(forecast.lead, forecast.rmse, **style)
            bias.plot(forecast.lead, 100 * forecast.bias, **style)
            exponent.plot(forecast.lead, forecast.exponent, **style)
        for name, colour in BASELINES.items():
            baseline = means[0].sel(forecast=name)
            style = {"color": colour, "ls": "--", "label": name, "marker": mark_few(baseline.lead.size)}
            error.plot(baseline.lead, baseline.rmse, **style)
            bias.plot(baseline.lead, 100 * baseline.bias, **style)
        truth = means[0].sel(forecast="truth")
        exponent.plot(truth.lead, truth.exponent, color=TRUTH, label="model", marker=mark_few(truth.lead.size))
        bias.axhline(0, color=TRUTH, lw=0.6, ls=":")
        _draw_forecast_spectra(spectrum, means[0])
        error.set(title="forecast error over the sea", xlabel="lead time (days)", ylabel="RMSE (m)", ylim=(0, None))
        bias.set(title="bias", xlabel="lead time (days)", ylabel="bias (cm)")
        exponent.set(title="spectral exponent", xlabel="lead time (days)", ylabel="exponent (1)")
        spectrum.set(title=f"spectra, {spell_experiment(names[0])}")
        error.set_ylim(0, 1.5 * error.get_ylim()[1])  # room for the legend
        error.legend(loc="upper left", ncols=2)
        for axis in (bias, exponent, spectrum):
            axis.legend()
        letter_panels(axes.flat)
    return figure


def _draw_forecast_spectra(axis: Axes, mean: xr.Dataset) -> None:
    """Draw the spectra of an experiment at some leads, darker with time, and the mean spectrum of the truth."""
    wavelength = 1 / mean.wavenumber
    wanted = [lead for lead in SPECTRA_LEADS if lead <= float(mean.lead[-1])] or [float(mean.lead[-1])]
    leads = np.unique(mean.lead.sel(lead=wanted, method="nearest"))
    for brightness, lead in zip(np.linspace(0.9, 0.35, len(leads)), leads, strict=True):
        power = mean.power.sel(forecast="surrogate", lead=lead)
        colour = plt.get_cmap("cmo.dense")(1 - brightness / 1.2)
        axis.loglog(wavelength, power, color=colour, label=_format_lead(lead))
    axis.loglog(wavelength, mean.sel(forecast="truth").power.mean("lead"), color=TRUTH, label="model")
    _label_spectra(axis)


def _format_lead(days: float) -> str:
    """Return a lead time in hours where it is less than a day, else in days."""
    return f"{24 * days:g} h" if days < 1 else f"{days:g} d"


def _label_spectra(axis: Axes) -> None:
    axis.invert_xaxis()
    axis.set(xlabel="wavelength (km)", ylabel="mean power (m$^2$)")


def draw_forecast_maps(fields: xr.Dataset, grid: Grid) -> Figure:
    """Draw the model (above) and the surrogate (below) at the stored leads of the first start."""
    case = fields.isel(start=0)
    with apply_style():
        figure, axes = make_map_panels(grid, 2, case.sizes["lead"])
        style = make_thickness_style(case.truth.values)
        for (upper, lower), lead in zip(axes.T, case.lead.values, strict=True):
            at_lead = case.sel(lead=lead)
            draw_field(upper, grid, at_lead.truth.values, style)
            upper.set_title(f"model, {_format_lead(lead)}")
            draw_field(lower, grid, at_lead.forecast.values, style)
            lower.set_title(f"surrogate, {_format_lead(lead)}")
        draw_colour_bar(figure, axes, style)
        letter_panels(axes.flat)
        figure.suptitle(f"from {str(case.start.values)[:10]}", fontsize=9)
    return figure


def draw_season(fields: xr.Dataset) -> Figure:
    """Draw mean thickness over the sea of the long run and of the model, and the error of the run.

    The mean thickness is the volume divided by the area of the sea; the error is a mean over pixels, as all scores.
    """
    means = fields[["forecast", "truth"]].weighted(fields.cell_area).mean(("y", "x"))
    error = np.sqrt(((fields.forecast - fields.truth) ** 2).mean(("y", "x")))
    with apply_style():
        figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5))
        marker = mark_few(means.time.size)
        axes[0].plot(means.time, means.truth, color=TRUTH, label="model", marker=marker)
        axes[0].plot(means.time, means.forecast, color=MEMBERS, label="surrogate, one run", marker=marker)
        axes[0].set(title="mean thickness over the sea", ylabel="thickness (m)", ylim=(0, None))
        axes[1].plot(error.time, error, color=MEMBERS, marker=marker)
        axes[1].set(title="error of the run", ylabel="RMSE (m)", ylim=(0, None))
        for axis in axes:
            axis.tick_params(axis="x", rotation=30)
        axes[0].legend()
        letter_panels(axes)
    return figure


def animate_season(fields: xr.Dataset, path: str | Path, frames: int = MOST_FRAMES) -> None:
    """Write the long run beside the model as an animated GIF.

    The axes are plain, because a map would be projected anew in every frame.
    """
    times = fields.sizes["time"]
    shown = np.unique(np.linspace(0, times - 1, min(frames, times)).astype(int))
    style = make_thickness_style([fields.truth.values[shown]])
    sources = {"truth": "model", "forecast": "surrogate"}
    with apply_style(), plt.rc_context({"figure.constrained_layout.use": False}):
        figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 3.9), subplot_kw={"xticks": [], "yticks": []})
        images = []
        for axis, name in zip(axes, sources, strict=True):
            first = fields[name].values[0]
            images.append(axis.imshow(first, origin="lower", cmap=style.colours, norm=style.scale))
            axis.set_facecolor(LAND)
        figure.colorbar(images[0], ax=axes, location="bottom", shrink=0.5, pad=0.04, label=style.label)

        def show(frame: int) -> list:
            day = str(fields.time.values[frame])[:10]
            for axis, image, (name, label) in zip(axes, images, sources.items(), strict=True):
                image.set_data(fields[name].values[frame])
                axis.set_title(f"{label}, {day}")
            return images

        writer = PillowWriter(fps=FRAMES_PER_SECOND)
        with atomic_path(path) as temporary:
            FuncAnimation(figure, show, frames=shown).save(temporary, writer=writer, dpi=FRAME_DOTS)
    plt.close(figure)


def draw_restoration(fields: xr.Dataset, grid: Grid) -> Figure:
    """Draw model, surrogate and up to two members of the first forecast, and the mean spectra of all forecasts.

    ``fields`` holds truth and forecast (start, y, x) and members (start, member, y, x) in m.
    """
    case = fields.isel(start=0)
    panels = {"model": case.truth.values, f"surrogate, {_format_lead(float(fields.lead))}": case.forecast.values}
    panels |= {f"member {number}": member for number, member in enumerate(case.members.values[:2], 1)}
    style = make_thickness_style([case.truth.values])
    with apply_style():
        figure = plt.figure(figsize=(PAGE_WIDTH, 5.0), layout="constrained")
        upper, lower = figure.subfigures(2, 1, height_ratios=(1.1, 1), squeeze=False)[:, 0]
        projection = make_projection(grid)
        places = range(1, len(panels) + 1)
        maps = [upper.add_subplot(1, len(panels), place, projection=projection) for place in places]
        for axis, (title, field) in zip(maps, panels.items(), strict=True):
            draw_field(axis, grid, field, style)
            axis.set_title(title)
        draw_colour_bar(upper, maps, style)
        curves = lower.add_subplot()
        _draw_restored_spectra(curves, fields, grid)
        letter_panels([*maps, curves])
    return figure


def _draw_restored_spectra(axis: Axes, fields: xr.Dataset, grid: Grid) -> None:
    """Draw the mean spectra of model, surrogate and members over all starts."""
    sea = np.isfinite(fields.truth.values[0])
    sources = {
        "model": (fields.truth.values, TRUTH),
        "surrogate": (fields.forecast.values, LOW_RESOLUTION),
        "members": (fields.members.values.reshape(-1, *sea.shape), MEMBERS),
    }
    for name, (values, colour) in sources.items():
        wavenumber, power = compute_spectrum(values, sea, grid.step / 1000)
        axis.loglog(1 / wavenumber, power, color=colour, label=name)
    _label_spectra(axis)
    axis.set(title="mean spectra of all starts")
    axis.legend()
