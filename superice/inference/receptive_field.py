"""Demand: where each block of the network has to be evaluated, for its output to be right wherever there is ice.

The finest level of the decoder is needed little farther than the ice. Each step from there back to the input widens what
is needed: by two pixels of its level for a block, by one for the upsampling. Where the noise is on the ice alone, it spreads
in the same steps the other way, and what it has not reached is the same for all members.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, repeat

import numpy as np
from scipy.ndimage import maximum_filter

from superice.inference.tiling import Box, windows
from superice.network.unet import BLOCK_REACH, NetworkSettings

# A box counts as so much wider all around: each is a few operations more, of a shape of their own to be prepared.
MARGIN = 3 * BLOCK_REACH


@dataclass(frozen=True)
class EvaluationPlan:
    """The boxes in which each residual block is evaluated, block by block in the order of evaluation.

    Attributes:
        encoder: of the encoder and the bottleneck, what the noise reaches.
        decoder: of the decoder.
        still: of the encoder and the bottleneck, what the noise does not reach: evaluated once, it holds for every noise.
    """

    encoder: list[list[Box]]
    decoder: list[list[Box]]
    still: list[list[Box]]


def plan_evaluation(ice: np.ndarray, settings: NetworkSettings, noisy: np.ndarray | None = None) -> EvaluationPlan:
    """What a network of ``settings`` has to evaluate for the output where ``ice``, bool (y, x), is true.

    ``noisy``, of the same shape, says where the noisy field differs between members; None is everywhere. y and x are
    multiples of ``settings.factor``.
    """

    def giving(needed: np.ndarray) -> list[np.ndarray]:
        """What the blocks of a level must give, the last first, for what is needed of them; then what they take."""
        return list(accumulate(repeat(BLOCK_REACH, settings.depth), _near, initial=needed))

    needed, decoder, encoder = ice, [], []
    for _ in settings.widths[1:]:
        *blocks, taken = giving(needed)
        decoder += blocks
        needed = _coarse(_near(taken, 1))
    for level in reversed(range(len(settings.widths))):
        *blocks, taken = giving(needed)  # on finer levels they hold all that the decoder takes directly from them
        encoder += blocks
        needed = _fine(taken) if level else taken

    reached = np.ones_like(ice) if noisy is None else noisy
    moving, still = [], []
    for block in reversed(encoder):
        reached = _near(reached if reached.shape == block.shape else _coarse(reached), BLOCK_REACH)
        moving.append(_boxes(block & reached))
        still.append(_boxes(block & ~reached))
    return EvaluationPlan(moving, [_boxes(block) for block in reversed(decoder)], still)


def _boxes(part: np.ndarray) -> list[Box]:
    return [window.core for window in windows(part, BLOCK_REACH + MARGIN, cell=1)]


def _near(mask: np.ndarray, distance: int) -> np.ndarray:
    """Where ``mask`` is true at most ``distance`` rows and columns away."""
    return maximum_filter(mask, size=2 * distance + 1, mode="constant", cval=False)


def _coarse(mask: np.ndarray) -> np.ndarray:
    rows, columns = mask.shape
    return mask.reshape(rows // 2, 2, columns // 2, 2).any(axis=(1, 3))


def _fine(mask: np.ndarray) -> np.ndarray:
    return mask.repeat(2, axis=0).repeat(2, axis=1)
