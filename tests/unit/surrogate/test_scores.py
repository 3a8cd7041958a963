"""Starts and spectral exponents of the forecasts against counting, power laws and the slides' sum over rings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress
from surrogate_years import INPUTS, SHAPE

from superice.errors import InputError
from superice.fields.spectra import radial_spectrum
from superice.surrogate.network import build_surrogate
from superice.surrogate.rollout import RollOut, Surrogate
from superice.surrogate.scores import find_starts, fit_exponent, fit_exponent_of_all_pixels, score_forecasts
from superice.surrogate.settings import ForecastSettings, InputSettings, SurrogateNetworkSettings
from superice.surrogate.store import Record
from superice.synthetic.random_fields import draw_power_law


@given(
    length=st.integers(10, 60), steps=st.integers(1, 30), every=st.integers(1, 5),
    per_step=st.integers(1, 2), earlier=st.integers(0, 2),
)  # fmt: skip
def test_every_start_whose_last_truth_is_known_is_taken(length, steps, every, per_step, earlier):
    """A state after ``steps`` steps is the record's last at the latest, and none before its first is read."""
    record = Record.__new__(Record)
    record.length, record.hours = length, 12 / per_step
    inputs = InputSettings(states_h=[-12 * n for n in range(earlier + 1)], forcings_h=[0, 12])
    first = per_step * max(earlier, 1)
    expected = [s for s in range(length) if s >= first and (s - first) % every == 0 and s + per_step * steps < length]
    if expected:
        assert find_starts(record, inputs, steps, every * record.hours) == expected
    else:
        with pytest.raises(InputError, match="forcings do not cover one forecast"):
            find_starts(record, inputs, steps, every * record.hours)


def test_the_last_start_of_a_year_can_be_rolled_out(record):
    """Sixty moments of 12 h: after 58 steps from the second one the last is reached."""
    assert find_starts(record, INPUTS, 58, 12) == [1]


def test_a_climatology_with_another_land_is_refused(record, scaling):
    network = build_surrogate(SurrogateNetworkSettings(filters=4, inputs=len(INPUTS.channels)))
    roll_out = RollOut(Surrogate(network.eval(), INPUTS, scaling, {"experiment": "test"}), record)
    climatology = np.where(record.sea, np.ones((366, *SHAPE)), np.nan)
    climatology[:, -1, -3:] = np.nan
    with pytest.raises(InputError, match=r"climatology: land and sea are not those of .*\(found 3 other cells\)"):
        score_forecasts(roll_out, climatology, 12.0, ForecastSettings(days=2, exponent_km=(24, 100), kept_days=(1,)))


def sum_rings_as_in_the_slides(field):
    """Return the numbers of the rings up to half the size and the power that each holds: its mean times π(k₂² - k₁²)."""
    size = len(field)
    k = np.fft.fftfreq(size) * size
    modulus, power = np.hypot(k[:, None], k), np.abs(np.fft.fft2(field)) ** 2
    rings = np.arange(1, size // 2 + 1)
    means = [power[(modulus > ring - 0.5) & (modulus < ring + 0.5)].mean() for ring in rings]
    return rings, np.array(means) * np.pi * ((rings + 0.5) ** 2 - (rings - 0.5) ** 2)


def test_the_exponent_of_all_pixels_is_the_slides():
    """The slope of ln P against ln k without the first five rings, land as zero."""
    field = 2 + draw_power_law(np.random.default_rng(0), 64, 12.0, 3.0, longest_km=800)
    field[:20, :30] = np.nan
    rings, power = sum_rings_as_in_the_slides(np.nan_to_num(field))
    expected = -linregress(np.log(rings[5:]), np.log(power[5:])).slope
    assert fit_exponent_of_all_pixels(field, 12.0) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("exponent", [2.0, 3.0])
def test_the_exponent_is_less_by_one_than_that_of_the_mean_power(exponent):
    """A field whose mean power falls as k^-p holds k^(1-p) in its rings."""
    found = []
    for seed in range(4):
        field = draw_power_law(np.random.default_rng(seed), 256, 3.0, exponent, longest_km=800)
        found.append(fit_exponent(*radial_spectrum(field, 3.0), 12, 100))
    assert np.mean(found) == pytest.approx(exponent - 1, abs=0.1)
