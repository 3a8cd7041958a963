"""Spectra against Parseval, synthetic power laws and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from superice.fields.spectra import (
    band_ratio,
    band_variance,
    find_ice_square,
    radial_coherence,
    radial_spectrum,
    spectral_slope,
)
from superice.synthetic.random_fields import draw_power_law


def white(seed, shape=(128, 128)):
    return np.random.default_rng(seed).standard_normal(shape)


def test_white_noise_has_a_flat_spectrum_of_its_variance():
    wavenumber, power = radial_spectrum(3.0 * white(0), 3.0, window=None, detrend=False)
    inner = wavenumber < 1 / 6
    assert np.mean(power[inner][5:]) * white(0).size == pytest.approx(9.0, rel=0.05)
    assert spectral_slope(wavenumber, power, 6, 60) == pytest.approx(0, abs=0.1)


def test_one_wave_stands_at_its_own_wavenumber():
    x = 3.0 * np.arange(128)
    field = np.cos(2 * np.pi * 8 * x / (128 * 3.0))[None] * np.ones((128, 1))
    wavenumber, power = radial_spectrum(field, 3.0, window=None, detrend=False)
    assert wavenumber[np.argmax(power)] == pytest.approx(8 / (128 * 3.0))


@pytest.mark.parametrize("exponent", [2.0, 3.0])
def test_slope_of_a_power_law(exponent):
    slopes = []
    for seed in range(4):
        field = draw_power_law(np.random.default_rng(seed), 256, 3.0, exponent, longest_km=800)
        slopes.append(spectral_slope(*radial_spectrum(field, 3.0), 12, 100))
    assert np.mean(slopes) == pytest.approx(-exponent, abs=0.1)


def test_a_plane_has_no_power_left():
    rows, columns = np.mgrid[:64, :64]
    _, power = radial_spectrum(2.0 + 0.1 * rows - 0.05 * columns, 3.0)
    assert power.max() < 1e-20


def test_band_ratio_of_a_field_and_its_double_is_four():
    field = white(1)
    wavenumber, power = radial_spectrum(field, 3.0)
    _, doubled = radial_spectrum(2 * field, 3.0)
    assert band_ratio(doubled, power, wavenumber) == pytest.approx(4)


@pytest.mark.parametrize("side", [64, 96, 128])
def test_the_variance_of_a_band_is_that_of_the_waves_in_it_whatever_the_size_of_the_square(side):
    x, y = np.meshgrid(3.0 * np.arange(side), 3.0 * np.arange(side))
    inside, outside = np.cos(2 * np.pi * (x + y) / 16), np.cos(2 * np.pi * x / 96)  # 11.3 and 96 km
    wavenumber, power = radial_spectrum(0.4 * inside + 2.0 * outside, 3.0)
    assert band_variance(power, wavenumber, side, 6, 20) == pytest.approx(0.4**2 / 2, rel=0.02)
    wavenumber, power = radial_spectrum(3.0 * white(0, (side, side)), 3.0)
    # The modes of a band are as many as its share of the plane of wavenumbers, here up to the Nyquist wavenumber of 1/6 km.
    expected = 9.0 * np.pi * ((1 / 6) ** 2 - (1 / 20) ** 2) / (1 / 3) ** 2
    assert band_variance(power, wavenumber, side, 6, 20) == pytest.approx(expected, rel=0.08)


def test_a_square_without_a_wave_of_the_band_has_no_variance_in_it():
    wavenumber, power = radial_spectrum(white(0, (4, 4)), 3.0)
    assert np.isnan(band_variance(power, wavenumber, 4, 20, 80))


def test_coherence_is_one_with_itself_and_low_with_noise():
    _wavenumber, itself = radial_coherence(white(2), white(2), 3.0)
    _, other = radial_coherence(white(2), white(3), 3.0)
    assert itself[5:] == pytest.approx(1)
    assert np.mean(other[20:]) < 0.05


def squares_by_force(mask):
    """The side of the largest all-true square."""
    rows, columns = mask.shape
    for side in range(min(rows, columns), 0, -1):
        for row in range(rows - side + 1):
            for column in range(columns - side + 1):
                if mask[row : row + side, column : column + side].all():
                    return side
    return 0


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_largest_square_equals_brute_force(mask):
    rows, columns = find_ice_square(mask)
    side = rows.stop - rows.start
    assert side == columns.stop - columns.start == squares_by_force(mask)
    assert mask[rows, columns].all()
