"""Draw maps of low-resolution input, truth, members, mean and spread (report, Figs. 2, 3, 9, 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from superice.features.day import Features
from superice.features.files import read_model_features, read_observed_features
from superice.fields.spectra import find_ice_square
from superice.figures.annotation import letter_panels
from superice.figures.ensemble_file import Ensemble, read_pairs
from superice.figures.field_style import (
    SECONDS_PER_DAY,
    make_concentration_style,
    make_deformation_style,
    make_mask_style,
    make_spread_style,
    make_thickness_style,
)
from superice.figures.map_panels import Window, draw_box, draw_colour_bar, draw_field, make_map_panels
from superice.figures.style import apply_style, draw_notice, format_date

SHOWN_MEMBERS = 3
SPREAD = "spread"  # title of the one map in a row that has a scale of its own


def draw_members_from_files(features: Sequence[Path], predictions: Sequence[Path], zoom: bool = False) -> Figure:
    """Read the model features and the ensemble of one date, and draw them; with ``zoom`` only the middle of the ice."""
    ((day, ensemble),) = read_pairs(features[:1], predictions[:1], read_model_features)
    return draw_features_and_members(day, ensemble, choose_zoom(day.mask) if zoom else None)


def draw_maps_from_files(features: Sequence[Path], predictions: Sequence[Path]) -> Figure:
    """Read the model features and the ensembles of some dates, and draw them."""
    return draw_maps_against_truth(read_pairs(features, predictions, read_model_features))


def draw_observed_from_files(
    features: Sequence[Path], predictions: Sequence[Path], truth: Sequence[Path] = ()
) -> Figure:
    """Read the observed features and the ensembles of some dates, the model features where given, and draw them."""
    truths = [read_model_features(path).truth for path in truth] or [None] * len(features)
    # Members may exist wherever a thickness was observed; so it is shown wherever it was.
    pairs = read_pairs(features, predictions, partial(read_observed_features, partly_missing=True))
    return draw_observed_maps([(*pair, true) for pair, true in zip(pairs, truths, strict=True)])


def draw_features_and_members(features: Features, ensemble: Ensemble, zoom: Window | None = None) -> Figure:
    """Draw the four inputs above, the truth and three members below.

    Without ``zoom`` the maps show the whole grid, and a box on the map of the mask outlines the window that
    `choose_zoom` returns. With a window they show that window.
    """
    if not ensemble.has_ice:
        return draw_notice(f"No features on {format_date(ensemble.day)}: nothing to draw.")
    members = [ensemble.members[number % len(ensemble.members)] for number in range(SHOWN_MEMBERS)]
    deformation = np.maximum(features.deformation * SECONDS_PER_DAY, 1e-9)
    concentration_style, deformation_style = make_concentration_style(), make_deformation_style()
    mask_style = make_mask_style()
    thickness_style = make_thickness_style([features.get_truth(), *members])
    upper = [
        ("input: concentration", features.sic, concentration_style),
        ("input: thickness", features.sit, thickness_style),
        ("input: deformation", deformation, deformation_style),
        ("mask", features.mask.astype(float), mask_style),
    ]
    lower = [("truth", features.get_truth(), thickness_style)]
    lower += [(f"member {number}", member, thickness_style) for number, member in enumerate(members, 1)]
    with apply_style():
        figure, axes = make_map_panels(ensemble.grid, 2, 4, zoom)
        for axis, (title, field, style) in zip(axes.flat, upper + lower, strict=True):
            draw_field(axis, ensemble.grid, field, style)
            axis.set_title(title)
        if zoom is None:
            draw_box(axes[0, 3], ensemble.grid, choose_zoom(features.mask))
        draw_colour_bar(figure, axes[0, 0], concentration_style)
        draw_colour_bar(figure, axes[0, 2], deformation_style)
        draw_colour_bar(figure, axes[0, 3], mask_style)
        draw_colour_bar(figure, axes[1, :], thickness_style)
        letter_panels(axes.flat)
        figure.suptitle(format_date(ensemble.day) + (", zoom" if zoom else ""), fontsize=9)
    return figure


def draw_maps_against_truth(days: Sequence[tuple[Features, Ensemble]]) -> Figure:
    """Draw low-resolution field, truth, ensemble mean and one member, one row for each date that has ice."""
    rows = []
    for features, ensemble in days:
        row = {"low-resolution": features.sit, "truth": features.get_truth()}
        rows.append(row | _show_ensemble(ensemble))
    return _draw_rows([ensemble for _, ensemble in days], rows)


def draw_observed_maps(days: Sequence[tuple[Features, Ensemble, np.ndarray | None]]) -> Figure:
    """Draw observed input, ensemble mean, one member, the truth where it is known, and the spread.

    Each date with ice has one row. ``days`` holds features, ensemble and truth (y, x) in m, or None for the truth.
    """
    any_truth = any(truth is not None for _, _, truth in days)
    rows = []
    for features, ensemble, truth in days:
        row = {"observed": features.sit} | _show_ensemble(ensemble)
        if any_truth:
            row["truth"] = np.full(ensemble.grid.shape, np.nan) if truth is None else truth
        row[SPREAD] = ensemble.spread
        rows.append(row)
    return _draw_rows([ensemble for _, ensemble, _ in days], rows)


def _show_ensemble(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Return the maps by which a row shows an ensemble: its mean and its first member."""
    return {f"mean of {len(ensemble.members)}": ensemble.mean, "member 1": ensemble.members[0]}


def _draw_rows(ensembles: Sequence[Ensemble], rows: Sequence[Mapping[str, np.ndarray]]) -> Figure:
    """Draw one row of maps for each ensemble that has ice.

    ``rows`` holds, for every ensemble, fields (y, x) in m by title. All thickness fields share one scale. The spread,
    if present, is the last field and has its own scale.
    """
    missing = [format_date(ensemble.day) for ensemble in ensembles if not ensemble.has_ice]
    note = f"No input on {', '.join(missing)}." if missing else ""
    shown = [(ensemble, row) for ensemble, row in zip(ensembles, rows, strict=True) if ensemble.has_ice]
    if not shown:
        return draw_notice(f"{note} Nothing to draw.")
    grid, titles = shown[0][0].grid, list(shown[0][1])
    with_spread = SPREAD in titles
    thickness_fields = [field for _, row in shown for title, field in row.items() if title != SPREAD]
    thickness_style = make_thickness_style(thickness_fields)
    spread_style = make_spread_style(row[SPREAD] for _, row in shown if with_spread)
    with apply_style():
        figure, axes = make_map_panels(grid, len(shown), len(titles))
        for (ensemble, row), line in zip(shown, axes, strict=True):
            for axis, (title, field) in zip(line, row.items(), strict=True):
                draw_field(axis, ensemble.grid, field, spread_style if title == SPREAD else thickness_style)
                axis.set_title(title)
            day = format_date(ensemble.day)
            line[0].text(-0.24, 0.5, day, transform=line[0].transAxes, rotation=90, va="center", ha="right")
        letter_panels(axes.flat)
        draw_colour_bar(figure, axes[:, :-1] if with_spread else axes, thickness_style)
        if with_spread:
            draw_colour_bar(figure, axes[:, -1], spread_style)
        if note:
            figure.supxlabel(note, fontsize=7)
    return figure


def choose_zoom(mask: np.ndarray) -> Window:
    """Return rows and columns of the middle of the largest ice square, of half its side."""
    rows, columns = find_ice_square(mask)
    quarter = (rows.stop - rows.start) // 4
    return slice(rows.start + quarter, rows.stop - quarter), slice(columns.start + quarter, columns.stop - quarter)
