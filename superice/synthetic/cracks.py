"""Linear kinematic features: cracks that open, shear, refreeze and drift with the ice, with ridges beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from superice.synthetic.drift import Drift
from superice.synthetic.settings import CrackSettings


class Cracks:
    """The cracks of a season; every array has one entry per crack.

    Attributes
    ----------
    birth
        Day on which the crack opens; day 0 is the first of the season.
    angle
        Angle of the line against x, radians.
    length, width
        Of the line, km.
    severity
        In [0, 1]; scales depth, opening and ridges.
    sense
        Direction of the shear, -1 or 1.
    path
        Position of the centre in km on every day, (days, 2, cracks).

    """

    def __init__(
        self, random: np.random.Generator, settings: CrackSettings, drift: Drift, x_km: np.ndarray, y_km: np.ndarray
    ) -> None:
        self.settings = settings
        reach = 150.0  # cracks that drift in from outside
        corner = np.array([x_km[0] - reach, y_km[0] - reach])
        size = np.array([x_km[-1], y_km[-1]]) + reach - corner
        span = drift.days + settings.memory_days
        count = int(settings.per_day * span * size.prod() / 1e6)
        self.birth = random.integers(-settings.memory_days, drift.days, count)
        axis = _draw_compression_axis(random, span)[self.birth + settings.memory_days]
        turn = np.deg2rad(settings.half_angle) * random.choice([-1, 1], count)
        self.angle = axis + turn + np.deg2rad(6) * random.standard_normal(count)
        lengths = settings.shortest_km * (1 - random.random(count)) ** (-1 / settings.pareto)
        self.length = np.minimum(lengths, settings.longest_km)
        self.width = settings.width_km * random.uniform(0.5, 1.3, count)
        self.severity = random.beta(1.2, 1.8, count)
        self.sense = np.where(turn > 0, 1.0, -1.0)
        self.path = self._trace_paths(drift, corner[:, None] + size[:, None] * random.random((2, count)))

    def _trace_paths(self, drift: Drift, at_birth: np.ndarray) -> np.ndarray:
        """Return the positions of the cracks on every day, (days, 2, cracks); before it opens, a crack rests."""
        path = np.empty((drift.days, *at_birth.shape))
        position = at_birth.copy()
        for day in range(drift.days):
            path[day] = position
            u, v = drift.velocity(day, *position)
            moving = day >= self.birth
            position = position + moving * np.stack([u, v])
        return path

    def find_active(self, day: int) -> Iterator[tuple[int, int]]:
        """Yield the index and the age in days of the cracks visible on a day, the oldest first."""
        age = day - self.birth
        chosen = np.flatnonzero((age >= 0) & (age < self.settings.memory_days))
        for index in chosen[np.argsort(-age[chosen], kind="stable")]:
            yield int(index), int(age[index])


def _draw_compression_axis(random: np.random.Generator, days: int) -> np.ndarray:
    """Draw the axis of compression of every day, radians, (days,): it turns slowly from day to day."""
    steps = np.deg2rad(10) * random.standard_normal(days)
    return random.uniform(0, np.pi) + np.cumsum(steps)


@dataclass
class Breaking:
    """The effect of cracks on the fields of a day, each (y, x).

    Attributes
    ----------
    loss
        Share of the thickness that is missing.
    gain
        Share of the thickness that ridges add.
    open_water
        Share of the area.
    u, v
        Velocity jumps in km/day.

    """

    loss: np.ndarray
    gain: np.ndarray
    open_water: np.ndarray
    u: np.ndarray
    v: np.ndarray


def break_ice(cracks: Cracks, day: int, x_km: np.ndarray, y_km: np.ndarray) -> Breaking:
    """Draw the cracks of a day on the axes ``x_km`` (x,) and ``y_km`` (y,)."""
    breaking = Breaking(*(np.zeros((y_km.size, x_km.size)) for _ in range(5)))
    for index, age in cracks.find_active(day):
        _add_crack(breaking, cracks, index, age, cracks.path[day, :, index], x_km, y_km)
    return breaking


def _add_crack(
    breaking: Breaking, cracks: Cracks, index: int, age: int, centre: np.ndarray, x_km: np.ndarray, y_km: np.ndarray
) -> None:
    """Add one crack to the fields, in the window around its ``centre`` (x and y in km) that it reaches."""
    settings = cracks.settings
    half, width, severity = cracks.length[index] / 2, cracks.width[index], cracks.severity[index]
    cosine, sine = np.cos(cracks.angle[index]), np.sin(cracks.angle[index])
    active = np.exp(-age / settings.active_days) if age <= 3 * settings.active_days else 0.0
    reach = (25.0 if active else 4.0) * width
    step = x_km[1] - x_km[0]
    columns = _select_span(x_km, step, centre[0], abs(half * cosine) + reach)
    rows = _select_span(y_km, step, centre[1], abs(half * sine) + reach)
    if columns.start == columns.stop or rows.start == rows.stop:
        return
    window = rows, columns

    dx, dy = x_km[columns][None] - centre[0], y_km[rows][:, None] - centre[1]
    along = (dx * cosine + dy * sine) / half
    taper = np.clip(1 - along**2, 0, None) ** 0.5
    bend = 0.04 * cracks.length[index] * np.cos(1.5 * along + index)  # real cracks are not straight
    across = -dx * sine + dy * cosine - bend

    line = taper * np.exp(-0.5 * (across / width) ** 2)
    flanks = taper * np.exp(-0.5 * ((np.abs(across) - 2.5 * width) / width) ** 2)
    unhealed = np.exp(-age / settings.healing_days)
    open_water = settings.open_water * severity * np.exp(-age / settings.refreezing_days)
    breaking.loss[window] = np.maximum(breaking.loss[window], settings.depth * severity * unhealed * line)
    breaking.open_water[window] = np.maximum(breaking.open_water[window], open_water * line)
    breaking.gain[window] = np.maximum(breaking.gain[window], settings.ridge * (1 - severity) * flanks)
    if active:
        jump = 0.5 * active * taper * np.tanh(across / step) * np.exp(-np.abs(across) / (8 * width))
        slip, opening = settings.shear_km * cracks.sense[index] * severity, settings.opening_km * severity
        breaking.u[window] += jump * (slip * cosine - opening * sine)
        breaking.v[window] += jump * (slip * sine + opening * cosine)


def _select_span(axis_km: np.ndarray, step_km: float, centre_km: float, reach_km: float) -> slice:
    """Return the indices of an axis within ``reach_km`` of a position; empty where that lies outside the axis."""
    first = int((centre_km - reach_km - axis_km[0]) / step_km)
    end = int((centre_km + reach_km - axis_km[0]) / step_km + 1)
    return slice(min(max(first, 0), axis_km.size), min(max(end, 0), axis_km.size))
