"""Draw map panels in the grid's own projection, with land, coastline and graticule made without a network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cartopy.crs as ccrs
import numpy as np
import pyproj
from cartopy.mpl.geoaxes import GeoAxes
from contourpy import contour_generator
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import ListedColormap, LogNorm
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from superice.fields.grid import Grid, make_land_mask
from superice.figures.field_style import FieldStyle
from superice.figures.style import COAST, LAND, NO_DATA, PAGE_WIDTH

Window = tuple[slice, slice]
FINE_ENOUGH = 700  # cells along a side: a panel shows no more
REGIONAL = 1.2e6  # m: grids with shorter sides have a finer graticule


def make_map_panels(
    grid: Grid,
    rows: int,
    columns: int,
    window: Window | None = None,
    rows_with_bars: int = 1,
    width: float = PAGE_WIDTH,
) -> tuple[Figure, np.ndarray]:
    """Make a figure of page width, or of another in inches, with (rows, columns) maps of the grid or of a window of it.

    Land, coastline and graticule are drawn. The figure has room for ``rows_with_bars`` rows of colour bars.
    """
    shown = crop_grid(grid, window)
    left, bottom, right, top = shown.extent()
    panel_width = width / columns - 0.1
    panel_height = panel_width * (top - bottom) / (right - left) + 0.25
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width, rows * panel_height + 0.7 * rows_with_bars),
        subplot_kw={"projection": make_projection(grid)},
        squeeze=False,
    )
    for (row, column), axis in np.ndenumerate(axes):
        axis.set_extent((left, right, bottom, top), crs=axis.projection)
        axis.set_facecolor(NO_DATA)
        axis.spines["geo"].set_linewidth(0.5)
        _draw_land(axis, grid)
        _draw_graticule(axis, shown, labels={"left": column == 0, "bottom": row == rows - 1})
    return figure, axes


def make_projection(grid: Grid) -> ccrs.Projection:
    """Return the grid's projection as cartopy takes it, within the edges of the grid."""
    projection = ccrs.Projection(grid.crs)
    left, right, bottom, top = projection.bounds = _get_image_extent(grid)
    projection.threshold = min(right - left, top - bottom) / 100  # of cartopy's own projections
    return projection


def crop_grid(grid: Grid, window: Window | None) -> Grid:
    """Return the grid's window of (rows, columns), or the whole grid for None."""
    if window is None:
        return grid
    rows, columns = window
    return Grid(grid.name, grid.crs, grid.x[columns], grid.y[rows])


def draw_field(axis: GeoAxes, grid: Grid, field: np.ndarray, style: FieldStyle) -> None:
    """Draw a field (y, x). Where it is NaN the background shows."""
    axis.imshow(
        np.ma.masked_invalid(field),
        origin="lower",
        extent=_get_image_extent(grid),
        transform=axis.projection,
        cmap=style.colours,
        norm=style.scale,
    )


def draw_box(axis: GeoAxes, grid: Grid, window: Window) -> None:
    """Outline a window of (rows, columns)."""
    left, bottom, right, top = crop_grid(grid, window).extent()
    axis.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False, edgecolor="#D55E00", lw=1.2))


def draw_colour_bar(figure: FigureBase, axes: Axes | Sequence[Axes] | np.ndarray, style: FieldStyle) -> Colorbar:
    """Draw a colour bar under the axes; axes of one column get a wide one with few ticks."""
    panels: list[Axes] = np.asarray(axes).ravel().tolist()
    one_column = len({_get_column(panel) for panel in panels}) == 1
    bar = figure.colorbar(
        ScalarMappable(style.scale, style.colours),
        ax=panels,
        location="bottom",
        extend=style.extend,
        fraction=0.06,
        pad=0.02,
        aspect=14 if one_column else 40,
        shrink=0.9 if one_column else 0.5,
    )
    bar.set_label(style.label)
    if style.ticks:
        bar.set_ticks(list(style.ticks), labels=list(style.ticks.values()))
    elif one_column and not isinstance(style.scale, LogNorm):
        bar.locator = MaxNLocator(4)
    bar.outline.set_linewidth(0.5)
    return bar


def _get_column(axis: Axes) -> int:
    """Return the column in which a panel stands, 0 for one that is in no grid."""
    place = axis.get_subplotspec()
    return 0 if place is None else place.colspan.start


def _get_image_extent(grid: Grid) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top in m, in the order that imshow expects."""
    left, bottom, right, top = grid.extent()
    return left, right, bottom, top


@lru_cache(maxsize=2)
def coarsen_land(grid: Grid) -> tuple[Grid, np.ndarray]:
    """Return land (y, x) on as many cells as a panel can show, with their grid."""
    every = max(1, max(grid.shape) // FINE_ENOUGH)
    coarse = Grid(grid.name, grid.crs, grid.x[::every], grid.y[::every])
    return coarse, make_land_mask(coarse)


def _draw_land(axis: GeoAxes, grid: Grid) -> None:
    """Draw grey land under the fields and the coastline over them."""
    coarse, land = coarsen_land(grid)
    axis.imshow(
        np.ma.masked_equal(land, False),
        origin="lower",
        extent=_get_image_extent(coarse),
        transform=axis.projection,
        cmap=ListedColormap([LAND]),
        zorder=0.5,
    )
    if land.any() and not land.all():
        axis.contour(coarse.x, coarse.y, land, levels=[0.5], colors=COAST, linewidths=0.4, zorder=3)


def trace_coastline(grid: Grid, land: np.ndarray) -> list[np.ndarray]:
    """Return the border of the land (y, x) as lines (point, 2) of x and y in m."""
    lines: Any = contour_generator(grid.x, grid.y, land.astype(float)).lines(0.5)  # an array a line is its default form
    return list(lines)


@lru_cache(maxsize=2)
def make_graticule(grid: Grid) -> tuple[np.ndarray, ...]:
    """Return parallels and meridians as lines (point, 2) of x and y in m, NaN beyond the grid."""
    longitudes, latitudes = _choose_graticule(grid)
    around = np.linspace(-180, 180, 721)
    northward = np.linspace(latitudes[0], 89.9, 400)
    parallels = [(around, np.full_like(around, latitude)) for latitude in latitudes]
    meridians = [(np.full_like(northward, longitude), northward) for longitude in longitudes]
    to_grid = pyproj.Transformer.from_crs(grid.crs.geodetic_crs, grid.crs, always_xy=True)
    left, bottom, right, top = grid.extent()
    lines = []
    for longitude, latitude in (*parallels, *meridians):
        x, y = to_grid.transform(longitude, latitude)
        inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        lines.append(np.where(inside[:, None], np.column_stack([x, y]), np.nan))
    return tuple(lines)


def _choose_graticule(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the longitudes and latitudes of the lines, closer together on small grids."""
    if max(grid.shape) * grid.step < REGIONAL:
        step_longitude, step_latitude = 15, 2
    else:
        step_longitude, step_latitude = 45, 5
    return np.arange(-180, 181, step_longitude), np.arange(50, 90, step_latitude)


def _draw_graticule(axis: GeoAxes, grid: Grid, labels: dict[str, bool]) -> None:
    """Draw parallels and meridians, labelled at the sides that are true in ``labels``."""
    longitudes, latitudes = _choose_graticule(grid)
    lines = axis.gridlines(
        crs=ccrs.PlateCarree(),
        draw_labels=[side for side, wanted in labels.items() if wanted] or False,
        xlocs=longitudes,
        ylocs=latitudes,
        color="0.4",
        linewidth=0.3,
        alpha=0.7,
        zorder=4,
    )
    lines.xlabel_style = lines.ylabel_style = {"size": 5.5, "color": "0.3"}
