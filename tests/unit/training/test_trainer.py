"""Training: it learns, resumes to the same weights, and stops when the loss is not a number."""

import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from checkpoints import UNUSABLE
from torch.optim.swa_utils import AveragedModel

from superice.errors import InputError
from superice.features.files import read_model_features
from superice.network.formulations import Losses, NoisePrediction, Preconditioned
from superice.network.normalisation import VARIABLES, compute_quantities
from superice.network.settings import NetworkSettings
from superice.training.samples import Days
from superice.training.settings import TrainingSettings
from superice.training.store import decode_day, open_day, write_day
from superice.training.trainer import Stopped, Training, make_schedule

NETWORK = NetworkSettings(widths=(8, 12), depth=1, embedding_channels=8, embedding_frequencies=(0.25, 16.0))
SETTINGS = TrainingSettings(epochs=4, batch=4, patch=(16, 16), patches_per_day=4, validation_samples=4, workers=0)


@pytest.fixture
def days(stored_days, normalisation):
    return Days(stored_days, normalisation, NETWORK.inputs)


def training(days, settings=SETTINGS, formulation=None, seed=0):
    return Training(NETWORK, formulation or Preconditioned(), settings, days, days, seed)


def test_training_reduces_the_loss(days, tmp_path):
    settings = TrainingSettings(epochs=25, batch=4, patch=(16, 16), patches_per_day=8, ema_decay=0.9, workers=0)
    levels = Preconditioned(noise_max=50.0, log_noise_mean=-0.4, log_noise_std=1.4)
    run = training(days, settings, levels)
    assert run.run(tmp_path / "checkpoint.pt")
    first, last = run.history[0], run.history[-1]
    assert last["validation_image_loss"] < 0.8 * first["validation_image_loss"]


def test_validation_losses_are_of_the_whole_split(days, tmp_path):
    """As many samples of every day as the training takes, unless the settings name a number."""
    settings = TrainingSettings(epochs=1, batch=4, patch=(16, 16), patches_per_day=3, workers=0)
    run = training(days, settings)
    seen = []
    load = run._load_batches

    def watch(of_days, count, *where):
        seen.append((of_days, count))
        return load(of_days, count, *where)

    run._load_batches = watch
    run.run(tmp_path / "checkpoint.pt")
    assert seen[-1] == (run.validation_days, 3 * len(days)) and len(days) == 5
    assert run.history[0]["validation_samples"] == 15
    assert training(days).validation_samples == 4, "a number that the settings name holds"


def same_weights(a, b):
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values()))


def test_a_killed_training_resumes_to_the_same_weights(days, tmp_path, monkeypatch):
    whole = training(days)
    whole.run(tmp_path / "whole.pt")

    killed, batches = training(days), []
    losses_of = Training._compute_losses

    def killed_in_the_third_epoch(self, *arguments):
        batches.append(len(self.history))
        if batches.count(2) == 3:
            raise KeyboardInterrupt
        return losses_of(self, *arguments)

    monkeypatch.setattr(Training, "_compute_losses", killed_in_the_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        killed.run(tmp_path / "killed.pt")
    monkeypatch.undo()
    resumed = training(days)
    resumed.run(tmp_path / "killed.pt")

    assert same_weights(whole.network, resumed.network)
    assert same_weights(whole.best_network, resumed.best_network)
    losses = lambda run: [row["training_noise_loss"] for row in run.history]
    assert losses(whole) == losses(resumed)


def test_a_training_that_is_asked_to_stop_resumes_within_its_epoch(days, tmp_path, monkeypatch):
    whole = training(days)
    whole.run(tmp_path / "whole.pt")

    stopped, counted = training(days), []
    losses_of = Training._compute_losses

    def asked_in_the_second_epoch(self, *arguments):
        counted.append(len(self.history))
        self.stop_asked = counted.count(1) == 2
        return losses_of(self, *arguments)

    monkeypatch.setattr(Training, "_compute_losses", asked_in_the_second_epoch)
    with pytest.raises(Stopped):
        stopped.run(tmp_path / "stopped.pt")
    assert len(stopped.history) == 1 and counted.count(1) == 2
    monkeypatch.undo()
    resumed = training(days)
    resumed.run(tmp_path / "stopped.pt")
    assert same_weights(whole.network, resumed.network)
    assert same_weights(whole.best_network, resumed.best_network)
    keys = [key for key in whole.history[0] if key != "seconds"]
    assert [[row[key] for key in keys] for row in whole.history] == [
        [row[key] for key in keys] for row in resumed.history
    ]


def test_a_checkpoint_of_other_settings_is_not_used(days, tmp_path):
    training(days).run(tmp_path / "checkpoint.pt")
    other = training(days, seed=1)
    other.run(tmp_path / "checkpoint.pt")
    alone = training(days, seed=1)
    alone.run(tmp_path / "alone.pt")
    assert same_weights(other.network, alone.network)


def write_doubled(files, folder):
    """Write the days of a store with twice the increment, under the same names."""
    folder.mkdir()
    for path in files:
        values = decode_day(open_day(path))
        write_day(folder / path.name, values | {"increment": 2 * values["increment"]})
    return [folder / path.name for path in files]


def test_a_checkpoint_of_other_days_or_of_another_normalisation_is_not_used(stored_days, normalisation, tmp_path):
    """A store that was made again has the names and sizes of the one before; a copy of it is the same store."""
    make_days = lambda files, numbers=normalisation: Days(files, numbers, NETWORK.inputs)
    make = lambda days, validation: Training(NETWORK, Preconditioned(), SETTINGS, days, validation, seed=0)
    first, doubled = make_days(stored_days), make_days(write_doubled(stored_days, tmp_path / "doubled"))
    copies = [shutil.copy(path, tmp_path) for path in stored_days]
    wider = replace(normalisation, deviation={name: 2 * size for name, size in normalisation.deviation.items()})
    run = make(first, first)
    run.history = [dict.fromkeys(run.history_columns, 1.0)]
    run._save_checkpoint(tmp_path / "checkpoint.pt")

    def count_resumed(days, validation):
        resumed = make(days, validation)
        resumed._load_checkpoint(tmp_path / "checkpoint.pt")
        return len(resumed.history)

    assert count_resumed(first, first) == 1
    assert count_resumed(make_days([Path(path) for path in copies]), first) == 1
    others = [doubled, make_days(stored_days, wider), make_days(stored_days[::-1]), make_days(stored_days[1:])]
    others.append(Days(stored_days, normalisation, NETWORK.inputs, pixel_km=6.0))
    for days in others:
        assert count_resumed(days, first) == 0
        assert count_resumed(first, days) == 0


def test_a_training_that_meets_nan_stops(days, tmp_path):
    class Broken(NoisePrediction):
        def loss(self, model, target, context, generator):
            losses = super().loss(model, target, context, generator)
            return Losses(losses.objective * math.nan, losses.reported)

    run = training(days, formulation=Broken())
    assert run.run(tmp_path / "checkpoint.pt") is False
    assert run.history == []
    assert all(torch.isfinite(p).all() for p in run.network.parameters())


def test_a_gradient_that_is_not_a_number_changes_no_weight(days, tmp_path):
    class Steep(NoisePrediction):
        def loss(self, model, target, context, generator):
            losses = super().loss(model, target, context, generator)
            return Losses(losses.objective + (0 * losses.objective).sqrt(), losses.reported)

    run = training(days, formulation=Steep())
    assert run.run(tmp_path / "checkpoint.pt") is False
    assert all(torch.isfinite(p).all() for p in run.network.parameters())


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_damaged_checkpoint_is_named_and_no_training_begins(days, tmp_path, share):
    path = tmp_path / "checkpoint.pt"
    training(days).run(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputError, match=r"checkpoint\.pt: is damaged: remove it"):
        training(days).run(path)


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_checkpoint_of_another_origin_is_named_in_a_sentence(days, tmp_path, name):
    write, reason = UNUSABLE[name]
    path = tmp_path / "checkpoint.pt"
    training(days)._save_checkpoint(path)
    training(days)._load_checkpoint(path)
    write(path)
    with pytest.raises(
        InputError, match=rf"checkpoint\.pt: {reason}.*: remove it, and the training begins anew$"
    ) as refusal:
        training(days)._load_checkpoint(path)
    assert "\n" not in str(refusal.value) and len(refusal.value.reason) < 400


def test_a_kill_while_a_checkpoint_is_written_leaves_the_previous_one(days, tmp_path, monkeypatch):
    path, save, written = tmp_path / "checkpoint.pt", torch.save, []

    def cut(content, to):
        save(content, to)
        written.append(to)
        if len(written) == 3:
            to.truncate(1000)
            raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", cut)
    with pytest.raises(KeyboardInterrupt):
        training(days).run(path)
    assert len(torch.load(path)["history"]) == 2


def test_mixed_precision_follows_single_precision(days, tmp_path):
    """After enough batches for the loss to fall, both losses are close, but not the same."""
    settings = SETTINGS.model_copy(update={"epochs": 8, "patches_per_day": 8, "ema_decay": 0.9})
    losses = {}
    for precision in ("fp32", "bf16"):
        run = training(days, settings.model_copy(update={"precision": precision}), NoisePrediction())
        run.run(tmp_path / f"{precision}.pt")
        assert all(p.dtype == torch.float32 for p in run.network.parameters())
        losses[precision] = [row[key] for row in run.history for key in row if key.endswith("noise_loss")]
    assert losses["fp32"][-1] < 0.8 * losses["fp32"][0]
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.03)
    assert losses["bf16"] != losses["fp32"]


@pytest.mark.slow
def test_a_compiled_training_follows_the_other_and_resumes_from_its_checkpoint(days, tmp_path):
    plain, compiled = training(days), training(days, SETTINGS.model_copy(update={"compile": True}))
    assert plain.run(tmp_path / "plain.pt") and compiled.run(tmp_path / "compiled.pt")
    losses = [[row["training_image_loss"] for row in run.history] for run in (plain, compiled)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    again = training(days)
    assert again.run(tmp_path / "compiled.pt")
    assert same_weights(again.network, compiled.network), "nothing was left to train"


def test_every_epoch_is_in_the_history_and_the_progress_shows_the_time_left(days, tmp_path, capsys):
    run = training(days)
    run.run(tmp_path / "checkpoint.pt")
    run.write_history(tmp_path / "history.csv")
    table = pd.read_csv(tmp_path / "history.csv")
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    assert np.isfinite(table).all(axis=None)
    assert re.search(r"4/4 \[\d\d:\d\d<\d\d:\d\d.*loss=", capsys.readouterr().err)


def test_without_validation_days_there_are_no_validation_losses(days, normalisation, tmp_path):
    run = Training(NETWORK, Preconditioned(), SETTINGS, days, Days([], normalisation, NETWORK.inputs), seed=0)
    run.run(tmp_path / "checkpoint.pt")
    assert all(math.isnan(row["validation_noise_loss"]) for row in run.history)


@pytest.mark.parametrize("decay", [0.9, 0.2])
def test_the_average_is_that_of_the_weights_after_every_batch(days, tmp_path, monkeypatch, decay):
    """After batch n + 1: average = kept * average + (1 - kept) * weights, kept = min(decay, (1 + n) / (10 + n))."""
    weights, update = [], AveragedModel.update_parameters

    def spied(average, network):
        weights.append(network.stem.weight.detach().clone())
        update(average, network)

    monkeypatch.setattr(AveragedModel, "update_parameters", spied)
    run = training(days, SETTINGS.model_copy(update={"ema_decay": decay}))
    run.run(tmp_path / "checkpoint.pt")
    expected = weights[0]
    for n, current in enumerate(weights[1:], start=1):
        kept = min(decay, (1 + n) / (10 + n))
        expected = kept * expected + (1 - kept) * current
    torch.testing.assert_close(run.best_network.stem.weight.detach(), expected)
    assert not torch.equal(expected, weights[-1])


def test_gradients_are_clipped_to_their_largest_norm(days, tmp_path):
    norms = {}
    for largest in (0.0, 1e-2):
        run = training(days, SETTINGS.model_copy(update={"epochs": 1, "clip_gradient": largest}))
        run.run(tmp_path / f"{largest}.pt")
        norms[largest] = float(torch.nn.utils.get_total_norm([p.grad for p in run.network.parameters()]))
    assert norms[1e-2] == pytest.approx(1e-2, rel=1e-3)
    assert norms[0.0] > 0.1


def test_the_learning_rate_warms_up_and_falls_as_a_cosine():
    cosine = make_schedule("cosine", 200)
    assert [cosine(step) for step in (0, 4)] == pytest.approx([0.1, 0.5])
    assert [cosine(step) for step in (50, 100, 200)] == pytest.approx([0.5 + math.sqrt(0.125), 0.5, 0.0])
    assert {make_schedule("constant", 200)(step) for step in (0, 100, 200)} == {1.0}


def test_a_training_without_ice_is_refused(normalisation, tmp_path):
    write_day(tmp_path / "20200106.npy", dict.fromkeys(VARIABLES, np.full((36, 44), np.nan, np.float32)))
    empty = Days([tmp_path / "20200106.npy"], normalisation, NETWORK.inputs)
    with pytest.raises(InputError, match="no training day holds ice"):
        training(empty)


class PublishedDays(Days):
    """The days as they are published, read without the store."""

    def __init__(self, files, normalisation, inputs):
        self.files, self.normalisation, self.inputs, self.output = files, normalisation, inputs, "increment"
        self.partly_missing, self.pixel_km = False, 3.0

    def __getitem__(self, index):
        values = compute_quantities(read_model_features(self.files[index]))
        return np.stack([values[name] for name in VARIABLES])


def test_a_training_on_the_store_has_the_losses_of_one_on_the_features(
    days, model_days, normalisation, tmp_path, monkeypatch
):
    stored = training(days)
    stored.run(tmp_path / "stored.pt")
    monkeypatch.setattr("superice.training.samples.find_known_pixels", lambda values: ~np.isnan(values[0]))
    monkeypatch.setattr("superice.training.samples.decode_day", lambda values: dict(zip(VARIABLES, values)))
    published = training(PublishedDays(model_days, normalisation, NETWORK.inputs))
    published.run(tmp_path / "published.pt")
    for name in ("training_noise_loss", "validation_image_loss"):
        losses = [[row[name] for row in run.history] for run in (stored, published)]
        assert losses[0] == pytest.approx(losses[1], rel=5e-3)
        assert losses[0] != losses[1]
