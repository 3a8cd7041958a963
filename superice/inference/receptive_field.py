"""Plan where each block of the network has to be evaluated so that its output is right wherever there is ice.

The plan goes back from the output to the input. The finest level of the decoder is needed only a little beyond the ice.
Each step towards the input widens the part that is needed: a block by two pixels of its level, upsampling by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superice.inference.tiling import Box, find_tiles
from superice.network.settings import BLOCK_REACH, HEAD_REACH, NetworkSettings

UPSAMPLING_REACH = 1  # coarse pixels
# Each box costs a few more operations, with shapes that must be prepared. Boxes are chosen as if they were wider by this.
BOX_OVERHEAD = 3 * BLOCK_REACH


@dataclass(frozen=True)
class EvaluationPlan:
    """The boxes in which each residual block is evaluated, for the blocks in the order of evaluation.

    Attributes
    ----------
    encoder
        For the encoder and the bottleneck.
    decoder
        For the decoder.
    """

    encoder: list[list[Box]]
    decoder: list[list[Box]]


def plan_evaluation(ice: np.ndarray, settings: NetworkSettings) -> EvaluationPlan:
    """Plan the evaluation of a network that is needed only where there is ice.

    Parameters
    ----------
    ice
        Bool field (y, x), both multiples of ``settings.factor``; where the output is needed.
    settings
        Of the network.
    """
    decoder_masks = []  # where each block is needed, from the last to the first
    if settings.head_channels:
        ice = _dilate(ice, HEAD_REACH)
    needed = _coarsen(ice, settings.patch)
    for _ in settings.widths[1:]:  # from the finest level to the coarsest
        *outputs, level_input = dilate_through(needed, settings.depth)
        decoder_masks += outputs
        needed = _coarsen(_dilate(level_input, UPSAMPLING_REACH))

    encoder_masks = []
    for level in reversed(range(len(settings.widths))):  # from the bottleneck to the finest level
        # On finer levels, this includes everything that the decoder takes directly from the encoder.
        *outputs, level_input = dilate_through(needed, settings.depth)
        encoder_masks += outputs
        needed = _refine(level_input) if level else level_input

    return EvaluationPlan(
        encoder=[_find_boxes(mask) for mask in reversed(encoder_masks)],
        decoder=[_find_boxes(mask) for mask in reversed(decoder_masks)],
    )


def dilate_through(needed: np.ndarray, depth: int) -> list[np.ndarray]:
    """Return the masks that the blocks of a level must provide for ``needed``, bool (y, x).

    Returns
    -------
    list[np.ndarray]
        ``depth + 1`` masks: the outputs of the blocks, the last block's first, and then the input of the first block.
    """
    masks = [needed]
    for _ in range(depth):
        masks.append(_dilate(masks[-1], BLOCK_REACH))
    return masks


def _find_boxes(mask: np.ndarray) -> list[Box]:
    """Find boxes that cover the mask, few enough for the cost of each."""
    return [tile.write for tile in find_tiles(mask, BLOCK_REACH + BOX_OVERHEAD, cell=1)]


def _dilate(mask: np.ndarray, distance: int) -> np.ndarray:
    """Return where ``mask`` is true at most ``distance`` rows and columns away."""
    dilated = mask.copy()
    for step in range(1, distance + 1):
        dilated[step:] |= mask[:-step]
        dilated[:-step] |= mask[step:]
    rows_done = dilated.copy()
    for step in range(1, distance + 1):
        dilated[:, step:] |= rows_done[:, :-step]
        dilated[:, :-step] |= rows_done[:, step:]
    return dilated


def _coarsen(mask: np.ndarray, by: int = 2) -> np.ndarray:
    """Return the mask on a grid that is coarser by ``by``: true where any of a cell's pixels is."""
    rows, columns = mask.shape
    return np.asarray(mask.reshape(rows // by, by, columns // by, by).any(axis=(1, 3)))


def _refine(mask: np.ndarray) -> np.ndarray:
    """Return the mask on the next finer level."""
    return mask.repeat(2, axis=0).repeat(2, axis=1)
