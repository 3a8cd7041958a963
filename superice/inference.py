"""The trained network arranged for inference: the same function with fewer passes over the memory.

Batch norm without affine is (x - mean) / deviation. Its division goes into the weights of the convolution that follows;
the mean is subtracted while the parts of a block's input are joined, because a convolution pads with zeros and these
stand for the mean. What is added to a block's output is added in place, the projected input as a matrix product. The
stem is linear and goes into the first block.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.demand import Demand
from superice.network import NetworkSettings, ResidualBlock, UNet
from superice.windows import Window


def _parameters(weight: Tensor, bias: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    return weight.to(precision).contiguous(memory_format=torch.channels_last), bias.to(precision)


def _empty(like: Tensor, channels: int) -> Tensor:
    """Room for a field of so many channels on the pixels of ``like``, in channels-last memory."""
    shape = (len(like), channels, *like.shape[2:])
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def _by_pixel(field: Tensor) -> Tensor:
    """A view of a (batch, channels, y, x) field in channels-last memory as a matrix (pixel, channel)."""
    return field.permute(0, 2, 3, 1).view(-1, field.shape[1])


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

    def __call__(self, *parts: Tensor, needed: list[Window] | None = None) -> Tensor:
        """The block's output from its input's ``parts``, each (batch, channels, y, x).

        With ``needed`` it is evaluated in these windows' cores alone, and is anything elsewhere.
        """
        if needed is None:
            return self._evaluated(parts)
        output = _empty(parts[0], self.width)
        for window in needed:
            inside = self._evaluated([part[..., *window.outer] for part in parts])
            output[..., *window.core] = inside[..., *window.inner]
        return output

    def _evaluated(self, parts: Sequence[Tensor]) -> Tensor:
        centred = self._joined(parts)
        inside = functional.silu(functional.conv2d(centred, *self.first, padding=1), inplace=True)
        output = functional.conv2d(inside, *self.second, padding=1)
        if self.skip is None:
            return output.add_(parts[0])
        _by_pixel(output).addmm_(_by_pixel(centred), self.skip)
        return output

    def _joined(self, parts: Sequence[Tensor]) -> Tensor:
        """The parts less their means, in one tensor: written once."""
        joined = _empty(parts[0], self.mean.shape[1])
        channels = [part.shape[1] for part in parts]
        for part, mean, place in zip(parts, self.mean.split(channels, dim=1), joined.split(channels, dim=1)):
            torch.sub(part, mean, out=place)
        return joined


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

    @torch.no_grad()
    def __call__(self, noisy: Tensor, level: Tensor, context: Tensor, demand: Demand | None = None) -> Tensor:
        """As ``UNet.forward``, of one ``level`` for the whole batch.

        With ``demand`` the output is what it should be where that asks for it, and anything elsewhere.
        """
        levels = len(self.decoder)
        encoder, decoder = (demand.encoder, demand.decoder) if demand else ([None] * (levels + 1), [None] * levels)
        fields = torch.cat([noisy, context, torch.ones_like(noisy)], dim=1)
        parts, skips = (fields.to(self.precision, memory_format=torch.channels_last),), []
        finest = [self.first.at(self.embed(level[:1])[0].float()), *self.others]
        for blocks, needed in zip([finest, *self.coarser], encoder):
            for block in blocks:
                skips.append(block(*parts, needed=needed))
                parts = skips[-1:]
            parts = (functional.avg_pool2d(parts[0], 2),)
        for block in self.bottleneck:
            parts = (block(*parts, needed=encoder[-1]),)
        for blocks, needed in zip(self.decoder, decoder, strict=True):
            parts = (functional.interpolate(parts[0], scale_factor=2, mode="bilinear", align_corners=False),)
            for block in blocks:
                parts = (block(*parts, skips.pop(), needed=needed),)
        return functional.conv2d(parts[0], *self.output)


def working_bytes(settings: NetworkSettings, shape: tuple[int, int], precision: torch.dtype) -> int:
    """Bytes that the evaluation of one field of ``shape`` (y, x) needs beside the network.

    The most feature maps are alive in the first block of the finest decoder level: the skips of that level, the
    upsampled field, the joined input, and the results of its three convolutions. As much again is left for the
    convolutions' own space and for the gaps of the heap, which a measurement on a CPU found to need about that.
    """
    finest, next_finer = settings.widths[:2]
    channels = settings.depth * finest + next_finer + (next_finer + finest) + 3 * finest
    return 2 * channels * shape[0] * shape[1] * precision.itemsize
