"""What tests of all kinds share."""

import os
import subprocess

import hypothesis
import pytest

# Workers share the cores: threads of two networks on two cores wait for each other, a hundred times as long as they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Bounds are those of a CPU's arithmetic: on a GPU, convolutions of single precision round to TF32.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

# How many random inputs a test with @given tries: few in `make test`, many in `make test-slow`. No example has a time
# limit: a busy machine is not a failure.
hypothesis.settings.register_profile("few", max_examples=25, deadline=None)
hypothesis.settings.register_profile("many", max_examples=2000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


@pytest.fixture
def small_disk():
    """Mount a small disk, kept in memory: ``small_disk(folder, size)``; it needs root, else the test is skipped."""
    mounted = []

    def mount(folder, size):
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            pytest.skip(f"no small disk can be mounted here: {result.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        # Libraries may still hold files there that they could not write.
        subprocess.run(["umount", "--lazy", folder], check=True)
