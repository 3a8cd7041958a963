"""The Copernicus Marine Service, through its own client and with the credentials that ``copernicusmarine login`` keeps.

An address is ``copernicusmarine:<dataset id>``. The client is patient by itself but cannot continue a file.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from superice.download.base import Interrupted, Unreachable, count_bytes, retry
from superice.errors import InputError

if TYPE_CHECKING:
    from copernicusmarine import ResponseGet

MEBIBYTE = 1 << 20


class Copernicus:
    """The original files of one dataset."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.dataset = address.partition(":")[2]

    def names(self, month: date) -> list[str]:
        """The files of a month, none where the dataset has no such month. Raises Unreachable."""
        found = self._get(regex=rf"/{month:%Y/%m}/[^/]+\.nc$", dry_run=True, disable_progress_bar=True)
        return [PurePosixPath(file.s3_url).name for file in found.files]

    def url(self, month: date, name: str) -> str:
        """Where a file is."""
        return f"{self.address}/{month:%Y/%m}/{name}"

    def bring(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file; it lies beside ``target``, under another name. Raises Unreachable."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent, prefix=".") as folder:
            pattern = f"/{month:%Y/%m}/{re.escape(name)}$"
            sent = self._get(regex=pattern, output_directory=folder, no_directories=True)
            arrived = Path(folder, name)
            sizes = [round(file.file_size * MEBIBYTE) for file in sent.files]
            if sizes != [count_bytes(arrived)]:
                reason = f"{count_bytes(arrived)} bytes arrived of {sizes} that were announced"
                raise Unreachable(reason, file=self.url(month, name))
            return arrived.replace(target.with_name(f".{name}.part"))

    def _get(self, **wanted: Any) -> ResponseGet:
        client = _client()

        def attempt() -> ResponseGet:
            try:
                # Without credentials, `get` would ask for them at a terminal that a job does not have.
                known = client.login(check_credentials_valid=True)
                found = client.get(dataset_id=self.dataset, **wanted) if known else None
            except Exception as error:  # those of the client and of the three libraries below it
                raise Interrupted(f"{type(error).__name__}: {error}") from error
            if found is None:
                raise Unreachable("no valid credentials; `copernicusmarine login` keeps them", file=self.address)
            return found

        return retry(attempt, self.address)


def _client() -> Any:
    try:
        import copernicusmarine
    except ImportError as error:
        raise InputError("needs its client: pip install 'superice[download]'", file="copernicusmarine") from error
    return copernicusmarine
