"""The trained network arranged for inference: the same function with fewer passes over the memory.

Batch norm without affine is (x - mean) / deviation. Its division goes into the weights of the convolution that follows;
the mean is subtracted while the parts of a block's input are joined, because beyond the field are zeros and these
stand for the mean. What is added to a block's output is added in place, the projected input as a matrix product. The
stem is linear and goes into the first block.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from itertools import chain, repeat

import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.demand import Demand
from superice.network import BLOCK_REACH, NetworkSettings, ResidualBlock, UNet
from superice.windows import Box, widened


def _parameters(weight: Tensor, bias: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    return weight.to(precision).contiguous(memory_format=torch.channels_last), bias.to(precision)


def _empty(like: Tensor, channels: int, size: Sequence[int]) -> Tensor:
    """Room for a field of so many channels and that ``size`` (y, x), else as ``like``, in channels-last memory."""
    shape = (len(like), channels, *size)
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def _by_pixel(field: Tensor) -> Tensor:
    """A view of a (batch, channels, y, x) field in channels-last memory as a matrix (pixel, channel)."""
    return field.permute(0, 2, 3, 1).view(-1, field.shape[1])


def _reached(box: Box, size: Sequence[int]) -> tuple[Box, list[tuple[int, int]]]:
    """What a block takes for its output in ``box`` of a field of ``size`` (y, x).

    That is a box of the field, and how many rows and columns (before, after) of zeros beyond the field.
    """
    taken = widened(box, BLOCK_REACH, size)
    return taken, [
        (BLOCK_REACH - (side.start - around.start), BLOCK_REACH - (around.stop - side.stop))
        for side, around in zip(box, taken)
    ]


def _clear(field: Tensor, rim: list[tuple[int, int]]) -> None:
    """Write zeros to the first and last rows, and to the first and last columns, so many of each as ``rim`` says."""
    for axis, widths in zip((2, 3), rim, strict=True):
        for start, width in zip((0, field.shape[axis] - widths[1]), widths):
            if width:
                field.narrow(axis, start, width).zero_()


def _upsampled(coarse: Tensor, box: Box) -> Tensor:
    """The field in a ``box`` of the next finer level."""
    around = [
        slice(max(0, side.start // 2 - 1), min(length, (side.stop + 1) // 2 + 1))
        for side, length in zip(box, coarse.shape[2:])
    ]
    fine = functional.interpolate(coarse[..., *around], scale_factor=2, mode="bilinear", align_corners=False)
    return fine[..., *(slice(s.start - 2 * a.start, s.stop - 2 * a.start) for s, a in zip(box, around))]


class InferenceBlock:
    """A residual block whose input comes in one or two parts."""

    def __init__(self, block: ResidualBlock, precision: torch.dtype) -> None:
        mean, scale = block.norm.running_mean, (block.norm.running_var + block.norm.eps).rsqrt()
        self.mean = mean.to(precision)[None, :, None, None]
        self.first = _parameters(block.first.weight * scale[:, None, None], block.first.bias, precision)
        bias, self.skip = block.second.bias, None
        if isinstance(block.skip, nn.Conv2d):
            weight = block.skip.weight[:, :, 0, 0]
            bias = bias + block.skip.bias + weight @ self.mean.flatten().to(weight.dtype)
            self.skip = weight.T.to(precision)
        self.second = _parameters(block.second.weight, bias, precision)
        self.width = len(bias)

    def __call__(self, *parts: Tensor, needed: list[Box] | None = None, output: Tensor | None = None) -> Tensor:
        """The block's output from its input's ``parts``, each (batch, channels, y, x).

        The first of two parts may be of the next coarser level. With ``needed`` the block is evaluated in these boxes
        alone; elsewhere the result is what ``output``, which is then written to, holds there, or anything without that.
        """
        size = parts[-1].shape[2:]
        if needed is None:
            return self._evaluated(parts, tuple(slice(0, length) for length in size))
        output = _empty(parts[-1], self.width, size) if output is None else output
        for box in needed:
            output[..., *box] = self._evaluated(parts, box)
        return output

    def _evaluated(self, parts: Sequence[Tensor], box: Box) -> Tensor:
        taken, beyond = _reached(box, parts[-1].shape[2:])
        centred = self._centred(parts, taken, beyond)
        inside = functional.silu(functional.conv2d(centred, *self.first), inplace=True)
        _clear(inside, [(max(0, before - 1), max(0, after - 1)) for before, after in beyond])
        output = functional.conv2d(inside, *self.second)
        if self.skip is None:
            return output.add_(parts[0][..., *box])
        core = centred[..., BLOCK_REACH:-BLOCK_REACH, BLOCK_REACH:-BLOCK_REACH]
        _by_pixel(output).addmm_(_by_pixel(core.contiguous(memory_format=torch.channels_last)), self.skip)
        return output

    def _centred(self, parts: Sequence[Tensor], taken: Box, beyond: list[tuple[int, int]]) -> Tensor:
        """The parts less their means in one tensor, written once: ``taken`` of them, and zeros ``beyond``."""
        grid, inner = parts[-1].shape[2:], [side.stop - side.start for side in taken]
        centred = _empty(parts[-1], self.mean.shape[1], [size + sum(rim) for size, rim in zip(inner, beyond)])
        _clear(centred, beyond)
        within = centred[..., *(slice(before, before + size) for (before, _), size in zip(beyond, inner))]
        channels = [part.shape[1] for part in parts]
        for part, mean, place in zip(parts, self.mean.split(channels, dim=1), within.split(channels, dim=1)):
            field = part[..., *taken] if part.shape[2:] == grid else _upsampled(part, taken)
            torch.sub(field, mean, out=place)
        return centred


class FirstBlock:
    """The stem and the first residual block as one block, of the network's fields and a field of ones.

    The stem is linear, and the noise level is one number for all pixels: what the block's convolutions make of both is a
    convolution of these few fields. The ones, padded with zeros, stand for all that is constant.
    """

    def __init__(self, stem: nn.Conv2d, block: ResidualBlock, precision: torch.dtype) -> None:
        self.precision, self.block = precision, InferenceBlock(block, torch.float32)
        self.stem, self.bias = stem.weight[:, :, 0, 0], stem.bias

    def at(self, embedded: Tensor) -> InferenceBlock:
        """The block at an embedded noise level, (embedding_channels,)."""
        constant = torch.cat([self.bias, embedded]) - self.block.mean.flatten()
        of_fields = functional.pad(self.stem, (0, 0, 0, len(embedded)))
        mixing = torch.cat([of_fields, constant[:, None]], dim=1)
        block, (weight, bias) = copy(self.block), self.block.first
        block.mean = torch.zeros_like(mixing[:1, :, None, None], dtype=self.precision)
        block.first = _parameters(torch.einsum("oiyx,if->ofyx", weight, mixing), bias, self.precision)
        block.skip = (mixing.T @ self.block.skip).to(self.precision)
        block.second = _parameters(*self.block.second, self.precision)
        return block


class InferenceNetwork:
    """What ``network`` computes in evaluation mode, in the arithmetic of ``precision``, without gradients.

    A later change of the network's weights does not reach it.
    """

    @torch.no_grad()
    def __init__(self, network: UNet, precision: torch.dtype) -> None:
        fused = lambda blocks: [InferenceBlock(block, precision) for block in blocks]
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


class OnDemand:
    """A network evaluated where a demand asks for it, for members that share their context.

    Encoder outputs that no noise reaches are evaluated at the first call, for its noise level, and kept. The output is
    anything where the demand does not ask for it.
    """

    def __init__(self, network: InferenceNetwork, demand: Demand) -> None:
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
