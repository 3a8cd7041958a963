"""Where the plan evaluates each block, against the receptive field of the network."""

import numpy as np
import pytest
from random_networks import DEEP, SHAPES
from scipy.ndimage import maximum_filter

from superice.inference.receptive_field import dilate_through, plan_evaluation
from superice.network.settings import BLOCK_REACH, NetworkSettings


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
def test_the_plan_for_a_pooling_cell_covers_its_receptive_field_and_no_more(shape):
    first = shape.reach + 2 * shape.factor
    ice = np.zeros((2 * first + shape.factor,) * 2, bool)
    ice[first : first + shape.factor, first : first + shape.factor] = True
    [box] = plan_evaluation(ice, shape).encoder[0]
    for side in box.slices:
        for reached in (first // shape.patch - side.start, side.stop - (first + shape.factor) // shape.patch):
            # This is the output of the first block, in cells of the finest level; it reads BLOCK_REACH cells more.
            assert shape.reach - shape.factor < shape.patch * (reached + BLOCK_REACH) <= shape.reach


def test_each_block_of_the_decoder_is_evaluated_as_far_as_those_after_it_need():
    ice = np.zeros((320, 400), bool)
    ice[80:240, 120:280] = True
    finest = plan_evaluation(ice, NetworkSettings()).decoder[-4:]
    sizes = [160 + 2 * BLOCK_REACH * after for after in (3, 2, 1, 0)]
    assert [[box.shape for box in boxes] for boxes in finest] == [[(n, n)] for n in sizes]


def test_without_ice_nothing_is_evaluated():
    plan = plan_evaluation(np.zeros((64, 64), bool), NetworkSettings())
    assert not any(plan.encoder) and not any(plan.decoder)
    assert (len(plan.encoder), len(plan.decoder)) == (16, 12)


def test_a_level_needs_its_blocks_outputs_and_its_input():
    mask = np.zeros((21, 21), bool)
    mask[10, 10] = True
    sizes = [int(found.sum()) for found in dilate_through(mask, 2)]
    assert sizes == [1, (1 + 2 * BLOCK_REACH) ** 2, (1 + 4 * BLOCK_REACH) ** 2]


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 3), (40, 50)])
def test_masks_grow_as_a_maximum_filter_makes_them(size):
    mask = np.random.default_rng(0).random(size) < 0.1
    expected = maximum_filter(mask, 2 * BLOCK_REACH + 1, mode="constant", cval=False)
    np.testing.assert_array_equal(dilate_through(mask, 1)[1], expected)
