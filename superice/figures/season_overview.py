"""Draw a whole season: every date as a small map on one page, and one member beside the truth as an animation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image
from tqdm import tqdm

from superice.features.files import pair_files, read_model_features, read_observed_features, require_day
from superice.fields.grid import Grid
from superice.figures.ensemble_file import read_member
from superice.figures.field_style import FieldStyle, make_thickness_style
from superice.figures.map_panels import coarsen_land, make_graticule, trace_coastline
from superice.figures.style import COAST, LAND, NO_DATA, PAGE_WIDTH, apply_style, draw_notice, format_date
from superice.seasons import spread_evenly
from superice.utils.files import atomic_path

PAGE_HEIGHT = 8.6  # inches for the maps of a film strip
LARGEST_MAP = 400  # cells along a side
PIXELS_PER_PAGE = 2400  # along the width of a film strip
TILE_HEIGHT, TILE_WIDTH = 1.15, 1.06  # with margins, in heights and widths of the maps
DOTS_PER_INCH = 85
SECONDS_PER_FRAME = 0.6
MOST_FRAMES = 60  # keeps an animation small
COLOURS, GREYS = 112, 16  # in the palette of an animation
GRID_LINES: dict[str, Any] = {"colors": "0.4", "linewidths": 0.25, "alpha": 0.7}


@dataclass(frozen=True)
class Frame:
    """Maps of one date that stand beside each other: fields (y, x) in m by name, NaN where missing."""

    day: date
    fields: dict[str, np.ndarray]

    @property
    def has_ice(self) -> bool:
        """Whether any pixel of any field holds ice."""
        return any(np.isfinite(field).any() for field in self.fields.values())


def read_frames(features: Sequence[Path], predictions: Sequence[Path]) -> tuple[Grid, list[Frame]]:
    """Read the truth or the observed thickness of each date, and one member, on the cells of a small map.

    ``features`` are files of model features (.nc), which hold the truth, or of observed features (.npz), which hold
    the observed thickness. ``predictions`` are the ensembles of the same dates.

    Raises InputError when they are not.
    """
    frames = []
    for known, ensemble in pair_files(features, predictions):
        day, grid, member = read_member(ensemble)
        if known.suffix == ".npz":
            read = read_observed_features(known, day=day, partly_missing=True)
            name, field = "observed", read.sit
        else:
            read = read_model_features(known, day=day)
            name, field = "truth", read.get_truth()
        require_day(read, day, known)
        small, known_field = thin_field(grid, field)
        _, drawn_field = thin_field(grid, member)
        frames.append(Frame(day, {name: known_field, "member 1": drawn_field}))
    return small, frames


def thin_field(grid: Grid, field: np.ndarray) -> tuple[Grid, np.ndarray]:
    """Return a grid and a field (y, x) on as many cells as a small map can show, so that a season fits in memory."""
    every = max(1, round(max(grid.shape) / LARGEST_MAP))
    return Grid(grid.name, grid.crs, grid.x[::every], grid.y[::every]), field[::every, ::every].astype(np.float32)


@dataclass(frozen=True)
class StripLayout:
    """Where the dates of a film strip stand; lengths are in m on the grid.

    Attributes
    ----------
    columns, rows : int
        Number of dates across and down.
    map_size : array
        Width and height of a map.
    tile_size : array
        Width and height of all maps of a date, with margins.
    """

    columns: int
    rows: int
    map_size: np.ndarray
    tile_size: np.ndarray

    @classmethod
    def from_frames(cls, grid: Grid, dates: int, maps_per_date: int) -> StripLayout:
        """Return the layout with the fewest columns that fits on a page."""
        map_size = np.array([grid.shape[1], grid.shape[0]]) * grid.step
        tile_size = np.array([TILE_WIDTH * maps_per_date * grid.shape[1], TILE_HEIGHT * grid.shape[0]]) * grid.step
        columns = _count_columns(dates, maps_per_date * grid.shape[1], TILE_HEIGHT * grid.shape[0])
        return cls(columns, ceil(dates / columns), map_size, tile_size)

    @property
    def page_size(self) -> np.ndarray:
        """Width and height of all tiles."""
        return self.tile_size * (self.columns, self.rows)

    def find_corner(self, number: int) -> np.ndarray:
        """Return the lower left corner of a date's tile, when the page's upper left corner is (0, 0)."""
        row, column = divmod(number, self.columns)
        return self.tile_size * (column, -(row + 1))


def _count_columns(count: int, width: float, height: float) -> int:
    """Return the fewest columns with which ``count`` tiles of this shape fit on a page."""
    for columns in range(1, count + 1):
        if ceil(count / columns) * height / (columns * width) <= PAGE_HEIGHT / PAGE_WIDTH:
            return columns
    return count


def draw_from_files(features: Sequence[Path], predictions: Sequence[Path]) -> Figure:
    """Read the features and the ensembles of a season, and draw every date."""
    return draw_film_strip(*read_frames(features, predictions))


def draw_film_strip(grid: Grid, frames: Sequence[Frame]) -> Figure:
    """Draw every date of a season on one page, its fields beside each other, in the grid's projection, on one scale."""
    shown = [frame for frame in frames if frame.has_ice]
    if not shown:
        return draw_notice("No date has ice: nothing to draw.")
    style = make_thickness_style(field for frame in shown for field in frame.fields.values())
    names = list(shown[0].fields)
    layout = StripLayout.from_frames(grid, len(frames), len(names))
    page_width, page_height = layout.page_size
    with apply_style():
        figure, axis = plt.subplots(figsize=(PAGE_WIDTH, PAGE_WIDTH * page_height / page_width + 0.6))
        axis.set(xlim=(0, page_width), ylim=(-page_height, 0), aspect="equal")
        axis.set_axis_off()
        for number, frame in enumerate(frames):
            _draw_date(axis, grid, frame, style, layout, layout.find_corner(number))
        _draw_colour_bar(figure, axis, style, pad=0.01)
        figure.suptitle(", ".join(names) + (": left to right" if len(names) > 1 else ""), fontsize=8)
    return figure


def _draw_date(
    axis: Axes, grid: Grid, frame: Frame, style: FieldStyle, layout: StripLayout, corner: np.ndarray
) -> None:
    """Draw the maps of a date from the lower left corner of its tile, with the date above them."""
    width, height = layout.map_size
    font_size = min(7.0, 62 / layout.columns)
    cells_per_page = layout.columns * len(frame.fields) * grid.shape[1]
    every = max(1, round(cells_per_page / PIXELS_PER_PAGE))
    axis.text(corner[0], corner[1] + 1.01 * height, f"{frame.day:%d %b %Y}", fontsize=font_size, va="bottom")
    for place, field in enumerate(frame.fields.values()):
        _draw_tile(axis, grid, field[::every, ::every], style, corner + np.array([place * width, 0]))
    if not frame.has_ice:
        middle = corner + np.array([len(frame.fields) * width, height]) / 2
        axis.text(middle[0], middle[1], "input incomplete", fontsize=font_size, ha="center", va="center")


def _draw_tile(axis: Axes, grid: Grid, field: np.ndarray, style: FieldStyle, corner: np.ndarray) -> None:
    """Draw a map with its lower left corner at ``corner``, in m on the page."""
    land_grid, land = coarsen_land(grid)
    left, bottom, right, top = grid.extent()
    extent = (corner[0], corner[0] + right - left, corner[1], corner[1] + top - bottom)
    placed: dict[str, Any] = {"origin": "lower", "extent": extent, "interpolation": "nearest"}
    axis.imshow(np.zeros((1, 1)), cmap=ListedColormap([NO_DATA]), **placed)
    axis.imshow(np.ma.masked_equal(land, False), cmap=ListedColormap([LAND]), **placed)
    axis.imshow(np.ma.masked_invalid(field), cmap=style.colours, norm=style.scale, **placed)
    graticule = [line - (left, bottom) + corner for line in make_graticule(grid)]
    coastline = [line - (left, bottom) + corner for line in trace_coastline(land_grid, land)]
    axis.add_collection(LineCollection(graticule, **GRID_LINES), autolim=False)
    axis.add_collection(LineCollection(coastline, colors=COAST, linewidths=0.3), autolim=False)


def _draw_colour_bar(figure: Figure, axes: Axes | np.ndarray, style: FieldStyle, **options: Any) -> None:
    """Draw one colour bar below all maps."""
    mappable = ScalarMappable(style.scale, style.colours)
    bar = figure.colorbar(mappable, ax=axes, location="bottom", shrink=0.5, aspect=40, extend=style.extend, **options)
    bar.set_label(style.label)


def write_animation(grid: Grid, frames: Sequence[Frame], path: str | Path) -> None:
    """Write the dates one after the other as an animated GIF, the fields of a date beside each other.

    Of more than ``MOST_FRAMES`` dates only that many are shown, evenly spread.
    """
    frames = spread_evenly(list(frames), MOST_FRAMES)
    names = list(frames[0].fields)
    style = make_thickness_style(field for frame in frames for field in frame.fields.values())
    left, bottom, right, top = grid.extent()
    height = PAGE_WIDTH / len(names) * (top - bottom) / (right - left) + 0.9
    with apply_style():
        figure, axes = plt.subplots(1, len(names), figsize=(PAGE_WIDTH, height), squeeze=False, dpi=DOTS_PER_INCH)
        images = [_draw_empty_map(axis, grid, style) for axis in axes[0]]
        for axis, name in zip(axes[0], names, strict=True):
            axis.set_title(name)
        _draw_colour_bar(figure, axes, style)
        title = figure.suptitle(" ", fontsize=9)
        pictures = []
        for frame in tqdm(frames, unit="frame"):
            for image, field in zip(images, frame.fields.values(), strict=True):
                image.set_data(np.ma.masked_invalid(field))
            title.set_text(format_date(frame.day))
            canvas: Any = figure.canvas  # that of Agg
            canvas.draw()
            pictures.append(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
            # After the first frame the panels must stay where they are.
            figure.set_layout_engine("none")
    plt.close(figure)
    _write_gif(pictures, style, path)


def _draw_empty_map(axis: Axes, grid: Grid, style: FieldStyle) -> AxesImage:
    """Draw land, coastline and graticule; return the image that takes the field of each frame."""
    land_grid, land = coarsen_land(grid)
    left, bottom, right, top = grid.extent()
    placed: dict[str, Any] = {"origin": "lower", "extent": (left, right, bottom, top)}
    axis.set_facecolor(NO_DATA)
    axis.imshow(np.ma.masked_equal(land, False), cmap=ListedColormap([LAND]), **placed)
    image = axis.imshow(np.ma.masked_all(grid.shape), cmap=style.colours, norm=style.scale, **placed)
    axis.add_collection(LineCollection(make_graticule(grid), **GRID_LINES), autolim=False)
    axis.add_collection(LineCollection(trace_coastline(land_grid, land), colors=COAST, linewidths=0.4), autolim=False)
    axis.set(xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
    return image


def _write_gif(pictures: Sequence[Image.Image], style: FieldStyle, path: str | Path) -> None:
    """Write pictures as a GIF in the colours of the fields and in greys.

    Without dithering, what does not change between frames takes no room.
    """
    colours = plt.get_cmap(style.colours)(np.linspace(0, 1, COLOURS))[:, :3]
    greys = np.repeat(np.linspace(0, 1, GREYS)[:, None], 3, axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.uint8(np.round(255 * np.vstack([colours, greys]))).tobytes())
    first, *others = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    with atomic_path(path) as temporary:
        first.save(temporary, save_all=True, append_images=others, duration=int(1000 * SECONDS_PER_FRAME), loop=0)
