"""Evaluate the trained network with fewer passes over memory, on the whole field or only where it is needed.

Batch norm without affine parameters is (x - mean) / deviation. The division is folded into the weights of the convolution
that follows, and the subtraction into its bias. That convolution must therefore find the mean beyond the edge of the
field, where the network has zeros. The stem is linear and is folded into the first block.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.inference.receptive_field import EvaluationPlan
from superice.inference.tiling import Box
from superice.network.settings import BLOCK_REACH, NetworkSettings
from superice.network.unet import ResidualBlock, UNet, list_blocks


@dataclass(frozen=True)
class Rim:
    """The numbers of rows and columns along each edge of a field."""

    top: int
    bottom: int
    left: int
    right: int

    def shrink(self) -> Rim:
        """Return the rim that a 3 x 3 convolution, which drops the outermost pixels, leaves of this one."""
        return Rim(max(0, self.top - 1), max(0, self.bottom - 1), max(0, self.left - 1), max(0, self.right - 1))


class FusedBlock:
    """A residual block; its input may be the concatenation of two fields.

    ``precision`` is the data type of its convolutions.
    """

    def __init__(self, block: ResidualBlock, precision: torch.dtype) -> None:
        mean, weight = block.norm.running_mean.to(precision), _scale_weights(block).to(precision)
        self.mean = mean[None, :, None, None]
        response_to_mean = torch.einsum("oiyx,i->o", weight.float(), mean.float())
        self.first = _cast(weight, _get_bias(block.first) - response_to_mean, precision)
        bias, self.skip = _get_bias(block.second), None
        if isinstance(block.skip, nn.Conv2d):
            bias = bias + _get_bias(block.skip)
            self.skip = block.skip.weight.to(precision, memory_format=torch.channels_last)
        self.second = _cast(block.second.weight, bias, precision)
        self.width = len(bias)

    def __call__(self, *parts: Tensor, boxes: list[Box] | None = None) -> Tensor:
        """Evaluate the block.

        Parameters
        ----------
        parts
            One or two fields (batch, channels, y, x), concatenated along the channels. The first of two may be on the
            next coarser level; it is then upsampled.
        boxes
            Where to evaluate the block; None for the whole field.

        Returns
        -------
        Tensor
            The output, (batch, channels, y, x); outside ``boxes`` it holds arbitrary numbers.
        """
        rows, columns = parts[-1].shape[2:]
        output = _allocate(parts[-1], self.width, (rows, columns))
        if boxes is None:
            boxes = [Box(0, rows, 0, columns)]
        for box in boxes:
            self._evaluate(parts, box, output[..., *box.slices])
        return output

    def _evaluate(self, parts: Sequence[Tensor], box: Box, output: Tensor) -> None:
        """Write the block's output in ``box`` to ``output``, a view of the box's size."""
        rows, columns = parts[-1].shape[2:]
        read, rim = box.grow(BLOCK_REACH, (rows, columns)), _measure_rim(box, (rows, columns))
        joined = self._join(parts, read, rim)
        hidden = functional.silu(functional.conv2d(joined, *self.first), inplace=True)
        _fill_rim(hidden, rim.shrink(), 0)
        if self.skip is None:
            skipped = parts[0][..., *box.slices]
        else:  # evaluated on more than the box: copying the box for the convolution would take longer
            skipped = functional.conv2d(joined, self.skip)[..., BLOCK_REACH:-BLOCK_REACH, BLOCK_REACH:-BLOCK_REACH]
        torch.add(functional.conv2d(hidden, *self.second), skipped, out=output)

    def _join(self, parts: Sequence[Tensor], read: Box, rim: Rim) -> Tensor:
        """Concatenate the parts where they are ``read``, and fill the ``rim`` beyond the field with the mean."""
        rows, columns = read.shape
        size = (rim.top + rows + rim.bottom, rim.left + columns + rim.right)
        joined = _allocate(parts[-1], self.mean.shape[1], size)
        _fill_rim(joined, rim, self.mean)
        inside = joined[..., rim.top : rim.top + rows, rim.left : rim.left + columns]
        places = inside.split([part.shape[1] for part in parts], dim=1)
        for part, place in zip(parts, places, strict=True):
            is_coarser = part.shape[2:] != parts[-1].shape[2:]
            place.copy_(_upsample(part, read) if is_coarser else part[..., *read.slices])
        return joined


class FusedUNet:
    """Compute what ``network`` computes in evaluation mode, in the arithmetic of ``precision``, without gradients.

    It holds for the network's weights at its construction: after a change of the weights, build another one.
    """

    @torch.no_grad()
    def __init__(self, network: UNet, precision: torch.dtype) -> None:
        self.precision, self.embed, self.patch = precision, network.embed, network.settings.patch
        self.stem = _cast(network.stem.weight, _get_bias(network.stem), precision)
        self.levels = [
            [FusedBlock(block, precision) for block in list_blocks(level)]
            for level in (*network.encoder, network.bottleneck)
        ]
        self.decoder = [FusedBlock(block, precision) for level in network.decoder for block in list_blocks(level)]
        self.output = _cast(network.output.weight, _get_bias(network.output), precision)
        self.head = deepcopy(network.head).to(precision) if network.head else None

    @torch.no_grad()
    def __call__(
        self,
        noisy: Tensor,
        level: Tensor,
        context: Tensor,
        plan: EvaluationPlan | None = None,
    ) -> Tensor:
        """Evaluate the network.

        Parameters
        ----------
        noisy
            (batch, 1, y, x).
        level
            Noise level in [0, 1], (batch,).
        context
            (batch, settings.context_channels, y, x), the mask last.
        plan
            Where to evaluate each block; None for the whole field.

        Returns
        -------
        Tensor
            (batch, 1, y, x); where the plan does not need it, arbitrary numbers.
        """
        fields = torch.cat([noisy, context], dim=1).to(self.precision, memory_format=torch.channels_last)
        field = functional.conv2d(functional.pixel_unshuffle(fields, self.patch), *self.stem)
        embedded = self.embed(level).to(self.precision)[:, :, None, None].expand(-1, -1, *field.shape[2:])
        field = torch.cat([field, embedded], dim=1)
        skips: list[Tensor] = []
        for number, blocks in enumerate(self.levels):
            if number:
                field = functional.avg_pool2d(field, 2)
            for block in blocks:
                field = block(field, boxes=plan.encoder[len(skips)] if plan else None)
                skips.append(field)
        del skips[-len(self.levels[-1]) :]  # the decoder takes nothing more from the bottleneck
        # The decoder takes the encoder's outputs from the last to the first. Each leaves the list, to free its memory.
        for number, block in enumerate(self.decoder):
            field = block(field, skips.pop(), boxes=plan.decoder[number] if plan else None)
        output = functional.pixel_shuffle(functional.conv2d(field, *self.output), self.patch)
        return (self.head(output, fields) if self.head else output).float()


def estimate_memory(settings: NetworkSettings, shape: tuple[int, int], precision: torch.dtype) -> int:
    """Estimate the bytes that the evaluation of one field of ``shape`` (y, x) needs beyond the network itself.

    Most feature maps are alive in the first block of the finest decoder level: the skips of that level, the upsampled
    field, the joined input, and the results of the block's three convolutions. The estimate is twice their size, to leave
    room for the convolutions' workspace, for what is kept of coarser levels, and for fragmentation. Measured on a CPU,
    three quarters of the estimate were used.
    """
    finest, next_coarser = settings.widths[:2]
    skips = settings.depth * finest
    upsampled = next_coarser
    joined = next_coarser + finest
    results = 3 * finest
    channels = skips + upsampled + joined + results
    pixels = shape[0] * shape[1]
    cells = pixels // settings.patch**2
    return 2 * (channels * cells + settings.head_channels * pixels) * precision.itemsize


def _cast(weight: Tensor, bias: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return weights and biases of a convolution in ``precision`` and channels-last memory."""
    return weight.to(precision).contiguous(memory_format=torch.channels_last), bias.to(precision)


def _get_bias(convolution: nn.Conv2d) -> Tensor:
    """Return the bias of a convolution, which all of the network have."""
    if convolution.bias is None:
        raise ValueError("a convolution without a bias is none of the network's")
    return convolution.bias


def _scale_weights(block: ResidualBlock) -> Tensor:
    """Return the weights of the block's first convolution, for fields not yet divided by their deviation."""
    return block.first.weight * (block.norm.running_var + block.norm.eps).rsqrt()[:, None, None]


def _allocate(like: Tensor, channels: int, size: tuple[int, int]) -> Tensor:
    """Allocate a field of so many channels and ``size`` (y, x), otherwise as ``like``, in channels-last memory."""
    shape = (len(like), channels, *size)
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def _measure_rim(box: Box, shape: tuple[int, int]) -> Rim:
    """Return how far the receptive field of a block's output in ``box`` lies beyond a field of ``shape`` (y, x)."""
    rows, columns = shape
    return Rim(
        top=max(0, BLOCK_REACH - box.top),
        bottom=max(0, box.bottom + BLOCK_REACH - rows),
        left=max(0, BLOCK_REACH - box.left),
        right=max(0, box.right + BLOCK_REACH - columns),
    )


def _fill_rim(field: Tensor, rim: Rim, value: Tensor | float) -> None:
    """Write ``value`` to the rows and columns of the ``rim``."""
    if rim.top:
        field[:, :, : rim.top] = value
    if rim.bottom:
        field[:, :, -rim.bottom :] = value
    if rim.left:
        field[..., : rim.left] = value
    if rim.right:
        field[..., -rim.right :] = value


def _upsample(coarse: Tensor, box: Box) -> Tensor:
    """Upsample the field bilinearly by 2, in a ``box`` of the finer level."""
    rows, columns = coarse.shape[2:]
    around = Box(  # the coarse pixels of the box and one more on each side
        top=max(0, box.top // 2 - 1),
        bottom=min(rows, (box.bottom + 1) // 2 + 1),
        left=max(0, box.left // 2 - 1),
        right=min(columns, (box.right + 1) // 2 + 1),
    )
    fine = functional.interpolate(coarse[..., *around.slices], scale_factor=2, mode="bilinear", align_corners=False)
    return fine[..., *box.shift(-2 * around.top, -2 * around.left).slices]
