"""Shapes of increments and coherence of scales against closed forms."""

import numpy as np
import pytest
from scipy import stats
from scipy.ndimage import gaussian_filter

from superice.evaluation.texture import rank_correlation, scale_coherence, skewness_and_kurtosis

BANDS = (6.0, 20.0), (20.0, 80.0)


def test_shape_of_an_exponential_increment():
    """Skewness 2 and excess kurtosis 6; the sign of the skewness follows that of the increment."""
    increment = np.random.default_rng(0).exponential(size=2_000_000)
    assert skewness_and_kurtosis(increment) == pytest.approx((2, 6), rel=0.05)
    assert skewness_and_kurtosis(-increment)[0] == pytest.approx(-2, rel=0.05)
    assert np.isnan(skewness_and_kurtosis(np.zeros(10))).all()


def noise(seed, sigma):
    return gaussian_filter(np.random.default_rng(seed).standard_normal((256, 256)), sigma)


def test_scales_of_gaussian_noise_are_incoherent_and_those_of_rough_patches_coherent():
    red = [sum(sigma * noise(seed + 50 * i, sigma) for i, sigma in enumerate((0, 1, 2, 4, 8))) for seed in range(4)]
    apart = [scale_coherence(field, 3.0, BANDS, 15) for field in red]
    patches = np.exp(40 * noise(99, 16))
    together = [scale_coherence(patches * field, 3.0, BANDS, 15) for field in red]
    assert abs(np.mean(apart)) < 0.2
    assert np.mean(together) > 0.7


def test_a_constant_field_has_no_scales():
    assert np.isnan(scale_coherence(np.ones((64, 64)), 3.0, BANDS, 15))
    assert np.isnan(scale_coherence(np.empty((0, 0)), 3.0, BANDS, 15))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(20))
def test_moments_and_ranks_are_those_of_scipy_to_the_last_digit(seed, dtype):
    random = np.random.default_rng(seed)
    size = int(random.integers(2, 3000))
    values = (random.gamma(random.uniform(0.1, 5), size=size) - random.integers(3)).astype(dtype)
    assert skewness_and_kurtosis(values) == (stats.skew(values), stats.kurtosis(values))
    others = values + random.normal(size=size)
    for first, second in ((values, others), (values.round(1), others.round())):  # without and with equal values
        np.testing.assert_array_equal(rank_correlation(first, second), stats.spearmanr(first, second).statistic)
    assert np.isnan(rank_correlation(values, np.ones(size)))
    assert np.isnan(rank_correlation(values[:1], others[:1]))
