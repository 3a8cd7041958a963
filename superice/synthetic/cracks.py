"""Linear kinematic features: cracks that open, shear, refreeze and drift with the ice, with ridges beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from superice.synthetic.drift import Drift
from superice.synthetic.settings import CrackSettings


class Cracks:
    """The cracks of a season; every array has one entry a crack.

    Attributes:
        birth: day on which it opens, day 0 being the season's first.
        angle: of the line against x, radians. length, width: km.
        severity: in [0, 1], scales its depth, opening and ridges.
        sense: -1 or 1, of the shear.
        path: position of the centre in km on every day, (days, 2, cracks).
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
        axis = _wandering_axis(random, span)[self.birth + settings.memory_days]
        turn = np.deg2rad(settings.half_angle) * random.choice([-1, 1], count)
        self.angle = axis + turn + np.deg2rad(6) * random.standard_normal(count)
        lengths = settings.shortest_km * (1 - random.random(count)) ** (-1 / settings.pareto)
        self.length = np.minimum(lengths, settings.longest_km)
        self.width = settings.width_km * random.uniform(0.5, 1.3, count)
        self.severity = random.beta(1.2, 1.8, count)
        self.sense = np.where(turn > 0, 1.0, -1.0)
        self.path = self._paths(drift, corner[:, None] + size[:, None] * random.random((2, count)))

    def _paths(self, drift: Drift, at_birth: np.ndarray) -> np.ndarray:
        path = np.empty((drift.days, *at_birth.shape))
        position = at_birth.copy()
        for day in range(drift.days):
            path[day] = position
            u, v = drift.velocity(day, *position)
            moving = day >= self.birth  # before it opens, a crack's place is where it will open
            position = position + moving * np.stack([u, v])
        return path

    def find_active(self, day: int) -> Iterator[tuple[int, int]]:
        """Index and age in days of the cracks that show on a day, the oldest first."""
        age = day - self.birth
        chosen = np.flatnonzero((age >= 0) & (age < self.settings.memory_days))
        for index in chosen[np.argsort(-age[chosen], kind="stable")]:
            yield int(index), int(age[index])


def _wandering_axis(random: np.random.Generator, days: int) -> np.ndarray:
    """The axis of compression, radians, turning slowly from day to day."""
    steps = np.deg2rad(10) * random.standard_normal(days)
    return random.uniform(0, np.pi) + np.cumsum(steps)


@dataclass
class Breaking:
    """What cracks do to the fields of a day, each (y, x).

    Attributes:
        loss: share of the thickness that is missing. gain: share that ridges add. open_water: share of the area.
        u, v: velocity jumps in km/day.
    """

    loss: np.ndarray
    gain: np.ndarray
    open_water: np.ndarray
    u: np.ndarray
    v: np.ndarray


def break_ice(cracks: Cracks, day: int, x_km: np.ndarray, y_km: np.ndarray) -> Breaking:
    """Draw the cracks of a day on the axes ``x_km`` (x,) and ``y_km`` (y,)."""
    settings, shape = cracks.settings, (y_km.size, x_km.size)
    fields = Breaking(*(np.zeros(shape) for _ in range(5)))
    step = x_km[1] - x_km[0]
    for index, age in cracks.find_active(day):
        half, angle = cracks.length[index] / 2, cracks.angle[index]
        cosine, sine = np.cos(angle), np.sin(angle)
        active = np.exp(-age / settings.active_days) if age <= 3 * settings.active_days else 0.0
        reach = (25.0 if active else 4.0) * cracks.width[index]
        x, y = cracks.path[day, :, index]
        wide, high = abs(half * cosine) + reach, abs(half * sine) + reach
        columns = slice(*np.clip(((x + np.array([-wide, wide]) - x_km[0]) / step + [0, 1]).astype(int), 0, shape[1]))
        rows = slice(*np.clip(((y + np.array([-high, high]) - y_km[0]) / step + [0, 1]).astype(int), 0, shape[0]))
        if columns.start == columns.stop or rows.start == rows.stop:
            continue
        dx, dy = x_km[columns][None] - x, y_km[rows][:, None] - y
        along = (dx * cosine + dy * sine) / half
        taper = np.clip(1 - along**2, 0, None) ** 0.5
        bend = 0.04 * cracks.length[index] * np.cos(1.5 * along + index)  # real cracks are not ruled lines
        across = -dx * sine + dy * cosine - bend
        width, severity = cracks.width[index], cracks.severity[index]
        window = rows, columns
        line = taper * np.exp(-0.5 * (across / width) ** 2)
        healed = np.exp(-age / settings.healing_days)
        fields.loss[window] = np.maximum(fields.loss[window], settings.depth * severity * healed * line)
        open_water = settings.open_water * severity * np.exp(-age / settings.refreezing_days)
        fields.open_water[window] = np.maximum(fields.open_water[window], open_water * line)
        flanks = taper * np.exp(-0.5 * ((np.abs(across) - 2.5 * width) / width) ** 2)
        fields.gain[window] = np.maximum(fields.gain[window], settings.ridge * (1 - severity) * flanks)
        if active:
            jump = 0.5 * active * taper * np.tanh(across / step) * np.exp(-np.abs(across) / (8 * width))
            slip, opening = settings.shear_km * cracks.sense[index] * severity, settings.opening_km * severity
            fields.u[window] += jump * (slip * cosine - opening * sine)
            fields.v[window] += jump * (slip * sine + opening * cosine)
    return fields
