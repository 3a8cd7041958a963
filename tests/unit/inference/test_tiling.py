"""Tiles: how they cover the ice, their halo, and the network on tiles against the network on the whole field."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_networks import SHAPES, fields, patches, trained

from superice.inference.fast_unet import FusedUNet
from superice.inference.tiling import Box, Tile, find_tiles


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("largest", [None, (24, 40)])
def test_tiles_give_what_the_whole_field_gives_wherever_there_is_ice(shape, seed, largest):
    size = (208, 240)
    network, (noisy, level, context) = trained(shape), fields(shape, size)
    ice = patches(size, 3, seed)
    with torch.no_grad():
        whole = network(noisy, level, context)
    pieces = torch.full_like(whole, torch.nan)
    tiles = find_tiles(ice, shape.reach, shape.factor, largest)
    fused = FusedUNet(network, torch.float32)
    for tile in tiles:
        read, write = tile.read.slices, tile.write.slices
        assert pieces[..., *write].isnan().all(), "tiles overlap"
        pieces[..., *write] = fused(noisy[..., *read], level, context[..., *read])[..., *tile.inner.slices]
    assert (pieces - whole)[0, 0, ice].abs().max() <= 1e-5 * whole.abs().max()
    if largest is None:
        assert sum(tile.read.area for tile in tiles) <= ice.size


@given(
    size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    seed=st.integers(0, 1000),
    count=st.integers(0, 4),
    largest=st.none() | st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_tiles_write_all_ice_once_and_read_a_halo_up_to_the_edge(size, seed, count, largest):
    factor, reach = 4, 8
    ice = patches((size[0] * factor, size[1] * factor), count, seed)
    covered = np.zeros(ice.shape, int)
    for tile in find_tiles(ice, reach, factor, largest):
        covered[tile.write.slices] += 1
        sides = zip(tile.write.slices, tile.read.slices, ice.shape, largest or ice.shape, strict=True)
        for write, read, length, most in sides:
            assert read.start == max(0, write.start - reach)
            assert read.stop == min(length, write.stop + reach)
            assert read.start % factor == read.stop % factor == write.start % factor == 0
            assert write.stop - write.start <= max(most, factor)
        assert ice[tile.write.slices].any()
    assert covered.max(initial=0) <= 1
    assert covered[ice].all()


@given(seed=st.integers(0, 1000), count=st.integers(1, 5), reach=st.integers(0, 6))
def test_no_tile_is_cheaper_cut_in_two(seed, count, reach):
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

    for tile in find_tiles(ice, reach, 1):
        rows, columns = tile.write.slices
        assert tile.read.area == cost(rows, columns)
        for at in range(rows.start + 1, rows.stop):
            assert cost(slice(rows.start, at), columns) + cost(slice(at, rows.stop), columns) >= cost(rows, columns)
        for at in range(columns.start + 1, columns.stop):
            assert cost(rows, slice(columns.start, at)) + cost(rows, slice(at, columns.stop)) >= cost(rows, columns)


def test_far_patches_of_ice_are_evaluated_apart():
    ice = np.zeros((400, 400), bool)
    ice[:20, :20] = ice[-20:, -20:] = True
    assert find_tiles(ice, 32, 8) == [
        Tile(read=Box(0, 56, 0, 56), write=Box(0, 24, 0, 24)),
        Tile(read=Box(344, 400, 344, 400), write=Box(376, 400, 376, 400)),
    ]
    ice[:] = True
    assert find_tiles(ice, 32, 8) == [Tile(read=Box(0, 400, 0, 400), write=Box(0, 400, 0, 400))]


def test_tiles_of_the_transposed_ice_cover_the_same_area():
    """Columns are cut as rows of the transposed mask."""
    ice = patches((96, 128), 6, 3)
    tiles, transposed = find_tiles(ice, 8, 4), find_tiles(ice.T, 8, 4)
    assert len(tiles) > 1
    assert sum(tile.read.area for tile in tiles) == sum(tile.read.area for tile in transposed)


def test_a_box_grows_up_to_the_edges_of_the_field():
    box = Box(top=2, bottom=6, left=1, right=9)
    assert (box.shape, box.area) == ((4, 8), 32)
    assert box.grow(3, (20, 10)) == Box(0, 9, 0, 10)
    assert box.shift(-2, 1) == Box(0, 4, 2, 10)
    assert box.scale(4) == Box(8, 24, 4, 36)
    assert box.transpose() == Box(1, 9, 2, 6)
    assert np.zeros((20, 10))[box.slices].shape == box.shape


def test_a_box_is_split_without_loss_or_overlap():
    box = Box(2, 6, 1, 9)
    assert box.split_at_row(3) == (Box(2, 3, 1, 9), Box(3, 6, 1, 9))
    assert box.split_at_column(8) == (Box(2, 6, 1, 8), Box(2, 6, 8, 9))
