"""Whether the inputs that the network was trained on look like those that it draws from: distributions and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.features.day import Features
from superice.fields.spectra import find_ice_square, radial_spectrum
from superice.figures.style import EXPERIMENTS, PAGE_WIDTH, TRUTH, apply_style, draw_notice, letter_panels
from superice.network.normalisation import network_quantities

FIELDS = {
    "sic": ("concentration (1)", np.linspace(0.15, 1.0, 35), "1"),
    "sit": ("thickness (m)", np.linspace(0, 5, 51), "m$^2$"),
    "log_deformation": ("log$_{10}$ deformation (day$^{-1}$)", np.linspace(-4, 0, 61), "1"),
}
SMALLEST_SQUARE = 32  # pixels


def draw_input_shift(sources: Mapping[str, tuple[float, Sequence[Features]]]) -> Figure:
    """Distributions above, spectral densities below, of what the network reads; a column for each field.

    ``sources`` holds, by name, the distance of the pixels in km and the days; the last one, the observations, is drawn
    in black. Spectra are means over the days' largest squares of ice, as densities, so that squares of different sizes
    can be compared.
    """
    shown = {name: (step, [day for day in days if day.mask.any()]) for name, (step, days) in sources.items()}
    shown = {name: (step, days) for name, (step, days) in shown.items() if days}
    if not shown:
        return draw_notice("No day with ice: nothing to draw.")
    colours = dict(zip(shown, [*EXPERIMENTS[: len(shown) - 1], TRUTH], strict=True))
    with apply_style():
        figure, axes = plt.subplots(2, len(FIELDS), figsize=(PAGE_WIDTH, 4.6))
        for name, (step_km, days) in shown.items():
            label = f"{name} ({len(days)} {'day' if len(days) == 1 else 'days'})"
            values = [network_quantities(day) for day in days]
            for column, field in zip(axes.T, FIELDS, strict=True):
                _distribution(column[0], field, values, colours[name], label)
                _spectrum(column[1], field, days, values, step_km, colours[name])
        for column, (label, _, unit) in zip(axes.T, FIELDS.values(), strict=True):
            column[0].set(xlabel=label, ylim=(0, None))
            column[1].set(xlabel="wavelength (km)", xscale="log", yscale="log", xlim=(1000, 6))
            column[1].set_ylabel(f"density ({unit} km$^2$)")
            column[1].set_xticks([500, 200, 75, 20, 6], ["500", "200", "75", "20", "6"])
            column[1].minorticks_off()
        axes[0, 0].set_ylabel("density")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=len(shown))
        letter_panels(axes.flat)
    return figure


def _distribution(axis: Axes, field: str, days: Sequence[dict], colour: str, label: str) -> None:
    edges = FIELDS[field][1]
    values = np.concatenate([day[field][np.isfinite(day[field])] for day in days])
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    density = counts / (counts.sum() * np.diff(edges))
    axis.stairs(density, edges, color=colour, label=label)
    axis.plot(np.median(values), 0, marker="^", color=colour, clip_on=False, ms=5)


def _spectrum(
    axis: Axes, field: str, days: Sequence[Features], values: Sequence[dict], step_km: float, colour: str
) -> None:
    squares = [find_ice_square(day.mask) for day in days]
    side = min(square[0].stop - square[0].start for square in squares)
    if side < SMALLEST_SQUARE:
        return
    powers = []
    for square, day in zip(squares, values, strict=True):
        middle = tuple(_middle(part, side) for part in square)
        part = day[field][middle]
        wavenumber, power = radial_spectrum(np.maximum(part, FIELDS[field][1][0]), step_km)
        powers.append(power * (side * step_km) ** 2)
    axis.plot(1 / wavenumber, np.mean(powers, axis=0), color=colour)


def _middle(part: slice, size: int) -> slice:
    start = part.start + (part.stop - part.start - size) // 2
    return slice(start, start + size)
