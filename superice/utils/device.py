"""Choose the device and its arithmetic, measure free memory, and let libraries keep memory that they will need again."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from superice.errors import InputError

if TYPE_CHECKING:  # torch takes seconds to import, and a few functions of this module do not need it
    import torch

CGROUP, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's numbers of these options
INT_MAX = 2**31 - 1
CACHED_CONVOLUTIONS = 8192  # one day has fewer shapes of boxes


def default_device() -> torch.device:
    """Return the first GPU, set up for convolutions of few shapes, or the CPU on a machine without a GPU."""
    import torch

    if not torch.cuda.is_available():
        return torch.device("cpu")
    torch.backends.cudnn.benchmark = True  # a training and a date have a few shapes, each met thousands of times
    torch.backends.cudnn.allow_tf32 = True  # PyTorch's default: convolutions of fp32 are TF32 where the GPU has it
    return torch.device("cuda")


def resolve_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the data type of the convolutions: ``fp32``, ``bf16``, or ``auto`` for bf16 where the device supports it.

    Raises InputError for any other name.
    """
    import torch

    if name == "auto":
        name = "bf16" if _supports_bf16(device) else "fp32"
    if name not in ("fp32", "bf16"):
        raise InputError("precision: fp32, bf16 or auto", value=name)
    return torch.bfloat16 if name == "bf16" else torch.float32


def _supports_bf16(device: torch.device) -> bool:
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return torch.cpu.get_capabilities().get("avx512_bf16", False)


def measure_free_memory(device: torch.device) -> int:
    """Measure how many bytes can still be allocated on the device.

    On a CPU this respects the limits of the job's control groups.
    """
    if device.type == "cuda":
        import torch

        reserved_unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + reserved_unused
    rooms = [_read_room(group) for group in _list_control_groups()]
    return min([psutil.virtual_memory().available, *(room for room in rooms if room is not None)])


def _list_control_groups() -> list[Path]:
    """List this process's control group and its parents; control groups of version 2 only."""
    try:
        lines = OWN_GROUP.read_text().splitlines()
    except OSError:
        return []
    folders = []
    for line in lines:
        if line.startswith("0::"):
            group = CGROUP / line[3:].lstrip("/")
            folders += [group, *group.parents]
    return [folder for folder in folders if folder.is_relative_to(CGROUP)]


def _read_room(group: Path) -> int | None:
    """Read how many bytes the group may still use; inactive file pages count as free. None without a limit."""
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
        statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        inactive_file = int(statistics["inactive_file"])
    except (OSError, ValueError):
        return None
    return max(0, limit - used + inactive_file)


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for the next allocation; without glibc, do nothing.

    By default glibc maps each block above 32 MB afresh and returns it to the system when it is freed. The system then
    clears every page of every feature map again at each network evaluation, which costs more than the arithmetic of a
    small network.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(M_MMAP_THRESHOLD, INT_MAX)
    mallopt(M_TRIM_THRESHOLD, INT_MAX)


def enlarge_convolution_cache() -> None:
    """Make oneDNN keep the prepared convolutions of more shapes, unless the environment sets its capacity.

    By default oneDNN keeps 1,024. A network evaluated on more boxes would prepare each convolution again at each
    evaluation, which costs as much as the evaluation. Call this before the first convolution of the process.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(CACHED_CONVOLUTIONS))
