"""Maps in the grid's own projection: low-resolution input, truth, members, mean and spread (report, Figs. 2, 3, 9, 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyproj
import xarray as xr
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure

from superice.dataset.layout import read_gridded
from superice.features.day import Features
from superice.fields.grid import Grid
from superice.fields.spectra import find_ice_square
from superice.figures.map_panels import draw_box, draw_colour_bar, draw_field, make_map_panels
from superice.figures.style import (
    FieldStyle,
    apply_style,
    concentration_style,
    deformation_style,
    draw_notice,
    format_date,
    letter_panels,
    spread_style,
    thickness_style,
)

SECONDS_PER_DAY = 86400


@dataclass(frozen=True)
class Ensemble:
    """One date's members (n, y, x), thickness in m, on their grid."""

    day: date
    grid: Grid
    members: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """(y, x), m; NaN outside the mask."""
        return self.members.mean(axis=0, dtype=np.float64)

    @property
    def spread(self) -> np.ndarray:
        """Unbiased standard deviation of the members (y, x), m; NaN for a single member."""
        if self.members.shape[0] < 2:
            return np.full(self.grid.shape, np.nan)
        return self.members.std(axis=0, ddof=1, dtype=np.float64)

    @property
    def available(self) -> bool:
        """Whether any pixel holds ice."""
        return bool(np.isfinite(self.members[0]).any())


def read_ensemble(path: str | Path) -> Ensemble:
    """Read an ensemble with its grid, both from the published file alone."""
    dataset = read_gridded(path, ("sit_ai", "crs"))
    return Ensemble(read_day(dataset), read_grid(dataset), dataset.sit_ai.values)


def read_member(path: str | Path, number: int = 0) -> tuple[date, Grid, np.ndarray]:
    """One member (y, x), thickness in m, of an ensemble's file, with its date and grid; the others are not read."""
    with xr.open_dataset(path, engine="netcdf4") as dataset:
        one = dataset[["sit_ai", "crs"]].isel(n=number).load()
    return read_day(one), read_grid(one), one.sit_ai.values


def read_grid(dataset: xr.Dataset) -> Grid:
    """The grid that a published NetCDF file describes."""
    return Grid("file", pyproj.CRS.from_cf(dataset.crs.attrs), dataset.x.values, dataset.y.values)


def read_day(dataset: xr.Dataset) -> date:
    """The date of a published NetCDF file."""
    return dataset.time.values.astype("datetime64[D]").item()


def draw_features_and_members(
    features: Features, ensemble: Ensemble, zoom: tuple[slice, slice] | None = None
) -> Figure:
    """The four inputs above, the truth and three members below; whole domain with a box, or the zoom into the box.

    With `zoom` None the box of `zoom_window` is drawn into the panel of the mask.
    """
    if not ensemble.available:
        return draw_notice(f"No features on {format_date(ensemble.day)}: nothing to draw.")
    members = [ensemble.members[i % len(ensemble.members)] for i in range(3)]
    thickness = thickness_style([features.truth, *members])
    deformation = np.maximum(features.deformation * SECONDS_PER_DAY, 1e-9)
    upper = [
        (features.sic, concentration_style(), "input: concentration"),
        (features.sit, thickness, "input: thickness"),
        (deformation, deformation_style(), "input: deformation"),
        (features.mask.astype(float), mask_style(), "mask"),
    ]
    lower = [(features.truth, thickness, "truth")] + [
        (member, thickness, f"member {i + 1}") for i, member in enumerate(members)
    ]
    with apply_style():
        figure, axes = make_map_panels(ensemble.grid, 2, 4, zoom)
        for axis, (field, style, title) in zip(axes.flat, upper + lower):
            draw_field(axis, ensemble.grid, field, style)
            axis.set_title(title)
        if zoom is None:
            draw_box(axes[0, 3], ensemble.grid, choose_zoom(features.mask))
        for axis, (_, style, _) in zip(axes[0, [0, 2, 3]], [upper[0], upper[2], upper[3]]):
            draw_colour_bar(figure, axis, style)
        draw_colour_bar(figure, axes[1, :], thickness)
        letter_panels(axes.flat)
        figure.suptitle(format_date(ensemble.day) + (", zoom" if zoom else ""), fontsize=9)
    return figure


def draw_maps_against_truth(days: Sequence[tuple[Features, Ensemble]]) -> Figure:
    """Low-resolution field, truth, ensemble mean and one member, a row for each date that has ice."""
    rows = [
        [
            (features.sit, "low-resolution"),
            (features.truth, "truth"),
            (ensemble.mean, f"mean of {len(ensemble.members)}"),
            (ensemble.members[0], "member 1"),
        ]
        for features, ensemble in days
        if ensemble.available
    ]
    return _rows_of_maps([ensemble for _, ensemble in days], rows)


def draw_observed_maps(days: Sequence[tuple[Features, Ensemble, np.ndarray | None]]) -> Figure:
    """Observed input, ensemble mean, one member, the truth where it is known, and the spread; a row for each date."""
    with_truth = any(truth is not None for _, _, truth in days)
    rows = []
    for features, ensemble, truth in days:
        if not ensemble.available:
            continue
        row = [(features.sit, "observed"), (ensemble.mean, f"mean of {len(ensemble.members)}")]
        row += [(ensemble.members[0], "member 1")]
        if with_truth:
            row += [(np.full(ensemble.grid.shape, np.nan) if truth is None else truth, "truth")]
        row += [(ensemble.spread, "spread")]
        rows.append(row)
    return _rows_of_maps([ensemble for _, ensemble, _ in days], rows)


def _rows_of_maps(ensembles: Sequence[Ensemble], rows: list[list[tuple[np.ndarray, str]]]) -> Figure:
    """Maps of thickness on one scale, and of spread on its own, a row for each available ensemble."""
    missing = [format_date(ensemble.day) for ensemble in ensembles if not ensemble.available]
    note = f"No input on {', '.join(missing)}." if missing else ""
    shown = [ensemble for ensemble in ensembles if ensemble.available]
    if not shown:
        return draw_notice(f"{note} Nothing to draw.")
    panels = [panel for row in rows for panel in row]
    thickness = thickness_style(field for field, title in panels if not title.startswith("spread"))
    spread_fields = [field for field, title in panels if title.startswith("spread")]
    spread = spread_style(spread_fields)
    with apply_style():
        figure, axes = make_map_panels(shown[0].grid, len(rows), len(rows[0]))
        for ensemble, row, line in zip(shown, rows, axes):
            for axis, (field, title) in zip(line, row):
                draw_field(axis, ensemble.grid, field, spread if title.startswith("spread") else thickness)
                axis.set_title(title)
            line[0].text(
                -0.24, 0.5, format_date(ensemble.day), transform=line[0].transAxes, rotation=90, va="center", ha="right"
            )
        letter_panels(axes.flat)
        titles = [title for _, title in rows[0]]
        of_thickness = titles.index("spread") if spread_fields else len(titles)
        draw_colour_bar(figure, axes[:, :of_thickness], thickness)
        if spread_fields:
            draw_colour_bar(figure, axes[:, of_thickness], spread)
        if note:
            figure.supxlabel(note, fontsize=7)
    return figure


def choose_zoom(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns of the middle of the largest all-ice square, half its side."""
    square = find_ice_square(mask)
    quarter = (square[0].stop - square[0].start) // 4
    return tuple(slice(part.start + quarter, part.stop - quarter) for part in square)


def mask_style() -> FieldStyle:
    """Sea ice in blue, the rest left to the ground."""
    return FieldStyle("mask (1 = sea ice)", ListedColormap(["#d9d9d9", "#3b6ea5"]), Normalize(0, 1))
