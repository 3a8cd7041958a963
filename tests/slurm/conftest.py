"""One cluster for all tests, and a tiny run whose features were made without it."""

import os
import shutil
import signal

import cluster as slurm
import pytest
from checkouts import Checkout
from workflow_copy import copy_workflow

# An epoch has 8 batches, so that a training can be stopped in the middle of one.
CONFIG = """
name: small
grid: {areas: areas.yaml, area: small}
calendar:
  training: {first: "2020-10-18", last: "2020-11-30", every: 30}
  validation: null
  test: {first: "2020-12-17", last: "2021-01-31", every: 30}
  observations: null
sources: {model: {kind: synthetic}, observations: {kind: synthetic}}
defaults:
  network: {widths: [8, 12], depth: 1, embedding_channels: 8}
  training: {epochs: 8, batch: 4, patch: [32, 32], patches_per_day: 16, workers: 0, devices: 1, validation_samples: 2}
  sampler: {members: 3, steps: 2}
  ensembles: {splits: [test]}
run: [preconditioned]
published: preconditioned
figures: {members: [], model: [], observations: [], smoothing: []}
"""


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    if reason := slurm.install():
        pytest.skip(reason)
    with slurm.Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


@pytest.fixture(scope="session")
def prepared(cluster, tmp_path_factory):
    """A run with all features, nothing trained."""
    folder = copy_workflow(tmp_path_factory.mktemp("run"), small=CONFIG)
    checkout = Checkout(folder, cluster.environment)
    checkout.run(targets=["features", "results/small/normalisation.json"], profile="local")
    return checkout


@pytest.fixture
def checkout(prepared, cluster, tmp_path):
    """A copy of the prepared run for one test."""
    shutil.copytree(prepared.folder, tmp_path / "run", symlinks=True)
    copy = Checkout(tmp_path / "run", cluster.environment)
    yield copy
    for controller in copy.controllers:
        if controller.poll() is None:
            os.killpg(controller.pid, signal.SIGKILL)
    cluster.cancel_all()


@pytest.fixture(scope="session")
def made_here(prepared, tmp_path_factory):
    """The prepared run, trained and drawn on this machine without the cluster."""
    folder = tmp_path_factory.mktemp("here") / "run"
    shutil.copytree(prepared.folder, folder, symlinks=True)
    checkout = Checkout(folder, prepared.environment)
    checkout.run(targets=["ensembles"], profile="local")
    return checkout
