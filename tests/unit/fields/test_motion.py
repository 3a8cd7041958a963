"""The motion of the ice: followed forward through known days, through gaps between them, and not beyond them."""

from datetime import date, timedelta

import numpy as np
import pyproj
import pytest

from superice.fields.grid import Grid
from superice.fields.motion import MARGIN, SPACING, join_motion, make_nodes, place_velocity, read_motion, write_motion

FIRST = date(2023, 1, 1)
STEREOGRAPHIC = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
GRID = Grid("small", STEREOGRAPHIC, 3000.0 * np.arange(40), 3000.0 * np.arange(30) - 400_000)


def move(rows, columns, days):
    """Return the motion of a velocity that is the same everywhere, in pixels a day."""
    shape = make_nodes(GRID).shape
    velocity = np.stack([np.full(shape, float(rows)), np.full(shape, float(columns))])
    return join_motion(GRID, {FIRST + timedelta(day): velocity for day in days})


def test_nodes_reach_beyond_the_grid_on_every_side():
    motion = move(0, 0, [0])
    assert motion.rows[0] == motion.columns[0] == -MARGIN
    assert motion.rows[-1] >= 29 + MARGIN and motion.columns[-1] >= 39 + MARGIN
    assert set(np.diff(motion.rows)) == {SPACING}


def test_ice_is_where_its_velocity_has_brought_it():
    position = move(0.5, -1.25, range(9)).follow(FIRST, FIRST + timedelta(8))
    start = move(0, 0, [0]).follow(FIRST, FIRST)
    assert position[0] - start[0] == pytest.approx(4) and position[1] - start[1] == pytest.approx(-10)


def test_velocity_is_interpolated_between_days_and_there_is_none_beyond_them():
    motion = join_motion(
        GRID, {FIRST: move(1, 0, [0]).velocity[:, 0], FIRST + timedelta(4): move(3, 0, [0]).velocity[:, 0]}
    )
    assert motion.interpolate_day(FIRST + timedelta(1))[0] == pytest.approx(1.5)
    # Over the four days the mean velocity is 2; the day before and the one after contribute half a day of 1 and of 3.
    before, after = FIRST - timedelta(5), FIRST + timedelta(9)
    moved = motion.follow(before, after)[0] - motion.rows[:, None]
    assert moved == pytest.approx(4 * 2 + 0.5 * 1 + 0.5 * 3)
    assert np.array_equal(move(1, 1, []).follow(FIRST, after)[0], move(0, 0, [0]).follow(FIRST, FIRST)[0])


def test_ice_turns_around_the_centre_of_a_rotation():
    """A turn of a quarter, 45 days of 2 degrees: midway rounding of Euler's steps makes circles into slow spirals."""
    nodes = make_nodes(GRID)
    y, x = (axis - axis.mean() for axis in ((nodes.y - GRID.y[0]) / GRID.step, (nodes.x - GRID.x[0]) / GRID.step))
    turn = np.deg2rad(2)
    velocity = np.stack(np.broadcast_arrays(turn * x[None], -turn * y[:, None]))
    motion = join_motion(GRID, {FIRST + timedelta(day): velocity for day in range(46)})
    start, end = (motion.follow(FIRST, FIRST + timedelta(day)) for day in (0, 45))
    centre = np.array([motion.rows.mean(), motion.columns.mean()])[:, None, None]
    inside = np.hypot(*(start - centre)) < 40
    (rows, columns), (later_rows, later_columns) = (part[:, inside] - centre[:, 0] for part in (start, end))
    assert later_rows == pytest.approx(columns, abs=1.5) and later_columns == pytest.approx(-rows, abs=1.5)


def test_velocities_of_another_map_are_turned_to_the_grid(tmp_path):
    """Along the meridian of 45 degrees west the grid's rows go to the pole, on a map about 0 degrees they go askew."""
    other = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=70 +lon_0=0 +datum=WGS84")
    native = Grid("native", other, 62.5e3 * np.arange(-20, 21), 62.5e3 * np.arange(-20, 21))
    speed = 3000 / 86400
    # 45 degrees west of that map's own axis: to the grid's north is to its north-east.
    u, v = (np.full(native.shape, part) for part in (speed * np.sin(np.pi / 4), speed * np.cos(np.pi / 4)))
    u[15:18, 20:24] = v[15:18, 20:24] = np.nan
    placed = place_velocity(u, v, native, GRID)
    scale = (1 + np.sin(np.deg2rad(90))) / (1 + np.sin(np.deg2rad(70)))  # of the maps, true at 90 and at 70 degrees
    assert np.abs(placed[1]).max() < 0.01
    assert placed[0] == pytest.approx(scale, rel=5e-3)
    assert place_velocity(u * np.nan, v, native, GRID) is None
    motion = join_motion(GRID, {FIRST: placed})
    write_motion(tmp_path / "motion.nc", motion)
    again = read_motion(tmp_path / "motion.nc")
    assert again.days.tolist() == [FIRST] and again.rows.tolist() == motion.rows.tolist()
    assert again.follow(FIRST, FIRST + timedelta(1)) == pytest.approx(
        motion.follow(FIRST, FIRST + timedelta(1)), abs=1e-5
    )
