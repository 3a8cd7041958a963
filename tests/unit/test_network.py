"""The network against its parameter count, an independent evaluation, and its symmetries."""

import math

import pytest
import torch
from torch.nn import functional

from superice.errors import InputError
from superice.network import NetworkSettings, build_network, padding, parameter_count


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (NetworkSettings(), 3_890_465),
        (NetworkSettings(depth=2), 1_950_625),
    ],
)
def test_reference_form_has_the_reports_parameters(settings, count):
    assert parameter_count(build_network(settings)) == count


def by_hand(parameters, x, embedding, widths, depth):
    """The same graph, written with plain functional calls over the named parameters."""

    def conv(name, x, padding=0):
        return functional.conv2d(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"], padding=padding)

    def block(name, x):
        mean, variance = parameters[f"{name}.norm.running_mean"], parameters[f"{name}.norm.running_var"]
        y = (x - mean[:, None, None]) / (variance[:, None, None] + 1e-3).sqrt()
        y = conv(f"{name}.first", y, padding=1)
        y = conv(f"{name}.second", y * torch.sigmoid(y), padding=1)
        return y + (conv(f"{name}.skip", x) if f"{name}.skip.weight" in parameters else x)

    x = torch.cat([conv("stem", x), embedding.expand(-1, -1, *x.shape[2:])], 1)
    kept = []
    for level in range(len(widths) - 1):
        for i in range(depth):
            x = block(f"encoder.{level}.{i}", x)
            kept.append(x)
        x = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
    for i in range(depth):
        x = block(f"bottleneck.{i}", x)
    for level in range(len(widths) - 1):
        x = functional.interpolate(x, size=[2 * s for s in x.shape[2:]], mode="bilinear", align_corners=False)
        for i in range(depth):
            x = block(f"decoder.{level}.{i}", torch.cat([x, kept.pop()], 1))
    return conv("output", x)


def test_agrees_with_an_independent_evaluation():
    settings = NetworkSettings(widths=(8, 12, 16), depth=2)
    torch.manual_seed(0)
    network = build_network(settings)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5 if "running_var" in name else 0.2 * torch.randn_like(tensor))
    network.eval().double()
    noisy, context = torch.randn(2, 5, 16, 24, dtype=torch.float64).split([1, 4], dim=1)
    level = torch.tensor([0.3, 0.9], dtype=torch.float64)
    frequencies = torch.tensor([1000 ** (i / 15) for i in range(16)], dtype=torch.float64)
    angles = 2 * math.pi * frequencies * level[:, None]
    embedding = torch.cat([angles.sin(), angles.cos()], 1)[:, :, None, None]
    with torch.no_grad():
        expected = by_hand(network.state_dict(), torch.cat([noisy, context], 1), embedding, (8, 12, 16), 2)
        result = network(noisy, level, context)
    assert float(expected.abs().max()) > 0.1
    assert float((result - expected).abs().max() / expected.abs().max()) < 1e-5


def test_untrained_network_returns_zero():
    network = build_network(NetworkSettings(widths=(8, 8), depth=1)).eval()
    result = network(torch.randn(1, 1, 8, 8), torch.tensor([0.5]), torch.randn(1, 4, 8, 8))
    assert torch.equal(result, torch.zeros_like(result))


@pytest.mark.parametrize("shape", [(1086, 1308), (192, 160), (5, 9)])
def test_padding_reaches_the_next_multiple(shape):
    left, right, bottom, top = padding(shape, 8)
    assert ((shape[0] + bottom + top) % 8, (shape[1] + left + right) % 8) == (0, 0)
    assert max(left + right, bottom + top) < 8
    if shape == (1086, 1308):
        assert (shape[0] + bottom + top, shape[1] + left + right) == (1088, 1312)


def test_unknown_input_is_refused_by_name():
    with pytest.raises(InputError, match="snow"):
        build_network(NetworkSettings(inputs=("sit", "snow")))
