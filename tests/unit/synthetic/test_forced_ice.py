"""Ice that weather drives: what is kept, what moves, what grows."""

import numpy as np
import pytest
from forced_sea import GRID, make_weather

from superice.synthetic.forced_ice import ForcedIce, divergent_part
from superice.synthetic.settings import ForcedIceSettings


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


def test_drift_and_breaking_keep_the_volume():
    """Where nothing freezes, melts or erodes."""
    ice = sea_with(make_weather(GRID), melting=0.0, erosion=0.0)
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
