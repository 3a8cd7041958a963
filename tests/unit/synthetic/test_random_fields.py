"""Random fields on a torus: sampled between their points."""

import numpy as np
import pytest

from superice.synthetic.random_fields import PeriodicField, draw_power_law


def test_a_periodic_field_is_reproduced_between_its_points():
    values = draw_power_law(np.random.default_rng(0), 64, 3.0, 4.0, 200, shortest_km=30)
    field = PeriodicField(values, 3.0)
    x, y = np.meshgrid(3.0 * np.arange(64), 3.0 * np.arange(64))
    assert field.sample(x, y) == pytest.approx(values, abs=1e-5)
    assert field.sample(x + 3 * 64, y - 3 * 64) == pytest.approx(values, abs=1e-4)
