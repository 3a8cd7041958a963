"""A small sea whose ice drifts with the wind, in the surrogate's store; tests know what the right answer is."""

from datetime import datetime, timedelta

import numpy as np

from superice.surrogate.store import write_year

SHAPE = (22, 26)


def drifting(path, year, count=60, seed=0, hours=12):
    """Bumps of ice that a wind along x, the same everywhere, carries by its whole pixels; a corner of land."""
    random = np.random.default_rng(seed)
    wind = random.integers(-1, 2, count).astype(float)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    place = np.concatenate([[0], np.cumsum(wind[:-1])])
    land = (y < 6) & (x < 8)
    states = [1.5 + np.sin(2 * np.pi * (x - p) / 13) * np.cos(2 * np.pi * y / 11) for p in place]
    still = np.zeros(SHAPE)
    weather = [
        {"t2m": 250 + 10 * random.standard_normal() + still, "u10": w + still, "v10": random.standard_normal() + still}
        for w in wind
    ]
    moments = [datetime(year, 1, 1) + timedelta(hours=hours * n) for n in range(count)]
    write_year(path, moments, 12, [np.where(land, np.nan, state) for state in states], weather)
    return np.array(states), wind, land
