"""Servers that speak HTTP: folders whose index page links their files, and THREDDS with its catalogues.

User name and password, where a server wants them, come from ``~/.netrc``.
"""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from superice.download import base
from superice.download.base import Announced, Interrupted, Unreachable, count_bytes, fetch_whole, open_growing, retry

PASSING = (429, 500, 502, 503, 504)
# Of an index page ``name.nc``, of a THREDDS catalogue ``catalog.html?dataset=folder/name.nc``.
LINKED = re.compile(r"[^/?=&]+\.nc(?=$|[?&#])")


class Web:
    """The server of an address ``http(s)://host/folder``; THREDDS is one whose folder holds ``/thredds/fileServer/``."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        patience = Retry(
            total=base.ATTEMPTS - 1,
            backoff_factor=base.BACKOFF_S,
            backoff_max=base.LONGEST_PAUSE_S,
            retry_after_max=base.LONGEST_PAUSE_S,
            status_forcelist=PASSING,
            raise_on_status=False,
        )
        self.session = requests.Session()
        self.session.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=patience))

    def names(self, month: date) -> list[str]:
        """The files of a month, none where the server has no such month. Raises Unreachable."""
        page = self._page(f"{self.address}/{month:%Y/%m}")
        if page is None and self._page(self.address) is None:
            raise Unreachable("there is no such folder (404)", file=self.address)
        links = _Links()
        links.feed(page or "")
        return [name for link in links.targets for name in LINKED.findall(link)]

    def url(self, month: date, name: str) -> str:
        """Where a file is."""
        return f"{self.address}/{month:%Y/%m}/{quote(name)}"

    def bring(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file; it lies beside ``target``, under another name. Raises Unreachable."""
        return fetch_whole(self, self.url(month, name), target)

    def announce(self, url: str) -> Announced:
        """What the server says of a file. Raises Unreachable."""
        with self._answer("HEAD", url) as answer:
            size = answer.headers.get("Content-Length")
            changed = answer.headers.get("Last-Modified") or answer.headers.get("ETag", "")
            return Announced(int(size) if size else None, changed)

    def append(self, url: str, part: Path, announced: Announced) -> None:
        """Add what ``part`` lacks, or all of it where the server sends nothing less."""
        here = count_bytes(part)
        rest = {"Range": f"bytes={here}-", "If-Range": announced.changed} if here else {}
        with self._answer("GET", url, rest) as answer:
            mode = "ab" if answer.status_code == requests.codes.partial_content else "wb"
            with open_growing(part, announced.size, mode) as file:
                try:
                    for block in answer.iter_content(base.BLOCK):
                        file.write(block)
                except requests.RequestException as error:
                    raise Interrupted(str(error)) from error

    def _page(self, folder: str) -> str | None:
        """The page that lists a folder; None where there is none."""
        url = f"{folder}/"
        if "/thredds/fileServer/" in url:
            url = url.replace("/fileServer/", "/catalog/", 1) + "catalog.html"

        def attempt() -> str | None:
            with self._answer("GET", url, absent=True) as answer:
                if _path(answer.url) != _path(url):
                    # The page of a login, say: it lists nothing, which is not to be taken for an empty month.
                    raise Unreachable(f"leads elsewhere, to {answer.url}", file=url)
                try:
                    return None if answer.status_code == requests.codes.not_found else answer.text
                except requests.RequestException as error:
                    raise Interrupted(str(error)) from error

        return retry(attempt, url)

    def _answer(self, method: str, url: str, headers: dict | None = None, absent: bool = False) -> requests.Response:
        """An answer whose body is still to be read; the adapter has been patient until its first byte."""
        timeout = base.CONNECT_TIMEOUT_S, base.READ_TIMEOUT_S
        try:
            answer = self.session.request(method, url, headers=headers, stream=True, timeout=timeout)
        except requests.RequestException as error:
            raise Unreachable(str(error), file=url) from error
        if not answer.ok and not (absent and answer.status_code == requests.codes.not_found):
            raise Unreachable(f"answers {answer.status_code} {answer.reason}", file=url)
        return answer


def _path(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/")


class _Links(HTMLParser):
    """What the links of a page lead to, decoded."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [unquote(value) for key, value in attrs if tag == "a" and key == "href" and value]
