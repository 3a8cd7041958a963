"""Statistics of the synthetic Arctic against those of neXtSIM."""

import os
from pathlib import Path

import numpy as np
import pytest

from superice.synthetic.comparison import measure_synthetic, measure_texture, read_snapshot_window
from superice.synthetic.settings import SyntheticSettings

# The window of the real snapshot around 86 N, 161 E.
DEVIATION, SLOPES, RESIDUAL, SKEWNESS, KURTOSIS = 0.64, (-2.4, -2.5), 0.163, -0.75, 6.8


@pytest.fixture(scope="module")
def statistics():
    measures = [measure_synthetic(SyntheticSettings(), seed) for seed in range(3)]
    return {name: np.mean([of_seed[name] for of_seed in measures]) for name in measures[0]}


def test_deviations_are_those_of_nextsim(statistics):
    assert statistics["deviation (m)"] == pytest.approx(DEVIATION, rel=0.25)
    assert statistics["residual rms (m)"] == pytest.approx(RESIDUAL, rel=0.25)


def test_slopes_are_those_of_nextsim(statistics):
    assert statistics["slope 30-100 km"] == pytest.approx(SLOPES[0], abs=0.3)
    assert statistics["slope 25-60 km"] == pytest.approx(SLOPES[1], abs=0.3)


def test_leads_skew_the_residual_as_in_nextsim(statistics):
    assert 0.5 < statistics["residual skewness"] / SKEWNESS < 2
    assert 0.5 < statistics["residual kurtosis"] / KURTOSIS < 2


def test_the_spectrum_goes_on_below_the_resolution_of_the_snapshot(statistics):
    assert -3.3 < statistics["slope 6-25 km (3 km)"] < -2.0


@pytest.mark.skipif("SUPERICE_REAL_DATA" not in os.environ, reason="SUPERICE_REAL_DATA names no folder of real files")
def test_the_snapshot_has_the_numbers_that_the_synthetic_arctic_is_held_to():
    path = Path(os.environ["SUPERICE_REAL_DATA"]) / "nextsim" / "nextsim_sit_12km_20150101T03.nc"
    real = measure_texture(read_snapshot_window(path), 12.0)
    assert real["mean (m)"] == pytest.approx(1.84, abs=0.02)
    assert real["deviation (m)"] == pytest.approx(DEVIATION, abs=0.01)
    assert real["slope 30-100 km"] == pytest.approx(SLOPES[0], abs=0.1)
    assert real["slope 25-60 km"] == pytest.approx(SLOPES[1], abs=0.1)
    assert real["residual rms (m)"] == pytest.approx(RESIDUAL, abs=0.005)
    assert real["residual skewness"] == pytest.approx(SKEWNESS, abs=0.15)
    assert real["residual kurtosis"] == pytest.approx(KURTOSIS, abs=0.3)
