"""Vectors between east and north and the axes of a map."""

from __future__ import annotations

import numpy as np
import pyproj

NORTHWARD = 1e-3  # degrees


def east_on_map(crs: pyproj.CRS, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unit vector to the east at the points, as its components along the map's x and y; ``crs`` is conformal.

    North is taken from the south of each point, so that the pole has it too: along the meridian of its own longitude.
    """
    place = pyproj.Proj(crs)
    x, y = place(longitude, latitude)
    south_x, south_y = place(longitude, np.asarray(latitude) - NORTHWARD)
    north_x, north_y = np.asarray(x) - south_x, np.asarray(y) - south_y
    length = np.hypot(north_x, north_y)
    with np.errstate(invalid="ignore"):  # the other pole, in files of the globe, has no place on a polar map
        return north_y / length, -north_x / length


def rotate_to_map(east: tuple[np.ndarray, np.ndarray], u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Components to the east and north, any shape that ends in that of ``east``, to those along the map's axes."""
    return u * east[0] - v * east[1], u * east[1] + v * east[0]


def rotate_to_geographic(
    east: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Components along the map's axes to those to the east and north: the inverse of ``to_map``."""
    return x * east[0] + y * east[1], y * east[0] - x * east[1]
