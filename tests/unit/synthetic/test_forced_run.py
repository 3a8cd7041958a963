"""Years of the forced synthetic Arctic: they follow each other, and their files are read."""

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
from forced_sea import CRS, GRID

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers.era5 import read_forcings
from superice.readers.nextsim_thickness import read_thickness
from superice.synthetic.forced_run import ForcedRun
from superice.synthetic.settings import ForcedRunSettings


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two years, the first in ERA5's old layout and the second in the new one."""
    folder = tmp_path_factory.mktemp("forced")
    settings = ForcedRunSettings(refinement=1, new_layout_from=2011, degrees=(0.5, 2.0))
    run, before = ForcedRun(GRID, settings, 2010, 2011, 48, first_hour=3), None
    for year in (2010, 2011):
        after = folder / f"{year}.npy"
        (folder / "ice").mkdir(exist_ok=True)
        (folder / "era5").mkdir(exist_ok=True)
        run.write_year(year, before, folder / f"ice/{year}.nc", folder / f"era5/{year}.nc", after)
        before = after
    return folder, run


def test_both_years_are_read_as_one_weather(written):
    """Across the change of the layout; nearest points and packing leave an error, far below the weather's own size."""
    folder, run = written
    moments = run.list_moments(2010)[-3:] + run.list_moments(2011)[:3]
    weather = run.make_weather(*np.meshgrid(GRID.x / 1000, GRID.y / 1000))
    first = run.count_steps_before(2011) - 3
    for number, found in enumerate(read_forcings(folder / "era5", moments, GRID)):
        u, v = weather.wind(first + number)
        assert np.sqrt(np.mean((found["u10"] - u) ** 2 + (found["v10"] - v) ** 2)) < 0.6
        assert np.abs(found["t2m"] - weather.temperature(first + number)).max() < 1.5


def test_every_year_begins_at_the_first_hour(written):
    _, run = written
    assert run.list_moments(2010)[0] == run.start == datetime(2010, 1, 1, 3)
    assert run.list_moments(2011)[0] - run.list_moments(2010)[-1] == run.list_moments(2010)[1] - run.start


def test_a_year_goes_on_where_the_one_before_ended(written):
    """Across new year the thickness changes as from any moment to the next."""
    folder, run = written
    moments = run.list_moments(2010)[-4:] + run.list_moments(2011)[:4]
    states = list(read_thickness(folder / "ice", moments, GRID))
    changes = [np.sqrt(np.nanmean((b - a) ** 2)) for a, b in pairwise(states)]
    assert changes[3] < 2 * np.median(changes) and changes[3] > 0.01


def test_thickness_of_another_grid_is_refused(written):
    folder, run = written
    shifted = Grid("shifted", CRS, GRID.x + 5e3, GRID.y)
    with pytest.raises(InputError, match="wrong grid: its cells are not those of 'shifted'"):
        list(read_thickness(folder / "ice", run.list_moments(2010)[:1], shifted))
    (resampled,) = read_thickness(folder / "ice", run.list_moments(2010)[:1], shifted, resample=True)
    (whole,) = read_thickness(folder / "ice", run.list_moments(2010)[:1], GRID)
    between = whole[:, :-1] + 5 / 12 * np.diff(whole, axis=1)
    known = np.isfinite(between)
    assert np.abs(resampled[:, :-1] - between)[known].max() < 1e-4
