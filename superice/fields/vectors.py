"""Rotate vectors between east and north and the axes of a map."""

from __future__ import annotations

import numpy as np
import pyproj

NORTHWARD = 1e-3  # degrees; the step that finds the direction of north


def east_on_map(crs: pyproj.CRS, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vector to the east at each point, as its components along x and y of a conformal map.

    The direction of north is that from a point slightly further south. It is thus defined at the pole as well, along
    the meridian of the pole's longitude.
    """
    project = pyproj.Proj(crs)
    x, y = project(longitude, latitude)
    south_x, south_y = project(longitude, np.asarray(latitude) - NORTHWARD)
    north_x, north_y = np.asarray(x) - south_x, np.asarray(y) - south_y
    length = np.hypot(north_x, north_y)
    with np.errstate(invalid="ignore"):  # global files hold the other pole, which has no place on a polar map
        return north_y / length, -north_x / length


def rotate_to_map(east: tuple[np.ndarray, np.ndarray], u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotate components to the east and north to the map's axes; their shape ends in that of ``east``."""
    return u * east[0] - v * east[1], u * east[1] + v * east[0]


def rotate_to_geographic(
    east: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rotate components along the map's axes to the east and north: the inverse of ``rotate_to_map``."""
    return x * east[0] + y * east[1], y * east[0] - x * east[1]
