"""What observations give to the network: the fields, the mask and its reasons, and what regridding leaves in them.

Report, section 8 and Fig. 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap, Normalize
from matplotlib.figure import Figure

from superice.dataset.layout import MASK_REASONS
from superice.features.day import Features
from superice.fields.deformation import total_deformation
from superice.fields.grid import Grid
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.figures.ensemble_maps import SECONDS_PER_DAY, Ensemble, choose_zoom
from superice.figures.map_panels import crop_grid, draw_colour_bar, draw_field, make_map_panels
from superice.figures.style import (
    LOW_RESOLUTION,
    PAGE_WIDTH,
    FieldStyle,
    apply_style,
    concentration_style,
    deformation_style,
    draw_notice,
    format_date,
    letter_panels,
    strain_rate_style,
    thickness_style,
)

MEMBERS = "#009E73"
# What is shown of the reasons, from the first that applies; open water and land hide what else is missing there.
SHOWN_REASONS = (
    ("land", "land", "#9e9e9e"),
    ("concentration_missing", "no concentration", "#CC79A7"),
    ("concentration_below_threshold", "no ice", "#deebf7"),
    ("drift_missing", "no drift", "#E69F00"),
    ("thickness_missing", "no thickness", "#D55E00"),
)
KEPT = ("all inputs", "#3b6ea5")


def draw_observed_inputs(day: date, grid: Grid, fields: xr.Dataset) -> Figure:
    """Concentration, thickness, divergence, shear and deformation, and why the rest is masked; six maps of one date.

    ``fields`` holds sic, sit, divergence, shear and mask_reason, (y, x), as the features' NetCDF file has them.
    """
    known = np.isfinite(fields.sit.values)
    if not known.any():
        return draw_notice(f"No features on {format_date(day)}: nothing to draw.")
    rates = {name: fields[name].values * SECONDS_PER_DAY for name in ("divergence", "shear")}
    thickness = thickness_style([fields.sit.values])
    deformation = np.maximum(total_deformation(rates["divergence"], rates["shear"]), 1e-9)
    panels = [
        (fields.sic.values, concentration_style(), "concentration"),
        (fields.sit.values, thickness, "thickness, cell mean"),
        (rates["divergence"], strain_rate_style("divergence", -0.06), "divergence"),
        (rates["shear"], strain_rate_style("shear", 0.12), "shear"),
        (np.where(np.isfinite(deformation), deformation, np.nan), deformation_style(), "deformation"),
        (first_reason(fields.mask_reason.values), reason_style(), "mask"),
    ]
    with apply_style():
        figure, axes = make_map_panels(grid, 2, 3, rows_with_bars=2)
        for axis, (field, style, title) in zip(axes.flat, panels, strict=True):
            draw_field(axis, grid, field, style)
            axis.set_title(title)
            bar = draw_colour_bar(figure, axis, style)
            if title == "mask":
                bar.ax.clear()
                bar.ax.set_axis_off()
                _reasons_legend(bar.ax)
        letter_panels(axes.flat)
        figure.suptitle(format_date(day), fontsize=9)
    return figure


def first_reason(mask_reason: np.ndarray) -> np.ndarray:
    """Index into ``SHOWN_REASONS`` of the first reason that applies, their number where nothing is masked, (y, x)."""
    bits = {name: bit for bit, name in MASK_REASONS.items()}
    applies = [(mask_reason & bits[name]) > 0 for name, _, _ in SHOWN_REASONS]
    return np.select(applies, range(len(applies)), len(applies)).astype(float)


def reason_style() -> FieldStyle:
    """A colour for each shown reason, and one for the pixels that have all inputs."""
    colours = [colour for _, _, colour in SHOWN_REASONS] + [KEPT[1]]
    return FieldStyle("reason", ListedColormap(colours), BoundaryNorm(np.arange(len(colours) + 1) - 0.5, len(colours)))


def _reasons_legend(axis: Axes) -> None:
    entries = [(label, colour) for name, label, colour in SHOWN_REASONS if name != "land"] + [KEPT]
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=colour, edgecolor="0.4", lw=0.3) for _, colour in entries]
    labels = [label for label, _ in entries]
    legend = axis.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.5, 1.3), ncols=2, fontsize=6, handlelength=1
    )
    legend.set_in_layout(False)


@dataclass(frozen=True)
class Treatment:
    """One way from the products to the network, and what the network draws from it."""

    name: str
    features: Features
    ensemble: Ensemble


def draw_smoothing(treatments: Sequence[Treatment]) -> Figure:
    """Laplacian of the input, one member and the spectra of all members, a column for each treatment (report, Fig. 11)."""
    day, grid = treatments[0].ensemble.day, treatments[0].ensemble.grid
    common = np.logical_and.reduce([treatment.features.mask for treatment in treatments])
    square = find_ice_square(common)
    if square[0].stop - square[0].start < 8:
        return draw_notice(f"No square of ice on {format_date(day)} that is large enough: nothing to draw.")
    window = choose_zoom(common)
    step_km = grid.step / 1000
    inside = crop_grid(grid, window)
    laplacians = [1e3 * compute_laplacian(treatment.features.sit, step_km)[window] for treatment in treatments]
    members = [treatment.ensemble.members[0][window] for treatment in treatments]
    bending, thickness = laplacian_style(laplacians), thickness_style(members)
    with apply_style():
        figure = plt.figure(figsize=(PAGE_WIDTH, 8.0))
        rows = figure.subfigures(2, 1, height_ratios=(2.2, 1))
        axes = rows[0].subplots(2, len(treatments), squeeze=False)
        for column, treatment, bend, member in zip(axes.T, treatments, laplacians, members, strict=True):
            _picture(column[0], inside, bend, bending)
            _picture(column[1], inside, member, thickness)
            rms = np.sqrt(np.nanmean(bend**2))
            column[0].set_title(f"{treatment.name}:\nLaplacian, rms {rms:.2f} mm km$^{{-2}}$")
            column[1].set_title("member 1")
        draw_colour_bar(rows[0], axes[0], bending)
        draw_colour_bar(rows[0], axes[1], thickness)
        curves = rows[1].subplots(1, len(treatments), sharex=True, sharey=True, squeeze=False)[0]
        for axis, treatment in zip(curves, treatments, strict=True):
            _member_spectra(axis, treatment, square, step_km)
        curves[0].set_ylabel("power (m$^2$)")
        curves[0].legend(loc="lower left")
        letter_panels([*axes.flat, *curves])
        figure.suptitle(f"{format_date(day)}: {step_km * bend.shape[1]:.0f} km in the middle of the pack", fontsize=9)
    return figure


def compute_laplacian(field: np.ndarray, step_km: float) -> np.ndarray:
    """Five-point Laplacian of (y, x) per km²; NaN on the rim and beside missing pixels."""
    result = np.full(field.shape, np.nan)
    middle = field[1:-1, 1:-1]
    around = field[:-2, 1:-1] + field[2:, 1:-1] + field[1:-1, :-2] + field[1:-1, 2:]
    result[1:-1, 1:-1] = (around - 4 * middle) / step_km**2
    return result


def laplacian_style(fields: Sequence[np.ndarray]) -> FieldStyle:
    """One symmetric scale, up to the 98th percentile of the smoothest field: what is beyond it is an artefact or a ridge."""
    limit = min(np.nanpercentile(np.abs(field), 98) for field in fields)
    return FieldStyle("Laplacian (mm km$^{-2}$)", "cmo.balance", Normalize(-limit, limit))


def _picture(axis: Axes, grid: Grid, field: np.ndarray, style: FieldStyle) -> None:
    left, bottom, right, top = (edge / 1000 for edge in grid.extent())
    axis.imshow(field, origin="lower", extent=(left, right, bottom, top), cmap=style.colours, norm=style.scale)
    axis.set(xticks=[], yticks=[])


def _member_spectra(axis: Axes, treatment: Treatment, square: tuple[slice, slice], step_km: float) -> None:
    axis.axvspan(60, 90, color="0.93", lw=0)
    members = treatment.ensemble.members
    for number, member in enumerate(members):
        wavenumber, power = radial_spectrum(member[square], step_km)
        label = None if number else f"{len(members)} members"
        axis.loglog(1 / wavenumber, power, color=MEMBERS, alpha=0.35, lw=0.7, label=label)
    wavenumber, power = radial_spectrum(treatment.features.sit[square], step_km)
    axis.loglog(1 / wavenumber, power, color=LOW_RESOLUTION, label="input")
    axis.set_xlim(1 / wavenumber[0], 1 / wavenumber[-1])
    ticks = [tick for tick in (500, 200, 75, 20, 6) if 1 / wavenumber[-1] <= tick <= 1 / wavenumber[0]]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel("wavelength (km)")
