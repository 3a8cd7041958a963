"""Loss and training of the surrogate: it learns to carry ice, resumes to the same weights, and stops early."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from checkpoints import UNUSABLE
from surrogate_years import INPUTS, SHAPE, write_drifting_year

from superice.errors import InputError
from superice.surrogate.rollout import RollOut, Surrogate
from superice.surrogate.samples import Steps
from superice.surrogate.scores import score_forecasts, tabulate_forecasts
from superice.surrogate.settings import ForecastSettings, InputSettings, SurrogateNetworkSettings
from superice.surrogate.store import Record
from superice.surrogate.training import IncrementLoss, SurrogateTraining
from superice.training.settings import TrainingSettings

ROOT = Path(__file__).parents[3]
SETTINGS = TrainingSettings(epochs=4, batch=4, optimizer="adamw", ema_decay=0.0, validation_samples=4, workers=0)


def test_the_constraint_is_the_squared_error_of_the_mean():
    """Errors +1 and -1 in two samples: 0 in the batch's mean, 1 in each sample's squared; half of the cells are sea."""
    target, context = torch.zeros(2, 1, 4, 4), torch.ones(2, 2, 4, 4)
    context[:, -1, :2] = 0
    model = lambda fields, mask: torch.tensor([1.0, -1.0])[:, None, None, None] * mask + 50 * (1 - mask)
    losses = {
        over: IncrementLoss(constraint=10.0, over=over, input_noise=0).loss(model, target, context, None)
        for over in ("sample", "batch")
    }
    assert losses["sample"].objective == pytest.approx(1 + 5) and losses["batch"].objective == pytest.approx(1)
    assert losses["sample"].reported["increment_error"] == pytest.approx(1)


@pytest.mark.parametrize("land_rows", [0, 1, 3])
def test_the_constraint_has_the_papers_weight_whatever_the_land(land_rows):
    """Over the batch the loss is that of the paper, whose means run over all cells, divided by the share of the sea."""
    torch.manual_seed(0)
    context, target, output = torch.ones(3, 2, 4, 4), torch.randn(3, 1, 4, 4), torch.randn(3, 1, 4, 4)
    context[:, -1, :land_rows] = 0
    loss = IncrementLoss(constraint=100, over="batch", input_noise=0)
    found = loss.loss(lambda fields, mask: output, target, context, None).objective
    error = np.where(context[:, -1:] > 0, output - target, 0)
    papers = np.mean(error**2) + 100 * np.mean(error) ** 2
    assert found == pytest.approx(papers / (1 - land_rows / 4), rel=1e-5)


def training(record, scaling, settings=SETTINGS, patience=99, seed=0, inputs=INPUTS, every_hours=12, validation=None):
    steps, validation_steps = (Steps([one], inputs, scaling, every_hours) for one in (record, validation or record))
    shape = SurrogateNetworkSettings(filters=8, inputs=len(inputs.channels))
    loss = IncrementLoss(constraint=1.0, input_noise=0)
    return SurrogateTraining(shape, loss, settings, patience, steps, validation_steps, seed)


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
    climatology = np.where(record.sea, np.full((366, *SHAPE), 1.5, np.float32), np.nan)
    tally = score_forecasts(RollOut(surrogate, record), climatology, 12.0, how)
    row = tabulate_forecasts([tally.to_scores()], days=(1, 3)).iloc[0]
    assert row.gain_persistence_1d > 30 and row.gain_climatology_1d > 30
    assert tally.to_fields().forecast.shape == (3, 2, *SHAPE)


def test_a_killed_training_resumes_to_the_same_weights(record, scaling, tmp_path, monkeypatch):
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


def test_a_checkpoint_of_other_samples_is_not_resumed_from(record, scaling, tmp_path):
    """As many inputs and samples, so that its weights would fit."""
    inputs = {names: InputSettings(forcings=names, forcings_h=(0, 12)) for names in (("t2m", "u10"), ("u10", "v10"))}
    first, second = inputs.values()
    begun = training(record, scaling, inputs=first)
    begun._run_epoch(0)
    begun._save_checkpoint(tmp_path / "checkpoint.pt")
    wider = replace(scaling, deviation={name: 2 * value for name, value in scaling.deviation.items()})
    same = training(record, scaling, inputs=first)
    same._load_checkpoint(tmp_path / "checkpoint.pt")
    assert len(same.history) == 1
    for other in (training(record, scaling, inputs=second), training(record, wider, inputs=first)):
        other._load_checkpoint(tmp_path / "checkpoint.pt")
        assert not other.history and len(other.training_days) == len(begun.training_days)


def test_validation_years_with_another_land_are_refused(record, scaling, tmp_path):
    write_drifting_year(tmp_path / "other.npy", 2011, land_rows=7)
    with pytest.raises(
        InputError, match=r"other\.npy: land and sea are not those of .*2010\.npy.* \(found 8 other cells"
    ):
        training(record, scaling, validation=Record([tmp_path / "other.npy"]))


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_checkpoint_of_another_origin_is_named_in_a_sentence(record, scaling, tmp_path, name):
    write, reason = UNUSABLE[name]
    path = tmp_path / "checkpoint.pt"
    training(record, scaling)._save_checkpoint(path)
    write(path)
    with pytest.raises(InputError, match=rf"checkpoint\.pt: {reason}.*: remove it, and the training begins anew$"):
        training(record, scaling)._load_checkpoint(path)


def test_a_checkpoint_without_the_best_weights_is_named(record, scaling, tmp_path):
    """That of a training which does not stop early, as an older version of the surrogate's."""
    path = tmp_path / "checkpoint.pt"
    training(record, scaling)._save_checkpoint(path)
    content = torch.load(path, weights_only=True)
    del content["best"]
    torch.save(content, path)
    with pytest.raises(InputError, match=r"is of another version of this program \(KeyError 'best'"):
        training(record, scaling)._load_checkpoint(path)


def test_a_checkpoint_of_other_years_or_of_another_scaling_is_not_used(record, scaling, tmp_path):
    """A year that was made again has the name, the shape and the times of the one before."""
    write_drifting_year(tmp_path / "2010.npy", 2010, seed=1)
    other = Record([tmp_path / "2010.npy"])
    wider = replace(scaling, deviation={name: 2 * size for name, size in scaling.deviation.items()})
    run = training(record, scaling)
    run.history = [dict.fromkeys(run.history_columns, 1.0)]
    run._save_checkpoint(tmp_path / "checkpoint.pt")
    resumed = [training(*data) for data in ((record, scaling), (other, scaling), (record, wider))]
    for run in resumed:
        run._load_checkpoint(tmp_path / "checkpoint.pt")
    assert [len(run.history) for run in resumed] == [1, 0, 0]


def test_a_training_that_diverges_says_so_in_its_log(year, tmp_path, monkeypatch, capsys):
    settings = {
        "inputs": {"forcings_h": [0, 12]}, "network": {"filters": 4}, "loss": {},
        "training": {"epochs": 2, "batch": 4, "every_hours": 12, "learning_rate": 1e30, "workers": 0},
    }  # fmt: skip
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    files = {"settings": "settings.yaml", "checkpoint": "c.pt", "history": "history.csv", "output": "w.safetensors"}
    options = {"training": year[0], "validation": year[0], "experiment": "wild", "seed": 0, "threads": 1}
    options |= {name: tmp_path / file for name, file in files.items()}
    monkeypatch.setattr("sys.argv", ["x", *(f"--{name}={value}" for name, value in options.items())])
    runpy.run_path(str(ROOT / "workflow/scripts/train_surrogate.py"), run_name="__main__")
    assert "the loss is not a number in epoch 1: stopped, no forecasts" in capsys.readouterr().err
    assert Surrogate.load(tmp_path / "w.safetensors").diverged


def test_a_training_ends_without_improvement_and_keeps_the_best_weights(record, scaling, tmp_path, monkeypatch):
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
