"""The motion of the ice through a season, on nodes that are far apart: where the ice of one day is on a later day.

From noon to noon the ice moves with the mean velocity of the two days, each of which is the mean of a day, or of 48 hours
around its noon.
Positions are rows and columns of a grid, as fractions; the nodes reach beyond its edges, from where ice drifts in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

from superice.fields.deformation import rotate_velocity
from superice.fields.grid import Grid
from superice.fields.quantities import SECONDS_PER_DAY
from superice.fields.regridding import sample_spline
from superice.utils.netcdf import FileContent, Variable, read_content, write_content

SPACING = 16  # pixels from node to node: no finer than the vectors of the drift products
MARGIN = 64  # pixels beyond the grid


@dataclass(frozen=True)
class Motion:
    """The velocity of the ice on some days.

    Attributes
    ----------
    days
        The days, datetime64[D], (day,), ascending.
    rows, columns
        Positions of the nodes in pixels of the grid, (y,) and (x,), ascending.
    velocity
        Pixels a day down the rows and along the columns, (2, day, y, x).
    """

    days: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    velocity: np.ndarray

    def interpolate_day(self, day: date) -> np.ndarray:
        """Return the velocity of a day, (2, y, x): between known days in proportion, before and after them none."""
        number = np.datetime64(day, "D").astype(int)
        known = self.days.astype(int)
        if not known.size or not known[0] <= number <= known[-1]:
            return np.zeros((2, self.rows.size, self.columns.size))
        after = int(np.searchsorted(known, number))
        if known[after] == number:
            return self.velocity[:, after]
        share = (number - known[after - 1]) / (known[after] - known[after - 1])
        return (1 - share) * self.velocity[:, after - 1] + share * self.velocity[:, after]

    def follow(self, first: date, last: date) -> np.ndarray:
        """Return where the ice that is at the nodes on the ``first`` day is on the ``last``: rows and columns, (2, y, x)."""
        position = np.stack(np.meshgrid(self.rows, self.columns, indexing="ij"))
        origin = np.array([self.rows[0], self.columns[0]])[:, None, None]
        day = first
        while day < last:
            velocity = (self.interpolate_day(day) + self.interpolate_day(day + timedelta(1))) / 2
            at = (position - origin) / SPACING
            position = position + np.stack([map_coordinates(part, at, order=1, mode="nearest") for part in velocity])
            day += timedelta(1)
        return position


def make_nodes(grid: Grid) -> Grid:
    """Return the nodes of the motion over a grid and its margin, on the same map."""

    def place(axis: np.ndarray) -> np.ndarray:
        count = -(-(axis.size + 2 * MARGIN) // SPACING) + 1
        return axis[0] + grid.step * (SPACING * np.arange(count) - MARGIN)

    return Grid(f"nodes of {grid.name}", grid.crs, place(grid.x), place(grid.y))


def place_velocity(u: np.ndarray, v: np.ndarray, native: Grid, grid: Grid) -> np.ndarray | None:
    """Return a velocity at the nodes of a grid, pixels a day down the rows and along the columns, (2, y, x).

    ``u`` and ``v`` are m s-1 on the map of ``native`` along its axes, (y, x), NaN where unknown; gaps are filled
    smoothly. Returns None where nothing is known around the grid.
    """
    nodes = make_nodes(grid)
    if native.crs != grid.crs:
        _, _, u, v = rotate_velocity(grid.crs, u, v, native)
    placed = np.stack([sample_spline(part, native, nodes) for part in (v, u)]) * SECONDS_PER_DAY / grid.step
    return placed if np.isfinite(placed).all() else None


def join_motion(grid: Grid, velocities: Mapping[date, np.ndarray]) -> Motion:
    """Return the motion over a grid of the days with a velocity at its nodes, as ``place_velocity`` returns it."""
    nodes = make_nodes(grid)
    rows, columns = ((axis - first) / grid.step for axis, first in ((nodes.y, grid.y[0]), (nodes.x, grid.x[0])))
    days = sorted(velocities)
    velocity = np.zeros((2, len(days), *nodes.shape))
    for number, day in enumerate(days):
        velocity[:, number] = velocities[day]
    return Motion(np.array(days, dtype="datetime64[D]"), np.rint(rows), np.rint(columns), velocity)


def write_motion(path: str | Path, motion: Motion) -> None:
    """Write a motion as NetCDF."""
    day = {"standard_name": "time", "units": "days since 1970-01-01 12:00:00", "calendar": "proleptic_gregorian"}
    moved = {
        f"velocity_{name}": Variable(
            ("time", "node_row", "node_column"),
            motion.velocity[number],
            {"long_name": f"motion of the ice along the {name} of the grid, pixels a day", "units": "day-1"},
        )
        for number, name in enumerate(("rows", "columns"))
    }
    nodes = {
        f"node_{name}": Variable(
            (f"node_{name}",), values, {"long_name": f"{name} of the grid at the nodes", "units": "1"}
        )
        for name, values in (("row", motion.rows), ("column", motion.columns))
    }
    time = Variable(("time",), motion.days.astype(np.float64), day)
    attributes = {"Conventions": "CF-1.8", "title": "Motion of the ice through a season"}
    write_content(path, FileContent({"time": time, **nodes, **moved}, (), attributes), complete=("time", *nodes))


def read_motion(path: str | Path) -> Motion:
    """Read what ``write_motion`` wrote. Raises InputError when a variable is missing."""
    content = read_content(path, ("time", "node_row", "node_column", "velocity_rows", "velocity_columns"))
    days = np.rint(content["time"]).astype("datetime64[D]")
    velocity = np.stack([content["velocity_rows"], content["velocity_columns"]]).astype(np.float64)
    return Motion(days, content["node_row"], content["node_column"], velocity)
