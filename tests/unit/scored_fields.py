"""Fields and ensembles with known scores."""

from datetime import date

import numpy as np
from scipy.ndimage import gaussian_filter

DAY = date(2023, 1, 4)
SHAPE = (96, 96)


def smooth_field(seed, sigma=2.0):
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(SHAPE), sigma, mode="wrap")
    return 1.5 + 0.5 * field / field.std()


def select_ice(scores, name, field="generated"):
    return float(scores[name].sel(region="ice", field=field))


def draw_exchangeable(members=30, points=200_000, seed=0):
    """Truth and members from one distribution around a common centre."""
    random = np.random.default_rng(seed)
    centre = random.standard_normal(points)
    draw = lambda n: centre + 0.7 * random.standard_normal((n, points))
    return draw(members), draw(1)[0]
