"""Windows: their cover of the ice, their reach, and the network on them against the network on the whole field."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import SHAPES, fields, patches, trained

from superice.inference.fast_unet import FusedUNet, working_bytes
from superice.inference.tiling import windows
from superice.network.unet import NetworkSettings


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tile", [None, (24, 40)])
def test_windows_give_what_the_whole_field_gives_wherever_there_is_ice(shape, seed, tile):
    size = (208, 240)
    network, (noisy, level, context) = trained(shape), fields(shape, size)
    ice = patches(size, 3, seed)
    with torch.no_grad():
        whole = network(noisy, level, context)
    pieces = torch.full_like(whole, torch.nan)
    found = windows(ice, shape.reach, shape.factor, tile)
    inference = FusedUNet(network, torch.float32)
    for w in found:
        assert pieces[..., *w.core].isnan().all(), "cores overlap"
        pieces[..., *w.core] = inference(noisy[..., *w.outer], level, context[..., *w.outer])[..., *w.inner]
    assert (pieces - whole)[0, 0, ice].abs().max() <= 1e-5 * whole.abs().max()
    if tile is None:
        assert sum(math.prod(w.shape) for w in found) <= ice.size


@pytest.mark.parametrize("shape", [*SHAPES, NetworkSettings(widths=(2, 2, 2, 2), embedding_channels=2)])
def test_the_reach_is_that_of_the_network_and_not_a_cell_more(shape):
    """The gradient of the output of one pooling cell says which inputs it takes anything from."""
    size = 2 * shape.reach + 5 * shape.factor
    first = shape.reach + 2 * shape.factor
    network = trained(shape).double()
    noisy, level, context = (t.double() for t in fields(shape, (size, shape.factor)))
    noisy.requires_grad_()
    network(noisy, level, context)[..., first : first + shape.factor, :].sum().backward()
    rows = noisy.grad[0, 0].abs().amax(dim=1).nonzero()
    near, far = first - int(rows.min()), int(rows.max()) - (first + shape.factor - 1)
    assert near == far
    assert shape.reach - shape.factor < near <= shape.reach


def test_the_reference_network_reaches_184_pixels():
    assert NetworkSettings().reach == 184


def test_batch_norm_is_folded_for_every_batch_and_precision():
    shape = SHAPES[2]
    network, (noisy, level, context) = trained(shape), fields(shape, (40, 48))
    both = [torch.cat([noisy, -noisy]), level.repeat(2), torch.cat([context, -context])]
    with torch.no_grad():
        expected = network(*both)
    assert (FusedUNet(network, torch.float32)(*both) - expected).abs().max() <= 1e-5 * expected.abs().max()
    coarse = FusedUNet(network, torch.bfloat16)(*both).float()
    assert 1e-5 < (coarse - expected).std() / expected.std() < 0.03


@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    seed=st.integers(0, 1000),
    count=st.integers(0, 4),
    tile=st.none() | st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
@settings(max_examples=60)
def test_windows_hold_all_ice_once_with_a_halo_or_the_edge(size, seed, count, tile):
    factor, reach = 4, 8
    ice = patches((size[0] * factor, size[1] * factor), count, seed)
    covered = np.zeros(ice.shape, int)
    for w in windows(ice, reach, factor, tile):
        covered[w.core] += 1
        for core, outer, length, most in zip(w.core, w.outer, ice.shape, tile or ice.shape):
            assert outer.start == max(0, core.start - reach)
            assert outer.stop == min(length, core.stop + reach)
            assert outer.start % factor == outer.stop % factor == core.start % factor == 0
            assert core.stop - core.start <= max(most, factor)
        assert ice[w.core].any()
    assert covered.max(initial=0) <= 1
    assert covered[ice].all()


@given(seed=st.integers(0, 1000), count=st.integers(1, 5), reach=st.integers(0, 6))
@settings(max_examples=40)
def test_no_window_is_cheaper_cut_in_two(seed, count, reach):
    """Every cut is tried, each half shrunk to its ice."""
    ice = patches((30, 36), count, seed)

    def cost(rows, columns):
        found = np.argwhere(ice[rows, columns])
        if not len(found):
            return 0
        found += [rows.start, columns.start]
        return math.prod(
            np.minimum(found.max(axis=0) + 1 + reach, ice.shape) - np.maximum(found.min(axis=0) - reach, 0)
        )

    for window in windows(ice, reach, 1):
        rows, columns = window.core
        assert math.prod(window.shape) == cost(rows, columns)
        for at in range(rows.start + 1, rows.stop):
            assert cost(slice(rows.start, at), columns) + cost(slice(at, rows.stop), columns) >= cost(rows, columns)
        for at in range(columns.start + 1, columns.stop):
            assert cost(rows, slice(columns.start, at)) + cost(rows, slice(at, columns.stop)) >= cost(rows, columns)


def test_far_patches_of_ice_are_evaluated_apart():
    ice = np.zeros((400, 400), bool)
    ice[:20, :20] = ice[-20:, -20:] = True
    found = windows(ice, 32, 8)
    assert sorted(w.shape for w in found) == [(56, 56), (56, 56)]
    ice[:] = True
    assert [w.shape for w in windows(ice, 32, 8)] == [(400, 400)]


def test_a_field_twice_as_large_needs_twice_the_memory():
    one, two = (working_bytes(NetworkSettings(), (64 * n, 64), torch.float32) for n in (1, 2))
    assert two == 2 * one
    assert working_bytes(NetworkSettings(), (64, 64), torch.bfloat16) == one // 2
