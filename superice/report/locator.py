"""Draw where an area lies: a small polar map with its outline, as SVG inside a page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import pyproj
from contourpy import contour_generator

from superice.fields.grid import Grid, make_land_mask

RADIUS = 6371e3  # m
WIDTH = 240  # units of the picture, square
CELLS = 160  # along a side of the map, for its land
POINTS_OF_A_SIDE = 20
LOWEST_LATITUDE = 60.0  # degrees; an area that reaches further from the pole widens the map
MARGIN = 1.05


def draw_locator(grid: Grid) -> str:
    """Return a map around the pole nearest to the grid, with the grid's outline, as an SVG element.

    Land comes from the offline mask of the package; nothing is downloaded.
    """
    longitude, latitude = _trace_outline(grid)
    south = latitude.mean() < 0
    lowest = min(LOWEST_LATITUDE, np.abs(latitude).min())
    crs = pyproj.CRS({"proj": "stere", "lat_0": -90 if south else 90, "lon_0": 0 if south else -45, "R": RADIUS})
    half = MARGIN * 2 * RADIUS * np.tan(np.radians(90 - lowest) / 2)
    to_map = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)

    def place(east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Return points of the picture, (point, 2), from longitudes and latitudes."""
        return _to_picture(*to_map.transform(east, north), half)

    sign = -1 if south else 1
    circles = [
        f'<circle cx="{WIDTH / 2:.0f}" cy="{WIDTH / 2:.0f}" r="{_measure_radius(parallel, half):.1f}"/>'
        for parallel in range(80, 0, -10)
        if _measure_radius(parallel, half) < WIDTH * 0.7
    ]
    meridians = [
        _write_path([place(np.array([east, east]), sign * np.array([89.9, 20.0]))], close=False)
        for east in range(-180, 180, 45)
    ]
    labels = [
        f'<text x="{x:.0f}" y="{y:.0f}">{parallel}° {"S" if south else "N"}</text>'
        for parallel in (80, 70, 60)
        for x, y in place(np.array([sign * 157.5]), np.array([sign * float(parallel)]))
    ]
    outline = _write_path([place(longitude, latitude)])
    return (
        f'<svg class="locator" viewBox="0 0 {WIDTH} {WIDTH}" role="img" aria-label="Map of the area {escape(grid.name)}">'
        f"<title>Where the area {escape(grid.name)} lies</title>"
        f'<rect width="{WIDTH}" height="{WIDTH}" fill="#eaf2f7"/>'
        f'<path d="{_write_path(_trace_land(crs, half))}" fill="#b9b4a8" fill-rule="evenodd"/>'
        f'<g fill="none" stroke="#8296a3" stroke-width=".5">{"".join(circles)}<path d="{"".join(meridians)}"/></g>'
        f'<g font-size="9" fill="#44545f" text-anchor="middle">{"".join(labels)}</g>'
        f'<path d="{outline}" fill="#d55e00" fill-opacity=".25" stroke="#d55e00" stroke-width="2"/></svg>'
    )


def describe_place(grid: Grid) -> str:
    """Return the size of a grid and the latitudes between which it lies, such as 192 × 160 cells of 3 km."""
    (rows, columns), step = grid.shape, grid.step / 1000
    latitude = grid.lonlat()[1]
    side = "N" if latitude.mean() > 0 else "S"
    low, high = np.sort(np.abs([latitude.min(), latitude.max()]))
    size = f"{rows} × {columns} cells of {step:g} km ({rows * step:,.0f} × {columns * step:,.0f} km)"
    return f"{size}, {low:.0f} to {high:.0f}° {side}"


def _trace_outline(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of points along the outer edges, in degrees."""
    left, bottom, right, top = grid.extent()
    corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
    sides = [np.linspace(start, end, POINTS_OF_A_SIDE) for start, end in pairwise(corners)]
    x, y = np.concatenate(sides).T
    return pyproj.Transformer.from_crs(grid.crs, grid.crs.geodetic_crs, always_xy=True).transform(x, y)


def _trace_land(crs: pyproj.CRS, half: float) -> list[np.ndarray]:
    """Return the outlines of the land as points of the picture; water around the map closes all of them."""
    centres = half * (2 * (np.arange(CELLS) + 0.5) / CELLS - 1)
    land = np.pad(make_land_mask(Grid("locator", crs, centres, centres)), 1)
    axis = half * (2 * (np.arange(-1, CELLS + 1) + 0.5) / CELLS - 1)
    lines: Any = contour_generator(axis, axis, land.astype(float)).lines(0.5)  # an array a line is its default form
    return [_to_picture(line[:, 0], line[:, 1], half) for line in lines]


def _measure_radius(latitude: float, half: float) -> float:
    """Return the radius of a parallel in units of the picture."""
    return WIDTH * RADIUS * np.tan(np.radians(90 - latitude) / 2) / half


def _to_picture(x: np.ndarray, y: np.ndarray, half: float) -> np.ndarray:
    """Return map coordinates in m as points of the picture, whose y runs down."""
    return WIDTH / 2 * np.column_stack([1 + x / half, 1 - y / half])


def _write_path(lines: Iterable[np.ndarray], close: bool = True) -> str:
    """Return lines (point, 2) as the commands of an SVG path."""
    end = "Z" if close else ""
    return "".join("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in line) + end for line in lines)
