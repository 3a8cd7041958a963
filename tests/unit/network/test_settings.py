"""The receptive field that the network settings compute, against gradients of the network."""

import pytest
from random_networks import SHAPES, fields, trained

from superice.network.settings import NetworkSettings


@pytest.mark.parametrize("shape", [*SHAPES, NetworkSettings(widths=(2, 2, 2, 2), embedding_channels=2)])
def test_the_reach_is_that_of_the_network_and_not_a_cell_more(shape):
    """The gradient of one pooling cell's output is nonzero in its receptive field."""
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
