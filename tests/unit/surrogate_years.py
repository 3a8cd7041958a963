"""A small sea with ice that drifts with the wind, in the surrogate's store: the right answer is known."""

from datetime import datetime, timedelta

import numpy as np

from superice.surrogate.settings import InputSettings
from superice.surrogate.store import write_year

SHAPE = (22, 26)
INPUTS = InputSettings(forcings_h=(0, 12))


def write_drifting_year(path, year, count=60, seed=0, hours=12, first_hour=0, land_rows=6):
    """Write a year of bumps of ice that a uniform wind along x carries by whole pixels, with a corner of land.

    Returns the states (time, y, x), the wind (time,) in pixels a step, and the land (y, x).
    """
    random = np.random.default_rng(seed)
    wind = random.integers(-1, 2, count).astype(float)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    place = np.concatenate([[0], np.cumsum(wind[:-1])])
    land = (y < land_rows) & (x < 8)
    states = [1.5 + np.sin(2 * np.pi * (x - p) / 13) * np.cos(2 * np.pi * y / 11) for p in place]
    still = np.zeros(SHAPE)
    weather = [
        {"t2m": 250 + 10 * random.standard_normal() + still, "u10": w + still, "v10": random.standard_normal() + still}
        for w in wind
    ]
    moments = [datetime(year, 1, 1) + timedelta(hours=first_hour + hours * n) for n in range(count)]
    write_year(path, moments, [np.where(land, np.nan, state) for state in states], weather)
    return np.array(states), wind, land
