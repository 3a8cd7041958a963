"""The conditional U-Net of the report (section 3); in its reference form it has 3,890,465 parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from superice.network.settings import NetworkSettings
from superice.utils.distributed import BatchNorm2d, keep_moments


class Network(nn.Module):
    """A network that can be trained.

    Attributes
    ----------
    settings
        What it was built from; it says ``factor`` and ``partly_missing``.
    recompute
        Whether residual blocks are evaluated again in the backward pass, which takes less memory and more time.
    """

    settings: Any
    recompute = False


class ResidualBlock(nn.Module):
    """Batch norm, 3x3 convolution, swish and 3x3 convolution, added to the input (projected where widths differ)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        same = channels_in == channels_out
        self.skip = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, kernel_size=1)
        self.norm = BatchNorm2d(channels_in, eps=1e-3, momentum=0.01, affine=False)
        self.first = nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1)
        self.second = nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.second(functional.silu(self.first(self.norm(x))))

    def forward_twice(self, x: Tensor) -> Tensor:
        """Evaluate the block now and, instead of keeping its maps for the gradient, again in the backward pass."""
        contexts = lambda: (nullcontext(), keep_moments(self.norm))  # a batch counts once in the moments
        return checkpoint(self, x, use_reentrant=False, preserve_rng_state=False, context_fn=contexts)


class Head(nn.Module):
    """Two 3x3 convolutions over the output, the noisy field and the context, all on pixels, added to the output.

    The output of patches is made cell by cell, with weights of its own for each pixel of a cell. The head treats all
    pixels alike. Its last convolution starts at zero.
    """

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1 + channels_in, channels, kernel_size=3, padding=1)
        self.second = _zero_init(nn.Conv2d(channels, 1, kernel_size=3, padding=1))

    def forward(self, output: Tensor, fields: Tensor) -> Tensor:
        return output + self.second(functional.silu(self.first(torch.cat([output, fields], dim=1))))


class UNet(Network):
    """A U-Net over a noisy field and its context.

    With ``settings.patch`` above 1, the pixels of a patch are the channels of one cell of the finest level: the network
    works on a grid that is coarser by ``patch``, and its output is rearranged to pixels (Shi et al. 2016).
    Every encoder block passes its output to a decoder block. Average pooling leads to a coarser level, bilinear
    upsampling back to a finer one. The last convolution starts at zero.
    """

    settings: NetworkSettings
    angular: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        widths, depth = settings.widths, settings.depth
        low, high = settings.embedding_frequencies
        count = settings.embedding_channels // 2
        # In single precision the highest angle, thousands of radians, would be inexact.
        frequencies = torch.logspace(math.log10(low), math.log10(high), count, dtype=torch.float64)
        self.register_buffer("angular", 2 * math.pi * frequencies, persistent=False)
        pixels = settings.patch**2
        fields = 1 + settings.context_channels
        self.stem = nn.Conv2d(fields * pixels, widths[0], kernel_size=1)
        channels = widths[0] + settings.embedding_channels
        self.encoder, skip_widths = nn.ModuleList(), []
        for width in widths[:-1]:
            blocks = nn.ModuleList()
            for _ in range(depth):
                blocks.append(ResidualBlock(channels, width))
                skip_widths.append(width)
                channels = width
            self.encoder.append(blocks)
        self.bottleneck = nn.Sequential()
        for _ in range(depth):
            self.bottleneck.append(ResidualBlock(channels, widths[-1]))
            channels = widths[-1]
        self.decoder = nn.ModuleList()
        for width in reversed(widths[:-1]):
            blocks = nn.ModuleList()
            for _ in range(depth):
                blocks.append(ResidualBlock(channels + skip_widths.pop(), width))
                channels = width
            self.decoder.append(blocks)
        self.output = _zero_init(nn.Conv2d(channels, pixels, kernel_size=1))
        self.head = Head(fields, settings.head_channels) if settings.head_channels else None

    def embed(self, level: Tensor) -> Tensor:
        """Return sines and cosines of the noise level (batch,), (batch, embedding_channels)."""
        angles = level.double()[:, None] * self.angular
        return torch.cat([torch.sin(angles), torch.cos(angles)], dim=1)

    def forward(self, noisy: Tensor, level: Tensor, context: Tensor) -> Tensor:
        """Evaluate the network.

        Parameters
        ----------
        noisy
            (batch, 1, y, x).
        level
            Noise level in [0, 1], (batch,).
        context
            (batch, settings.context_channels, y, x), the mask last.

        Returns
        -------
        Tensor
            (batch, 1, y, x). y and x must be multiples of ``settings.factor``.
        """
        fields = torch.cat([noisy, context], dim=1)
        x = self.stem(functional.pixel_unshuffle(fields, self.settings.patch))
        embedded = self.embed(level).to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        x = torch.cat([x, embedded], dim=1)
        skips = []
        for blocks in self.encoder:
            for block in list_blocks(blocks):
                x = self._evaluate(block, x)
                skips.append(x)
            x = functional.avg_pool2d(x, 2)
        for block in list_blocks(self.bottleneck):
            x = self._evaluate(block, x)
        for blocks in self.decoder:
            x = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            for block in list_blocks(blocks):
                x = self._evaluate(block, torch.cat([x, skips.pop()], dim=1))
        output = functional.pixel_shuffle(self.output(x), self.settings.patch)
        return self.head(output, fields) if self.head else output

    def _evaluate(self, block: ResidualBlock, x: Tensor) -> Tensor:
        return block.forward_twice(x) if self.recompute and self.training else block(x)


def list_blocks(level: nn.Module) -> list[ResidualBlock]:
    """Return the residual blocks of a level, in the order of their evaluation."""
    return [block for block in level.children() if isinstance(block, ResidualBlock)]


def _zero_init(convolution: nn.Conv2d) -> nn.Conv2d:
    """Set the weights and the bias of a convolution to zero, and return it."""
    for parameter in convolution.parameters():
        nn.init.zeros_(parameter)
    return convolution


def build_network(settings: NetworkSettings) -> UNet:
    """Build a network with fresh weights."""
    # Modules take a memory format, which torch's annotations leave out.
    return UNet(settings).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def count_parameters(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def padding_to_multiple(shape: Sequence[int], factor: int) -> tuple[int, int, int, int]:
    """Return the cells to add (left, right, bottom, top) so that both sides of (y, x) become multiples of ``factor``."""
    (rows, columns) = (-size % factor for size in shape)
    return columns // 2, columns - columns // 2, rows // 2, rows - rows // 2
