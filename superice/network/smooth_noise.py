"""Draw smooth noise: the parts of the errors of inputs, in training as in members.

White noise is drawn on nodes that are one length apart, and each node is spread by a Gaussian of this length. The
correlation of two pixels at a distance d is exp(-d² / 4 length²), everywhere to 1e-4, and the variance is 1 up to the edges,
whether the length is a part of a pixel or many times the field.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

MARGIN = 5  # nodes beyond each edge; the Gaussian of a farther one is below 4e-6
Draw = Callable[[tuple[int, int]], Tensor]
"""Draws white noise (..., rows, columns) of a shape (rows, columns)."""


def draw_smooth_noise(shape: tuple[int, int], length: float, draw: Draw) -> Tensor:
    """Draw noise of variance 1, smoothed by a Gaussian of ``length`` pixels: (..., y, x) of a ``shape`` (y, x)."""
    down, across = (_spread_nodes(size, length) for size in shape)
    return down @ draw((down.shape[1], across.shape[1])) @ across.T


@lru_cache(maxsize=16)  # a training draws fields of one shape and a few lengths
def _spread_nodes(size: int, length: float) -> Tensor:
    """Return the weights of the nodes at the pixels of an axis, (pixel, node); their squares sum to 1 at each pixel."""
    nodes = length * (torch.arange(math.ceil(size / length) + 2 * MARGIN, dtype=torch.float64) - MARGIN)
    distance = (torch.arange(size, dtype=torch.float64)[:, None] - nodes) / length
    weights = torch.exp(-0.5 * distance.square())
    return (weights / weights.norm(dim=1, keepdim=True)).float()
