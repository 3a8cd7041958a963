"""Tell faults of the machine (no memory, an unreachable disk, a lock) from damaged files.

Libraries report both with the same errors. Three things tell them apart: the number of the error, whether the bytes of
the file can be read plainly, and whether the lock that HDF5 takes can be taken.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from superice.errors import MachineError

# Errors of the system that say something about the file or its name; all others are faults of the machine.
OF_THE_FILE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL}
AGAIN = "run the command again, and look at the file system if it happens again"
MORE_MEMORY = "give the job more memory"
MORE_SPACE = "free some space and run the command again"
PERMISSION = "give the user who runs this the permission to read it"
REMEDIES = {
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EMFILE: "raise the number of files that a process may open (`ulimit -n`)",
    errno.ENFILE: "run fewer jobs at a time on this machine",
    errno.ENOMEM: MORE_MEMORY,
    errno.ENOSPC: MORE_SPACE,
    errno.EDQUOT: MORE_SPACE,
}
# Libraries hand some of these on as a text alone.
TEXTS = {os.strerror(number): number for number in errno.errorcode if number not in OF_THE_FILE}
MEMORY_OF_A_FIELD = (
    200_000_000  # bytes of the largest field that any product has; a damaged header may ask for any number
)
BLOCK_BYTES = 1 << 22
LOCKING = "HDF5_USE_FILE_LOCKING"
REFUSED_LOCK = {errno.EAGAIN, errno.EACCES}
NO_LOCKING_REMEDY = f"set the environment variable {LOCKING}=FALSE"


def find_fault(error: BaseException) -> str | None:
    """Return what failed and what to do if an error is a fault of the machine; None for any other error."""
    if isinstance(error, MemoryError):
        return None if _has_memory() else f"not enough memory; {MORE_MEMORY}"
    number = error.errno if isinstance(error, OSError) else TEXTS.get(str(error))
    if number is None or number <= 0 or number in OF_THE_FILE:  # libraries number their own errors below 0
        return None
    return f"{os.strerror(number)}; {REMEDIES.get(number, AGAIN)}"


def raise_machine_fault(error: BaseException, path: str | Path) -> None:
    """Raise MachineError if ``error``, met while ``path`` was read, is a fault of the machine and not of the file.

    The bytes of the file are read once more, to tell a general error of a library from an error of the disk.
    """
    reason = find_fault(error) or _find_fault_of_reading(path)
    if reason is not None:
        raise MachineError(reason, file=path) from error


def raise_lock_fault(error: BaseException, path: str | Path) -> None:
    """Raise MachineError if HDF5 cannot have opened ``path`` because it could not lock it."""
    import fcntl

    if os.environ.get(LOCKING, "").upper() in ("FALSE", "0"):
        return
    with Path(path).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as refusal:
            if refusal.errno in REFUSED_LOCK:
                reason = f"it is locked by another process; wait until that one has ended, or {NO_LOCKING_REMEDY}"
            else:
                reason = f"its file system has no locks ({refusal.strerror}); {NO_LOCKING_REMEDY}"
            raise MachineError(reason, file=path) from error


def _find_fault_of_reading(path: str | Path) -> str | None:
    """Return the fault that a plain read of all bytes meets, None when there is none."""
    try:
        with Path(path).open("rb", buffering=0) as file:
            while file.read(BLOCK_BYTES):
                pass
    except (OSError, MemoryError) as error:
        return find_fault(error)
    return None


def _has_memory() -> bool:
    """Return whether there is memory for a field: if so, what asked for more was a damaged header."""
    try:
        bytearray(MEMORY_OF_A_FIELD)
    except MemoryError:
        return False
    return True
