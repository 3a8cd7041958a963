"""Windows: the parts of a field on which something is evaluated, so that nothing is computed far from the ice.

A window is the smallest rectangle around some ice, its core, and a halo as wide as what is evaluated reaches: over the
core it then sees what it sees in the whole field. Rectangles are made of square cells: for a network these are its
coarsest pooling cells, so that a window is pooled as the whole field is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Window:
    """Two rectangles, each as slices (rows, columns) of the field.

    Attributes:
        outer: where the network is evaluated.
        core: the part of it whose values are those of the whole field.
    """

    outer: Box
    core: Box

    @property
    def inner(self) -> Box:
        """The core in the rows and columns of ``outer``."""
        return tuple(slice(c.start - o.start, c.stop - o.start) for c, o in zip(self.core, self.outer, strict=True))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of ``outer``."""
        rows, columns = (part.stop - part.start for part in self.outer)
        return rows, columns


def windows(ice: np.ndarray, reach: int, cell: int, tile: tuple[int, int] | None = None) -> list[Window]:
    """Windows whose cores are disjoint and hold all the ice; none where there is no ice.

    Args:
        ice: bool (y, x), both multiples of ``cell``; where the result is needed.
        reach: pixels from which a pixel of the result takes anything; for pooled windows a multiple of ``cell``.
        cell: pixels of a side of a cell.
        tile: the largest (rows, columns) of a core, rounded down to whole cells; None for no bound.
    """
    rows, columns = (size // cell for size in ice.shape)
    cells = ice.reshape(rows, cell, columns, cell).any(axis=(1, 3))
    cores = _apart(cells, np.s_[0:rows, 0:columns], reach / cell)
    if tile:
        largest = [max(1, side // cell) for side in tile]
        cores = [around for core in cores for part in _tiles(core, largest) if (around := _around(cells, part))]
    scaled = [tuple(slice(part.start * cell, part.stop * cell) for part in core) for core in cores]
    return [Window(widened(core, reach, ice.shape), core) for core in scaled]


def _around(cells: np.ndarray, box: Box) -> Box | None:
    """The smallest box around the ice in ``box``, None without ice."""
    found = [np.flatnonzero(cells[box].any(axis=axis)) for axis in (1, 0)]
    if not found[0].size:
        return None
    return tuple(slice(part.start + int(at[0]), part.start + int(at[-1]) + 1) for part, at in zip(box, found))


def widened(box: Box, halo: float, shape: tuple[int, int]) -> Box:
    """The box and ``halo`` all around it, as far as the field of ``shape`` goes."""
    return tuple(slice(max(0, part.start - halo), min(size, part.stop + halo)) for part, size in zip(box, shape))


def _apart(cells: np.ndarray, box: Box, halo: float) -> list[Box]:
    """The smallest box around the ice in ``box``, or the boxes that together, each with its halo, are less to compute."""
    around = _around(cells, box)
    if around is None:
        return []
    (rows, of_rows), (columns, of_columns) = (
        _best_cut(cells, around, halo),
        _best_cut(cells.T, around[::-1], halo),
    )
    if min(rows, columns) >= math.prod(part.stop - part.start for part in widened(around, halo, cells.shape)):
        return [around]
    parts = of_rows if rows <= columns else [part[::-1] for part in of_columns]
    return [found for part in parts for found in _apart(cells, part, halo)]


def _best_cut(cells: np.ndarray, box: Box, halo: float) -> tuple[float, list[Box]]:
    """What is left to compute after the best cut between two rows of the box, and its halves; infinity for one row.

    ``box`` is the smallest around its ice. Every cut is judged by the smallest boxes around the ice of its halves.
    """
    rows, columns = box
    if rows.stop - rows.start < 2:
        return math.inf, []

    def cost(bottom: np.ndarray | int, top: np.ndarray | int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        length = lambda first, end, size: np.minimum(end + halo, size) - np.maximum(first - halo, 0)
        across = length(columns.start + left, columns.start + right, cells.shape[1])
        return length(bottom, top, cells.shape[0]) * across

    ice = _ice_of(cells[box])
    height, *sides = _extents(*ice)
    left_over = cost(rows.start, rows.start + height, *sides)
    height, *sides = (extent[::-1] for extent in _extents(*(of_lines[::-1] for of_lines in ice)))
    left_over = left_over + cost(rows.stop - height, rows.stop, *sides)
    at = rows.start + 1 + int(left_over.argmin())
    return float(left_over.min()), [(slice(rows.start, at), columns), (slice(at, rows.stop), columns)]


def _ice_of(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each line: whether it holds ice, and the first and the end column of it, the width and 0 without ice."""
    filled, width = lines.any(axis=1), lines.shape[1]
    first = np.where(filled, lines.argmax(axis=1), width)
    end = np.where(filled, width - lines[:, ::-1].argmax(axis=1), 0)
    return filled, first, end


def _extents(filled: np.ndarray, first: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the first 1, 2, … of the lines but all: up to which one they hold ice, and the first and the end column of it."""
    height = np.where(filled, np.arange(1, len(filled) + 1), 0)
    running = np.maximum.accumulate(height), np.minimum.accumulate(first), np.maximum.accumulate(end)
    return tuple(extent[:-1] for extent in running)


def _tiles(box: Box, largest: list[int]) -> Iterator[Box]:
    """The box in equal parts, none with more rows or columns than ``largest``."""
    edges = [
        np.linspace(part.start, part.stop, -(-(part.stop - part.start) // most) + 1).round().astype(int).tolist()
        for part, most in zip(box, largest)
    ]
    for bottom, top in zip(edges[0], edges[0][1:]):
        for left, right in zip(edges[1], edges[1][1:]):
            yield slice(bottom, top), slice(left, right)
