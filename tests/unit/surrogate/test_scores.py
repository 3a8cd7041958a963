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
from superice.surrogate.scores import (
    find_starts,
    fit_exponent,
    fit_exponent_of_all_pixels,
    score_forecasts,
    tabulate_forecasts,
)
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


def score_untrained(record, scaling, climatology, inputs=INPUTS, days=2, kept_days=(1,)):
    """Return the tally of forecasts of an untrained network, which are persistence."""
    network = build_surrogate(SurrogateNetworkSettings(filters=4, inputs=len(inputs.channels)))
    roll_out = RollOut(Surrogate(network.eval(), inputs, scaling, {"experiment": "test"}), record)
    how = ForecastSettings(days=days, every_hours=120, exponent_km=(24, 100), kept_days=kept_days)
    return score_forecasts(roll_out, climatology, 12.0, how)


@pytest.fixture(scope="module")
def climatology(record):
    return np.where(record.sea, np.ones((366, *SHAPE)), np.nan)


def test_forecasts_without_a_spectrum_have_none(record, scaling, climatology):
    power = score_untrained(record, scaling, climatology).to_scores().power
    assert np.isnan(power.sel(forecast=["persistence", "climatology"])).all()
    assert (power.sel(forecast=["surrogate", "truth"]) > 0).all()


def test_a_table_has_the_errors_of_a_day_only_where_a_lead_is_that_day(record, scaling, climatology):
    """Of steps of 36 h none is one day, and the second is three."""
    every_12h = score_untrained(record, scaling, climatology, days=3)
    slow = InputSettings(step_hours=36, forcings_h=(0,))
    every_36h = score_untrained(record, scaling, climatology, slow, days=3, kept_days=(3,))
    both = tabulate_forecasts([every_12h.to_scores(), every_36h.to_scores()], days=(1, 3))
    assert both.rmse_1d.notna().tolist() == [True, False] and both.rmse_3d.notna().all()
    expected = every_36h.to_scores().rmse.sel(forecast="surrogate", lead=3).mean()
    assert both.rmse_3d[1] == pytest.approx(float(expected))
    assert "rmse_1d" not in tabulate_forecasts([every_36h.to_scores()], days=(1, 3))


def test_leads_that_are_no_steps_are_refused(record, scaling, climatology):
    with pytest.raises(InputError, match=r"kept_days: 0\.75 days are no whole number of steps of 12 h"):
        score_untrained(record, scaling, climatology, kept_days=(0.75,))


def test_a_climatology_with_another_land_is_refused(record, scaling, climatology):
    climatology = climatology.copy()
    climatology[:, -1, -3:] = np.nan
    with pytest.raises(InputError, match=r"climatology: land and sea are not those of .*\(found 3 other cells\)"):
        score_untrained(record, scaling, climatology)


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
