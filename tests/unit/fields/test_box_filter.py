"""Box filters against sums written out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from superice.errors import InputError
from superice.features.settings import LowResolution
from superice.fields.box_filter import block_mean, box_mean, count_pixels


def brute_force(field, width, mask):
    """The mask-normalised mean with the weights of a centred box: an even one takes half of its rim pixels."""
    reach = width // 2
    weights = np.ones(2 * reach + 1)
    if width % 2 == 0:
        weights[[0, -1]] = 0.5
    kernel = np.outer(weights, weights)
    counts = mask & np.isfinite(field)
    f, m = (np.pad(np.where(counts, a, 0).astype(float), reach) for a in (field, np.ones_like(field)))
    m = np.pad(counts.astype(float), reach)
    out = np.full(field.shape, np.nan)
    for j, i in zip(*np.nonzero(counts), strict=True):
        box = (slice(j, j + 2 * reach + 1), slice(i, i + 2 * reach + 1))
        out[j, i] = (kernel * f[box]).sum() / (kernel * m[box]).sum()
    return out


@pytest.mark.parametrize("width", [1, 2, 5, 8])
def test_box_mean_equals_the_sum_written_out(width):
    random = np.random.default_rng(width)
    field = random.standard_normal((23, 19))
    field[random.random(field.shape) < 0.2] = np.nan
    mask = random.random(field.shape) < 0.8
    np.testing.assert_allclose(box_mean(field, width, mask), brute_force(field, width, mask), rtol=1e-10, atol=1e-12)


@given(
    arrays(np.float64, (12, 15), elements=st.floats(-10, 10) | st.just(np.nan)),
    arrays(np.bool_, (12, 15)),
    st.integers(1, 9),
)
def test_box_mean_stays_within_the_field_and_on_the_valid_pixels(field, mask, width):
    mean = box_mean(field, width, mask)
    counts = mask & np.isfinite(field)
    np.testing.assert_array_equal(np.isfinite(mean), counts)
    if counts.any():
        assert field[counts].min() <= mean[counts].min()
        assert mean[counts].max() <= field[counts].max()


@given(st.floats(-5, 5), arrays(np.bool_, (10, 11)), st.integers(1, 12))
def test_a_constant_stays_what_it_is(value, mask, width):
    mean = box_mean(np.full(mask.shape, value), width, mask)
    np.testing.assert_array_equal(mean[mask], value)


def test_an_even_box_does_not_shift():
    field = np.zeros((21, 21))
    field[10, 10] = 1
    mean = box_mean(field, 4)
    np.testing.assert_allclose(mean, mean[::-1, ::-1])
    np.testing.assert_allclose(mean[10, 8:13] * 16, [0.5, 1, 1, 1, 0.5])


def test_the_mean_over_blocks_is_that_of_the_sum_written_out():
    field = np.random.default_rng(0).standard_normal((6, 9))
    expected = [[field[row : row + 3, column : column + 3].mean() for column in (0, 3, 6)] for row in (0, 3)]
    np.testing.assert_allclose(block_mean(field, 3), expected)


def test_pixels_of_the_reference():
    how = LowResolution()
    widths = [count_pixels(km, 3000.0) for km in (how.concentration_km, how.thickness_km, how.deformation_km)]
    assert widths == [5, 30, 40]


def test_widths_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="whole number of 3 km"):
        count_pixels(16.0, 3000.0)
    with pytest.raises(InputError, match="thickness_km"):
        LowResolution(thickness_km=0)
