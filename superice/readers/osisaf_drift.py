"""Read OSI SAF sea-ice drift: OSI-405 (48 h, 62.5 km polar stereographic) and OSI-455 (24 h, 75 km EASE2).

The time in a file is the end of the displacement. The OSI-405 file of a date is the one with its 48 hours centred on the
date, from noon of the day before to noon of the day after. The 24 hours of OSI-455 run from noon to noon, so that no
date is in their middle; the file of a date is the one that ends on it, which is also how the provider names it.

Displacements run along the axes of the grid, y positive upwards, and are lengths on the map. The speed over ground is
the speed on the map divided by the projection's scale (0.97 at the pole for OSI-405). As displacement and spacing are
lengths on the same map, shear does not depend on the scale, and divergence only by a term of about 1e-9 s-1.

The two images of a vector are not taken exactly at the ends of the period. ``dt0`` and ``dt1`` of OSI-405 ("delta time
for start of displacement" and "… for end …", seconds, within half a day) are added to the bounds of the time; ``t0`` and
``t1`` of OSI-455 count from the date in their units. Merged products of OSI-405 are corrected to the nominal period:
both are 0 there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyproj

from superice.fields.grid import Grid
from superice.readers.finding import find_best_file, format_day
from superice.readers.product_file import POLAR_STEREOGRAPHIC, ProductFile, open_product
from superice.readers.uncertainty import read_uncertainty
from superice.readers.units import convert_units
from superice.readers.vector_axes import are_geographic

PRODUCT = "osisaf_drift"
TWO_DAYS = re.compile(r"ice_drift_nh_polstere-625_(?P<sensor>[\w-]+)_(?P<start>\d{8})\d{4}-(?P<end>\d{8})\d{4}\.nc")
ONE_DAY = re.compile(
    r"ice_drift_nh_ease2-750_cdr-v(?P<major>\d+)p(?P<minor>\d+)(?:-(?P<sensor>[\w-]+))?_24h-(?P<end>\d{8})\d{4}\.nc"
)
# Families of sensors, the best last: a merged product has the fewest gaps and errors, and the vectors of AMSR's passive
# microwaves have smaller errors than those of SSMIS, and these than those of the scatterometer.
SENSORS = ("ascat", "ssmi", "amsr", "multi")
DAYS_AROUND = 1  # the file lies in the month of the start or the end of the displacement
GRID = Grid(
    PRODUCT, pyproj.CRS(POLAR_STEREOGRAPHIC), 62.5e3 * np.arange(119) - 3750e3, 62.5e3 * np.arange(177) - 5250e3
)
LOWEST_USABLE_STATUS = 20
FASTEST = 150e3 / (48 * 3600)  # m s-1
END_POINT_TOLERANCE_M = 1000.0
UNCERTAINTY = "uncert_dX_and_dY"  # one standard deviation of each component; files of before 2017 have none
LARGEST_ERROR_M = 100e3
TIMES_OF_VECTORS = ("dt0", "t0"), ("dt1", "t1")  # names of the starts and of the ends
LARGEST_OFFSET = 43_200.0  # s; valid_min and valid_max of dt0 and dt1


@dataclass(frozen=True)
class Drift:
    """The ice drift of a date.

    Attributes
    ----------
    path
        The file.
    grid
        The native grid.
    u, v
        Velocity on the map along the grid's x and y in m s-1, (y, x), NaN where there is no usable vector.
    notes
        What attributes of the file say of a degraded product, a sentence each; mostly none.
    uncertainty
        Standard deviation of each component in m s-1, (y, x), NaN where not known; None where the file has none.
    """

    path: Path
    grid: Grid
    u: np.ndarray
    v: np.ndarray
    notes: tuple[str, ...] = ()
    uncertainty: np.ndarray | None = None


def rank(name: str, day: date) -> tuple | None:
    """Rank a file by its name. Returns None for another date.

    48 h before 24 h, then by ``SENSORS``, then the newest version, then the newest platform, whose number or letter is
    the highest.
    """
    day_before, day_after = format_day(day - timedelta(1)), format_day(day + timedelta(1))
    match = TWO_DAYS.fullmatch(name)
    if match and (match["start"], match["end"]) == (day_before, day_after):
        return True, _rank_sensor(match["sensor"]), (0, 0), match["sensor"]
    match = ONE_DAY.fullmatch(name)
    if match and match["end"] == format_day(day):
        version = int(match["major"]), int(match["minor"])
        return False, _rank_sensor(match["sensor"] or "multi"), version, match["sensor"] or ""
    return None


def _rank_sensor(sensor: str) -> int:
    """Return the place of a sensor's family in ``SENSORS``; sensors that are not known come last."""
    return max((place for place, family in enumerate(SENSORS) if sensor.startswith(family)), default=-1)


def find(folder: str | Path, day: date) -> Path:
    """Find the file of ``day``. Raises MissingInput when there is none."""
    period = f"{day - timedelta(1):%Y%m%d}1200-{day + timedelta(1):%Y%m%d}1200"
    example = f"ice_drift_nh_polstere-625_multi-oi_{period}.nc"
    return find_best_file(PRODUCT, folder, day, rank, DAYS_AROUND, example=example)


def read(path: str | Path, day: date) -> Drift:
    """Read the drift of ``day``: displacements with a status of 20 or more, each divided by its own duration.

    Raises InputError for another period, a wrong grid, displacements that do not run along it, that are faster than
    150 km in 48 h, or that contradict their end points, times of vectors far from their period, or a file without a
    usable vector.
    """
    with open_product(PRODUCT, path) as file:
        start, end = _read_period(file, day)
        grid = file.read_grid("dX", steps_km=(62.5, 75.0))
        if are_geographic(file, "dX", "dY"):
            raise file.error("displacements to the east and north; those along the grid are needed", "dX, dY")
        usable = file.decode("status_flag", file.orient(file.read_stored("status_flag"))) >= LOWEST_USABLE_STATUS
        seconds = _read_durations(file, start, end, usable)
        u = _read_velocity(file, "dX", seconds, usable)
        v = _read_velocity(file, "dY", seconds, usable)
        known = np.isfinite(u) & np.isfinite(v)
        if not known.any():
            raise file.error("no usable vector in the whole field", "dX, dY")
        without_displacement = int((usable & ~known).sum())
        if without_displacement > 0:
            reason = f"{without_displacement} cells of a usable status have no displacement"
            raise file.error(reason, "status_flag, dX, dY")
        _check_end_points(file, grid, u * seconds, v * seconds)
        u, v = (np.where(known, component, np.nan) for component in (u, v))
        error = read_uncertainty(file, (UNCERTAINTY,), u, "m", LARGEST_ERROR_M)
        velocity_error = None if error is None else error / seconds
        return Drift(Path(path), grid, u, v, tuple(file.read_notes()), velocity_error)


def _read_period(file: ProductFile, day: date) -> tuple[datetime, datetime]:
    """Read the nominal start and end of the displacements. Raises InputError unless the period is that of ``day``."""
    start, end = file.read_times("time_bnds")
    hours = (end - start) / timedelta(hours=1)
    if hours == 48:
        expected = (day - timedelta(1), day + timedelta(1))
    elif hours == 24:
        expected = (day - timedelta(1), day)
    else:
        raise file.error("the displacement is neither of 48 nor of 24 hours", "time_bnds", f"{hours:g} h")
    if (start.date(), end.date()) != expected:
        raise file.error(f"not the window of {day}", "time_bnds", f"{start} to {end}")
    return start, end


def _read_durations(file: ProductFile, start: datetime, end: datetime, usable: np.ndarray) -> np.ndarray:
    """Read the duration of each displacement in s, (y, x): that of the period where a vector has no times of its own."""
    starts, ends = (
        _read_offsets(file, names, nominal, usable)
        for names, nominal in zip(TIMES_OF_VECTORS, (start, end), strict=True)
    )
    return (end - start).total_seconds() + ends - starts


def _read_offsets(file: ProductFile, names: tuple[str, ...], nominal: datetime, usable: np.ndarray) -> np.ndarray:
    """Read the starts or ends of the vectors in s after the ``nominal`` one, (y, x), 0 where they are not known.

    Raises InputError for an offset of more than half a day.
    """
    name = next((name for name in names if name in file), None)
    if name is None:
        return np.zeros(usable.shape)
    values = file.decode(name, file.orient(file.read_stored(name)))
    if values.shape != usable.shape:
        raise file.error("does not have the shape of the flags", name, values.shape)
    is_date = " since " in file.get_units(name)
    unit = f"seconds since {nominal:%Y-%m-%d %H:%M:%S}" if is_date else "s"
    values = convert_units(file, name, values, unit, assumed="s")
    offsets = np.where(usable & np.isfinite(values), values, 0.0)
    file.require_range(name, offsets, -LARGEST_OFFSET, LARGEST_OFFSET, "s around the end of the period")
    return offsets


def _read_velocity(file: ProductFile, name: str, seconds: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """Read a component of the velocity in m s-1, (y, x), NaN where it is not ``usable``; ``seconds`` are durations."""
    values = convert_units(file, name, file.read_field(name), "m")
    if values.shape != usable.shape:
        raise file.error("the flags do not have the shape of the field", "status_flag", usable.shape)
    velocity = np.where(usable, values / seconds, np.nan)
    file.require_range(name, velocity, -FASTEST, FASTEST, "m s-1 (150 km in 48 h)")
    return velocity


def _check_end_points(file: ProductFile, grid: Grid, dx: np.ndarray, dy: np.ndarray) -> None:
    """Raise InputError when displacements in m contradict the end points in the file, which reveals damaged parts."""
    if "lat1" not in file or "lon1" not in file:
        return
    latitude, longitude = (file.decode(name, file.orient(file.read_stored(name))) for name in ("lat1", "lon1"))
    x, y = pyproj.Proj(grid.crs)(longitude, latitude, errcheck=False)
    distance = np.hypot(grid.x + dx - x, grid.y[:, None] + dy - y)[np.isfinite(dx) & np.isfinite(dy)]
    wrong = ~(distance < END_POINT_TOLERANCE_M)
    if wrong.any():
        raise file.error(f"{wrong.sum()} displacements do not lead to their end points", "dX, dY, lat1, lon1")
