"""What all servers share: retries after interruptions, and transfers that continue where they stopped.

A server keeps a folder ``YYYY/MM`` for every month below its address. The module of a way of access knows how to list a
folder and how to request the bytes of a file. This module repeats what was interrupted, and keeps the part of a file that
has arrived beside its target, so that a later attempt can continue.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from tqdm import tqdm

from superice.errors import InputError

ATTEMPTS = 5
BACKOFF_S = 2.0  # the first pause; each further one is twice as long
LONGEST_PAUSE_S = 120
CONNECT_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 60.0
BLOCK_BYTES = 1 << 16

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Unreachable(InputError):
    """A server refused a request, or every attempt was interrupted: it is unknown which files the server has."""


class Interrupted(Exception):
    """A listing or a transfer was interrupted; another attempt may succeed."""


class Server(Protocol):
    """A server of product files. Each method raises Unreachable."""

    def list_names(self, month: date) -> list[str]:
        """Return the names of the files of a month, an empty list when the server has no such month."""

    def build_url(self, month: date, name: str) -> str:
        """Return the URL of a file."""

    def fetch_file(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file to a temporary path beside ``target``, check its size, and return that path."""


@dataclass(frozen=True)
class FileInfo:
    """What a server states about a file before it sends it.

    Attributes
    ----------
    size
        Bytes; None when unknown.
    changed
        When, or in which version, the file was last changed, as the server writes it; empty when unknown.
    """

    size: int | None
    changed: str

    def locate_part(self, target: Path) -> Path:
        """Return the path that collects the bytes of this version of ``target``."""
        version = re.sub(r"[^A-Za-z0-9]", "", self.changed)
        return target.with_name(f".{target.name}.{self.size}-{version}.part")

    def identifies_version(self) -> bool:
        """Return whether size and change are known, so that a part belongs to this version and to no other."""
        return self.size is not None and bool(self.changed)


class ResumableServer(Protocol):
    """A server that can send the rest of a file. Each method raises Interrupted or Unreachable."""

    def request_info(self, url: str) -> FileInfo:
        """Return what the server states about a file."""

    def append_rest(self, url: str, part: Path, info: FileInfo) -> None:
        """Append the missing bytes to ``part``, or write it anew if the server can only send the whole file."""


def retry(attempt: Callable[[], Result], address: str) -> Result:
    """Call ``attempt`` until it does not raise Interrupted, with pauses that double.

    Raises Unreachable after the last attempt.
    """
    for number in range(ATTEMPTS - 1):
        pause = BACKOFF_S * 2**number
        try:
            return attempt()
        except Interrupted as error:
            log.warning("%s: %s; again in %g s", address, error, pause)
            time.sleep(pause)
    try:
        return attempt()
    except Interrupted as error:
        raise Unreachable(f"{error}, the last of {ATTEMPTS} attempts", file=address) from error


def fetch_in_parts(server: ResumableServer, url: str, target: Path) -> Path:
    """Fetch a file in as many attempts as it takes.

    Returns the temporary path beside ``target`` that holds the whole file. Raises Unreachable.
    """

    def attempt() -> Path:
        info = server.request_info(url)
        part = info.locate_part(target)
        _delete_other_parts(part, target, info)
        if not part.exists() or count_bytes(part) != info.size:
            server.append_rest(url, part, info)
        _check_size(part, info)
        return part

    target.parent.mkdir(parents=True, exist_ok=True)
    return retry(attempt, url)


def _delete_other_parts(part: Path, target: Path, info: FileInfo) -> None:
    """Delete parts of ``target`` that belong, or may belong, to another version than ``part``."""
    for other in target.parent.glob(f".{target.name}.*.part"):
        if other != part or not info.identifies_version():
            other.unlink()


def _check_size(part: Path, info: FileInfo) -> None:
    """Raise Interrupted when ``part`` does not have the announced size; delete it when it is too long."""
    found = count_bytes(part)
    if info.size is None or found == info.size:
        return
    if found > info.size:
        part.unlink()
    raise Interrupted(f"{found} bytes arrived of {info.size} that were announced")


def count_bytes(part: Path) -> int:
    """Return the number of bytes that have arrived."""
    return part.stat().st_size if part.exists() else 0


@contextmanager
def open_with_progress(part: Path, size: int | None, mode: str = "ab") -> Iterator:
    """Open ``part`` for writing, with a progress bar over the ``size`` of the file."""
    with (
        part.open(mode) as file,
        tqdm.wrapattr(file, "write", total=size, initial=file.tell(), desc=part.name[1:40], unit="B") as watched,
    ):
        yield watched
