"""Fetch the file of a product for a date from the first of its providers that has it.

A file gets its final name only when it has the announced size and opens as NetCDF. Anything else that arrived is kept
beside it under the name of a part, or is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from superice.download.base import Server
from superice.download.copernicus import CopernicusServer
from superice.download.ftp import FtpServer
from superice.download.http import HttpServer
from superice.errors import InputError, MissingInput
from superice.readers.finding import list_months
from superice.readers.product_file import open_product

SERVERS: dict[str, Callable[[str], Server]] = {
    "http": HttpServer,
    "https": HttpServer,
    "ftp": FtpServer,
    "ftps": FtpServer,
    "copernicusmarine": CopernicusServer,
}
log = logging.getLogger(__name__)


class Product(Protocol):
    """What the module of a product in ``superice.readers`` offers."""

    PRODUCT: str
    DAYS_AROUND: int

    def rank(self, name: str, day: date) -> tuple | None:
        """Rank a file by its name; None when it is not for the day."""

    def find(self, folder: str | Path, day: date) -> Path:
        """Find the file of a day. Raises MissingInput when there is none."""


@dataclass(frozen=True)
class Download:
    """The file of a product for a date.

    Attributes
    ----------
    path
        The file.
    url
        Where it was fetched from; None when it was there already.
    """

    path: Path
    url: str | None


def fetch(product: Product, day: date, folder: str | Path, addresses: Iterable[str]) -> Download:
    """Fetch the file of ``day`` to ``folder``/YYYY/MM, unless the folder holds one that opens.

    Parameters
    ----------
    product
        A module of ``superice.readers``.
    day
        The day.
    folder
        Folder of the product's files.
    addresses
        Addresses of the providers, in order of preference. Of the names that a provider lists, the best is fetched.

    Raises
    ------
    MissingInput
        When every provider answers and none has a file.
    InputError
        When no file was fetched and a provider that might have it cannot be reached, or sends a file that cannot be
        read.
    """
    folder = Path(folder)
    damaged = None
    try:
        present = product.find(folder, day)
        if _check_opens(product, present) is None:
            return Download(present, None)
        damaged = present
    except MissingInput:
        pass
    download = _fetch_from_first(product, day, folder, list(addresses))
    if damaged is not None and damaged != download.path:
        damaged.unlink()
    return download


def _fetch_from_first(product: Product, day: date, folder: Path, addresses: list[str]) -> Download:
    """Fetch the file from the first address that lists and delivers one."""
    failures: list[InputError] = []
    for address in addresses:
        server = open_server(address)
        try:
            best = find_best_name(product, day, server)
            if best is None:
                continue
            month, name = best
            download = _fetch_readable(product, server, folder, month, name)
        except InputError as error:
            failures.append(error)
            continue
        for failure in failures:
            log.warning("%s; taken from %s", failure, download.url)
        return download
    if failures:
        raise InputError("; ".join(map(str, failures)), product=product.PRODUCT)
    raise MissingInput(f"no file for {day}", product=product.PRODUCT, file=", ".join(addresses))


def open_server(address: str) -> Server:
    """Return the server of an address. Raises InputError for an address of no known kind."""
    kind = SERVERS.get(address.partition(":")[0])
    if kind is None:
        raise InputError(f"an address begins with one of {', '.join(SERVERS)}", value=address)
    return kind(address)


def find_best_name(product: Product, day: date, server: Server) -> tuple[date, str] | None:
    """Return month and name of the server's best file for ``day``, of the earliest month among equals."""
    best_key, best = None, None
    for month in list_months(day, product.DAYS_AROUND):
        for name in server.list_names(month):
            key = product.rank(name, day)
            if key is not None and (best_key is None or key > best_key):
                best_key, best = key, (month, name)
    return best


def _fetch_readable(product: Product, server: Server, folder: Path, month: date, name: str) -> Download:
    """Fetch a file, and once more if it cannot be read. Raises InputError when the second one cannot be read either."""
    target, url = folder / f"{month:%Y/%m}" / name, server.build_url(month, name)
    for is_last in (False, True):
        part = server.fetch_file(month, name, target)
        refusal = _check_opens(product, part)
        if refusal is None:
            return Download(part.replace(target), url)
        with part.open("rb") as file:
            content = f"{part.stat().st_size} bytes that begin with {file.read(16)!r}"
        part.unlink()
        reason = refusal.reason
        if not is_last:
            log.warning("%s: %s (%s); once more", url, reason, content)
    raise InputError(f"arrived twice, but {reason}", file=url, value=content)


def _check_opens(product: Product, path: Path) -> InputError | None:
    """Return the reason why a file cannot be opened, or None."""
    try:
        with open_product(product.PRODUCT, path):
            return None
    except InputError as error:
        return error
