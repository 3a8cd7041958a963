"""Memory: how much of it there is, and how libraries keep what they will need again."""

from __future__ import annotations

import ctypes
import math
import os
from pathlib import Path

import psutil
import torch

CGROUP, OWN_GROUP = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
LARGEST = 2**31 - 1
CONVOLUTIONS = 8192  # more than the shapes that one day's boxes have
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def free_memory(device: torch.device) -> int:
    """Bytes that can still be used on the device; on the CPU also within the limits of the job's control groups."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    return min([psutil.virtual_memory().available, *map(_room, _control_groups())])


def _control_groups() -> list[Path]:
    """The group of this process and those that hold it (version 2; none elsewhere)."""
    try:
        own = [line[3:] for line in OWN_GROUP.read_text().splitlines() if line.startswith("0::")]
    except OSError:
        return []
    groups = [CGROUP / path.lstrip("/") for path in own]
    return [folder for group in groups for folder in (group, *group.parents) if folder.is_relative_to(CGROUP)]


def _room(group: Path) -> float:
    """Bytes below the group's limit; pages of files that nobody uses count as free."""
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
        idle = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())["inactive_file"]
    except (OSError, ValueError):
        return math.inf  # no limit
    return max(0, limit - used + int(idle))


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory for the next allocation; without glibc, nothing happens.

    By itself it maps every block above 32 MB afresh and gives it back when it is freed, so that the system clears each
    page of each feature map of the network anew, at every pass. That costs more than the arithmetic of a small network.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(M_MMAP_THRESHOLD, LARGEST)
    mallopt(M_TRIM_THRESHOLD, LARGEST)


def enlarge_convolution_cache() -> None:
    """Tell oneDNN to keep what it has prepared for each shape of operands, unless the environment says otherwise.

    By itself it keeps 1,024; a network on more boxes than that would have each prepared anew at every pass, which costs
    as much as the pass. It must be told before its first convolution in a process.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(CONVOLUTIONS))
