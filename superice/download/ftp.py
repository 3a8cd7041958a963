"""Servers that use FTP, plain or over explicit TLS.

User name and password are read from ``~/.netrc``; without an entry there, the login is anonymous.
"""

from __future__ import annotations

import ftplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

from requests.utils import get_netrc_auth

from superice.download import base
from superice.download.base import (
    FileInfo,
    Interrupted,
    Unreachable,
    count_bytes,
    fetch_in_parts,
    open_with_progress,
    retry,
)


class FtpServer:
    """The server of an address ``ftp://host/folder`` or ``ftps://host/folder``. One connection serves all requests."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.connection: ftplib.FTP | None = None

    def list_names(self, month: date) -> list[str]:
        """Return the names of the files of a month, an empty list when there is no such month. Raises Unreachable."""

        def attempt() -> list[str]:
            with self._connect() as ftp:
                ftp.cwd(_get_path(self.address))
                try:
                    ftp.cwd(f"{_get_path(self.address)}/{month:%Y/%m}")
                    return ftp.nlst()
                except ftplib.error_perm:
                    return []

        return retry(attempt, self.address)

    def build_url(self, month: date, name: str) -> str:
        """Return the URL of a file."""
        return f"{self.address}/{month:%Y/%m}/{name}"

    def fetch_file(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file to a temporary path beside ``target``, and return that path. Raises Unreachable."""
        return fetch_in_parts(self, self.build_url(month, name), target)

    def request_info(self, url: str) -> FileInfo:
        """Return what the server states about a file, if it knows SIZE and MDTM. Raises Interrupted or Unreachable."""
        size, changed = None, ""
        with self._connect() as ftp:
            ftp.voidcmd("TYPE I")
            with suppress(ftplib.error_perm):
                size = ftp.size(_get_path(url))
            with suppress(ftplib.error_perm):
                changed = ftp.sendcmd(f"MDTM {_get_path(url)}").partition(" ")[2]
        return FileInfo(size, changed)

    def append_rest(self, url: str, part: Path, info: FileInfo) -> None:
        """Append the missing bytes to ``part``. Raises Interrupted or Unreachable."""
        arrived = count_bytes(part)
        with self._connect() as ftp, open_with_progress(part, info.size) as file:
            try:
                ftp.retrbinary(f"RETR {_get_path(url)}", file.write, base.BLOCK_BYTES, rest=arrived or None)
            except ftplib.error_perm:
                part.unlink()  # a server without REST would refuse the rest of this part in every attempt
                raise

    @contextmanager
    def _connect(self) -> Iterator[ftplib.FTP]:
        """Give the connection, opened if there is none; an error of the connection closes it.

        Raises Unreachable when the server refuses a command, Interrupted for any other error.
        """
        try:
            self.connection = self.connection or self._log_in()
            yield self.connection
        except ftplib.error_perm as error:
            raise Unreachable(f"answers {error}", file=self.address) from error
        except ftplib.all_errors as error:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            raise Interrupted(str(error) or type(error).__name__) from error

    def _log_in(self) -> ftplib.FTP:
        """Open a connection and log in."""
        address = urlsplit(self.address)
        user, password = get_netrc_auth(self.address) or ("anonymous", "anonymous@")
        ftp: ftplib.FTP
        if address.scheme == "ftps":
            ftp = ftplib.FTP_TLS(context=ssl.create_default_context(), timeout=base.READ_TIMEOUT_S)
        else:
            ftp = ftplib.FTP(timeout=base.READ_TIMEOUT_S)
        ftp.connect(address.hostname or "", address.port or ftplib.FTP_PORT)
        ftp.login(user, password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        return ftp


def _get_path(url: str) -> str:
    """Return the decoded path of a URL."""
    return unquote(urlsplit(url).path)
