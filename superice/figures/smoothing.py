"""Draw what regridding leaves in the observed input and in the members drawn from it (report, Fig. 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.features.day import Features
from superice.features.files import read_observed_features
from superice.fields.grid import Grid
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.figures.annotation import label_ticks, letter_panels, shade_band
from superice.figures.ensemble_file import Ensemble, name_feature_set, read_pairs
from superice.figures.ensemble_maps import choose_zoom
from superice.figures.field_style import FieldStyle, make_laplacian_style, make_thickness_style
from superice.figures.map_panels import Window, crop_grid, draw_colour_bar
from superice.figures.style import LOW_RESOLUTION, PAGE_WIDTH, apply_style, draw_notice, format_date

MEMBERS = "#009E73"
SMALLEST_SQUARE = 8  # pixels
RESAMPLING_BAND_KM = (60, 90)  # where resampling makes a bump
TICKS_KM = (500, 200, 75, 20, 6)


@dataclass(frozen=True)
class Treatment:
    """One way from the products to the network, with its features and the ensemble drawn from them."""

    name: str
    features: Features
    ensemble: Ensemble


def draw_from_files(features: Sequence[Path], predictions: Sequence[Path]) -> Figure:
    """Read the observed features and the ensemble of one date out of each feature set, and draw them."""
    treatments = [
        Treatment(name_feature_set(path), *pair)
        for path, pair in zip(features, read_pairs(features, predictions, read_observed_features), strict=True)
    ]
    return draw_smoothing(treatments)


def draw_smoothing(treatments: Sequence[Treatment]) -> Figure:
    """Draw the Laplacian of the input, one member and the spectra of all members, one column for each treatment.

    The treatments share date and grid. The maps show the middle of their common ice.
    """
    day, grid = treatments[0].ensemble.day, treatments[0].ensemble.grid
    common = np.logical_and.reduce([treatment.features.mask for treatment in treatments])
    square = find_ice_square(common)
    if square[0].stop - square[0].start < SMALLEST_SQUARE:
        return draw_notice(f"No sufficiently large square of ice on {format_date(day)}: nothing to draw.")
    window = choose_zoom(common)
    step_km = grid.step / 1000
    inside = crop_grid(grid, window)
    laplacians = [1e3 * compute_laplacian(treatment.features.sit, step_km)[window] for treatment in treatments]
    members = [treatment.ensemble.members[0][window] for treatment in treatments]
    laplacian_style, thickness_style = make_laplacian_style(laplacians), make_thickness_style(members)
    with apply_style():
        figure = plt.figure(figsize=(PAGE_WIDTH, 8.0))
        upper, lower = figure.subfigures(2, 1, height_ratios=(2.2, 1), squeeze=False)[:, 0]
        axes = upper.subplots(2, len(treatments), squeeze=False)
        for column, treatment, laplacian, member in zip(axes.T, treatments, laplacians, members, strict=True):
            rms = np.sqrt(np.nanmean(laplacian**2))
            _draw_picture(column[0], inside, laplacian, laplacian_style)
            column[0].set_title(f"{treatment.name}:\nLaplacian, rms {rms:.2f} mm km$^{{-2}}$")
            _draw_picture(column[1], inside, member, thickness_style)
            column[1].set_title("member 1")
        draw_colour_bar(upper, axes[0], laplacian_style)
        draw_colour_bar(upper, axes[1], thickness_style)
        curves = lower.subplots(1, len(treatments), sharex=True, sharey=True, squeeze=False)[0]
        for axis, treatment in zip(curves, treatments, strict=True):
            _draw_spectra(axis, treatment, square, step_km)
        curves[0].set_ylabel("power (m$^2$)")
        curves[0].legend(loc="lower left")
        letter_panels([*axes.flat, *curves])
        width_km = step_km * inside.shape[1]
        figure.suptitle(f"{format_date(day)}: {width_km:.0f} km window in the middle of the pack", fontsize=9)
    return figure


def compute_laplacian(field: np.ndarray, step_km: float) -> np.ndarray:
    """Return the five-point Laplacian of (y, x) per km², NaN on the rim and beside missing pixels."""
    middle = field[1:-1, 1:-1]
    neighbours = field[:-2, 1:-1] + field[2:, 1:-1] + field[1:-1, :-2] + field[1:-1, 2:]
    result = np.full(field.shape, np.nan)
    result[1:-1, 1:-1] = (neighbours - 4 * middle) / step_km**2
    return result


def _draw_picture(axis: Axes, grid: Grid, field: np.ndarray, style: FieldStyle) -> None:
    """Draw a field (y, x) on plain axes without ticks."""
    left, bottom, right, top = (edge / 1000 for edge in grid.extent())
    axis.imshow(field, origin="lower", extent=(left, right, bottom, top), cmap=style.colours, norm=style.scale)
    axis.set(xticks=[], yticks=[])


def _draw_spectra(axis: Axes, treatment: Treatment, square: Window, step_km: float) -> None:
    """Draw the spectra of a treatment's members and input in a square."""
    shade_band(axis, RESAMPLING_BAND_KM)
    members = treatment.ensemble.members
    for number, member in enumerate(members):
        wavenumber, power = radial_spectrum(member[square], step_km)
        label = None if number else f"{len(members)} members"
        axis.loglog(1 / wavenumber, power, color=MEMBERS, alpha=0.35, lw=0.7, label=label)
    wavenumber, power = radial_spectrum(treatment.features.sit[square], step_km)
    axis.loglog(1 / wavenumber, power, color=LOW_RESOLUTION, label="input")
    longest, shortest = 1 / wavenumber[0], 1 / wavenumber[-1]
    axis.set_xlim(longest, shortest)
    label_ticks(axis, [tick for tick in TICKS_KM if shortest <= tick <= longest])
    axis.set_xlabel("wavelength (km)")
