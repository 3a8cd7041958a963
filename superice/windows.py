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
    cores = _apart(cells, _around(cells, np.s_[0:rows, 0:columns]), reach / cell)
    if tile:
        cores = [_around(cells, part) for core in cores for part in _tiles(core, [max(1, t // cell) for t in tile])]
    scaled = [tuple(slice(part.start * cell, part.stop * cell) for part in core) for core in cores if core]
    return [Window(_widened(core, reach, ice.shape), core) for core in scaled]


def _around(cells: np.ndarray, box: Box) -> Box | None:
    """The smallest box around the ice in ``box``, None without ice."""
    found = [np.flatnonzero(cells[box].any(axis=axis)) for axis in (1, 0)]
    if not found[0].size:
        return None
    return tuple(slice(part.start + int(at[0]), part.start + int(at[-1]) + 1) for part, at in zip(box, found))


def _widened(box: Box, halo: float, shape: tuple[int, int]) -> Box:
    return tuple(slice(max(0, part.start - halo), min(size, part.stop + halo)) for part, size in zip(box, shape))


def _apart(cells: np.ndarray, box: Box | None, halo: float) -> list[Box | None]:
    """The box, or the parts of it that together, each with its halo, are less to compute."""

    def cost(part: Box | None) -> float:
        return math.prod(s.stop - s.start for s in _widened(part, halo, cells.shape)) if part else 0

    if not box:
        return []
    halves = [tuple(_around(cells, half) for half in cut) for cut in _cuts(box)]
    best = min(halves, key=lambda pair: sum(map(cost, pair)), default=None)
    if best is None or sum(map(cost, best)) >= cost(box):
        return [box]
    return [part for half in best for part in _apart(cells, half, halo)]


def _cuts(box: Box) -> Iterator[tuple[Box, Box]]:
    """Every cut of the box in two."""
    rows, columns = box
    for at in range(rows.start + 1, rows.stop):
        yield (slice(rows.start, at), columns), (slice(at, rows.stop), columns)
    for at in range(columns.start + 1, columns.stop):
        yield (rows, slice(columns.start, at)), (rows, slice(at, columns.stop))


def _tiles(box: Box, largest: list[int]) -> Iterator[Box]:
    """The box in equal parts, none with more rows or columns than ``largest``."""
    edges = [
        np.linspace(part.start, part.stop, -(-(part.stop - part.start) // most) + 1).round().astype(int).tolist()
        for part, most in zip(box, largest)
    ]
    for bottom, top in zip(edges[0], edges[0][1:]):
        for left, right in zip(edges[1], edges[1][1:]):
            yield slice(bottom, top), slice(left, right)
