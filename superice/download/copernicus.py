"""The Copernicus Marine Service, through its own client and with the credentials that ``copernicusmarine login`` stores.

An address is ``copernicusmarine:<dataset id>``. The client repeats interrupted requests itself, but cannot continue a
file.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

from superice.download.base import Interrupted, Unreachable, count_bytes, retry
from superice.errors import InputError

if TYPE_CHECKING:
    from copernicusmarine import ResponseGet

MEBIBYTE = 1 << 20


class CopernicusServer:
    """The original files of one dataset."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.dataset = address.partition(":")[2]

    def list_names(self, month: date) -> list[str]:
        """Return the names of the files of a month, an empty list when there is no such month. Raises Unreachable."""
        response = self._request(regex=rf"/{month:%Y/%m}/[^/]+\.nc$", dry_run=True, disable_progress_bar=True)
        return [PurePosixPath(file.s3_url).name for file in response.files]

    def build_url(self, month: date, name: str) -> str:
        """Return the address of a file."""
        return f"{self.address}/{month:%Y/%m}/{name}"

    def fetch_file(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file to a temporary path beside ``target``, and return that path. Raises Unreachable."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent, prefix=".") as folder:
            pattern = f"/{month:%Y/%m}/{re.escape(name)}$"
            response = self._request(regex=pattern, output_directory=folder, no_directories=True)
            arrived = Path(folder, name)
            sizes = [round(file.file_size * MEBIBYTE) for file in response.files]
            if sizes != [count_bytes(arrived)]:
                reason = f"{count_bytes(arrived)} bytes arrived of {sizes} that were announced"
                raise Unreachable(reason, file=self.build_url(month, name))
            return arrived.replace(target.with_name(f".{name}.part"))

    def _request(self, **options: Any) -> ResponseGet:
        """Call the client's ``get`` for the dataset. Raises Unreachable."""
        client = _import_client()

        def attempt() -> ResponseGet:
            try:
                # Without credentials, `get` would prompt for them at a terminal, which a job does not have.
                has_credentials = client.login(check_credentials_valid=True)
                response = client.get(dataset_id=self.dataset, **options) if has_credentials else None
            except Exception as error:  # errors of the client and of the three libraries that it builds on
                raise Interrupted(f"{type(error).__name__}: {error}") from error
            if response is None:
                raise Unreachable("no valid credentials; `copernicusmarine login` stores them", file=self.address)
            return response

        return retry(attempt, self.address)


def _import_client() -> ModuleType:
    """Import the client. Raises InputError when it is not installed."""
    try:
        import copernicusmarine
    except ImportError as error:
        raise InputError("needs its client: pip install 'superice[download]'", file="copernicusmarine") from error
    return copernicusmarine
