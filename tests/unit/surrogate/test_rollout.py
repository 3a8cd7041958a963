"""Roll-outs of an untrained surrogate, and its weights file."""

import numpy as np
import pytest
import torch
from surrogate_years import INPUTS

from superice.errors import InputError
from superice.network.weights import write_weights
from superice.surrogate.network import build_surrogate
from superice.surrogate.rollout import RollOut, Surrogate
from superice.surrogate.settings import InputSettings, SurrogateNetworkSettings


def untrained(scaling, inputs=INPUTS, **shape):
    network = build_surrogate(SurrogateNetworkSettings(filters=4, inputs=len(inputs.channels), **shape)).eval()
    return Surrogate(network, inputs, scaling, {"experiment": "test", "seed": 0})


def test_an_untrained_roll_out_is_persistence_and_never_negative(record, scaling):
    surrogate = untrained(scaling)
    starts = [3, 11, 20]
    for states in RollOut(surrogate, record).run(starts, 4):
        for state, start in zip(states, starts):
            assert np.allclose(state, record.read_field("sit", start), atol=1e-6, equal_nan=True)
    with torch.no_grad():
        surrogate.network.output.bias.fill_(-2.0)
    *_, last = RollOut(surrogate, record).run(starts, 12)
    assert np.nanmin(last) == 0 == np.nanmax(last)


def test_starts_rolled_out_together_equal_those_rolled_out_alone(record, scaling):
    surrogate = untrained(scaling)
    torch.manual_seed(0)
    torch.nn.init.normal_(surrogate.network.output.weight, std=0.01)
    roll_out = RollOut(surrogate, record)
    *_, together = roll_out.run([2, 9], 5)
    *_, alone = roll_out.run([9], 5)
    assert np.nanmax(np.abs(together[1] - alone[0])) < 1e-4 and np.nanmax(np.abs(together[1] - together[0])) > 1e-2


def test_forcings_that_do_not_cover_the_roll_out_are_refused(record, scaling):
    """The last of 40 steps from 11 January needs the forcings of 31 January 00:00, and the record ends 12 h before."""
    sentence = (
        r"end before 2010-01-31 00:00, which 40 steps from 2010-01-11 00:00 need \(found 2010-01-01 00:00 to 2010-01"
    )
    with pytest.raises(InputError, match=sentence):
        next(RollOut(untrained(scaling), record).run([0, 20], 40))


def test_earlier_states_that_the_record_does_not_hold_are_named(record, scaling):
    inputs = InputSettings(states_h=(0, -12), forcings_h=(-12, 0, 12))
    sentence = "states and forcings begin after 2009-12-31 12:00, which 3 steps from 2010-01-01 00:00 need"
    with pytest.raises(InputError, match=sentence):
        next(RollOut(untrained(scaling, inputs), record).run([0, 20], 3))


def test_a_diverged_training_forecasts_nothing(record, scaling, tmp_path):
    surrogate = untrained(scaling)
    surrogate.origin["diverged"] = True
    surrogate.save(tmp_path / "model.safetensors")
    sentence = r"model\.safetensors: its training diverged: there is nothing to forecast with"
    with pytest.raises(InputError, match=sentence):
        RollOut(Surrogate.load(tmp_path / "model.safetensors"), record)


def test_weights_are_read_as_they_were_written(record, scaling, tmp_path):
    surrogate = untrained(scaling)
    torch.nn.init.normal_(surrogate.network.output.weight)
    surrogate.save(tmp_path / "model.safetensors")
    read = Surrogate.load(tmp_path / "model.safetensors")
    assert read.inputs == surrogate.inputs and read.scaling == surrogate.scaling
    first, second = (next(RollOut(one, record).run([5], 1)) for one in (surrogate, read))
    assert np.array_equal(first, second, equal_nan=True)


def test_weights_of_another_network_are_refused(tmp_path):
    write_weights(tmp_path / "other.safetensors", torch.nn.Linear(2, 2), {"network": {}})
    with pytest.raises(InputError, match="has invalid metadata for its weights"):
        Surrogate.load(tmp_path / "other.safetensors")
