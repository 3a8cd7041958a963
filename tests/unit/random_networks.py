"""Small networks with random weights, and fields and ice to evaluate them on."""

import math

import numpy as np
import torch

from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
from superice.network.weights import TrainedNetwork

SHAPES = [
    NetworkSettings(widths=(4, 6), depth=1, embedding_channels=4),
    NetworkSettings(widths=(4, 6, 8), depth=1, embedding_channels=4),
    NetworkSettings(widths=(4, 6, 8), depth=2, embedding_channels=4),
    NetworkSettings(widths=(4, 4, 4, 4), depth=1, embedding_channels=4, inputs=("sit",)),
    NetworkSettings(widths=(4, 6), depth=1, embedding_channels=4, patch=2),
    NetworkSettings(widths=(4, 6), depth=2, embedding_channels=4, patch=4),
    NetworkSettings(widths=(4, 6), depth=1, embedding_channels=4, partly_missing=True),
    NetworkSettings(widths=(4, 6), depth=1, embedding_channels=4, patch=2, head_channels=3),
]
NETWORK = NetworkSettings(widths=(8, 12), depth=1, embedding_channels=8)
DIFFUSION = {"formulation": "preconditioned", "noise_min": 0.05, "noise_max": 10.0}
DEEP = NetworkSettings(widths=(4, 4, 6, 8), depth=4, embedding_channels=4)


def trained(shape, seed=0):
    """Return a network with random parameters and statistics, none of them at its initial value."""
    stream = torch.Generator().manual_seed(seed)
    network = build_network(shape).eval()
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            drawn = torch.randn(tensor.shape, generator=stream)
            gain = math.sqrt(2 / max(1, tensor[0].numel())) if tensor.ndim == 4 else 0.5
            tensor.copy_(drawn.abs() + 0.5 if "running_var" in name else gain * drawn)
    return network


def make_trained_network(normalisation, seed, settings=NETWORK):
    """Return a small preconditioned network whose output is not zero; its training had the seed."""
    torch.manual_seed(0)
    network = build_network(settings).eval()
    torch.nn.init.normal_(network.output.weight, std=0.1)
    return TrainedNetwork(network, DIFFUSION, normalisation, {"experiment": "test", "seed": seed, "diverged": False})


def fields(shape, size, seed=0):
    """Return a random noisy field, a noise level and a random context."""
    stream = torch.Generator().manual_seed(seed)
    draw = lambda channels: torch.randn(1, channels, *size, generator=stream)
    return draw(1), torch.tensor([0.3]), draw(shape.context_channels)


def patches(size, count, seed):
    """Return a mask with ice in a few small rectangles, some of them at the edge."""
    random, ice = np.random.default_rng(seed), np.zeros(size, bool)
    for _ in range(count):
        y, x = (random.integers(side) for side in size)
        ice[y : y + random.integers(1, 30), x : x + random.integers(1, 30)] = True
    return ice
