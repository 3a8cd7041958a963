"""Servers that speak FTP, also over explicit TLS.

User name and password come from ``~/.netrc``; a server that it does not name is asked as anonymous.
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
from superice.download.base import Announced, Interrupted, Unreachable, count_bytes, fetch_whole, open_growing, retry


class Ftp:
    """The server of an address ``ftp://host/folder`` or ``ftps://host/folder``. One connection serves all."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self.connection: ftplib.FTP | None = None

    def names(self, month: date) -> list[str]:
        """The files of a month, none where the server has no such month. Raises Unreachable."""

        def attempt() -> list[str]:
            with self._talk() as ftp:
                ftp.cwd(_path(self.address))
                try:
                    ftp.cwd(f"{_path(self.address)}/{month:%Y/%m}")
                    return ftp.nlst()
                except ftplib.error_perm:
                    return []

        return retry(attempt, self.address)

    def url(self, month: date, name: str) -> str:
        """Where a file is."""
        return f"{self.address}/{month:%Y/%m}/{name}"

    def bring(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file; it lies beside ``target``, under another name. Raises Unreachable."""
        return fetch_whole(self, self.url(month, name), target)

    def announce(self, url: str) -> Announced:
        """What the server says of a file, as far as it knows SIZE and MDTM. Raises Interrupted or Unreachable."""
        size, changed = None, ""
        with self._talk() as ftp:
            ftp.voidcmd("TYPE I")
            with suppress(ftplib.error_perm):
                size = ftp.size(_path(url))
            with suppress(ftplib.error_perm):
                changed = ftp.sendcmd(f"MDTM {_path(url)}").partition(" ")[2]
        return Announced(size, changed)

    def append(self, url: str, part: Path, announced: Announced) -> None:
        """Add what ``part`` lacks."""
        here = count_bytes(part)
        with self._talk() as ftp, open_growing(part, announced.size) as file:
            try:
                ftp.retrbinary(f"RETR {_path(url)}", file.write, base.BLOCK, rest=here or None)
            except ftplib.error_perm:
                part.unlink()  # a server without REST would refuse the rest of it for ever
                raise

    @contextmanager
    def _talk(self) -> Iterator[ftplib.FTP]:
        """The connection, made where there is none; an error of the line ends it."""
        try:
            self.connection = self.connection or self._login()
            yield self.connection
        except ftplib.error_perm as error:
            raise Unreachable(f"answers {error}", file=self.address) from error
        except ftplib.all_errors as error:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            raise Interrupted(str(error) or type(error).__name__) from error

    def _login(self) -> ftplib.FTP:
        where = urlsplit(self.address)
        user, password = get_netrc_auth(self.address) or ("anonymous", "anonymous@")
        if where.scheme == "ftps":
            ftp = ftplib.FTP_TLS(context=ssl.create_default_context(), timeout=base.READ_TIMEOUT_S)
        else:
            ftp = ftplib.FTP(timeout=base.READ_TIMEOUT_S)
        ftp.connect(where.hostname, where.port or ftplib.FTP_PORT)
        ftp.login(user, password)
        if isinstance(ftp, ftplib.FTP_TLS):
            ftp.prot_p()
        return ftp


def _path(url: str) -> str:
    return unquote(urlsplit(url).path)
