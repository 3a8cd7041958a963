"""An area by its centre, size and step lies where it is asked for, on the cells of the package's own areas."""

import json
import re
from pathlib import Path

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superice.errors import InputError
from superice.fields.grid import load_grid, make_land_mask, name_area
from superice.utils.command_line import parse_area

ROOT = Path(__file__).parents[3]
ASKED = {"centre": [84, -20], "size_km": [600, 480]}


@given(
    st.floats(50, 90), st.floats(-180, 180), st.integers(100, 900), st.integers(100, 900), st.sampled_from([1, 3, 10])
)
def test_an_area_covers_its_size_around_its_centre(latitude, longitude, width, height, step):
    stated = {"centre": [latitude, longitude], "size_km": [width * step / 3, height * step / 3], "step_km": step}
    grid = load_grid(None, stated)
    assert grid.step == pytest.approx(1000 * step)
    assert grid.shape == (-(-height // 3), -(-width // 3))
    left, bottom, right, top = grid.extent()
    x, y = pyproj.Proj(grid.crs)(longitude, latitude)
    assert abs((left + right) / 2 - x) <= 501 * step and abs((bottom + top) / 2 - y) <= 501 * step


def test_its_cells_are_those_of_the_full_grid():
    """So that the model's own files are windows of the same lattice."""
    own, full = load_grid(None, ASKED), load_grid(None, "superice")
    assert own.crs == full.crs and own.shape == (160, 200)
    for mine, all_cells in ((own.x, full.x), (own.y, full.y)):
        assert np.isin(mine, all_cells).all()


def test_the_area_of_the_examples_is_mostly_sea():
    for page in (
        "config/README.md",
        "config/own-season.yaml",
        "docs/own-area.md",
        "docs/questions.md",
        "docs/python.md",
    ):
        stated = re.findall(r"centre\W+(\d+), (-?\d+)", (ROOT / page).read_text())
        assert stated, page
        for latitude, longitude in stated:
            land = make_land_mask(load_grid(None, ASKED | {"centre": [int(latitude), int(longitude)]}))
            assert land.mean() < 0.2, page


def test_an_area_is_named_by_its_place_and_read_from_an_option():
    assert name_area(ASKED) == "around 84° N, 20° W" and name_area("demo") == "demo"
    assert name_area(ASKED | {"centre": [78.5, 161]}) == "around 78.5° N, 161° E"
    assert parse_area(json.dumps(ASKED)) == ASKED and parse_area("demo") == "demo"
    assert parse_area("{centre: [84, -20], size_km: [600, 480]}") == ASKED
    with pytest.raises(InputError, match="neither a name nor"):
        parse_area("{centre: [84")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"centre": [-20, 84]}, r"grid.around.centre.0: -20 is less than the minimum of 30"),
        ({"size_km": [60, 480]}, "grid.around.size_km: 20 cells of 3 km along a side, 32 to 5000 are needed"),
        ({"size_km": None}, "grid.around.size_km: None is not of type array"),
        ({"step": 3}, "unknown key 'step', the nearest is 'step_km'; known are centre, size_km, step_km"),
    ],
)
def test_what_makes_no_area_is_refused_by_its_key(change, sentence):
    with pytest.raises(InputError, match=sentence):
        load_grid(None, ASKED | change)
