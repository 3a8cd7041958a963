"""The synthetic Arctic: its motion, its bounds, and that a day depends on nothing but itself."""

from datetime import date, timedelta

import numpy as np
import pyproj
from scipy.ndimage import map_coordinates

from superice.fields.deformation import gradient_deformation
from superice.fields.grid import Grid
from superice.seasons import Season
from superice.synthetic.arctic import KM_PER_DAY, Arctic
from superice.synthetic.settings import SyntheticSettings

SEASON = Season(date(2022, 10, 18), date(2023, 4, 15))
LATTICE = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")


def arctic(seed=0, columns=72, rows=64, season=SEASON, bottom=-600_000, **ice):
    settings = SyntheticSettings(seed=seed)
    settings = settings.model_copy(update={"ice": settings.ice.model_copy(update=ice)})
    grid = Grid("test", LATTICE, 150_000 + 3000.0 * np.arange(columns), bottom + 3000.0 * np.arange(rows))
    return Arctic(grid, settings, season)


def equal(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True) for name in ("sic", "sit", "u", "v"))


def test_a_day_does_not_depend_on_the_days_asked_before():
    one, other = arctic(), arctic()
    day = date(2023, 2, 1)
    for before in (date(2023, 4, 1), date(2022, 11, 1)):
        other.simulate_day(before)
    assert equal(one.simulate_day(day), other.simulate_day(day))


def test_seeds_and_seasons_differ():
    day = date(2023, 2, 1)
    last_year = Season(date(2021, 10, 18), date(2022, 4, 15))
    base = arctic().simulate_day(day).sit
    assert np.nanstd(base - arctic(seed=1).simulate_day(day).sit) > 0.2
    assert np.nanstd(base - arctic(season=last_year).simulate_day(date(2022, 2, 1)).sit) > 0.2


def test_bounds_and_land():
    synthetic = arctic(rows=110, columns=110, bottom=-850_000)
    truth = synthetic.simulate_day(date(2023, 1, 10))
    assert 0.02 < synthetic.land.mean() < 0.9
    assert np.array_equal(np.isnan(truth.sit), synthetic.land)
    sea = ~synthetic.land
    assert truth.sit[sea].min() >= 0
    assert truth.sic[sea].min() >= 0
    assert truth.sic[sea].max() <= 1
    assert (truth.sit[sea & (truth.sic == 0)] == 0).all()


def test_the_ice_moves_with_the_drift():
    synthetic = arctic(columns=96, rows=96)
    day = date(2023, 2, 1)
    before, after = synthetic.simulate_day(day), synthetic.simulate_day(day + timedelta(3))
    rows, columns = np.mgrid[:96, :96].astype(float)
    x, y = np.meshgrid(synthetic.x, synthetic.y)
    for n in (2, 1, 0):
        u, v = synthetic.drift.velocity((day - SEASON.first).days + 4 + n, x, y)
        x, y = x - u, y - v
    rows, columns = (y - synthetic.y[0]) / 3, (x - synthetic.x[0]) / 3
    inside = (rows > 0) & (rows < 95) & (columns > 0) & (columns < 95) & ~synthetic.land
    carried = map_coordinates(np.nan_to_num(before.sit), [rows, columns], order=1)
    known = inside & np.isfinite(after.sit)
    rms = lambda field: np.sqrt(np.mean((after.sit - field)[known] ** 2))
    assert rms(carried) < 0.6 * rms(np.nan_to_num(before.sit))


def test_ice_grows_and_the_edge_advances():
    synthetic = arctic(columns=110)
    early, late = synthetic.simulate_day(SEASON.first), synthetic.simulate_day(SEASON.last)
    ice = (early.sic > 0.9) & (late.sic > 0.9)
    assert np.mean(late.sit[ice]) > np.mean(early.sit[ice]) + 0.2
    grown = [
        np.nansum(arctic(seed=seed, columns=110).simulate_day(day).sic > 0.15)
        for day in (SEASON.first, SEASON.last)
        for seed in range(3)
    ]
    assert sum(grown[3:]) >= sum(grown[:3])


def test_leads_lie_where_the_ice_deforms():
    shares = []
    for seed in range(3):
        synthetic = arctic(seed=seed, columns=128, rows=128, edge_october_km=1e5, edge_april_km=1e5)
        truth = synthetic.simulate_day(date(2023, 2, 1))
        divergence, shear = gradient_deformation(truth.u, truth.v, 3000.0, synthetic.scale)
        deformation, known = np.hypot(divergence, shear), np.isfinite(divergence) & ~synthetic.land
        strongest = known & (deformation > np.nanquantile(deformation[known], 0.99))
        shares.append(np.mean(1 - truth.sic[strongest]) / np.mean(1 - truth.sic[known]))
    assert np.mean(shares) > 2


def test_drift_is_of_the_configured_size():
    synthetic = arctic()
    speeds = []
    for n in range(0, 170, 5):
        truth = synthetic.simulate_day(SEASON.first + timedelta(n))
        speeds.append(np.nanmean(np.hypot(truth.u, truth.v)) / KM_PER_DAY)
    assert 3 < np.mean(speeds) < 12
