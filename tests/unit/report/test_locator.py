"""The map of where an area lies: its outline against map coordinates by hand."""

import re

import numpy as np
import pyproj
import pytest

from superice.fields.grid import AREAS, Grid, load_grid
from superice.report.locator import WIDTH, describe_place, draw_locator


def read_outline(svg):
    """Return the corners of the outline's box in the picture: left, top, right, bottom."""
    path = re.findall(r'<path d="([^"]+)"', svg)[-1]
    points = np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", path), float)
    return *points.min(axis=0), *points.max(axis=0)


def make_square(latitude, half_km=300):
    """Return a square grid around the pole of that sign, of 2 * half_km."""
    crs = pyproj.CRS({"proj": "stere", "lat_0": np.sign(latitude) * 90, "lon_0": -45, "R": 6371000})
    axis = np.linspace(-half_km * 1e3, half_km * 1e3, 9)
    return Grid("square <1>", crs, axis, axis)


@pytest.mark.parametrize("latitude", [90, -90])
def test_a_square_around_a_pole_lies_in_the_middle(latitude):
    left, top, right, bottom = read_outline(draw_locator(make_square(latitude)))
    assert left + right == pytest.approx(WIDTH, abs=0.2) and top + bottom == pytest.approx(WIDTH, abs=0.2)


def test_the_outline_has_the_size_of_the_area_on_the_map():
    """The map reaches to 60 degrees, 2 R tan(15 degrees) = 3414 km from the pole, and 5 % further."""
    left, _, right, _ = read_outline(draw_locator(make_square(90)))
    assert right - left == pytest.approx(WIDTH * 675 / (2 * 1.05 * 3414), abs=0.2)


def test_an_area_further_south_widens_the_map_and_names_are_escaped():
    svg = draw_locator(make_square(90, half_km=6000))
    left, top, right, bottom = read_outline(svg)
    assert min(left, top) > 0 and max(right, bottom) < WIDTH
    assert "square &lt;1&gt;" in svg and svg.count("Z") > 10  # coasts


def test_the_place_of_the_demo():
    assert describe_place(load_grid(AREAS, "demo")) == "192 × 160 cells of 3 km (576 × 480 km), 81 to 88° N"
    assert describe_place(make_square(-90)).endswith("86 to 90° S")
