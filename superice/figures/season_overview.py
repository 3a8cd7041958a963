"""A whole season: every date as a small map on one page, and one member beside the truth as an animation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from PIL import Image
from tqdm import tqdm

from superice.features.files import read_model_features, read_observed_features
from superice.fields.grid import Grid
from superice.figures.ensemble_maps import read_member
from superice.figures.map_panels import coarsen_land, make_graticule, trace_coastline
from superice.figures.style import (
    COAST,
    LAND,
    NO_DATA,
    PAGE_WIDTH,
    FieldStyle,
    apply_style,
    draw_notice,
    format_date,
    thickness_style,
)
from superice.seasons import spread_evenly
from superice.utils.files import atomic_path

PAGE_HEIGHT = 8.6  # inches for the maps of a film strip
LARGEST_MAP = 400  # cells along a side
PIXELS_OF_TILES = 2400  # along a page: a strip holds no more
DOTS_PER_INCH = 85
SECONDS_PER_FRAME = 0.6
MOST_FRAMES = 60  # of an animation, that it stays small
COLOURS, GREYS = 112, 16  # of its palette
GRID_LINES = {"colors": "0.4", "linewidths": 0.25, "alpha": 0.7}


@dataclass(frozen=True)
class Frame:
    """Maps of one date beside each other: fields (y, x) in m by name, NaN where missing."""

    day: date
    fields: dict[str, np.ndarray]


def read_frames(features: Sequence[Path], predictions: Sequence[Path]) -> tuple[Grid, list[Frame]]:
    """What is known of each date, and one member, on cells thinned to a small map's.

    ``features`` are model features (.nc), whose truth is taken, or observed ones (.npz), whose thickness is.
    """
    frames = []
    for known, ensemble in zip(features, predictions, strict=True):
        day, grid, member = read_member(ensemble)
        if known.suffix == ".npz":
            name, field = "observed", read_observed_features(known).sit
        else:
            name, field = "truth", read_model_features(known).truth
        small, field = thin_field(grid, field)
        frames.append(Frame(day, {name: field, "member 1": thin_field(grid, member)[1]}))
    return small, frames


def thin_field(grid: Grid, field: np.ndarray) -> tuple[Grid, np.ndarray]:
    """A grid and a field (y, x) on as many of their cells as a small map can show, so that a season fits in memory."""
    every = max(1, round(max(grid.shape) / LARGEST_MAP))
    return Grid(grid.name, grid.crs, grid.x[::every], grid.y[::every]), np.float32(field[::every, ::every])


def draw_film_strip(grid: Grid, frames: Sequence[Frame]) -> Figure:
    """Every date of a season on one page, its fields beside each other, in the grid's projection and on one scale."""
    shown = [frame for frame in frames if any(np.isfinite(field).any() for field in frame.fields.values())]
    if not shown:
        return draw_notice("No date has ice: nothing to draw.")
    style = thickness_style(field for frame in shown for field in frame.fields.values())
    height, width = grid.shape
    side_by_side = len(shown[0].fields)
    columns = _columns(len(frames), side_by_side * width, 1.15 * height)
    rows = -(-len(frames) // columns)
    step = np.array([1.06 * side_by_side * width, 1.15 * height]) * grid.step
    with apply_style():
        page_width, page_height = columns * step[0], rows * step[1]
        figure, axis = plt.subplots(figsize=(PAGE_WIDTH, PAGE_WIDTH * page_height / page_width + 0.6))
        axis.set(xlim=(0, page_width), ylim=(-page_height, 0), aspect="equal")
        axis.set_axis_off()
        every = max(1, round(columns * side_by_side * width / PIXELS_OF_TILES))
        size = min(7.0, 62 / columns)
        for number, frame in enumerate(frames):
            row, column = divmod(number, columns)
            corner = step * (column, -(row + 1))
            axis.text(
                corner[0], corner[1] + 1.01 * height * grid.step, f"{frame.day:%d %b %Y}", fontsize=size, va="bottom"
            )
            for place, field in enumerate(frame.fields.values()):
                _tile(axis, grid, field, style, corner + np.array([place * width, 0]) * grid.step, every)
            if frame not in shown:
                middle = corner + np.array([side_by_side * width, height]) * grid.step / 2
                axis.text(*middle, "no complete input", fontsize=size, ha="center", va="center")
        bar = figure.colorbar(
            ScalarMappable(style.scale, style.colours), ax=axis, location="bottom", shrink=0.5, aspect=40,
            extend=style.extend, pad=0.01,
        )  # fmt: skip
        bar.set_label(style.label)
        figure.suptitle(", ".join(shown[0].fields) + (": left to right" if side_by_side > 1 else ""), fontsize=8)
    return figure


def _columns(count: int, width: float, height: float) -> int:
    """The fewest columns with which ``count`` tiles of this shape fit on a page."""
    for columns in range(1, count + 1):
        if -(-count // columns) * height / (columns * width) <= PAGE_HEIGHT / PAGE_WIDTH:
            return columns
    return count


def _tile(axis: Axes, grid: Grid, field: np.ndarray, style: FieldStyle, corner: np.ndarray, every: int) -> None:
    """A map with its lower left corner at ``corner``, in m on the page; every ``every``-th pixel is shown."""
    land_grid, land = coarsen_land(grid)
    left, bottom, right, top = grid.extent()
    extent = (corner[0], corner[0] + right - left, corner[1], corner[1] + top - bottom)
    shape = {"origin": "lower", "extent": extent, "interpolation": "nearest"}
    axis.imshow(np.zeros((1, 1)), cmap=ListedColormap([NO_DATA]), **shape)
    axis.imshow(np.ma.masked_equal(land, False), cmap=ListedColormap([LAND]), **shape)
    axis.imshow(np.ma.masked_invalid(field[::every, ::every]), cmap=style.colours, norm=style.scale, **shape)
    moved = lambda lines: [line - (left, bottom) + corner for line in lines]
    axis.add_collection(LineCollection(moved(make_graticule(grid)), **GRID_LINES), autolim=False)
    axis.add_collection(
        LineCollection(moved(trace_coastline(land_grid, land)), colors=COAST, linewidths=0.3), autolim=False
    )


def write_animation(grid: Grid, frames: Sequence[Frame], path: str | Path) -> None:
    """Write the dates one after the other as an animated GIF, the fields of a date beside each other.

    Of more than ``MOST_FRAMES`` dates that many are shown, evenly spread.
    """
    frames = spread_evenly(list(frames), MOST_FRAMES)
    names = list(frames[0].fields)
    style = thickness_style(field for frame in frames for field in frame.fields.values())
    left, bottom, right, top = grid.extent()
    height = PAGE_WIDTH / len(names) * (top - bottom) / (right - left) + 0.9
    with apply_style():
        figure, axes = plt.subplots(1, len(names), figsize=(PAGE_WIDTH, height), squeeze=False, dpi=DOTS_PER_INCH)
        maps = [_animated_map(axis, grid, style) for axis in axes[0]]
        for axis, name in zip(axes[0], names, strict=True):
            axis.set_title(name)
        bar = figure.colorbar(
            ScalarMappable(style.scale, style.colours), ax=axes, location="bottom", shrink=0.5, aspect=40,
            extend=style.extend,
        )  # fmt: skip
        bar.set_label(style.label)
        title = figure.suptitle(" ", fontsize=9)
        pictures = []
        for frame in tqdm(frames, unit="frame"):
            for image, field in zip(maps, frame.fields.values(), strict=True):
                image.set_data(np.ma.masked_invalid(field))
            title.set_text(format_date(frame.day))
            figure.canvas.draw()
            pictures.append(Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB"))
            # Once laid out the panels stay where they are.
            figure.set_layout_engine("none")
    plt.close(figure)
    _write_gif(pictures, style, path)


def _animated_map(axis: Axes, grid: Grid, style: FieldStyle):
    land_grid, land = coarsen_land(grid)
    left, bottom, right, top = grid.extent()
    shape = {"origin": "lower", "extent": (left, right, bottom, top)}
    axis.set_facecolor(NO_DATA)
    axis.imshow(np.ma.masked_equal(land, False), cmap=ListedColormap([LAND]), **shape)
    image = axis.imshow(np.ma.masked_all(grid.shape), cmap=style.colours, norm=style.scale, **shape)
    axis.add_collection(LineCollection(make_graticule(grid), **GRID_LINES), autolim=False)
    axis.add_collection(LineCollection(trace_coastline(land_grid, land), colors=COAST, linewidths=0.4), autolim=False)
    axis.set(xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
    return image


def _write_gif(pictures: Sequence[Image.Image], style: FieldStyle, path: str | Path) -> None:
    """All frames in the colours of the fields and in greys, undithered: what does not change costs no room."""
    colours = plt.get_cmap(style.colours)(np.linspace(0, 1, COLOURS))[:, :3]
    greys = np.repeat(np.linspace(0, 1, GREYS)[:, None], 3, axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.uint8(np.round(255 * np.vstack([colours, greys]))).tobytes())
    first, *others = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    with atomic_path(path) as temporary:
        first.save(temporary, save_all=True, append_images=others, duration=int(1000 * SECONDS_PER_FRAME), loop=0)
