"""Draw the first picture of a day: what goes in, the truth where it is known, and what the network draws."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from superice.features.day import Features
from superice.figures.annotation import letter_panels
from superice.figures.ensemble_file import Ensemble
from superice.figures.ensemble_maps import choose_zoom
from superice.figures.field_style import make_spread_style, make_thickness_style
from superice.figures.map_panels import FINE_ENOUGH, draw_box, draw_colour_bar, draw_field, make_map_panels
from superice.figures.style import apply_style, draw_notice, format_date

WIDTH = 12.0  # inches: a screen, not a page


def draw_quicklook(features: Features, ensemble: Ensemble, truth: np.ndarray | None = None, note: str = "") -> Figure:
    """Draw a row of maps: input, truth where it is known, mean, one member and the spread of the members.

    Parameters
    ----------
    features
        What the members were drawn from.
    ensemble
        The members, on their grid.
    truth
        Thickness in m, (y, x), NaN where it is unknown.
    note
        A line below the title, such as scores.
    """
    day = format_date(ensemble.day)
    if not ensemble.has_ice:
        return draw_notice(f"No pixel of ice has all inputs on {day}: nothing to draw.")
    grid = ensemble.grid
    fields = {"input, low resolution": features.sit}
    if truth is not None:
        fields["truth"] = np.where(features.mask, truth, np.nan)
    fields |= {f"mean of {len(ensemble.members)} members": ensemble.mean, "member 1": ensemble.members[0]}
    thickness_style = make_thickness_style(fields.values())
    spread_style = make_spread_style([ensemble.spread])
    # A panel shows no more cells than this: of a large grid a second row shows a part of it.
    zoom = choose_zoom(features.mask) if max(grid.shape) > FINE_ENOUGH else None
    windows = [None] if zoom is None else [None, zoom]
    with apply_style():
        figure, axes = make_map_panels(grid, len(windows), len(fields) + 1, width=WIDTH)
        for line, window in zip(axes, windows, strict=True):
            for axis, (title, field) in zip(line, [*fields.items(), ("spread of the members", ensemble.spread)]):
                draw_field(axis, grid, field, spread_style if axis is line[-1] else thickness_style)
                if window is None:
                    axis.set_title(title)
                    if zoom is not None:
                        draw_box(axis, grid, zoom)
                else:
                    rows, columns = window
                    axis.set_extent((*grid.x[columns][[0, -1]], *grid.y[rows][[0, -1]]), crs=axis.projection)
                    if axis is line[0]:
                        axis.set_title(f"the square, {(rows.stop - rows.start) * grid.step / 1000:.0f} km wide")
        draw_colour_bar(figure, axes[:, :-1], thickness_style)
        draw_colour_bar(figure, axes[:, -1], spread_style)
        letter_panels(axes.flat)
        figure.suptitle(f"Sea ice thickness, {day}" + (f"\n{note}" if note else ""), fontsize=9)
    return figure
