"""Samples of the surrogate and their scaling against ice whose states are known."""

import numpy as np
import pytest
from surrogate_years import SHAPE

from superice.surrogate.samples import Scaling, Steps
from superice.surrogate.settings import InputSettings


def test_statistics_are_those_of_the_sea(year, scaling):
    _, states, _, land = year
    at_sea = states[:, ~land]
    assert scaling.mean["sit"] == pytest.approx(at_sea.mean(), abs=1e-4)
    assert scaling.deviation["increment"] == pytest.approx(np.diff(at_sea, axis=0).std(), rel=1e-3)
    assert 245 < scaling.mean["t2m"] < 255


def test_the_increment_is_scaled_with_the_step_of_the_experiment(year, record):
    _, states, _, land = year
    changes = {lead: (states[lead:] - states[:-lead])[:, ~land].std() for lead in (1, 2)}
    assert changes[2] > 1.2 * changes[1]
    for lead, change in changes.items():
        assert Scaling.from_record(record, 12 * lead).deviation["increment"] == pytest.approx(change, rel=1e-3)


def test_a_sample_holds_the_state_the_weather_and_the_change(year, record, scaling):
    inputs = InputSettings(states_h=(0, -12), forcings_h=(-12, 0, 12))
    steps = Steps([record], inputs, scaling, every_hours=24)
    context, target = steps.normalise(steps[3])
    _, states, wind, land = year
    now = 1 + 3 * 2  # the first sample is the second moment: a state before it is needed
    sea = ~land
    standard = lambda name, values: (values - scaling.mean[name]) / scaling.deviation[name]
    assert context.shape == (2 + 3 * 3 + 1, *SHAPE) and (context[-1].numpy() == sea).all()
    for channel, moment in ((0, now), (1, now - 1)):
        assert np.abs(context[channel].numpy() - standard("sit", states[moment]))[sea].max() < 2e-3
    for channel, moment in ((3, now - 1), (6, now), (9, now + 1)):
        assert np.abs(context[channel].numpy() - standard("u10", wind[moment]))[sea].max() < 3e-3
    change = (states[now + 1] - states[now]) / scaling.deviation["increment"]
    assert np.abs(target[0].numpy() - change)[sea].max() < 5e-3 and (target[0].numpy()[land] == 0).all()
