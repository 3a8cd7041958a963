"""Getting the file of a product for a date from the first of its providers that has it.

A file gets its name in the folder only when it is as long as the provider said and opens as NetCDF; whatever else
arrived stays beside it under the name of a part, or is deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

from superice.download.base import Server
from superice.download.copernicus import Copernicus
from superice.download.ftp import Ftp
from superice.download.http import Web
from superice.errors import InputError, MissingInput
from superice.readers.finding import list_months
from superice.readers.product_file import open_product

SERVERS = {"http": Web, "https": Web, "ftp": Ftp, "ftps": Ftp, "copernicusmarine": Copernicus}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Download:
    """The file of a product for a date, and where it came from: None when it was there already."""

    path: Path
    url: str | None


def fetch(product: ModuleType, day: date, folder: str | Path, addresses: Iterable[str]) -> Download:
    """Give the file of ``day``, fetched to ``folder``/YYYY/MM when there is none that opens.

    ``product`` is one of the modules in ``superice.products``. The ``addresses`` are asked in their order, the best
    name that the first one lists is taken. Raises MissingInput when all of them answer and none has a file, and
    InputError when one that might have it cannot be reached or sends what cannot be read.
    """
    folder = Path(folder)
    damaged = None
    try:
        kept = product.find(folder, day)
        if _refusal(product, kept) is None:
            return Download(kept, None)
        damaged = kept
    except MissingInput:
        pass
    download = _first(product, day, folder, list(addresses))
    if damaged is not None and damaged != download.path:
        damaged.unlink()
    return download


def _first(product: ModuleType, day: date, folder: Path, addresses: list[str]) -> Download:
    """The file of the first address that lists and delivers one."""
    failures: list[InputError] = []
    for server in map(open_server, addresses):
        try:
            best = _best(product, day, server)
            if best is not None:
                download = _brought(product, server, folder, *best)
                for failure in failures:
                    log.warning("%s; taken from %s", failure, download.url)
                return download
        except InputError as error:
            failures.append(error)
    if failures:
        raise InputError("; ".join(map(str, failures)), product=product.PRODUCT)
    raise MissingInput(f"no file for {day}", product=product.PRODUCT, file=", ".join(addresses))


def open_server(address: str) -> Server:
    """The server of an address. Raises InputError for one of no known kind."""
    kind = SERVERS.get(address.partition(":")[0])
    if kind is None:
        raise InputError(f"an address begins with one of {', '.join(SERVERS)}", value=address)
    return kind(address)


def _best(product: ModuleType, day: date, server: Server) -> tuple[date, str] | None:
    """Month and name of the server's best file for ``day``; in the first month where two have it."""
    months = list_months(day, product.DAYS_AROUND)
    listed = [(month, name) for month in months for name in server.names(month)]
    ranked = [(key, found) for found in listed if (key := product.rank(found[1], day)) is not None]
    return max(ranked, key=lambda item: item[0])[1] if ranked else None


def _brought(product: ModuleType, server: Server, folder: Path, month: date, name: str) -> Download:
    """Fetch a file; what arrives but cannot be read is fetched once more. Raises InputError."""
    target, url = folder / f"{month:%Y/%m}" / name, server.url(month, name)
    for again in (True, False):
        part = server.bring(month, name, target)
        refusal = _refusal(product, part)
        if refusal is None:
            return Download(part.replace(target), url)
        with part.open("rb") as file:
            content = f"{part.stat().st_size} bytes that begin with {file.read(16)!r}"
        part.unlink()
        if again:
            log.warning("%s: %s (%s); once more", url, refusal.reason, content)
    raise InputError(f"arrived twice, but {refusal.reason}", file=url, value=content)


def _refusal(product: ModuleType, path: Path) -> InputError | None:
    """Why a file cannot be opened, or None."""
    try:
        with open_product(product.PRODUCT, path):
            return None
    except InputError as error:
        return error
