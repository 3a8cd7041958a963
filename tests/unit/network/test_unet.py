"""The network against its parameter count, an independent evaluation, and its symmetries."""

import math

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network, count_parameters, padding_to_multiple


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (NetworkSettings(), 3_890_465),
        (NetworkSettings(depth=2), 1_950_625),
        (NetworkSettings(widths=(64, 64, 96, 128)), 4_488_289),
        (NetworkSettings(patch=2), 3_891_044),
    ],
)
def test_reference_form_has_the_reports_parameters(settings, count):
    assert count_parameters(build_network(settings)) == count


def by_hand(weights, x, embedding, settings, training):
    """The report's graph in NumPy, in double precision, over the named weights; (batch, channels, y, x)."""

    def conv(name, x):
        kernel, (rows, columns) = weights[f"{name}.weight"], x.shape[2:]
        margin = kernel.shape[-1] // 2
        x = np.pad(x, [(0, 0), (0, 0), (margin, margin), (margin, margin)])
        shifted = [
            np.einsum("oi,biyx->boyx", kernel[:, :, dy, dx], x[:, :, dy : dy + rows, dx : dx + columns], optimize=True)
            for dy in range(kernel.shape[2])
            for dx in range(kernel.shape[3])
        ]
        return sum(shifted) + weights[f"{name}.bias"][:, None, None]

    def block(name, x):
        if training:
            mean, variance = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
        else:
            mean, variance = weights[f"{name}.norm.running_mean"], weights[f"{name}.norm.running_var"]
        y = (x - mean[:, None, None]) / np.sqrt(variance + 1e-3)[:, None, None]
        y = conv(f"{name}.first", y)
        y = conv(f"{name}.second", y / (1 + np.exp(-y)))
        return y + (conv(f"{name}.skip", x) if f"{name}.skip.weight" in weights else x)

    def doubled(x, axis):
        """Bilinear: new centres lie a quarter of a pixel beside the old ones; edges are repeated."""
        x = np.moveaxis(x, axis, -1)
        before, after = np.concatenate([x[..., :1], x[..., :-1]], -1), np.concatenate([x[..., 1:], x[..., -1:]], -1)
        both = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis=-1)
        return np.moveaxis(both.reshape(*x.shape[:-1], -1), -1, axis)

    levels, depth = range(len(settings.widths) - 1), range(settings.depth)
    x = conv("stem", x)
    spread = np.broadcast_to(embedding[:, :, None, None], (*embedding.shape, *x.shape[2:]))
    x, kept = np.concatenate([x, spread], axis=1), []
    for level in levels:
        for i in depth:
            x = block(f"encoder.{level}.{i}", x)
            kept.append(x)
        x = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
    for i in depth:
        x = block(f"bottleneck.{i}", x)
    for level in levels:
        x = doubled(doubled(x, 2), 3)
        for i in depth:
            x = block(f"decoder.{level}.{i}", np.concatenate([x, kept.pop()], axis=1))
    return conv("output", x)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("settings", [NetworkSettings(), NetworkSettings(widths=(8, 12, 16), depth=2)])
def test_agrees_with_an_independent_implementation(settings, training):
    torch.manual_seed(0)
    network = build_network(settings).train(training)
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            gain = math.sqrt(0.5 / max(1, tensor[0].numel())) if tensor.ndim == 4 else 0.5
            tensor.copy_(torch.rand_like(tensor) + 0.5 if "running_var" in name else gain * torch.randn_like(tensor))
    weights = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    noisy, context = torch.randn(2, 5, 16, 24).split([1, 4], dim=1)
    level = torch.tensor([0.3, 0.9])
    angles = 2 * np.pi * np.array([1000 ** (i / 15) for i in range(16)]) * level.double().numpy()[:, None]
    embedding = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    expected = by_hand(weights, torch.cat([noisy, context], 1).double().numpy(), embedding, settings, training)
    with torch.no_grad():
        result = network(noisy, level, context).numpy()
    assert np.abs(expected).max() > 0.1
    assert np.abs(result - expected).max() < 1e-5 * np.abs(expected).max()


def test_batch_norm_moves_its_average_by_a_hundredth():
    network = build_network(NetworkSettings(widths=(8, 8), depth=1, embedding_channels=4)).train()
    block, x = network.encoder[0][0], 3 + 2 * torch.randn(4, 12, 8, 8)
    block(x)
    assert torch.allclose(block.norm.running_mean, 0.01 * x.mean(dim=(0, 2, 3)), rtol=1e-4)
    assert torch.allclose(block.norm.running_var, 0.99 + 0.01 * x.var(dim=(0, 2, 3)), rtol=1e-4)


def test_untrained_network_returns_zero():
    network = build_network(NetworkSettings(widths=(8, 8), depth=1)).eval()
    result = network(torch.randn(1, 1, 8, 8), torch.tensor([0.5]), torch.randn(1, 4, 8, 8))
    assert torch.equal(result, torch.zeros_like(result))


@pytest.mark.parametrize("shape", [(1086, 1308), (192, 160), (5, 9)])
def test_padding_reaches_the_next_multiple(shape):
    left, right, bottom, top = padding_to_multiple(shape, 8)
    assert ((shape[0] + bottom + top) % 8, (shape[1] + left + right) % 8) == (0, 0)
    assert max(left + right, bottom + top) < 8
    if shape == (1086, 1308):
        assert (shape[0] + bottom + top, shape[1] + left + right) == (1088, 1312)


def test_unknown_input_is_refused_by_name():
    with pytest.raises(InputError, match="snow"):
        build_network(NetworkSettings(inputs=("sit", "snow")))
