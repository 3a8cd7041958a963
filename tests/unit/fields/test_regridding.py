"""Regridding keeps spectra, does not ring, and does not spread gaps."""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.fields.regridding import (
    fill_smoothly,
    find_covered,
    locate_pixels,
    regrid,
    sample_bilinear,
    smooth_gaussian,
)

EASE2 = pyproj.CRS("+proj=laea +lon_0=0 +datum=WGS84 +ellps=WGS84 +lat_0=90")
STEREOGRAPHIC = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")


def axis(n, step, start):
    return start + step * np.arange(n)


@pytest.fixture(scope="module")
def native():
    return Grid("native", EASE2, axis(120, 25_000.0, -1_487_500), axis(120, 25_000.0, -1_487_500))


@pytest.fixture(scope="module")
def target():
    return Grid("target", STEREOGRAPHIC, axis(320, 3000.0, -600_000), axis(320, 3000.0, -500_000))


def waves(x, y, shortest_km=100.0, seed=1, count=200):
    """A sum of plane waves of 100 to 600 km with a power that falls with the wavenumber, at positions in m."""
    random = np.random.default_rng(seed)
    total, variance = np.zeros(np.broadcast(x, y).shape), 0.0
    for _ in range(count):
        k = 2 * np.pi / (1e3 * np.exp(random.uniform(np.log(shortest_km), np.log(600))))
        direction, phase = random.uniform(0, 2 * np.pi, 2)
        variance += k**-2.4 / 2
        total += k**-1.2 * np.cos(k * (x * np.cos(direction) + y * np.sin(direction)) + phase)
    return 2 + total / np.sqrt(variance)


def on_native(grid_native, function):
    return function(grid_native.x, grid_native.y[:, None])


def on_target(grid_native, grid_target, function):
    x, y = pyproj.Proj(grid_native.crs)(*grid_target.lonlat())
    return function(x, y)


def laplacian(f):
    return f[2:, 1:-1] + f[:-2, 1:-1] + f[1:-1, 2:] + f[1:-1, :-2] - 4 * f[1:-1, 1:-1]


def band_power(field, low_km, high_km, step_km=3.0):
    rows = [np.hanning(n) for n in field.shape]
    power = np.abs(np.fft.fft2((field - field.mean()) * np.outer(*rows))) ** 2
    k = np.hypot(np.fft.fftfreq(field.shape[0], step_km)[:, None], np.fft.fftfreq(field.shape[1], step_km))
    return power[(k > 1 / high_km) & (k < 1 / low_km)].sum()


def test_a_smooth_field_keeps_its_spectrum_and_its_laplacian(native, target):
    truth = on_target(native, target, waves)
    spline = regrid(on_native(native, waves), native, target)
    assert np.abs(spline - truth).max() < 0.01
    assert np.std(laplacian(spline)) == pytest.approx(np.std(laplacian(truth)), rel=0.05)
    for band in ((60, 90), (90, 150), (150, 400)):
        assert band_power(spline, *band) == pytest.approx(band_power(truth, *band), rel=0.05)
    # Blocks or stripes of the 25 km cells would stand out below the shortest wave of the field.
    assert band_power(spline, 6, 50) < 1e-4 * band_power(truth, 100, 150)


def test_the_reports_way_makes_the_bump_that_the_spline_does_not(native, target):
    truth = on_target(native, target, waves)
    gauss = regrid(on_native(native, waves), native, target, method="gauss")
    assert np.isfinite(gauss).all()
    assert np.abs(gauss - truth).mean() < 0.2
    assert np.std(laplacian(gauss)) > 5 * np.std(laplacian(truth))


def test_an_unknown_method_is_refused(native, target):
    with pytest.raises(InputError, match="spline, gauss"):
        regrid(np.zeros(native.shape), native, target, method="nearest")


def test_pixel_coordinates_find_the_native_cells(native, target):
    rows, columns = locate_pixels(native, target)
    to_native = pyproj.Proj(native.crs)
    x, y = to_native(target.lonlat()[0][7, 11], target.lonlat()[1][7, 11])
    assert native.y[0] + rows[7, 11] * 25_000 == pytest.approx(y, abs=1e-3)
    assert native.x[0] + columns[7, 11] * 25_000 == pytest.approx(x, abs=1e-3)
    assert locate_pixels(native, target) is locate_pixels(native, target)


def gaps(shape, seed=3):
    random = np.random.default_rng(seed)
    missing = random.random(shape) < 0.05
    missing[:, 70:] = True
    missing[40:50, 30:60] = True
    return missing


def test_gaps_neither_spread_nor_shrink_by_more_than_half_a_native_cell(native, target):
    field = on_native(native, waves)
    field[gaps(field.shape)] = np.nan
    valid = np.isfinite(regrid(field, native, target))
    rows, columns = locate_pixels(native, target)
    inner = np.hypot(rows - np.rint(rows), columns - np.rint(columns)) < 0.5
    own = np.isfinite(field)[np.rint(rows).astype(int), np.rint(columns).astype(int)]
    np.testing.assert_array_equal(valid[inner], own[inner])
    assert valid.mean() == pytest.approx(own.mean())


def test_outside_the_native_grid_nothing_is_known(target):
    small = Grid("small", EASE2, axis(10, 25_000.0, 0.0), axis(10, 25_000.0, 0.0))
    valid = find_covered(np.ones(small.shape), small, target)
    rows, columns = locate_pixels(small, target)
    np.testing.assert_array_equal(valid, (abs(rows - 4.5) <= 5) & (abs(columns - 4.5) <= 5))
    assert 0 < valid.sum() < valid.size


def test_edges_of_gaps_do_not_ring(native, target):
    """Close to its gaps the field is as good as elsewhere within a few per cent of its range."""
    field = on_native(native, waves)
    missing = gaps(field.shape)
    field[missing] = np.nan
    result, truth = regrid(field, native, target), on_target(native, target, waves)
    assert np.nanmax(np.abs(result - truth)) < 0.12 * np.ptp(truth)
    assert np.nanstd(result - truth) < 0.03 * truth.std()


def test_a_constant_with_gaps_stays_a_constant(native, target):
    field = np.full(native.shape, 1.7)
    field[gaps(field.shape)] = np.nan
    result = regrid(field, native, target)
    np.testing.assert_allclose(result[np.isfinite(result)], 1.7, rtol=1e-12)


def test_a_field_without_a_value_near_the_target_gives_none(native, target):
    assert np.isnan(regrid(np.full(native.shape, np.nan), native, target)).all()


def test_a_field_is_not_sampled_beside_missing_pixels(native, target):
    field = np.ones(target.shape)
    whole = sample_bilinear(field, target, native)
    field[100:140, 100:140] = np.nan
    holed = sample_bilinear(field, target, native)
    np.testing.assert_allclose(holed[np.isfinite(holed)], 1.0)
    assert 0 < np.isfinite(holed).sum() < np.isfinite(whole).sum()


@given(arrays(np.float64, (9, 11), elements=st.floats(-3, 3) | st.just(np.nan)))
def test_the_continuation_keeps_the_known_and_its_range(field):
    known = np.isfinite(field)
    if not known.any():
        return
    filled = fill_smoothly(field)
    np.testing.assert_array_equal(filled[known], field[known])
    assert field[known].min() - 1e-12 <= filled.min() and filled.max() <= field[known].max() + 1e-12


@given(arrays(np.float64, (9, 11), elements=st.floats(-3, 3) | st.just(np.nan)))
def test_the_smoothing_keeps_gaps_and_range(field):
    smooth = smooth_gaussian(field)
    known = np.isfinite(field)
    np.testing.assert_array_equal(np.isfinite(smooth), known)
    if known.any():
        assert field[known].min() - 1e-9 <= smooth[known].min() and smooth[known].max() <= field[known].max() + 1e-9


def test_the_smoothing_is_a_gaussian_of_five_by_five():
    field = np.zeros((11, 11))
    field[5, 5] = 1.0
    smooth = smooth_gaussian(field)
    assert np.count_nonzero(smooth) == 25
    assert smooth[5, 6] / smooth[5, 5] == pytest.approx(np.exp(-0.5))
    assert smooth[7, 7] / smooth[5, 5] == pytest.approx(np.exp(-4))
    assert smooth.sum() == pytest.approx(1)
