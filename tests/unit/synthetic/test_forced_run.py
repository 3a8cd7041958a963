"""The forced synthetic Arctic: what is kept, what moves, what grows, and that its files are read."""

from datetime import datetime
from itertools import pairwise

import numpy as np
import pyproj
import pytest

from superice.errors import InputError
from superice.fields.grid import Grid
from superice.readers.era5 import read_forcings
from superice.readers.nextsim_thickness import read_thickness
from superice.synthetic.forced_ice import ForcedIce, divergent_part
from superice.synthetic.forced_run import ForcedRun
from superice.synthetic.settings import ForcedIceSettings, ForcedRunSettings, WeatherSettings
from superice.synthetic.weather import Weather
from superice.utils.settings import build_settings

CRS = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
GRID = Grid("sea", CRS, 12e3 * np.arange(-20, 24), -600e3 + 12e3 * np.arange(40))


class Steady:
    """One wind and one temperature everywhere."""

    hours = 12.0

    def __init__(self, shape, u=0.0, v=0.0, temperature=271.35):
        self.fields = np.full(shape, u), np.full(shape, v), np.full(shape, temperature)

    def wind(self, step):
        return self.fields[:2]

    def temperature(self, step):
        return self.fields[2]


def sea_with(weather, thickness=None, **changed):
    land = np.zeros(GRID.shape, bool)
    land[:10, :12] = True
    ice = ForcedIce(GRID, land, ForcedIceSettings(**changed), weather, 0)
    if thickness is not None:
        ice.thickness = np.where(land, 0, thickness)
    return ice


def weather_of(grid, steps=200):
    points = np.meshgrid(grid.x / 1000, grid.y / 1000)
    return Weather(WeatherSettings(), 0, datetime(2010, 1, 1), steps, 12, *points)


def test_drift_and_breaking_keep_the_volume():
    """Where nothing freezes, melts or erodes."""
    ice = sea_with(weather_of(GRID), melting=0.0, erosion=0.0)
    ice._freeze = lambda number: None
    before, first = ice.thickness.sum(), ice.thickness.copy()
    for number in range(30):
        ice.step(number)
    assert ice.thickness.sum() == pytest.approx(before, rel=1e-6)
    assert (ice.thickness >= 0).all() and (ice.thickness[ice.land] == 0).all()
    assert np.abs(ice.thickness - first).max() > 0.3


def test_ice_drifts_to_the_right_of_the_wind_by_its_share():
    """A bump in the middle of a closed sea, whose pack withstands nothing here: its centre moves with the free drift."""
    y, x = np.mgrid[: GRID.shape[0], : GRID.shape[1]]
    bump = np.exp(-((x - 22) ** 2 + (y - 22) ** 2) / 18)
    ice = sea_with(Steady(GRID.shape, v=10.0), bump, pressure=0.0, cracks=0.0, healing_days=1e9, coast_km=1.0)
    steps = 6
    for number in range(steps):
        ice.step(number)
    total = ice.thickness.sum()
    moved = np.array([(ice.thickness * part).sum() / total - 22 for part in (x, y)])
    length = 0.018 * 10 * 12 * 3600 * steps / 12e3
    right = np.deg2rad(20)
    assert np.allclose(moved, [length * np.sin(right), length * np.cos(right)], atol=0.03 * length)


def test_cold_ice_grows_as_stefan_has_it():
    """The sum h + i grows as the root of the degree days: (h + i)² - (h0 + i)² = 2 k (Tf - T) t."""
    ice = sea_with(Steady(GRID.shape, temperature=271.35 - 25), 1.0, erosion=0.0, cracks=0.0, insulation_m=0.4)
    for number in range(120):
        ice.step(number)
    expected = np.sqrt(1.4**2 + 2 * 6.6e-9 * 25 * 120 * 12 * 3600) - 0.4
    assert ice.thickness[~ice.land].mean() == pytest.approx(expected, rel=2e-3)
    assert expected > 1.4


def test_the_part_that_converges_has_all_the_divergence_and_no_more():
    """The remainder of a flow is free of divergence; a flow without divergence is left alone."""
    y, x = (np.pi * (np.arange(n) + 0.5) / n for n in (60, 80))
    flow = np.stack([np.sin(y)[:, None] * np.cos(2 * x), np.cos(y)[:, None] * np.sin(2 * x)])
    inner = np.s_[5:-5, 5:-5]
    divergence = lambda f: (np.gradient(f[0], axis=0) + np.gradient(f[1], axis=1))[inner]
    rest = flow - divergent_part(flow)
    assert np.abs(divergence(rest)).max() < 0.05 * np.abs(divergence(flow)).max()
    stream = np.sin(y)[:, None] * np.sin(2 * x)
    round_flow = np.stack([np.gradient(stream, axis=1), -np.gradient(stream, axis=0)])
    assert np.abs(divergent_part(round_flow)).max() < 0.05 * np.abs(round_flow).max()


def test_weather_is_the_same_whoever_asks():
    """On the grid and at single points, in a longer run as in a shorter one up to its end."""
    whole, part = weather_of(GRID), Weather(
        WeatherSettings(), 0, datetime(2010, 1, 1), 200, 12, GRID.x[[3, 9]] / 1000, GRID.y[[3, 9]] / 1000
    )  # fmt: skip
    for step in (0, 77):
        assert np.allclose(whole.wind(step)[0][[3, 9], [3, 9]], part.wind(step)[0])
        assert np.allclose(whole.temperature(step)[[3, 9], [3, 9]], part.temperature(step))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Two years, the first in ERA5's old layout and the second in the new one."""
    folder = tmp_path_factory.mktemp("forced")
    settings = ForcedRunSettings(refinement=1, new_layout_from=2011, degrees=(0.5, 2.0))
    run, before = ForcedRun(GRID, settings, 2010, 2011, 48), None
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


def test_an_unknown_setting_is_named():
    with pytest.raises(InputError, match=r"surrogate\.synthetic\.ice: unknown key 'crack'"):
        build_settings(ForcedRunSettings, {"ice": {"crack": 3}}, "surrogate.synthetic")
