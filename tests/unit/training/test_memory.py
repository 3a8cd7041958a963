"""The memory of a training step: predicted, measured, and saved by evaluating blocks twice."""

import subprocess
import sys

import pytest
import torch
from random_networks import DEEP, SHAPES, fields, trained

from superice.errors import InputError
from superice.network.settings import NetworkSettings
from superice.training import memory

STEP = """
import resource, sys, torch
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
torch.set_num_threads(1)
rows, columns, patch, recompute = map(int, sys.argv[1:5])
network = build_network(NetworkSettings(patch=patch)).train()
network.recompute = bool(recompute)
optimizer = torch.optim.Adam(network.parameters(), foreach=False)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
def step(*shape):
    channels_last = lambda n: torch.randn(1, n, *shape).to(memory_format=torch.channels_last)
    network(channels_last(1), torch.rand(1), channels_last(4)).square().mean().backward()
    optimizer.step()
step(32, 32)
before = peak()
step(rows, columns)
print(peak() - before)
"""


def measure_step(rows, columns, patch=1, recompute=False):
    """Return by how much a training step raises the peak of a fresh process, in bytes."""
    arguments = [str(int(value)) for value in (rows, columns, patch, recompute)]
    command = [sys.executable, "-c", STEP, *arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_the_maps_of_the_full_grid_are_those_that_were_measured():
    """14.0 GB of maps a sample with the report's network, 3.7 GB with patches of 2 x 2 pixels."""
    shape = (1088, 1312)
    assert memory.predict_memory(NetworkSettings(), 1, shape, torch.float32) == pytest.approx(14.0e9, rel=0.05)
    assert memory.predict_memory(NetworkSettings(patch=2), 1, shape, torch.float32) == pytest.approx(3.7e9, rel=0.05)


@pytest.mark.slow
def test_a_gpu_needs_a_seventh_more(monkeypatch):
    """Four samples of the full grid took 63.1 GB in fp32 and 33.0 in bf16 on an H200."""
    shape, gpu = (1088, 1312), torch.device("cuda")
    for precision, measured in ((torch.float32, 63.1e9), (torch.bfloat16, 33.0e9)):
        monkeypatch.setattr(memory, "measure_free_memory", lambda device: measured)  # noqa: B023
        with pytest.raises(InputError, match="training needs about"):
            memory.require_memory(NetworkSettings(), 4, shape, precision, gpu)
        monkeypatch.setattr(memory, "measure_free_memory", lambda device: 1.1 * measured)  # noqa: B023
        memory.require_memory(NetworkSettings(), 4, shape, precision, gpu)


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "columns", "patch"), [(512, 640, 1), (1024, 1280, 2)])
def test_the_prediction_is_what_a_step_needs_beside_the_space_of_the_convolutions(rows, columns, patch):
    predicted = memory.predict_memory(NetworkSettings(patch=patch), 1, (rows, columns), torch.float32)
    assert 0.95 * predicted < measure_step(rows, columns, patch) < predicted + 0.4e9


@pytest.mark.slow
def test_blocks_evaluated_twice_take_little_more_than_half_of_the_memory():
    predicted = memory.predict_memory(NetworkSettings(), 1, (512, 640), torch.float32)
    assert measure_step(512, 640, recompute=True) < 0.6 * predicted


def test_memory_grows_with_the_samples_and_halves_with_bf16():
    shape = (256, 320)
    one = memory.predict_memory(NetworkSettings(), 1, shape, torch.float32)
    assert memory.predict_memory(NetworkSettings(), 2, shape, torch.float32) == pytest.approx(2 * one, rel=0.05)
    assert memory.predict_memory(NetworkSettings(), 1, shape, torch.bfloat16) == pytest.approx(one / 2, rel=0.05)
    assert memory.predict_memory(NetworkSettings(), 1, shape, torch.float32, recompute=True) < 0.5 * one


def test_channels_that_say_what_is_known_take_memory_as_well():
    whole, partly = (
        memory.predict_memory(NetworkSettings(partly_missing=partly), 1, (64, 64), torch.float32)
        for partly in (False, True)
    )
    assert whole < partly < 1.1 * whole


def test_a_batch_that_does_not_fit_is_refused_with_the_remedies(monkeypatch):
    monkeypatch.setattr(memory, "measure_free_memory", lambda device: 40_000_000_000)
    cpu, shape = torch.device("cpu"), (1088, 1312)
    with pytest.raises(
        InputError, match=r"5[67]\.\d GB for 4 x 1088 x 1312 .* 40 GB are free: raise training\.devices"
    ):
        memory.require_memory(NetworkSettings(), 4, shape, torch.float32, cpu)
    memory.require_memory(NetworkSettings(), 2, shape, torch.float32, cpu)


@pytest.mark.parametrize("shape", [*SHAPES, DEEP])
def test_blocks_evaluated_twice_give_equal_gradients_and_count_a_batch_once(shape):
    results = []
    for recompute in (False, True):
        network = trained(shape).train()
        network.recompute = recompute
        network(*fields(shape, (64, 64))).square().mean().backward()
        results.append([parameter.grad for parameter in network.parameters()] + list(network.buffers()))
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))
