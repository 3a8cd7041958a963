"""Draw the observed inputs of the network, and why pixels are masked (report, section 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from superice.dataset.layout import BEYOND_MASK, FIELDS, MASK_REASONS, join_beyond_mask
from superice.fields.deformation import total_deformation
from superice.fields.grid import Grid
from superice.figures.annotation import letter_panels
from superice.figures.ensemble_file import FRAME, find_date, make_grid
from superice.figures.field_style import (
    SECONDS_PER_DAY,
    make_class_style,
    make_concentration_style,
    make_deformation_style,
    make_divergence_style,
    make_shear_style,
    make_thickness_style,
)
from superice.figures.map_panels import draw_colour_bar, draw_field, make_map_panels
from superice.figures.style import apply_style, draw_notice, format_date
from superice.utils.netcdf import read_content


@dataclass(frozen=True)
class Reason:
    """A reason why a pixel is masked: its name in the file, its label and its colour on the map."""

    name: str
    label: str
    colour: str


# The first reason that applies is shown. Land and open water come before what else is missing there.
SHOWN_REASONS = (
    Reason("land", "land", "#9e9e9e"),
    Reason("concentration_missing", "no concentration", "#CC79A7"),
    Reason("concentration_below_threshold", "no ice", "#deebf7"),
    Reason("drift_missing", "no drift", "#E69F00"),
    Reason("thickness_missing", "no thickness", "#D55E00"),
)
NOT_MASKED = Reason("", "all inputs", "#3b6ea5")


def draw_from_files(features: Sequence[Path]) -> Figure:
    """Read the observed features of one date, NetCDF, and draw them, each as far as it is known."""
    beyond_mask = [BEYOND_MASK.format(name=name) for name in FIELDS]
    content = read_content(features[0], (*FIELDS, "mask_reason", *FRAME), optional=beyond_mask)
    arrays = {name: content[name] for name in content.variables}
    fields = {name: join_beyond_mask(name, arrays) for name in FIELDS} | {"mask_reason": arrays["mask_reason"]}
    return draw_observed_inputs(find_date(content), make_grid(content), fields)


def draw_observed_inputs(day: date, grid: Grid, fields: Mapping[str, np.ndarray]) -> Figure:
    """Draw six maps of one date: concentration, thickness, divergence, shear, deformation and the reason of the mask.

    ``fields`` holds sic, sit, divergence, shear and mask_reason (y, x), as in the NetCDF file of the features.
    """
    thickness = fields["sit"]
    if not np.isfinite(thickness).any():
        return draw_notice(f"No features on {format_date(day)}: nothing to draw.")
    divergence, shear = fields["divergence"] * SECONDS_PER_DAY, fields["shear"] * SECONDS_PER_DAY
    deformation = np.maximum(total_deformation(divergence, shear), 1e-9)
    # Without a concentration a day's thickness is that of the ice.
    kind = "cell mean" if np.isfinite(fields["sic"]).any() else "of the ice"
    colours = [reason.colour for reason in (*SHOWN_REASONS, NOT_MASKED)]
    panels = [
        ("concentration", fields["sic"], make_concentration_style()),
        (f"thickness, {kind}", thickness, make_thickness_style([thickness])),
        ("divergence", divergence, make_divergence_style(0.06)),
        ("shear", shear, make_shear_style(0.12)),
        ("deformation", deformation, make_deformation_style()),
        ("mask", find_first_reason(fields["mask_reason"]), make_class_style("reason", colours)),
    ]
    with apply_style():
        figure, axes = make_map_panels(grid, 2, 3, rows_with_bars=2)
        for axis, (title, field, style) in zip(axes.flat, panels, strict=True):
            draw_field(axis, grid, field, style)
            axis.set_title(title)
            bar = draw_colour_bar(figure, axis, style)
        _replace_by_legend(bar.ax)  # the bar of the mask, which stands last
        letter_panels(axes.flat)
        figure.suptitle(format_date(day), fontsize=9)
    return figure


def find_first_reason(mask_reason: np.ndarray) -> np.ndarray:
    """Return the index in ``SHOWN_REASONS`` of the first reason that applies (y, x).

    Pixels that are not masked get the number of reasons.
    """
    bits = {name: bit for bit, name in MASK_REASONS.items()}
    applies = [(mask_reason & bits[reason.name]) > 0 for reason in SHOWN_REASONS]
    return np.select(applies, range(len(applies)), len(applies)).astype(float)


def _replace_by_legend(axis: Axes) -> None:
    """Draw the legend of the reasons in the place of a colour bar. Land needs no entry: it is grey on all maps."""
    axis.clear()
    axis.set_axis_off()
    entries = [*SHOWN_REASONS[1:], NOT_MASKED]
    handles = [plt.Rectangle((0, 0), 1, 1, facecolor=entry.colour, edgecolor="0.4", lw=0.3) for entry in entries]
    labels = [entry.label for entry in entries]
    legend = axis.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.5, 1.3), ncols=2, fontsize=6, handlelength=1
    )
    legend.set_in_layout(False)
