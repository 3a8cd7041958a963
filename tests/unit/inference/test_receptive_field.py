"""The network evaluated only where the ice needs it, against the whole field; how far the plan reaches."""

import math

import numpy as np
import pytest
import torch
from random_networks import SHAPES, fields, patches, trained

from superice.inference import fast_unet
from superice.inference.fast_unet import FusedUNet, IceOnlyUNet
from superice.inference.receptive_field import dilate_through, plan_evaluation
from superice.network.settings import BLOCK_REACH, NetworkSettings

DEEP = NetworkSettings(widths=(4, 4, 6, 8), depth=4, embedding_channels=4)


@pytest.fixture
def poisoned(monkeypatch):
    """Fill new tensors with NaN, so that whatever is not evaluated is not a number."""
    allocate = fast_unet._allocate
    monkeypatch.setattr(fast_unet, "_allocate", lambda *args: allocate(*args).fill_(math.nan))


def whole_field(network, inputs):
    with torch.no_grad():
        return network(*inputs)


def largest_error(found, whole, ice):
    """Return the largest error on the ice, as a share of the field's largest value; NaN if any pixel is NaN."""
    return float((found - whole)[:, 0, ice].abs().max() / whole.abs().max())


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
@pytest.mark.parametrize("seed", range(4))
def test_the_ice_gets_what_the_whole_field_gives(shape, seed, poisoned):
    size = (208, 240)
    network, inputs = trained(shape), fields(shape, size)
    ice = patches(size, 3, seed)
    found = IceOnlyUNet(FusedUNet(network, torch.float32), plan_evaluation(ice, shape))(*inputs)
    assert largest_error(found, whole_field(network, inputs), ice) <= 1e-5
    if shape is not DEEP:
        assert found.isnan().any(), "the whole field was evaluated"


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
@pytest.mark.parametrize("seed", range(4))
def test_what_no_noise_reaches_is_evaluated_once_for_all_members(shape, seed, poisoned):
    """Some ice is at the edge of the field; only part of the noisy ice is needed, as in a tile."""
    size = (208, 240)
    noisy_ice = patches(size, 3, seed)
    noisy_ice[:9, 100:120] = True
    ice = noisy_ice & (np.arange(size[1]) < 160)
    noise, level, context = fields(shape, size)
    network, plan = trained(shape), plan_evaluation(ice, shape, noisy_ice)
    shared = IceOnlyUNet(FusedUNet(network, torch.float32), plan)
    for sign, count in ((1, 2), (-1, 1), (2, 3)):  # more members than before, and fewer
        noisy = sign * noise.repeat(count, 1, 1, 1) * torch.from_numpy(noisy_ice)
        inputs = noisy, level.repeat(count), context.repeat(count, 1, 1, 1)
        assert largest_error(shared(*inputs), whole_field(network, inputs), ice) <= 1e-5
    area = lambda boxes: sum(box.area for box in boxes)
    assert area(plan.encoder[0]) < area(plan_evaluation(ice, shape).encoder[0]) / 2


def test_another_noise_level_is_evaluated_anew(poisoned):
    ice = patches((96, 96), 2, 0)
    network, (noise, level, context) = trained(SHAPES[1]), fields(SHAPES[1], (96, 96))
    shared = IceOnlyUNet(FusedUNet(network, torch.float32), plan_evaluation(ice, SHAPES[1], ice))
    for factor in (1.0, 0.5):
        inputs = noise * torch.from_numpy(ice), factor * level, context
        assert largest_error(shared(*inputs), whole_field(network, inputs), ice) <= 1e-5


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
def test_the_plan_for_a_pooling_cell_covers_its_receptive_field_and_no_more(shape):
    first = shape.reach + 2 * shape.factor
    ice = np.zeros((2 * first + shape.factor,) * 2, bool)
    ice[first : first + shape.factor, first : first + shape.factor] = True
    [box] = plan_evaluation(ice, shape).encoder[0]
    for side in box.slices:
        for reached in (first - side.start, side.stop - first - shape.factor):
            # This is the output of the first block, which reads BLOCK_REACH pixels more.
            assert shape.reach - shape.factor < reached + BLOCK_REACH <= shape.reach


def test_each_block_of_the_decoder_is_evaluated_as_far_as_those_after_it_need():
    ice = np.zeros((320, 400), bool)
    ice[80:240, 120:280] = True
    finest = plan_evaluation(ice, NetworkSettings()).decoder[-4:]
    sizes = [160 + 2 * BLOCK_REACH * after for after in (3, 2, 1, 0)]
    assert [[box.shape for box in boxes] for boxes in finest] == [[(n, n)] for n in sizes]


def test_noise_on_the_ice_spreads_by_what_a_block_reaches():
    ice = np.zeros((640, 640), bool)
    ice[288:352, 288:352] = True
    finest = plan_evaluation(ice, NetworkSettings(), ice).encoder[:4]
    sizes = [64 + 2 * BLOCK_REACH * blocks for blocks in (1, 2, 3, 4)]
    assert [[box.shape for box in boxes] for boxes in finest] == [[(n, n)] for n in sizes]


def test_without_ice_nothing_is_evaluated():
    plan = plan_evaluation(np.zeros((64, 64), bool), NetworkSettings())
    assert not any(plan.encoder) and not any(plan.decoder) and not any(plan.shared_encoder)
    assert (len(plan.encoder), len(plan.decoder), len(plan.shared_encoder)) == (16, 12, 16)


def test_a_level_needs_its_blocks_outputs_and_its_input():
    mask = np.zeros((21, 21), bool)
    mask[10, 10] = True
    sizes = [int(found.sum()) for found in dilate_through(mask, 2)]
    assert sizes == [1, (1 + 2 * BLOCK_REACH) ** 2, (1 + 4 * BLOCK_REACH) ** 2]
