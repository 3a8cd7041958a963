"""Training shared by two processes against training in one process; the training command under torchrun."""

import csv
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import yaml
from safetensors.torch import load_file
from torch.multiprocessing import spawn

from superice.network.almost_fair_crps import ProperScores
from superice.network.formulations import NoisePrediction, Preconditioned
from superice.network.settings import NetworkSettings
from superice.training.samples import Days
from superice.training.settings import TrainingSettings
from superice.training.trainer import Training
from superice.utils import distributed
from superice.utils.files import write_json

ROOT = Path(__file__).parents[3]
NETWORK = NetworkSettings(widths=(8, 12), depth=1, embedding_channels=8, embedding_frequencies=(0.25, 16.0))
# 5 days twice: the last batch of an epoch has a single sample, which leaves the second process without one.
SETTINGS = TrainingSettings(
    epochs=2,
    batch=3,
    patch=(16, 16),
    patches_per_day=2,
    min_ice_fraction=0.0,
    validation_samples=3,
    masked_fraction=0.5,
    rotate_and_flip=True,
    workers=0,
)
TRAININGS = {
    "noise": (NoisePrediction(), SETTINGS),
    "clipped": (
        Preconditioned(),
        SETTINGS.model_copy(update={"clip_gradient": 0.1, "ema_decay": 0.0, "schedule": "cosine"}),
    ),
    "scores": (ProperScores(), SETTINGS.model_copy(update={"epochs": 1})),
    "bf16": (NoisePrediction(), SETTINGS.model_copy(update={"precision": "bf16", "epochs": 1})),
}


@pytest.fixture(scope="module")
def days(stored_days, normalisation):
    return Days(stored_days, normalisation, NETWORK.inputs)


def results(days, folder):
    """Run every training and return its losses and weights."""
    torch.set_num_threads(1)
    found = {}
    for name, (formulation, settings) in TRAININGS.items():
        training = Training(NETWORK, formulation, settings, days, days, seed=1)
        assert training.run(folder / f"{name}.pt")
        losses = [value for row in training.history for key, value in row.items() if key.endswith("loss")]
        found[name] = losses, training.best_network.state_dict()
    return found


def one_of_two(rank, days, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2)
    found = results(days, folder)
    torch.save(found, folder / f"rank{rank}.pt")
    assert distributed.is_set_anywhere(rank == 1, torch.device("cpu")) and not distributed.is_set_anywhere(
        False, torch.device("cpu")
    )
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def both(days, tmp_path_factory):
    """Return the results of one process, and of each of two."""
    alone, folder = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("two")
    spawn(one_of_two, args=(days, folder), nprocs=2)
    return results(days, alone), *(torch.load(folder / f"rank{rank}.pt") for rank in range(2))


@pytest.mark.parametrize("name", ["noise", "clipped", "scores"])
def test_two_processes_train_as_one(both, name):
    """Training and validation losses of every epoch, weights, and the statistics of batch norm."""
    (losses, weights), *shared = (found[name] for found in both)
    for other_losses, other_weights in shared:
        assert other_losses == pytest.approx(losses, rel=1e-5)
        for key, tensor in weights.items():
            torch.testing.assert_close(other_weights[key], tensor, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(a, b) for a, b in zip(shared[0][1].values(), shared[1][1].values()))


def test_in_mixed_precision_two_processes_differ_from_one_by_its_rounding(both):
    (losses, _), *shared = (found["bf16"] for found in both)
    for other_losses, _ in shared:
        assert other_losses == pytest.approx(losses, rel=5e-3)


@pytest.fixture
def command(days, stored_days, normalisation, tmp_path):
    """Return a function: the training command's arguments for a number of processes."""
    write_json(tmp_path / "normalisation.json", asdict(normalisation))
    settings = tmp_path / "settings.yaml"
    content = {
        "network": NETWORK.model_dump(),
        "diffusion": {"formulation": "noise_prediction"},
        "training": SETTINGS.model_copy(update={"epochs": 12}).model_dump(),
    }
    settings.write_text(yaml.safe_dump(content))
    dates = [path.stem for path in stored_days]

    def arguments(processes):
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        options = {
            "--store": [stored_days[0].parent],
            "--training": dates,
            "--validation": dates,
            "--normalisation": [tmp_path / "normalisation.json"],
            "--settings": [settings],
            "--experiment": ["test"],
            "--seed": [1],
            "--area": ["demo"],
            "--threads": [1],
            "--checkpoint": [tmp_path / "checkpoint.pt"],
            "--history": [tmp_path / "history.csv"],
            "--output": [tmp_path / "model.safetensors"],
        }
        flat = [str(part) for option, values in options.items() for part in (option, *values)]
        start = launcher if processes > 1 else []
        return [sys.executable, *start, str(ROOT / "workflow/scripts/train.py"), *flat]

    return arguments


def stopped_after_an_epoch(arguments, checkpoint):
    """Start the command, ask it to stop once it has written a checkpoint, and return its error output."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and (not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before):
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    printed = process.communicate()[1]
    assert process.returncode != 0
    return printed


@pytest.mark.slow
def test_a_stopped_training_goes_on_with_another_number_of_processes(command, days, tmp_path):
    checkpoint = tmp_path / "checkpoint.pt"
    for processes in (2, 1):
        printed = stopped_after_an_epoch(command(processes), checkpoint)
        assert printed.count("asked to stop in epoch") == 1, printed
        assert not (tmp_path / "model.safetensors").exists()
    subprocess.run(command(2), check=True, capture_output=True)
    assert not checkpoint.exists()

    whole = Training(NETWORK, NoisePrediction(), SETTINGS.model_copy(update={"epochs": 12}), days, days, seed=1)
    whole.run(tmp_path / "whole.pt")
    with (tmp_path / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in history] == list(range(1, 13))
    for name in ("training_noise_loss", "validation_image_loss"):
        assert [float(row[name]) for row in history] == pytest.approx([row[name] for row in whole.history], rel=1e-4)
    weights = load_file(tmp_path / "model.safetensors")
    for key, tensor in whole.best_network.state_dict().items():
        torch.testing.assert_close(weights[key], tensor, rtol=1e-3, atol=1e-4)
