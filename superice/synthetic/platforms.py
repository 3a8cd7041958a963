"""Virtual platforms in the synthetic Arctic: buoys that drift with the ice, and a submarine below it.

A buoy stands on a level floe: a constant share of the mean thickness around it. It moves with the drift that carries the
textures of the ice, so that its floe stays the same. The submarine measures the draft along a straight track through the
middle of the region in a single day. Both are known without error, apart from the rounding of the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.fields.regridding import interpolate
from superice.readers.sonar_draft import ICE, WATER
from superice.synthetic.arctic import SPARE_DAYS, Arctic
from superice.synthetic.file_names import BUOYS, SUBMARINE
from superice.synthetic.satellites import average_footprint
from superice.utils.files import atomic_path

LEVEL = 0.8  # thickness of a virtual buoy's floe, as a share of the mean around it
AROUND_KM = 15.0
THINNEST_M = 0.1  # a buoy on thinner ice is lost
PLACES = ((0.9, 0.2), (0.9, 0.5), (0.75, 0.35))  # of the buoys on the first day, as shares of height and width
TRACK = ((0.2, 0.2), (0.8, 0.8))  # ends of the submarine's track
TRACK_STEP_KM = 6.0
STEPS = 20  # of the fixed point: a day's drift changes by a few per cent over its own length


def follow_buoys(arctic: Arctic, region: Grid, days: Sequence[date]) -> np.ndarray:
    """Return the positions of the buoys on days of the season, m on the map, (2, day, buoy); the days ascend.

    A buoy goes where the ice under it goes: the ice at p on a day was at p minus that day's displacement at p the day
    before, as in ``drift.Origins``.
    """
    left, bottom, right, top = region.extent()
    heights, widths = np.array(PLACES).T
    x, y = (left + widths * (right - left)) / 1000, (bottom + heights * (top - bottom)) / 1000
    number = _count_day(arctic, days[0])
    positions = []
    for day in days:
        for before in range(number, _count_day(arctic, day)):
            x, y = _move(arctic, before, x, y)
        number = _count_day(arctic, day)
        positions.append((1000 * x, 1000 * y))
    return np.stack(positions, axis=1)


def _count_day(arctic: Arctic, day: date) -> int:
    return (day - arctic.season.first).days + SPARE_DAYS


def _move(arctic: Arctic, before: int, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where ice at x and y, km, is a day later: the p with p minus the displacement at p equal to (x, y)."""
    later_x, later_y = x, y
    for _ in range(STEPS):
        u, v = arctic.drift.velocity(before, later_x, later_y)
        later_x, later_y = x + u, y + v
    return later_x, later_y


def measure_floes(arctic: Arctic, day: date, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the thickness of level floes at positions in m, m, NaN where there is no ice."""
    truth = arctic.simulate_day(day)
    cells = max(1, round(1000 * AROUND_KM / arctic.grid.step))
    return LEVEL * _sample(average_footprint(truth.sit, cells), arctic.grid, x, y)


def measure_draft(arctic: Arctic, region: Grid, day: date) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return positions along the submarine's track in m, and the draft of the bare ice above them in m, each (point,)."""
    left, bottom, right, top = region.extent()
    (y0, x0), (y1, x1) = ((bottom + h * (top - bottom), left + w * (right - left)) for h, w in TRACK)
    points = int(np.hypot(x1 - x0, y1 - y0) // (1000 * TRACK_STEP_KM)) + 1
    x, y = np.linspace(x0, x1, points), np.linspace(y0, y1, points)
    return x, y, _sample(arctic.simulate_day(day).sit, arctic.grid, x, y) * ICE / WATER


def _sample(field: np.ndarray, grid: Grid, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return interpolate(field, np.stack([(y - grid.y[0]) / grid.step, (x - grid.x[0]) / grid.step]))


def write_measurements(folder: Path, arctic: Arctic, region: Grid, days: Sequence[date]) -> None:
    """Write what the buoys measure on days of the season, and the submarine on the day in their middle, as CSV.

    ``region`` is the part of the grid of ``arctic`` that the buoys start in. A buoy without ice or beyond the margin has no
    row.
    """
    to_geographic = pyproj.Transformer.from_crs(region.crs, region.crs.geodetic_crs, always_xy=True)
    days = sorted(days)
    x, y = follow_buoys(arctic, region, days)
    rows = []
    for number, day in enumerate(days):
        thickness = measure_floes(arctic, day, x[number], y[number])
        longitude, latitude = to_geographic.transform(x[number], y[number])
        for buoy, values in enumerate(zip(latitude, longitude, thickness, strict=True), 1):
            if np.isfinite(values).all() and values[-1] > THINNEST_M:
                rows.append("virtual buoy {},{},{:.5f},{:.5f},{:.4f},0".format(buoy, day, *values))
    _write(folder / BUOYS, "platform,date,lat,lon,thickness,uncertainty", rows)
    middle = days[len(days) // 2]
    track_x, track_y, draft = measure_draft(arctic, region, middle)
    longitude, latitude = to_geographic.transform(track_x, track_y)
    rows = [
        "virtual submarine,{},{:.5f},{:.5f},{:.4f},0,0".format(middle, *values)
        for values in zip(latitude, longitude, draft, strict=True)
        if np.isfinite(values).all()
    ]
    _write(folder / SUBMARINE, "platform,date,lat,lon,draft,uncertainty,snow", rows)


def _write(path: Path, head: str, rows: list[str]) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
