"""Figures of the surrogate: skill and smoothness against lead time, maps, the long run, and what the generator restores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from superice.fields.grid import Grid
from superice.figures.map_panels import draw_colour_bar, draw_field, make_map_panels
from superice.figures.style import (
    LAND,
    LOW_RESOLUTION,
    PAGE_WIDTH,
    TRUTH,
    apply_style,
    experiment_colours,
    letter_panels,
    spell_experiment,
    thickness_style,
)
from superice.surrogate.restoration import spectra
from superice.utils.files import atomic_path

CLIMATOLOGY, MEMBERS = "0.5", "#0072B2"
FRAME_DOTS = 80


def draw_surrogate_losses(histories: Mapping[str, pd.DataFrame]) -> Figure:
    """Errors of the field and of the amount of ice in every epoch; solid: training, dashed: validation."""
    colours = experiment_colours(histories)
    with apply_style():
        figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5))
        for axis, name, title in zip(axes, ("field", "amount"), ("squared error", "squared error of the mean")):
            for experiment, history in histories.items():
                axis.plot(history.epoch, history[f"training_{name}_loss"], color=colours[experiment], alpha=0.5, lw=0.9)
                line = history[f"validation_{name}_loss"]
                axis.plot(history.epoch, line, color=colours[experiment], ls="--", label=spell_experiment(experiment))
            axis.set(yscale="log", xlabel="epoch", title=title, ylabel="variances of the increment (1)")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
        letter_panels(axes)
    return figure


def draw_skill(scores: Sequence[xr.Dataset]) -> Figure:
    """Averaged forecast skill, bias and spectral exponent against lead time, and spectra of the first experiment."""
    colours = experiment_colours(one.attrs["experiment"] for one in scores)
    first = scores[0].mean("start")
    with apply_style():
        figure, axes = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 5.0))
        error, bias, exponent, spectrum = axes.flat
        for one in scores:
            name, mean = one.attrs["experiment"], one.mean("start").sel(forecast="surrogate")
            style = {"color": colours[name], "label": spell_experiment(name)}
            error.plot(mean.lead, mean.rmse, **style)
            bias.plot(mean.lead, 100 * mean.bias, **style)
            exponent.plot(mean.lead, mean.exponent, **style)
        for name, colour in (("persistence", LOW_RESOLUTION), ("climatology", CLIMATOLOGY)):
            baseline = first.sel(forecast=name)
            error.plot(baseline.lead, baseline.rmse, color=colour, ls="--", label=name)
            bias.plot(baseline.lead, 100 * baseline.bias, color=colour, ls="--", label=name)
        truth = first.sel(forecast="truth")
        exponent.plot(truth.lead, truth.exponent, color=TRUTH, label="model")
        bias.axhline(0, color=TRUTH, lw=0.6, ls=":")
        leads = [lead for lead in (0.5, 2, 10, 30) if lead <= float(first.lead[-1])]
        for shade, lead in zip(np.linspace(0.9, 0.35, len(leads)), leads):
            power = first.power.sel(forecast="surrogate").sel(lead=lead, method="nearest")
            label = f"{lead:g} d".replace("0.5 d", "12 h")
            spectrum.loglog(1 / first.wavenumber, power, color=plt.get_cmap("cmo.dense")(1 - shade / 1.2), label=label)
        spectrum.loglog(1 / first.wavenumber, truth.power.mean("lead"), color=TRUTH, label="model")
        spectrum.invert_xaxis()
        error.set(title="error over the sea", xlabel="lead (days)", ylabel="RMSE (m)", ylim=(0, None))
        bias.set(title="bias", xlabel="lead (days)", ylabel="bias (cm)")
        exponent.set(title="spectral exponent", xlabel="lead (days)", ylabel="exponent (1)")
        title = f"spectra, {scores[0].attrs['experiment'].replace('_', ' ')}"
        spectrum.set(title=title, xlabel="wavelength (km)", ylabel="mean power (m$^2$)")
        error.set_ylim(0, 1.5 * error.get_ylim()[1])  # room for the legend
        error.legend(loc="upper left", ncols=2)
        for axis in (bias, exponent, spectrum):
            axis.legend()
        letter_panels(axes.flat)
    return figure


def draw_forecast_maps(fields: xr.Dataset, grid: Grid) -> Figure:
    """Model above, surrogate below, at the leads that were kept, of the first start."""
    case = fields.isel(start=0)
    with apply_style():
        figure, axes = make_map_panels(grid, 2, case.sizes["lead"])
        style = thickness_style(case.truth.values)
        for column, lead in enumerate(case.lead.values):
            for row, name in enumerate(("truth", "forecast")):
                draw_field(axes[row, column], grid, case[name].sel(lead=lead).values, style)
                label = "model" if name == "truth" else "surrogate"
                axes[row, column].set_title(f"{label}, {lead:g} d")
        draw_colour_bar(figure, axes, style)
        letter_panels(axes.flat)
        figure.suptitle(f"from {str(case.start.values)[:10]}", fontsize=9)
    return figure


def draw_season(fields: xr.Dataset) -> Figure:
    """Mean thickness over the sea of the long run and of the model, and their difference."""
    means = fields.mean(("y", "x"))
    error = np.sqrt(((fields.forecast - fields.truth) ** 2).mean(("y", "x")))
    with apply_style():
        figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5))
        axes[0].plot(means.time, means.truth, color=TRUTH, label="model")
        axes[0].plot(means.time, means.forecast, color=MEMBERS, label="surrogate, one run")
        axes[0].set(title="mean over the sea", ylabel="thickness (m)", ylim=(0, None))
        axes[1].plot(error.time, error, color=MEMBERS)
        axes[1].set(title="error of the run", ylabel="RMSE (m)", ylim=(0, None))
        for axis in axes:
            axis.tick_params(axis="x", rotation=30)
        axes[0].legend()
        letter_panels(axes)
    return figure


def animate_season(fields: xr.Dataset, path: str | Path, frames: int = 60) -> None:
    """The long run beside the model as an animated GIF, on plain axes: a map would be projected anew in every frame."""
    shown = np.unique(np.linspace(0, fields.sizes["time"] - 1, min(frames, fields.sizes["time"])).astype(int))
    style = thickness_style([fields.truth.values[shown]])
    names = {"truth": "model", "forecast": "surrogate"}
    with apply_style(), plt.rc_context({"figure.constrained_layout.use": False}):
        figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 3.9), subplot_kw={"xticks": [], "yticks": []})
        draw = lambda axis, field: axis.imshow(field, origin="lower", cmap=style.colours, norm=style.scale)
        images = [draw(axis, fields[name].values[0]) for axis, name in zip(axes, names)]
        for axis in axes:
            axis.set_facecolor(LAND)
        figure.colorbar(images[0], ax=axes, location="bottom", shrink=0.5, pad=0.04, label=style.label)

        def show(frame: int) -> list:
            for axis, image, (name, label) in zip(axes, images, names.items(), strict=True):
                image.set_data(fields[name].values[frame])
                axis.set_title(f"{label}, {str(fields.time.values[frame])[:10]}")
            return images

        with atomic_path(path) as temporary:
            FuncAnimation(figure, show, frames=shown).save(temporary, writer=PillowWriter(fps=8), dpi=FRAME_DOTS)
    plt.close(figure)


def draw_restoration(fields: xr.Dataset, grid: Grid) -> Figure:
    """Model, surrogate and two members of the first forecast, and the spectra of all."""
    case, sea = fields.isel(start=0), np.isfinite(fields.truth.values[0])
    panels = [(case.truth.values, "model"), (case.forecast.values, f"surrogate, {float(fields.lead):g} d")]
    panels += [(member, f"member {number + 1}") for number, member in enumerate(case.members.values[:2])]
    with apply_style():
        figure = plt.figure(figsize=(PAGE_WIDTH, 5.0), layout="constrained")
        style = thickness_style([panels[0][0]])
        upper, lower = figure.subfigures(2, 1, height_ratios=(1.1, 1))
        axes = [upper.add_subplot(1, 4, n + 1, projection=grid.as_area().to_cartopy_crs()) for n in range(4)]
        for axis, (field, title) in zip(axes, panels, strict=True):
            draw_field(axis, grid, field, style)
            axis.set_title(title)
        draw_colour_bar(upper, axes, style)
        axis = lower.add_subplot()
        shown = {
            "model": (fields.truth.values, TRUTH),
            "surrogate": (fields.forecast.values, LOW_RESOLUTION),
            "members": (fields.members.values.reshape(-1, *sea.shape), MEMBERS),
        }
        for name, (values, colour) in shown.items():
            wavenumber, power = spectra(values, sea, grid.step / 1000)
            axis.loglog(1 / wavenumber, power, color=colour, label=name)
        axis.invert_xaxis()
        axis.set(title="spectra, all starts", xlabel="wavelength (km)", ylabel="mean power (m$^2$)")
        axis.legend()
        letter_panels([*axes, axis])
    return figure
