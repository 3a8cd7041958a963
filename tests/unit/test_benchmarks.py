"""Every benchmark runs, on small fields."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from product_files import DRIFT_AXES_KM, ease2_axes, write_concentration, write_drift, write_thickness
from random_networks import make_trained_network

from superice.network.settings import NetworkSettings

ROOT = Path(__file__).parents[2]
NETWORK = ("--network", '{"widths": [8, 16], "depth": 1, "embedding_channels": 8}')
OPTIONS = {
    "model_features": ("--area", "demo"),
    "network": (*NETWORK, "--size", "32", "32", "--repeats", "1", "--precision", "fp32"),
    "scores": ("--area", "demo", "--members", "3"),
    "surrogate": ("--size", "32", "--filters", "4", "--steps", "1", "--precision", "fp32"),
    "training": (*NETWORK, "--size", "32", "32", "--batch", "2", "--batches", "1", "--precision", "fp32"),
}

pytestmark = pytest.mark.slow


def run_benchmark(name, *options):
    """Run a benchmark and return what it prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *map(str, options)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("name", OPTIONS)
def test_a_benchmark_runs(name):
    assert run_benchmark(name, *OPTIONS[name])


def test_the_steps_of_observed_features_are_timed(tmp_path):
    day, shape = date(2022, 4, 12), tuple(len(axis) for axis in ease2_axes())
    drift = np.full((len(DRIFT_AXES_KM[1]), len(DRIFT_AXES_KM[0])), 3.0)
    write_thickness(tmp_path, day, np.full(shape, 2.0))
    write_concentration(tmp_path, day, np.full(shape, 95.0))
    write_drift(tmp_path, day, drift, drift, np.full(drift.shape, 30, np.int8))
    folders = [part for name in ("cs2smos", "concentration", "drift") for part in (f"--{name}", tmp_path)]
    printed = run_benchmark("observed_features", *folders, "--area", "demo", "--rounds", 1)
    for step in ("concentration on the thickness grid", "deformation", "regridding", "smoothing", "mask", "whole day"):
        assert step in printed


def test_the_forms_of_the_training_store_are_compared(model_days):
    pytest.importorskip("zarr")
    printed = run_benchmark("training_store", "--features", model_days[0], "--samples", 2, "--patch", 16)
    assert "store, mapped .npy" in printed


def test_a_lattice_is_seen_where_a_network_makes_one(model_days, normalisation, tmp_path):
    """With random weights the pixels of a patch differ in roughness; the truth's do not."""
    make_trained_network(normalisation, 0, NetworkSettings(widths=(8, 12), depth=1, patch=4)).save(tmp_path / "w")
    sampler = "--sampler", "stochastic_multistep", "--steps", 2, "--noise-scale", 1, "--members", 3
    printed = run_benchmark("lattice", "--features", *model_days[:2], "--weights", tmp_path / "w", *sampler)
    (truth, _), (network, _) = (line.split()[1:] for line in printed.splitlines()[1:])
    assert float(truth) < 0.5 * float(network)
