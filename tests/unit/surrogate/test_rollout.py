"""Store, samples, loss, training and roll-out of the surrogate on ice whose answer is known."""

from datetime import datetime

import numpy as np
import pytest
import torch
from surrogate_years import SHAPE, drifting

from superice.errors import InputError
from superice.surrogate.climatology import compute_climatology
from superice.surrogate.network import build_surrogate
from superice.surrogate.rollout import RollOut, Surrogate
from superice.surrogate.samples import Scaling, Steps
from superice.surrogate.scores import score_forecasts, tabulate_forecasts
from superice.surrogate.settings import ForecastSettings, InputSettings, SurrogateNetworkSettings
from superice.surrogate.store import Record
from superice.surrogate.training import IncrementLoss, SurrogateTraining
from superice.training.settings import TrainingSettings

INPUTS = InputSettings(forcings_h=(0, 12))
SETTINGS = TrainingSettings(epochs=4, batch=4, optimizer="adamw", ema_decay=0.0, validation_samples=4, workers=0)


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "2010.npy"
    return path, *drifting(path, 2010)


@pytest.fixture(scope="module")
def record(year):
    return Record([year[0]])


@pytest.fixture(scope="module")
def scaling(record):
    return Scaling.from_years(record.statistics)


def untrained(scaling, inputs=INPUTS, **shape):
    network = build_surrogate(SurrogateNetworkSettings(filters=4, inputs=len(inputs.channels), **shape)).eval()
    return Surrogate(network, inputs, scaling, {"experiment": "test", "seed": 0})


def test_the_store_gives_back_what_was_written(year, record):
    _, states, wind, land = year
    assert (record.sea == ~land).all()
    for index in (0, 17, 59):
        values = record.read_field("sit", index)
        assert np.isnan(values[land]).all() and np.abs(values - states[index])[~land].max() <= 0.51e-3
        assert np.abs(record.read_field("u10", index) - wind[index]).max() <= 1.01e-3


def test_statistics_are_those_of_the_sea(year, scaling):
    _, states, _, land = year
    at_sea = states[:, ~land]
    assert scaling.mean["sit"] == pytest.approx(at_sea.mean(), abs=1e-4)
    assert scaling.deviation["increment"] == pytest.approx(np.diff(at_sea, axis=0).std(), rel=1e-3)
    assert 245 < scaling.mean["t2m"] < 255


def test_years_follow_each_other_or_are_refused(tmp_path):
    for name, when in (("a", 2011), ("b", 2013)):
        drifting(tmp_path / f"{name}.npy", when)
    with pytest.raises(InputError, match=r"b.npy: does not continue at 2011-01-31 00:00:00 \(found 2013"):
        Record([tmp_path / "a.npy", tmp_path / "b.npy"])


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


def test_the_constraint_is_the_squared_error_of_the_mean():
    """Errors +1 and -1 in two samples: nothing in the batch's mean, one in each sample's."""
    target, context = torch.zeros(2, 1, 4, 4), torch.ones(2, 2, 4, 4)
    context[:, -1, :2] = 0
    model = lambda fields, mask: torch.tensor([1.0, -1.0])[:, None, None, None] * mask + 50 * (1 - mask)
    losses = {
        over: IncrementLoss(constraint=10.0, over=over, input_noise=0).loss(model, target, context, None)
        for over in ("sample", "batch")
    }
    assert losses["sample"].objective == pytest.approx(1 + 10) and losses["batch"].objective == pytest.approx(1)
    assert losses["sample"].reported["increment_error"] == pytest.approx(1)


def training(record, scaling, settings=SETTINGS, patience=99, seed=0):
    steps = Steps([record], INPUTS, scaling, every_hours=12)
    shape = SurrogateNetworkSettings(filters=8, inputs=len(INPUTS.channels))
    return SurrogateTraining(
        shape, IncrementLoss(constraint=1.0, input_noise=0), settings, patience, steps, steps, seed
    )


@pytest.mark.slow
def test_the_network_learns_to_carry_the_ice_and_beats_persistence(record, scaling, tmp_path):
    settings = TrainingSettings(
        epochs=25, batch=4, optimizer="adamw", learning_rate=4e-3, ema_decay=0.0, validation_samples=32, workers=0
    )
    run = training(record, scaling, settings)
    assert run.run(tmp_path / "checkpoint.pt")
    assert run.history[-1]["validation_field_loss"] < 0.3  # of the variance of the increment, 1 for persistence
    surrogate = Surrogate(run.best.eval(), INPUTS, scaling, {"experiment": "test", "seed": 0})
    how = ForecastSettings(days=3, every_hours=48, exponent_km=(24, 100), kept_starts=3, kept_days=(1, 3))
    climatology = np.full((366, *SHAPE), 1.5, np.float32)
    tally = score_forecasts(RollOut(surrogate, record), climatology, 12.0, how)
    row = tabulate_forecasts([tally.to_scores()], days=(1, 3)).iloc[0]
    assert row.gain_persistence_1d > 30 and row.gain_climatology_1d > 30
    assert tally.to_fields().forecast.shape == (3, 2, *SHAPE)


def test_a_killed_training_goes_on_to_the_same_weights(record, scaling, tmp_path, monkeypatch):
    whole = training(record, scaling)
    whole.run(tmp_path / "whole.pt")
    killed, epoch_of = training(record, scaling), SurrogateTraining._run_epoch

    def killed_in_the_third(self, epoch):
        if epoch == 2:
            raise KeyboardInterrupt
        epoch_of(self, epoch)

    monkeypatch.setattr(SurrogateTraining, "_run_epoch", killed_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        killed.run(tmp_path / "killed.pt")
    monkeypatch.undo()
    resumed = training(record, scaling)
    resumed.run(tmp_path / "killed.pt")
    assert len(resumed.history) == 4
    for mine, theirs in zip(resumed.best.state_dict().values(), whole.best.state_dict().values()):
        assert torch.equal(mine, theirs)


def test_a_training_ends_when_it_gets_no_better_and_keeps_the_best(record, scaling, tmp_path, monkeypatch):
    losses, kept = iter([5.0, 3.0, 4.0, 4.0, 4.0, 1.0]), []
    run = training(record, scaling, TrainingSettings(epochs=6, batch=4, ema_decay=0.0, workers=0), patience=2)

    def pretended(self, epoch):
        self.history.append({"epoch": epoch + 1, "training_field_loss": 1, "validation_field_loss": next(losses),
                             "validation_amount_loss": 0.0})  # fmt: skip
        with torch.no_grad():
            self.network.output.bias.fill_(epoch)
        kept.append(epoch)

    monkeypatch.setattr("superice.training.trainer.Training._run_epoch", pretended)
    assert run.run(tmp_path / "checkpoint.pt")
    assert kept == [0, 1, 2, 3] and run.best.output.bias.item() == 1


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


def test_starts_go_together_as_they_go_alone(record, scaling):
    surrogate = untrained(scaling)
    torch.manual_seed(0)
    torch.nn.init.normal_(surrogate.network.output.weight, std=0.01)
    roll_out = RollOut(surrogate, record)
    *_, together = roll_out.run([2, 9], 5)
    *_, alone = roll_out.run([9], 5)
    assert np.nanmax(np.abs(together[1] - alone[0])) < 1e-4 and np.nanmax(np.abs(together[1] - together[0])) > 1e-2


def test_forcings_that_do_not_cover_the_roll_out_are_refused(record, scaling):
    with pytest.raises(InputError, match="forcings do not cover 40 steps from 2010-01-11 00:00"):
        next(RollOut(untrained(scaling), record).run([0, 20], 40))
    with pytest.raises(InputError, match="do not cover 2010-03-01 00:00"):
        record.find_index(datetime(2010, 3, 1))


def test_weights_go_through_the_file(record, scaling, tmp_path):
    surrogate = untrained(scaling)
    torch.nn.init.normal_(surrogate.network.output.weight)
    surrogate.save(tmp_path / "model.safetensors")
    read = Surrogate.load(tmp_path / "model.safetensors")
    assert read.inputs == surrogate.inputs and read.scaling == surrogate.scaling
    first, second = (next(RollOut(one, record).run([5], 1)) for one in (surrogate, read))
    assert np.array_equal(first, second, equal_nan=True)


def test_a_generators_weights_are_refused(tmp_path):
    from superice.network.weights import write_weights

    write_weights(tmp_path / "other.safetensors", torch.nn.Linear(2, 2), {"network": {}})
    with pytest.raises(InputError, match="has invalid metadata for its weights"):
        Surrogate.load(tmp_path / "other.safetensors")


def test_inputs_that_cannot_be_rolled_out_are_refused():
    with pytest.raises(InputError, match="states_h: multiples of the step"):
        InputSettings(states_h=(0, -6))
    with pytest.raises(InputError, match="forcings_h: none after the step"):
        InputSettings(forcings_h=(0, 24))


def test_climatology_is_the_mean_of_the_years(tmp_path):
    files = [tmp_path / f"{year}.npy" for year in (2010,)]
    states, _, land = drifting(files[0], 2010, count=730)
    mean = compute_climatology(Record(files))
    assert np.abs(mean[40] - (states[80] + states[81])[None] / 2)[0][~land].max() < 1e-3  # 10 February
    assert np.array_equal(mean[59], mean[58], equal_nan=True)  # no 29 February in 2010
    assert np.abs(mean[365] - states[728:].mean(0))[~land].max() < 1e-3
