"""The land that is read row by row is that of the package that the data come from."""

import numpy as np
import pytest

from superice.fields import land_mask
from superice.fields.grid import load_grid, make_land_mask
from superice.fields.land_mask import find_land

PLACES = {  # longitude, latitude
    "the pole": (0.0, 89.99, False),
    "the middle of Greenland": (-40.0, 72.0, True),
    "Longyearbyen": (15.9, 78.1, True),
    "the Beaufort Sea": (-140.0, 73.0, False),
    "Tromsdalen": (19.1, 69.6, True),
    "the Barents Sea": (40.0, 75.0, False),
}


@pytest.fixture
def nothing_read(monkeypatch):
    monkeypatch.setattr(land_mask, "_read", {"ocean": np.empty((0, 0), np.uint8)})


def test_known_places_are_land_or_sea(nothing_read):
    longitude, latitude, is_land = map(np.array, zip(*PLACES.values()))
    assert dict(zip(PLACES, find_land(longitude, latitude))) == dict(zip(PLACES, is_land))


def test_rows_are_read_to_the_southernmost_point_and_once(nothing_read, monkeypatch):
    whole = find_land(np.array([-40.0]), np.array([85.0]))
    rows = len(land_mask._read["ocean"])
    assert 600 <= rows < 600 + land_mask.ROWS_AT_ONCE, "5 degrees of 120 rows"
    monkeypatch.setattr(land_mask, "_read_rows", lambda *_: pytest.fail("read again"))
    assert find_land(np.array([[-40.0]]), np.array([[85.0]])).shape == (1, 1) and whole.shape == (1,)


def test_every_cell_of_a_small_world_is_found(nothing_read, monkeypatch, tmp_path):
    """Rows from the north, columns from the date line, as in the file of the package."""
    random = np.random.default_rng(0)
    ocean = random.random((36, 72)) < 0.5
    latitudes, longitudes = 90 - 5.0 * np.arange(36), -180 + 5.0 * np.arange(72)
    np.savez_compressed(tmp_path / "world.npz", mask=ocean, lat=latitudes, lon=longitudes)
    monkeypatch.setattr(land_mask, "_find_file", lambda: tmp_path / "world.npz")
    monkeypatch.setattr(land_mask, "_read_axes", lambda: (latitudes, longitudes))
    longitude, latitude = np.meshgrid(longitudes + 1, latitudes - 1)
    np.testing.assert_array_equal(find_land(longitude, latitude), ~ocean)


@pytest.mark.slow  # the package reads its whole mask
def test_every_point_is_as_the_package_has_it(nothing_read):
    from global_land_mask import globe

    random = np.random.default_rng(0)
    longitude, latitude = random.uniform(-180, 180, 200_000), random.uniform(-90, 90, 200_000)
    longitude[:4], latitude[:4] = (-180, 180, 0, 0), (90, -90, 90, -90)
    np.testing.assert_array_equal(find_land(longitude, latitude), globe.is_land(latitude, longitude))
    grid = load_grid(None, "superice")
    longitude, latitude = grid.lonlat()
    np.testing.assert_array_equal(make_land_mask(grid), globe.is_land(latitude, longitude))
