"""Smooth noise: its variance and its correlation, for lengths from a part of a pixel to more than the field."""

import numpy as np
import pytest
import torch

from superice.network.smooth_noise import draw_smooth_noise

FIELDS = 3000


def draw_fields(shape, length):
    stream = torch.Generator().manual_seed(0)
    return draw_smooth_noise(shape, length, lambda size: torch.randn((FIELDS, *size), generator=stream)).numpy()


@pytest.mark.parametrize("length", [1.5, 4.0, 30.0])
def test_smooth_noise_has_variance_one_and_the_correlation_of_its_length_up_to_the_edges(length):
    """White noise smoothed by a Gaussian is correlated by exp(-d^2 / 4 length^2); opposite edges are independent."""
    noise = draw_fields((9, 200), length)
    middle, edge, opposite = noise[:, 4, 100], noise[:, 0, 0], noise[:, 0, -1]
    for values in (middle, edge, opposite):
        assert values.mean() == pytest.approx(0, abs=0.06)
        assert values.var() == pytest.approx(1, abs=0.1)
    for distance in (1, round(length), 2 * round(length)):
        expected = np.exp(-(distance**2) / (4 * length**2))
        for along, beside in ((noise[:, 4, 100 - distance], middle), (noise[:, 0, distance], edge)):
            assert np.corrcoef(along, beside)[0, 1] == pytest.approx(expected, abs=0.06)
    assert np.corrcoef(edge, opposite)[0, 1] == pytest.approx(0, abs=0.06)


@pytest.mark.parametrize("length", [0.3, 0.5, 1.0, 12.0, 50.0])
def test_a_length_below_a_pixel_or_beyond_the_field_has_the_same_variance_and_correlation(length):
    noise = draw_fields((24, 24), length)
    assert noise.var(axis=0) == pytest.approx(1, abs=0.15)
    for distance in (1, 8, 23):
        alike = np.corrcoef(noise[:, 0, 0], noise[:, 0, distance])[0, 1]
        assert alike == pytest.approx(np.exp(-(distance**2) / (4 * length**2)), abs=0.06)
