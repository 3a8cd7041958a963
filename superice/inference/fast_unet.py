"""The trained network arranged for inference: the same function with fewer passes over the memory.

Batch norm without affine is (x - mean) / deviation. Its division goes into the weights of the convolution that follows,
its subtraction into the bias; so the convolution finds the mean beyond the field, where the network has zeros. The stem
is linear and goes into the first block.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import chain, repeat

import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.inference.receptive_field import EvaluationPlan
from superice.inference.tiling import Box, widened
from superice.network.unet import BLOCK_REACH, NetworkSettings, ResidualBlock, UNet


def _parameters(weight: Tensor, bias: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    return weight.to(precision).contiguous(memory_format=torch.channels_last), bias.to(precision)


def _empty(like: Tensor, channels: int, size: Sequence[int]) -> Tensor:
    """Room for a field of so many channels and that ``size`` (y, x), else as ``like``, in channels-last memory."""
    shape = (len(like), channels, *size)
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def _reached(box: Box, size: Sequence[int]) -> tuple[Box, list[tuple[int, int]]]:
    """What a block takes for its output in ``box`` of a field of ``size`` (y, x).

    That is a box of the field, and how many rows and columns (before, after) beyond the field.
    """
    taken = widened(box, BLOCK_REACH, size)
    return taken, [
        (BLOCK_REACH - (side.start - around.start), BLOCK_REACH - (around.stop - side.stop))
        for side, around in zip(box, taken)
    ]


def _fill(field: Tensor, rim: list[tuple[int, int]], value: Tensor | float) -> None:
    """Write a value to the first and last rows, and to the first and last columns, so many of each as ``rim`` says."""
    for axis, widths in zip((2, 3), rim, strict=True):
        for start, width in zip((0, field.shape[axis] - widths[1]), widths):
            if width:
                field.narrow(axis, start, width)[:] = value


def _upsampled(coarse: Tensor, box: Box) -> Tensor:
    """The field in a ``box`` of the next finer level."""
    around = [
        slice(max(0, side.start // 2 - 1), min(length, (side.stop + 1) // 2 + 1))
        for side, length in zip(box, coarse.shape[2:])
    ]
    fine = functional.interpolate(coarse[..., *around], scale_factor=2, mode="bilinear", align_corners=False)
    return fine[..., *(slice(s.start - 2 * a.start, s.stop - 2 * a.start) for s, a in zip(box, around))]


def _scaled(block: ResidualBlock) -> Tensor:
    """The weights of the block's first convolution, of fields that were not divided by their deviation."""
    return block.first.weight * (block.norm.running_var + block.norm.eps).rsqrt()[:, None, None]


class FusedBlock:
    """A residual block whose input comes in one or two parts."""

    def __init__(self, block: ResidualBlock, precision: torch.dtype) -> None:
        mean, weight = block.norm.running_mean.to(precision), _scaled(block).to(precision)
        self.mean = mean[None, :, None, None]
        of_mean = torch.einsum("oiyx,i->o", weight.float(), mean.float())
        self.first = _parameters(weight, block.first.bias - of_mean, precision)
        bias, self.skip = block.second.bias, None
        if isinstance(block.skip, nn.Conv2d):
            bias = bias + block.skip.bias
            self.skip = block.skip.weight.to(precision, memory_format=torch.channels_last)
        self.second = _parameters(block.second.weight, bias, precision)
        self.width = len(bias)

    def __call__(self, *parts: Tensor, needed: list[Box] | None = None, output: Tensor | None = None) -> Tensor:
        """The block's output from its input's ``parts``, each (batch, channels, y, x).

        The first of two parts may be of the next coarser level. With ``needed`` the block is evaluated in these boxes
        alone; elsewhere the result is what ``output``, which is then written to, holds there, or anything without that.
        """
        size = parts[-1].shape[2:]
        output = _empty(parts[-1], self.width, size) if output is None else output
        for box in [tuple(slice(0, length) for length in size)] if needed is None else needed:
            self._evaluate(parts, box, output[..., *box])
        return output

    def _evaluate(self, parts: Sequence[Tensor], box: Box, output: Tensor) -> None:
        """Write the block's output in the ``box`` to ``output``, of the box's size."""
        taken, beyond = _reached(box, parts[-1].shape[2:])
        joined = self._joined(parts, taken, beyond)
        inside = functional.silu(functional.conv2d(joined, *self.first), inplace=True)
        _fill(inside, [(max(0, before - 1), max(0, after - 1)) for before, after in beyond], 0)
        if self.skip is None:
            skipped = parts[0][..., *box]
        else:  # of more than the box: to copy the box for the convolution would take longer
            skipped = functional.conv2d(joined, self.skip)[..., BLOCK_REACH:-BLOCK_REACH, BLOCK_REACH:-BLOCK_REACH]
        torch.add(functional.conv2d(inside, *self.second), skipped, out=output)

    def _joined(self, parts: Sequence[Tensor], taken: Box, beyond: list[tuple[int, int]]) -> Tensor:
        """The parts in one tensor: ``taken`` of them, and the mean ``beyond``."""
        grid, inner = parts[-1].shape[2:], [side.stop - side.start for side in taken]
        joined = _empty(parts[-1], self.mean.shape[1], [size + sum(rim) for size, rim in zip(inner, beyond)])
        _fill(joined, beyond, self.mean)
        within = joined[..., *(slice(before, before + size) for (before, _), size in zip(beyond, inner))]
        for part, place in zip(parts, within.split([part.shape[1] for part in parts], dim=1)):
            place.copy_(part[..., *taken] if part.shape[2:] == grid else _upsampled(part, taken))
        return joined


class FirstBlock:
    """The stem and the first residual block as one block, of the network's fields and a field of ones.

    The stem is linear, and the noise level is one number for all pixels: what the block's convolutions make of both is a
    convolution of these few fields. The ones, padded with zeros, stand for all that is constant.
    """

    def __init__(self, stem: nn.Conv2d, block: ResidualBlock, precision: torch.dtype) -> None:
        self.stem, self.network_block, self.precision = stem, block, precision
        self.block = FusedBlock(block, precision)

    def at(self, embedded: Tensor) -> FusedBlock:
        """The block at an embedded noise level, (embedding_channels,)."""
        of_fields = functional.pad(self.stem.weight[:, :, 0, 0], (0, 0, 0, len(embedded)))
        constant = torch.cat([self.stem.bias, embedded])

        def mixed(weight: Tensor, of_ones: Tensor) -> Tensor:
            return torch.einsum("oiyx,if->ofyx", weight, torch.cat([of_fields, of_ones[:, None]], dim=1))

        block, norm = copy(self.block), self.network_block.norm
        first = mixed(_scaled(self.network_block), constant - norm.running_mean)
        block.mean = torch.zeros_like(first[:1, :, :1, :1], dtype=self.precision)
        block.first = _parameters(first, self.network_block.first.bias, self.precision)
        block.skip = mixed(self.network_block.skip.weight, constant).to(self.precision)
        return block


class FusedUNet:
    """What ``network`` computes in evaluation mode, in the arithmetic of ``precision``, without gradients.

    It stands for the network's weights of now: after a change of them another one is needed.
    """

    @torch.no_grad()
    def __init__(self, network: UNet, precision: torch.dtype) -> None:
        fused = lambda blocks: [FusedBlock(block, precision) for block in blocks]
        self.precision, self.embed = precision, network.embed
        self.first = FirstBlock(network.stem, network.encoder[0][0], precision)
        self.others = fused(network.encoder[0][1:])
        self.coarser = [fused(blocks) for blocks in network.encoder[1:]]
        self.bottleneck = fused(network.bottleneck)
        self.decoder = [fused(blocks) for blocks in network.decoder]
        self.output = _parameters(network.output.weight, network.output.bias, precision)

    def __call__(self, noisy: Tensor, level: Tensor, context: Tensor) -> Tensor:
        """As ``UNet.forward``, of one ``level`` for the whole batch."""
        return self.decoded(self.encoded(noisy, level, context))

    @torch.no_grad()
    def encoded(
        self,
        noisy: Tensor,
        level: Tensor,
        context: Tensor,
        needed: list[list[Box]] | None = None,
        outputs: list[Tensor] | None = None,
    ) -> list[Tensor]:
        """The outputs of all blocks of the encoder and the bottleneck, in the order of evaluation.

        With ``needed``, for each block, they are evaluated in these boxes alone; elsewhere they are what ``outputs``,
        then written to, hold there, or anything without those.
        """
        fields = torch.cat([noisy, context, torch.ones_like(noisy)], dim=1)
        field, made = fields.to(self.precision, memory_format=torch.channels_last), []
        finest = [self.first.at(self.embed(level[:1])[0].float()), *self.others]
        for number, blocks in enumerate([finest, *self.coarser, self.bottleneck]):
            field = functional.avg_pool2d(field, 2) if number else field
            for block in blocks:
                at = len(made)
                field = block(field, needed=needed and needed[at], output=outputs and outputs[at])
                made.append(field)
        return made

    @torch.no_grad()
    def decoded(self, outputs: list[Tensor], needed: list[list[Box]] | None = None) -> Tensor:
        """The network's output from those of ``encoded``, which it takes from their list as it goes.

        With ``needed``, for each block, it is evaluated in these boxes alone, and the output is anything elsewhere.
        """
        field = outputs[-1]
        del outputs[-len(self.bottleneck) :]
        for block, boxes in zip(chain(*self.decoder), needed or repeat(None)):
            field = block(field, outputs.pop(), needed=boxes)
        return functional.conv2d(field, *self.output)


class IceOnlyUNet:
    """A network evaluated where a demand asks for it, for members that share their context.

    Encoder outputs that no noise reaches are evaluated at the first call, for its noise level, and kept. The output is
    anything where the demand does not ask for it.
    """

    def __init__(self, network: FusedUNet, demand: EvaluationPlan) -> None:
        self.network, self.demand = network, demand
        self.level, self.kept = None, []

    def __call__(self, noisy: Tensor, level: Tensor, context: Tensor) -> Tensor:
        """As ``UNet.forward``, of one ``level`` for the whole batch."""
        if not any(self.demand.still):
            outputs = self.network.encoded(noisy, level, context, self.demand.encoder)
        else:
            if float(level[0]) != self.level or len(noisy) > len(self.kept[0]):
                self.kept = self.network.encoded(noisy, level, context, self.demand.still)
                self.level = float(level[0])
            kept = [output[: len(noisy)] for output in self.kept]
            outputs = self.network.encoded(noisy, level, context, self.demand.encoder, kept)
        return self.network.decoded(outputs, self.demand.decoder)


def working_bytes(settings: NetworkSettings, shape: tuple[int, int], precision: torch.dtype) -> int:
    """Bytes that the evaluation of one field of ``shape`` (y, x) needs beside the network.

    The most feature maps are alive in the first block of the finest decoder level: the skips of that level, the
    upsampled field, the joined input, and the results of its three convolutions. As much again is left for the
    convolutions' own space, for what is kept of coarser levels and for the gaps of the heap: measurements on a CPU found
    three quarters of the sum to be used.
    """
    finest, next_finer = settings.widths[:2]
    channels = settings.depth * finest + next_finer + (next_finer + finest) + 3 * finest
    return 2 * channels * shape[0] * shape[1] * precision.itemsize
