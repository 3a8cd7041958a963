"""Vectors between east and north and the axes of a map."""

import numpy as np
import pyproj

from superice.fields.vectors import east_on_map, rotate_to_geographic, rotate_to_map


def test_east_is_along_the_parallel():
    """Compare with a small step to the east on the map, away from the pole; rotate there and back."""
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=-45 +ellps=WGS84")
    longitude, latitude = np.array([-45.0, 30.0, 170.0]), np.array([75.0, 82.0, 88.0])
    here, there = (np.array(pyproj.Proj(crs)(longitude + step, latitude)) for step in (0, 1e-4))
    step = (there - here) / np.hypot(*(there - here))
    east = east_on_map(crs, longitude, latitude)
    assert np.allclose(east, step, atol=1e-5)
    back = rotate_to_geographic(east, *rotate_to_map(east, np.array([1.0, 2, 3]), np.array([-1.0, 0, 4])))
    assert np.allclose(back, [[1, 2, 3], [-1, 0, 4]])
