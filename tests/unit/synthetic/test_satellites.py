"""What the satellites observe of the synthetic Arctic: gaps and footprints."""

from datetime import date

import numpy as np
import pytest

from superice.readers.osisaf_drift import GRID as DRIFT_GRID
from superice.synthetic.satellites import View, average_footprint

DAY = date(2023, 1, 10)


def test_drift_is_missing_near_land_at_the_pole_and_over_water(satellites):
    displacement, flags = satellites.observe_drift(DAY)
    known = np.isfinite(displacement[0])
    assert np.array_equal(known, flags >= 20)
    assert {0, 1, 2, 3, 30} <= set(np.unique(flags))
    assert DRIFT_GRID.lonlat()[1][known].max() <= satellites.settings.polar_hole_degrees
    sic = View(DRIFT_GRID, satellites.arctic.grid).sample(
        np.nan_to_num(satellites.arctic.simulate_day(DAY).sic), order=0
    )
    assert sic[known].min() > 0.4


def test_footprint_of_a_constant_is_the_constant_and_ignores_gaps():
    field = np.full((40, 40), 2.5)
    field[10:20, 5:30] = np.nan
    assert np.nanmax(np.abs(average_footprint(field, 9) - 2.5)) < 1e-12
    assert np.isnan(average_footprint(field, 5)[15, 15])


@pytest.mark.parametrize("cells", [4, 5, 30])
def test_footprints_lie_around_their_pixels(cells):
    """Of a plane the mean is the plane, however wide the footprint; a point is spread evenly to all sides."""
    plane = np.arange(64.0)[:, None] + 2 * np.arange(64.0)
    inside = (slice(16, 48),) * 2
    np.testing.assert_allclose(average_footprint(plane, cells)[inside], plane[inside], atol=1e-10)
    point = np.zeros((65, 65))
    point[32, 32] = 1
    spread = average_footprint(point, cells)
    np.testing.assert_allclose(spread, spread[::-1, ::-1], atol=1e-15)
