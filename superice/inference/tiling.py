"""Cover the ice with rectangles, so that nothing is computed far from it.

A tile is written on the smallest rectangle around some ice, and read with a halo as wide as the receptive field of what
is evaluated: where it is written, its values are those of the whole field. Rectangles consist of square cells. For a
network these are its coarsest pooling cells, so that a tile is pooled exactly as the whole field is.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Edges = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # top, bottom, left and right edges of several boxes


@dataclass(frozen=True)
class Box:
    """A rectangle of a field: rows from ``top`` to before ``bottom``, columns from ``left`` to before ``right``.

    Rows are counted in the order of the array, so ``top`` is the first row.
    """

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index a field (y, x)."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """The numbers of rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def area(self) -> int:
        """The number of pixels."""
        rows, columns = self.shape
        return rows * columns

    def grow(self, halo: int, shape: tuple[int, int]) -> Box:
        """Return the box with ``halo`` pixels added on each side, within a field of ``shape`` (y, x)."""
        rows, columns = shape
        return Box(
            top=max(0, self.top - halo),
            bottom=min(rows, self.bottom + halo),
            left=max(0, self.left - halo),
            right=min(columns, self.right + halo),
        )

    def shift(self, rows: int, columns: int) -> Box:
        """Return the box moved by so many rows and columns."""
        return Box(self.top + rows, self.bottom + rows, self.left + columns, self.right + columns)

    def scale(self, factor: int) -> Box:
        """Return the same rectangle on a grid that is finer by ``factor``."""
        return Box(self.top * factor, self.bottom * factor, self.left * factor, self.right * factor)

    def transpose(self) -> Box:
        """Return the box of the transposed field."""
        return Box(self.left, self.right, self.top, self.bottom)

    def split_at_row(self, row: int) -> tuple[Box, Box]:
        """Return the part before ``row`` and the part from ``row`` on."""
        return Box(self.top, row, self.left, self.right), Box(row, self.bottom, self.left, self.right)

    def split_at_column(self, column: int) -> tuple[Box, Box]:
        """Return the part before ``column`` and the part from ``column`` on."""
        return Box(self.top, self.bottom, self.left, column), Box(self.top, self.bottom, column, self.right)


@dataclass(frozen=True)
class Tile:
    """A part of a field that is evaluated by itself.

    Attributes
    ----------
    read
        Where the inputs are read and the network is evaluated.
    write
        The part of ``read`` where the result is that of the whole field.
    """

    read: Box
    write: Box

    @property
    def inner(self) -> Box:
        """``write`` in rows and columns counted from the corner of ``read``."""
        return self.write.shift(-self.read.top, -self.read.left)


def find_tiles(ice: np.ndarray, reach: int, cell: int, largest: tuple[int, int] | None = None) -> list[Tile]:
    """Find tiles that together write to every pixel of ice, and to no pixel twice; no tiles where there is no ice.

    Parameters
    ----------
    ice
        Bool field (y, x), both multiples of ``cell``; where the result is needed.
    reach
        The receptive field of a result, in pixels on each side; with pooling, a multiple of ``cell``.
    cell
        Side of a cell in pixels.
    largest
        The most (rows, columns) that a tile writes, rounded down to whole cells; None for no limit.
    """
    rows, columns = (size // cell for size in ice.shape)
    cells = np.asarray(ice.reshape(rows, cell, columns, cell).any(axis=(1, 3)))
    boxes = _cover_ice(cells, Box(0, rows, 0, columns), reach // cell)
    if largest:
        most_rows, most_columns = (max(1, side // cell) for side in largest)
        parts = [_shrink_to_ice(cells, part) for box in boxes for part in _split_evenly(box, (most_rows, most_columns))]
        boxes = [part for part in parts if part is not None]
    tiles = []
    for box in boxes:
        write = box.scale(cell)
        tiles.append(Tile(read=write.grow(reach, ice.shape), write=write))
    return tiles


def _shrink_to_ice(cells: np.ndarray, box: Box) -> Box | None:
    """Return the smallest box around the ice in ``box``, None if it holds no ice."""
    ice = cells[box.slices]
    rows = np.flatnonzero(ice.any(axis=1))
    columns = np.flatnonzero(ice.any(axis=0))
    if not rows.size:
        return None
    return Box(
        top=box.top + int(rows[0]),
        bottom=box.top + int(rows[-1]) + 1,
        left=box.left + int(columns[0]),
        right=box.left + int(columns[-1]) + 1,
    )


def _cover_ice(cells: np.ndarray, box: Box, halo: int) -> list[Box]:
    """Return the smallest box around the ice in ``box``, cut in two, and again, while this makes the total area smaller.

    The area of a box includes its halo.
    """
    around = _shrink_to_ice(cells, box)
    if around is None:
        return []
    row_cut_area, row = _find_best_cut(cells, around, halo)
    column_cut_area, column = _find_best_cut(cells.T, around.transpose(), halo)  # columns are rows of the transpose
    if min(row_cut_area, column_cut_area) >= around.grow(halo, cells.shape).area:
        return [around]
    parts = around.split_at_row(row) if row_cut_area <= column_cut_area else around.split_at_column(column)
    return [found for part in parts for found in _cover_ice(cells, part, halo)]


def _find_best_cut(cells: np.ndarray, box: Box, halo: int) -> tuple[float, int]:
    """Find the row at which cutting ``box`` leaves the smallest area around the ice of both parts.

    Parameters
    ----------
    cells
        Bool field (y, x), where there is ice.
    box
        The smallest around its ice.
    halo
        Cells that are added around each part.

    Returns
    -------
    tuple[float, int]
        The area of both parts with their halos, and the first row of the second part. The area is infinite if the box
        is one row.
    """
    if box.bottom - box.top < 2:
        return math.inf, box.top
    edges = _bound_each_row(cells, box)
    first_parts = _bound_rows_up_to(edges)
    last_parts = _bound_rows_from(edges)
    # A cut after a row leaves the rows up to it, and the rows from the next one on.
    areas = _compute_areas(first_parts, halo, cells.shape)[:-1] + _compute_areas(last_parts, halo, cells.shape)[1:]
    best = int(areas.argmin())
    return float(areas[best]), box.top + best + 1


def _bound_each_row(cells: np.ndarray, box: Box) -> Edges:
    """Return the edges of the ice in each row of ``box``; a row without ice has those of an inverted box."""
    ice = cells[box.slices]
    filled, rows = ice.any(axis=1), np.arange(box.top, box.bottom)
    top = np.where(filled, rows, box.bottom)
    bottom = np.where(filled, rows + 1, box.top)
    left = np.where(filled, box.left + ice.argmax(axis=1), box.right)
    right = np.where(filled, box.right - np.fliplr(ice).argmax(axis=1), box.left)
    return top, bottom, left, right


def _bound_rows_up_to(edges: Edges) -> Edges:
    """Return the edges of the smallest boxes around the rows up to each row, from the edges of each row."""
    top, bottom, left, right = edges
    return (
        np.minimum.accumulate(top),
        np.maximum.accumulate(bottom),
        np.minimum.accumulate(left),
        np.maximum.accumulate(right),
    )


def _bound_rows_from(edges: Edges) -> Edges:
    """Return the edges of the smallest boxes around the rows from each row on, from the edges of each row."""
    top, bottom, left, right = (np.flip(edge) for edge in edges)
    top, bottom, left, right = _bound_rows_up_to((top, bottom, left, right))
    return np.flip(top), np.flip(bottom), np.flip(left), np.flip(right)


def _compute_areas(edges: Edges, halo: int, shape: tuple[int, int]) -> np.ndarray:
    """Return the areas of boxes with their halos, within a field of ``shape`` (y, x)."""
    top, bottom, left, right = edges
    rows, columns = shape
    heights = np.minimum(bottom + halo, rows) - np.maximum(top - halo, 0)
    widths = np.minimum(right + halo, columns) - np.maximum(left - halo, 0)
    return heights * widths


def _split_evenly(box: Box, limit: tuple[int, int]) -> Iterator[Box]:
    """Split the box into nearly equal parts of at most ``limit`` (rows, columns)."""
    rows, columns = limit
    for top, bottom in itertools.pairwise(_place_cuts(box.top, box.bottom, rows)):
        for left, right in itertools.pairwise(_place_cuts(box.left, box.right, columns)):
            yield Box(top, bottom, left, right)


def _place_cuts(start: int, stop: int, limit: int) -> list[int]:
    """Place as few cuts as possible between ``start`` and ``stop``, nearly evenly; return them with both ends."""
    parts = math.ceil((stop - start) / limit)
    return np.linspace(start, stop, parts + 1).round().astype(int).tolist()
