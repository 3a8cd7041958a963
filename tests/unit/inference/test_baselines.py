"""Baselines: correlated noise against the fields that it was fitted to, and the cubic field."""

from datetime import date

import numpy as np
import pyproj
import pytest
from scipy.ndimage import gaussian_filter

from superice.errors import InputError
from superice.features.day import Features
from superice.fields.grid import Grid
from superice.fields.spectra import band_ratio, radial_spectrum
from superice.inference.baselines import CorrelatedNoise, draw_baseline_members, interpolate_cubic

SHAPE = (160, 192)
SPACING_KM = 3.0


@pytest.fixture(scope="module")
def grid():
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    return Grid("wide", crs, 300_000 + 3000.0 * np.arange(SHAPE[1]), -900_000 + 3000.0 * np.arange(SHAPE[0]))


def red(seed, sigma=2.0):
    """Return periodic Gaussian noise of unit variance."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), sigma, mode="wrap")
    return field / field.std()


def low_resolution(seed=0):
    return 2.0 + 0.4 * red(1000 + seed, 20.0)


def day(seed):
    """Return a day with a corner of land; its increment is a tenth of the thickness."""
    low = low_resolution(seed)
    increment = 0.1 * low * red(seed)
    low[:10, :10] = increment[:10, :10] = np.nan
    return {"sit": low, "increment": increment}


@pytest.fixture(scope="module")
def noise():
    return CorrelatedNoise.fit(lambda: map(day, range(12)), SPACING_KM)


def features(sit):
    return Features(date(2022, 1, 1), np.full(SHAPE, 0.9), sit, np.zeros(SHAPE), np.zeros(SHAPE))


def test_the_noise_is_as_large_as_the_increments_of_the_same_thickness(noise):
    assert noise.days == 12
    assert noise.deviation == pytest.approx(0.1 * np.array(noise.thickness), rel=0.1)
    low = np.full(SHAPE, 2.0)
    low[:, 96:] = 2.5
    random = np.random.default_rng(0)
    drawn = np.stack([noise.draw(low, SPACING_KM, random) - low for _ in range(40)])
    assert drawn[..., :96].std() == pytest.approx(0.2, rel=0.05)
    assert drawn[..., 96:].std() == pytest.approx(0.25, rel=0.05)
    assert drawn.mean() == pytest.approx(0, abs=0.02)


def test_the_noise_has_the_spectrum_of_the_increments(noise):
    low = np.full(SHAPE, 2.0)
    spectrum = lambda field: radial_spectrum(field[:, :160], SPACING_KM)
    random = np.random.default_rng(1)
    drawn = np.mean([spectrum(noise.draw(low, SPACING_KM, random) - low)[1] for _ in range(20)], axis=0)
    wavenumber, _ = spectrum(low)
    truth = np.mean([spectrum(0.2 * red(100 + seed))[1] for seed in range(20)], axis=0)
    assert band_ratio(drawn, truth, wavenumber, 20, 80) == pytest.approx(1, abs=0.15)
    assert band_ratio(drawn, truth, wavenumber, 10, 20) == pytest.approx(1, abs=0.25)


def test_opposite_sides_of_the_noise_are_independent(noise):
    random = np.random.default_rng(2)
    drawn = np.stack([noise.draw(np.full(SHAPE, 2.0), SPACING_KM, random) for _ in range(60)])
    beside = np.corrcoef(drawn[:, 0].ravel(), drawn[:, 1].ravel())[0, 1]
    across = np.corrcoef(drawn[:, 0].ravel(), drawn[:, -1].ravel())[0, 1]
    assert beside > 0.8 and abs(across) < 0.1


def test_a_member_depends_only_on_seed_day_and_number(noise, grid):
    given = features(low_resolution())
    three, two = (list(draw_baseline_members(given, grid, noise, count, seed=1)) for count in (3, 2))
    assert np.array_equal(three[1], two[1])
    other = list(draw_baseline_members(given, grid, noise, 2, seed=2))
    assert not np.array_equal(other[1], two[1])
    assert not np.array_equal(two[0], two[1])


def test_saved_noise_is_read_back(noise, tmp_path):
    noise.save(tmp_path / "noise.json")
    assert CorrelatedNoise.load(tmp_path / "noise.json") == noise


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "noise.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match="holds no correlated noise"):
        CorrelatedNoise.load(tmp_path / "noise.json")


def test_days_without_a_square_of_ice_are_refused():
    narrow = day(0)
    narrow["increment"][:, 20:] = np.nan
    with pytest.raises(InputError, match="no training day has 120 km"):
        CorrelatedNoise.fit(lambda: [narrow], SPACING_KM)


def test_cubic_keeps_a_long_wave_and_smooths_one_shorter_than_its_cells(grid):
    x = 3.0 * np.arange(SHAPE[1])
    inner = np.s_[20:-20, 20:-20]
    kept = {}
    for wavelength in (300.0, 40.0):
        wave = np.broadcast_to(np.cos(2 * np.pi * x / wavelength), SHAPE)
        found = interpolate_cubic(features(2.0 + 0.5 * wave), grid)[inner] - 2.0
        kept[wavelength] = (found * wave[inner]).mean() / (0.5 * wave[inner] ** 2).mean()
    assert kept[300.0] == pytest.approx(1, abs=0.01)
    assert kept[40.0] < 0.8


def test_the_cubic_field_covers_the_ice_and_nothing_else(grid):
    given = features(np.where(np.arange(SHAPE[1]) < 150, 1.5, np.nan) * np.ones(SHAPE))
    (found,) = draw_baseline_members(given, grid, None, 30, seed=0)
    assert np.array_equal(np.isfinite(found), given.mask)
    assert found[given.mask] == pytest.approx(1.5)
