"""The servers that product files come from, one module per way of access, and here what all of them share.

A server keeps a folder ``YYYY/MM`` for every month below its address. Its module knows how a folder is listed and how
the bytes of a file are asked for; this one knows patience: what broke off is tried again, and what arrived of a file
stays beside its target and is continued.
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
BACKOFF_S = 2.0
LONGEST_PAUSE_S = 120.0
CONNECT_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 60.0
BLOCK = 1 << 16

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Unreachable(InputError):
    """A server that refuses, or that broke off in every attempt: nothing is known of what it has."""


class Interrupted(Exception):
    """A listing or a transfer broke off; the next attempt may do better."""


class Server(Protocol):
    """What a way of access must know. Each method raises Unreachable."""

    def names(self, month: date) -> list[str]:
        """The files of a month, none where the server has no such month."""

    def url(self, month: date, name: str) -> str:
        """Where a file is."""

    def bring(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file as long as it was announced; it lies beside ``target``, under another name."""


@dataclass(frozen=True)
class Announced:
    """What a server says of a file before it sends it: its bytes, and when it was changed (as the server writes it)."""

    size: int | None
    changed: str

    def part(self, target: Path) -> Path:
        """Where the bytes of this version gather."""
        return target.with_name(f".{target.name}.{self.size}-{re.sub(r'[^A-Za-z0-9]', '', self.changed)}.part")


class Resumable(Protocol):
    """A server that can send the rest of a file. Each method raises Interrupted or Unreachable."""

    def announce(self, url: str) -> Announced:
        """What the server says of a file."""

    def append(self, url: str, part: Path, announced: Announced) -> None:
        """Add what ``part`` lacks, or all of it where the server sends nothing less."""


def retry(attempt: Callable[[], Answer], address: str) -> Answer:
    """Call ``attempt`` until it is not Interrupted, with pauses that double. Raises Unreachable after the last."""
    for pause in [BACKOFF_S * 2**n for n in range(ATTEMPTS - 1)]:
        try:
            return attempt()
        except Interrupted as error:
            log.warning("%s: %s; again in %g s", address, error, pause)
            time.sleep(pause)
    try:
        return attempt()
    except Interrupted as error:
        raise Unreachable(f"{error}, the last of {ATTEMPTS} attempts", file=address) from error


def fetch_whole(server: Resumable, url: str, target: Path) -> Path:
    """Fetch the file in as many pieces as it takes; give the part, as long as announced. Raises Unreachable."""

    def attempt() -> Path:
        announced = server.announce(url)
        part = announced.part(target)
        for other in target.parent.glob(f".{target.name}.*.part"):
            # A part that no size and no time tie to this version may belong to any.
            if other != part or announced.size is None or not announced.changed:
                other.unlink()
        if not part.exists() or count_bytes(part) != announced.size:
            server.append(url, part, announced)
        if announced.size is not None and count_bytes(part) != announced.size:
            raise _unequal(part, announced.size)
        return part

    target.parent.mkdir(parents=True, exist_ok=True)
    return retry(attempt, url)


def _unequal(part: Path, size: int) -> Interrupted:
    """The refusal of a part of another size; one that is too long is of no further use."""
    found = count_bytes(part)
    if found > size:
        part.unlink()
    return Interrupted(f"{found} bytes arrived of {size} that were announced")


def count_bytes(part: Path) -> int:
    """Bytes that have arrived."""
    return part.stat().st_size if part.exists() else 0


@contextmanager
def open_growing(part: Path, size: int | None, mode: str = "ab") -> Iterator:
    """``part``, open for writing; what is written shows as progress."""
    with (
        part.open(mode) as file,
        tqdm.wrapattr(file, "write", total=size, initial=file.tell(), desc=part.name[1:40], unit="B") as watched,
    ):
        yield watched
