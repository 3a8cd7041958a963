"""Fields of neXtSIM for its readers."""

import numpy as np
import pytest


@pytest.fixture
def fields(small_grid):
    random = np.random.default_rng(0)
    shape = small_grid.shape
    values = {
        "sic": random.uniform(0, 1, shape),
        "sit": random.uniform(0, 4, shape),
        "siu": random.uniform(-0.3, 0.3, shape),
        "siv": random.uniform(-0.3, 0.3, shape),
        "divergence": random.uniform(-1e-5, 1e-5, shape),
    }
    for field in values.values():
        field[:4, :6] = np.nan
    return values
