"""Demand: where each level of the network has to be evaluated, for its output to be right wherever there is ice.

The finest level of the decoder is needed little farther than the ice. Each step from there back to the input widens what
is needed: by two pixels of its level for a block, by one for the upsampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter

from superice.network import BLOCK_REACH, NetworkSettings
from superice.windows import Window, windows


@dataclass(frozen=True)
class Demand:
    """The windows in which the blocks of a level are evaluated, level by level in the order of evaluation.

    Attributes:
        encoder: from the finest level to the bottleneck.
        decoder: from the level above the bottleneck to the finest.
    """

    encoder: list[list[Window]]
    decoder: list[list[Window]]


def demand(ice: np.ndarray, settings: NetworkSettings) -> Demand:
    """What a network of ``settings`` has to evaluate for the output where ``ice``, bool (y, x), is true.

    y and x are multiples of ``settings.factor``.
    """
    levels, reach = len(settings.widths) - 1, BLOCK_REACH * settings.depth
    needed, decoder, encoder = ice, [], []

    def blocks(level: int) -> list[Window]:
        # The last block gives what is needed; those before it also what their followers take from around it.
        return windows(_near(needed, reach - BLOCK_REACH), BLOCK_REACH, settings.factor // 2**level)

    for level in range(levels):
        decoder.append(blocks(level))
        needed = _coarse(_near(needed, reach + 1))
    encoder.append(blocks(levels))
    for level in reversed(range(levels)):
        needed = _fine(_near(needed, reach))  # it holds all that the decoder takes directly from this level
        encoder.append(blocks(level))
    return Demand(encoder[::-1], decoder[::-1])


def _near(mask: np.ndarray, distance: int) -> np.ndarray:
    """Where ``mask`` is true at most ``distance`` rows and columns away."""
    return maximum_filter(mask, size=2 * distance + 1, mode="constant", cval=False)


def _coarse(mask: np.ndarray) -> np.ndarray:
    rows, columns = mask.shape
    return mask.reshape(rows // 2, 2, columns // 2, 2).any(axis=(1, 3))


def _fine(mask: np.ndarray) -> np.ndarray:
    return mask.repeat(2, axis=0).repeat(2, axis=1)
