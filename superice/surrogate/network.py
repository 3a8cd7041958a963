"""The surrogate's networks: a U-Net and a residual network of partial convolutions (slides; Durand et al., 2024).

A partial convolution (Liu et al., 2018) reads the sea only and scales its result up for the land in its window. Unlike in
the paper, land is never filled in: all layers of a level have the same mask, and on land a convolution returns its bias.
Cells outside the field count as land. All of this, and the constants of the batch norms, are those of the released code
(docs/surrogate.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from superice.network.unet import Network
from superice.surrogate.settings import SurrogateNetworkSettings

# Keras's defaults; its momentum of 0.99 is the share of the old value, PyTorch's that of the new one.
NORM_EPSILON = 1e-3
NORM_MOMENTUM = 0.01


@dataclass(frozen=True)
class Sea:
    """The sea of one level, and the factors that make up for land in a convolution's window.

    Attributes
    ----------
    mask
        1 at sea, (batch, 1, y, x).
    gain
        By size of kernel, the number of cells of a window over the number at sea, of the mask's shape; 0 on land, so
        that windows on land, which reach into the sea, affect neither pooling nor normalisation.
    """

    mask: Tensor
    gain: dict[int, Tensor]

    @classmethod
    def from_mask(cls, mask: Tensor, kernels: tuple[int, ...]) -> Sea:
        """Compute the factors for the kernels."""
        gain = {}
        for kernel in kernels:
            sea_fraction = functional.avg_pool2d(mask.float(), kernel, stride=1, padding=kernel // 2)
            gain[kernel] = mask / sea_fraction.clamp(min=1 / kernel**2)  # a window around a cell of sea holds that cell
        return cls(mask, gain)

    def coarsen(self) -> Sea:
        """Return the sea at half the resolution: a cell with any sea is sea."""
        return Sea.from_mask(functional.max_pool2d(self.mask, 2), tuple(self.gain))

    def max_pool(self, x: Tensor) -> Tensor:
        """Return the maxima of x over the sea of 2 x 2 cells, half the resolution; 0 where they hold no sea."""
        maxima = functional.max_pool2d(x.masked_fill(self.mask == 0, -torch.inf), 2)
        return maxima.masked_fill(maxima == -torch.inf, 0)


def make_norm(channels: int) -> nn.BatchNorm2d:
    """Make a batch norm with the constants of the released code; its statistics include the land, as there."""
    return nn.BatchNorm2d(channels, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)


class PartialConvolution(nn.Conv2d):
    """W (x m) · m k² / Σm + b, with m the mask and Σm its sum over the k x k window.

    At sea this is Eq. 1 of Liu et al. (2018). On land it is b.
    """

    bias: Tensor

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3) -> None:
        super().__init__(channels_in, channels_out, kernel, padding=kernel // 2)
        nn.init.kaiming_normal_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor, sea: Sea) -> Tensor:  # type: ignore[override]  # a convolution that knows the sea
        summed = functional.conv2d(x * sea.mask, self.weight, padding=self.padding)
        return summed * sea.gain[self.kernel_size[0]] + self.bias[:, None, None]


class Stack(nn.Module):
    """Partial convolutions, each with mish, then batch norm."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(PartialConvolution(*pair) for pair in pairwise(channels))
        self.norm = make_norm(channels[-1])

    def forward(self, x: Tensor, sea: Sea) -> Tensor:
        for convolution in self.convolutions:
            x = functional.mish(convolution(x, sea))
        return self.norm(x)


class PartialUNet(Network):
    """Three resolutions, skips from the stem and from the first pooled level."""

    def __init__(self, settings: SurrogateNetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        n = settings.filters
        self.stem = PartialConvolution(settings.inputs, n)
        self.encoder = nn.ModuleList([Stack([n, n, n, n]), Stack([n, 2 * n, 2 * n, 2 * n])])
        self.bottleneck = Stack([2 * n, 8 * n, 8 * n, 8 * n, 8 * n])
        self.up = nn.ModuleList([PartialConvolution(8 * n, 2 * n), PartialConvolution(2 * n, n)])
        self.decoder = nn.ModuleList([Stack([3 * n, 2 * n, 2 * n, 2 * n]), Stack([2 * n, n, n, n])])
        self.output = zero_init(PartialConvolution(n, 1, kernel=1))

    def forward(self, fields: Tensor, mask: Tensor) -> Tensor:
        """Return the change of the state, (batch, 1, y, x), 0 on land.

        ``fields`` is (batch, inputs, y, x), ``mask`` (batch, 1, y, x) with 1 at sea; y and x are multiples of 4.
        """
        seas = [Sea.from_mask(mask, (1, 3))]
        x = self.stem(fields, seas[0])
        skips = []
        for stack in self.encoder:
            skips.append(x)
            sea = seas[-1]
            x = stack(x, sea)
            x = functional.max_pool2d(x, 2) if self.settings.pooling == "all" else sea.max_pool(x)
            seas.append(sea.coarsen())
        x = self.bottleneck(x, seas.pop())
        for up, stack in zip(self.up, self.decoder, strict=True):
            sea = seas.pop()
            x = functional.mish(up(functional.interpolate(x, scale_factor=2, mode="nearest"), sea))
            x = stack(torch.cat([x, skips.pop()], dim=1), sea)
        return self.output(x, sea) * mask


class ResidualBlock(nn.Module):
    """Batch norm and three widening partial convolutions with mish, added to the input; the last starts at zero (FixUp)."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.norm = make_norm(channels)
        widths = [channels, channels // 4, channels // 2]
        self.first = PartialConvolution(widths[0], widths[1], kernel)
        self.second = PartialConvolution(widths[1], widths[2], kernel)
        self.third = zero_init(PartialConvolution(widths[2], channels, kernel))

    def forward(self, x: Tensor, sea: Sea) -> Tensor:
        inside = self.norm(x)
        for convolution in (self.first, self.second, self.third):
            inside = functional.mish(convolution(inside, sea))
        return x + inside


class PartialResNet(Network):
    """Residual blocks at one resolution; the last layer of each, and of the network, starts at zero (Zhang et al., 2019).

    Stem and head are linear, and a batch norm stands before the head, as in the released code.
    """

    def __init__(self, settings: SurrogateNetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        n = settings.filters
        self.stem = PartialConvolution(settings.inputs, n)
        self.blocks = nn.ModuleList(ResidualBlock(n, settings.kernel) for _ in range(settings.blocks))
        self.norm = make_norm(n)
        self.head = PartialConvolution(n, 8)
        self.output = zero_init(PartialConvolution(8, 1, kernel=1))

    def forward(self, fields: Tensor, mask: Tensor) -> Tensor:
        """Return the change of the state as ``PartialUNet.forward`` does, for any shape."""
        sea = Sea.from_mask(mask, tuple({1, 3, self.settings.kernel}))
        x = self.stem(fields, sea)
        for block in self.blocks:
            x = block(x, sea)
        return self.output(self.head(self.norm(x), sea), sea) * mask


def zero_init(layer: PartialConvolution) -> PartialConvolution:
    """Set the weights of a layer to zero, and return it."""
    nn.init.zeros_(layer.weight)
    return layer


KINDS: dict[str, Callable[[SurrogateNetworkSettings], Network]] = {"unet": PartialUNet, "residual": PartialResNet}


def build_surrogate(settings: SurrogateNetworkSettings) -> Network:
    """Build a network with fresh weights."""
    # Modules take a memory format, which torch's annotations leave out.
    return KINDS[settings.kind](settings).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
