"""The choice of arithmetic, free memory within control groups, and the settings of glibc and oneDNN."""

import os
import resource
import subprocess
import sys

import psutil
import pytest
import torch

from superice.errors import InputError
from superice.utils import device

CPU = torch.device("cpu")


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Make the control groups of a job's step; return a function that limits one of them."""
    own = tmp_path / "own"
    own.write_text("0::/job/step\n")
    monkeypatch.setattr(device, "CGROUP", tmp_path / "cgroup")
    monkeypatch.setattr(device, "OWN_GROUP", own)
    (tmp_path / "cgroup/job/step").mkdir(parents=True)

    def limit(group, most, used, idle=0):
        for name, text in (("max", most), ("current", used), ("stat", f"anon 1\ninactive_file {idle}")):
            (tmp_path / "cgroup" / group / f"memory.{name}").write_text(f"{text}\n")

    return limit


def test_the_tightest_limit_around_the_job_counts(groups):
    groups("job/step", "max", 10)
    groups("job", 5_000_000, 2_000_000, idle=500_000)
    groups("", 9_000_000, 1_000_000)
    assert device.measure_free_memory(CPU) == 3_500_000


@pytest.mark.parametrize("most", ["max", 10**18])
def test_without_a_limit_the_machine_counts(groups, most):
    groups("job/step", most, 10)
    assert device.measure_free_memory(CPU) == pytest.approx(psutil.virtual_memory().available, rel=0.2)


def test_a_job_beyond_its_limit_has_nothing_left(groups):
    groups("job", 1000, 2000)
    assert device.measure_free_memory(CPU) == 0


def test_freed_memory_is_kept():
    """A block that is allocated and freed repeatedly causes page faults only until the heap has settled."""

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(2**26, dtype=torch.uint8)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    pages = 2**26 // resource.getpagesize()
    device.keep_freed_memory()
    assert sum(faults() for _ in range(40)) < 20 * pages


def test_onednn_keeps_what_it_prepared_as_the_environment_says(monkeypatch):
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    monkeypatch.delenv(name, raising=False)
    device.enlarge_convolution_cache()
    assert int(os.environ[name]) > 1024
    monkeypatch.setenv(name, "7")
    device.enlarge_convolution_cache()
    assert os.environ[name] == "7"


def test_precision_follows_its_name_and_auto_the_device(monkeypatch):
    assert device.resolve_precision("fp32", CPU) == torch.float32
    assert device.resolve_precision("bf16", CPU) == torch.bfloat16
    for supported, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda supported=supported: {"avx512_bf16": supported})
        assert device.resolve_precision("auto", CPU) == expected
    with pytest.raises(InputError, match=r"precision: fp32, bf16 or auto \(found fp16\)"):
        device.resolve_precision("fp16", CPU)


def test_the_module_imports_torch_only_when_it_needs_it():
    code = "import sys, superice.utils.device; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
