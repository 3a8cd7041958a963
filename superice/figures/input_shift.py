"""Draw whether the network's inputs look like its training inputs: distributions and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.features.day import Features
from superice.features.files import read_model_features, read_observed_features
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.figures.annotation import label_ticks, letter_panels
from superice.figures.ensemble_file import FRAME, make_grid, name_feature_set
from superice.figures.style import EXPERIMENTS, PAGE_WIDTH, TRUTH, apply_style, draw_notice
from superice.network.normalisation import compute_quantities
from superice.utils.netcdf import read_content


@dataclass(frozen=True)
class Quantity:
    """An input of the network: its label, the edges of its histogram, and the unit of its variance."""

    label: str
    edges: np.ndarray
    squared_unit: str


QUANTITIES = {
    "sic": Quantity("concentration (1)", np.linspace(0.15, 1.0, 35), "1"),
    "sit": Quantity("thickness (m)", np.linspace(0, 5, 51), "m$^2$"),
    "log_deformation": Quantity("log$_{10}$ deformation (day$^{-1}$)", np.linspace(-4, 0, 61), "1"),
}
SMALLEST_SQUARE = 32  # pixels
TICKS_KM = (500, 200, 75, 20, 6)


def draw_from_files(model: Sequence[Path], observed: Sequence[Path]) -> Figure:
    """Read model features of all sets and observed features (.nc, beside the .npz), and draw what they hold."""
    sources: dict[str, list[Path]] = {}
    for path in model:
        sources.setdefault(f"model, {name_feature_set(path)}", []).append(path)
    days = {}
    for name, paths in sources.items():
        days[name] = _read_spacing_km(paths[0]), [read_model_features(path) for path in paths]
    if observed:
        observed_days = [read_observed_features(path.with_suffix(".npz")) for path in observed]
        days["observations"] = _read_spacing_km(observed[0]), observed_days
    return draw_input_shift(days)


def _read_spacing_km(path: Path) -> float:
    """Return the pixel spacing of a published NetCDF file."""
    return make_grid(read_content(path, FRAME)).step / 1000


def draw_input_shift(sources: Mapping[str, tuple[float, Sequence[Features]]]) -> Figure:
    """Draw distributions (above) and spectral densities (below) of the network's inputs, one column for each field.

    ``sources`` holds, by name, the pixel spacing in km and the days. The last source, the observations, is drawn in
    black. Spectra are means over the largest ice squares of the days. They are densities, so that squares of
    different sizes can be compared.
    """
    shown = {}
    for name, (step_km, days) in sources.items():
        with_ice = [day for day in days if day.mask.any()]
        if with_ice:
            shown[name] = (step_km, with_ice)
    if not shown:
        return draw_notice("No day with ice: nothing to draw.")
    colours = [*EXPERIMENTS[: len(shown) - 1], TRUTH]
    with apply_style():
        figure, axes = plt.subplots(2, len(QUANTITIES), figsize=(PAGE_WIDTH, 4.6))
        for (name, (step_km, days)), colour in zip(shown.items(), colours, strict=True):
            label = f"{name} ({len(days)} {'day' if len(days) == 1 else 'days'})"
            inputs = [compute_quantities(day) for day in days]
            squares = _choose_squares(days)
            for (upper, lower), (quantity, how) in zip(axes.T, QUANTITIES.items(), strict=True):
                fields = [values[quantity] for values in inputs]
                _draw_distribution(upper, fields, how.edges, colour, label)
                _draw_density(lower, fields, squares, step_km, how.edges[0], colour)
        for (upper, lower), how in zip(axes.T, QUANTITIES.values(), strict=True):
            upper.set(xlabel=how.label, ylim=(0, None))
            lower.set(xlabel="wavelength (km)", xscale="log", yscale="log", xlim=(1000, 6))
            lower.set_ylabel(f"density ({how.squared_unit} km$^2$)")
            label_ticks(lower, TICKS_KM)
        axes[0, 0].set_ylabel("density")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(shown))
        letter_panels(axes.flat)
    return figure


def _choose_squares(days: Sequence[Features]) -> list[tuple[slice, slice]]:
    """Return a square of ice of every day, all of the size that fits the smallest of them; none if that is too small."""
    squares = [find_ice_square(day.mask) for day in days]
    side = min(rows.stop - rows.start for rows, _ in squares)
    if side < SMALLEST_SQUARE:
        return []
    return [(_centre(rows, side), _centre(columns, side)) for rows, columns in squares]


def _centre(part: slice, size: int) -> slice:
    """Return the middle of a slice."""
    start = part.start + (part.stop - part.start - size) // 2
    return slice(start, start + size)


def _draw_distribution(axis: Axes, fields: Sequence[np.ndarray], edges: np.ndarray, colour: str, label: str) -> None:
    """Draw the density of all pixels of the days, and a triangle at their median."""
    values = np.concatenate([field[np.isfinite(field)] for field in fields])
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    density = counts / (counts.sum() * np.diff(edges))
    axis.stairs(density, edges, color=colour, label=label)
    axis.plot(np.median(values), 0, marker="^", color=colour, clip_on=False, ms=5)


def _draw_density(
    axis: Axes,
    fields: Sequence[np.ndarray],
    squares: Sequence[tuple[slice, slice]],
    step_km: float,
    smallest: float,
    colour: str,
) -> None:
    """Draw the mean spectral density over the days' squares; values below ``smallest`` are raised to it."""
    if not squares:
        return
    densities = []
    for field, square in zip(fields, squares, strict=True):
        part = np.maximum(field[square], smallest)
        wavenumber, power = radial_spectrum(part, step_km)
        side_km = part.shape[0] * step_km
        densities.append(power * side_km**2)
    axis.plot(1 / wavenumber, np.mean(densities, axis=0), color=colour)
