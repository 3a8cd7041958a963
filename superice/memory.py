"""Memory: how much of it there is, and how the C library keeps what it was given."""

from __future__ import annotations

import ctypes
from pathlib import Path

import psutil
import torch

CGROUP = Path("/sys/fs/cgroup")
LARGEST = 2**31 - 1
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


def available(device: torch.device) -> int:
    """Bytes that can still be used on the device; on the CPU also within the limit of the job's control group."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device)
    free = psutil.virtual_memory().available
    try:
        limit, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):
        return free
    return min(free, limit - used)


def keep_freed() -> None:
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
