"""Demand: what the network gives where there is ice, when nothing else is evaluated."""

import math

import numpy as np
import pytest
import torch
from test_windows import SHAPES, fields, patches, trained

from superice import inference
from superice.demand import demand
from superice.inference import InferenceNetwork
from superice.network import BLOCK_REACH, NetworkSettings

DEEP = NetworkSettings(widths=(4, 4, 6, 8), depth=4, embedding_channels=4)


@pytest.fixture
def poisoned(monkeypatch):
    """What was not evaluated is not a number."""
    empty = inference._empty
    monkeypatch.setattr(inference, "_empty", lambda *args: empty(*args).fill_(math.nan))


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
@pytest.mark.parametrize("seed", range(4))
def test_the_ice_gets_what_the_whole_field_gives(shape, seed, poisoned):
    size = (208, 240)
    network, inputs = trained(shape), fields(shape, size)
    ice = patches(size, 3, seed)
    with torch.no_grad():
        whole = network(*inputs)
    asked = InferenceNetwork(network, torch.float32)(*inputs, demand(ice, shape))
    assert (asked - whole)[0, 0, ice].abs().max() <= 1e-5 * whole.abs().max()
    if shape is not DEEP:
        assert asked.isnan().any(), "the whole field was evaluated"


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
def test_a_pooling_cell_asks_for_as_much_as_the_network_reaches(shape):
    first = shape.reach + 2 * shape.factor
    ice = np.zeros((2 * first + shape.factor,) * 2, bool)
    ice[first : first + shape.factor, first : first + shape.factor] = True
    [window] = demand(ice, shape).encoder[0]
    for part in window.outer:
        for reached in (first - part.start, part.stop - first - shape.factor):
            assert shape.reach - shape.factor < reached <= shape.reach + BLOCK_REACH


def test_the_finest_level_of_the_decoder_is_evaluated_close_to_the_ice():
    ice = np.zeros((320, 400), bool)
    ice[80:240, 120:280] = True
    levels = demand(ice, NetworkSettings()).decoder
    assert [[w.shape for w in level] for level in levels[-1:]] == [[(160 + 2 * 8 + 2 * 2, 160 + 2 * 8 + 2 * 2)]]


def test_without_ice_nothing_is_asked_for():
    asked = demand(np.zeros((64, 64), bool), NetworkSettings())
    assert not any(asked.encoder) and not any(asked.decoder)
    assert (len(asked.encoder), len(asked.decoder)) == (4, 3)
