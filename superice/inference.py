"""The trained network arranged for inference: the same function with fewer passes over the memory.

Batch norm without affine is (x - mean) / deviation. Its division goes into the weights of the convolution that follows;
the mean is subtracted while the parts of a block's input are joined, because a convolution pads with zeros and these
stand for the mean. What is added to a block's output is added in place, the projected input as a matrix product.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.network import NetworkSettings, ResidualBlock, UNet


def _parameters(weight: Tensor, bias: Tensor, precision: torch.dtype) -> tuple[Tensor, Tensor]:
    return weight.to(precision).contiguous(memory_format=torch.channels_last), bias.to(precision)


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

    def __call__(self, *parts: Tensor) -> Tensor:
        """The block's output; ``parts`` are each (batch, channels, y, x)."""
        centred = self._joined(parts)
        inside = functional.silu(functional.conv2d(centred, *self.first, padding=1), inplace=True)
        output = functional.conv2d(inside, *self.second, padding=1)
        if self.skip is None:
            return output.add_(parts[0])
        _by_pixel(output).addmm_(_by_pixel(centred), self.skip)
        return output

    def _joined(self, parts: tuple[Tensor, ...]) -> Tensor:
        """The parts less their means, in one tensor: written once."""
        like, count = parts[0], self.mean.shape[1]
        joined = torch.empty(
            (len(like), count, *like.shape[2:]),
            dtype=like.dtype,
            device=like.device,
            memory_format=torch.channels_last,
        )
        channels = [part.shape[1] for part in parts]
        for part, mean, place in zip(parts, self.mean.split(channels, dim=1), joined.split(channels, dim=1)):
            torch.sub(part, mean, out=place)
        return joined


class InferenceNetwork:
    """What ``network`` computes in evaluation mode, in the arithmetic of ``precision``, without gradients.

    A later change of the network's weights does not reach it.
    """

    @torch.no_grad()
    def __init__(self, network: UNet, precision: torch.dtype) -> None:
        fused = lambda blocks: [InferenceBlock(block, precision) for block in blocks]
        self.precision, self.embed = precision, network.embed
        self.stem = _parameters(network.stem.weight, network.stem.bias, precision)
        self.encoder = [fused(blocks) for blocks in network.encoder]
        self.bottleneck = fused(network.bottleneck)
        self.decoder = [fused(blocks) for blocks in network.decoder]
        self.output = _parameters(network.output.weight, network.output.bias, precision)

    @torch.no_grad()
    def __call__(self, noisy: Tensor, level: Tensor, context: Tensor) -> Tensor:
        """As ``UNet.forward``."""
        x = torch.cat([noisy, context], dim=1).to(self.precision, memory_format=torch.channels_last)
        embedded = self.embed(level).to(self.precision)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        parts, skips = (functional.conv2d(x, *self.stem), embedded), []
        for blocks in self.encoder:
            for block in blocks:
                skips.append(block(*parts))
                parts = skips[-1:]
            parts = (functional.avg_pool2d(parts[0], 2),)
        for block in self.bottleneck:
            parts = (block(*parts),)
        for blocks in self.decoder:
            parts = (functional.interpolate(parts[0], scale_factor=2, mode="bilinear", align_corners=False),)
            for block in blocks:
                parts = (block(*parts, skips.pop()),)
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
