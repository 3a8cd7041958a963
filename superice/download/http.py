"""Servers that use HTTP: folders with an index page that links their files, and THREDDS with its catalogues.

User name and password, if a server requires them, are read from ``~/.netrc``.
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
from superice.download.base import (
    FileInfo,
    Interrupted,
    Unreachable,
    count_bytes,
    fetch_in_parts,
    open_with_progress,
    retry,
)

TEMPORARY_FAILURES = (429, 500, 502, 503, 504)
# A file name in a link: ``name.nc`` on an index page, ``catalog.html?dataset=folder/name.nc`` in a THREDDS catalogue.
LINKED_NAME = re.compile(r"[^/?=&]+\.nc(?=$|[?&#])")


class HttpServer:
    """The server of an address ``http(s)://host/folder``.

    An address that contains ``/thredds/fileServer/`` is that of a THREDDS server.
    """

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        retries = Retry(
            total=base.ATTEMPTS - 1,
            backoff_factor=base.BACKOFF_S,
            backoff_max=base.LONGEST_PAUSE_S,
            retry_after_max=base.LONGEST_PAUSE_S,
            status_forcelist=TEMPORARY_FAILURES,
            raise_on_status=False,
        )
        self.session = requests.Session()
        self.session.headers["Accept-Encoding"] = "identity"
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=retries))

    def list_names(self, month: date) -> list[str]:
        """Return the names of the files of a month, an empty list when there is no such month. Raises Unreachable."""
        page = self._fetch_page(f"{self.address}/{month:%Y/%m}")
        if page is None and self._fetch_page(self.address) is None:
            raise Unreachable("there is no such folder (404)", file=self.address)
        parser = _LinkParser()
        parser.feed(page or "")
        return [name for link in parser.links for name in LINKED_NAME.findall(link)]

    def build_url(self, month: date, name: str) -> str:
        """Return the URL of a file."""
        return f"{self.address}/{month:%Y/%m}/{quote(name)}"

    def fetch_file(self, month: date, name: str, target: Path) -> Path:
        """Fetch a file to a temporary path beside ``target``, and return that path. Raises Unreachable."""
        return fetch_in_parts(self, self.build_url(month, name), target)

    def request_info(self, url: str) -> FileInfo:
        """Return what the server states about a file. Raises Unreachable."""
        with self._send_request("HEAD", url) as response:
            size = response.headers.get("Content-Length")
            changed = response.headers.get("Last-Modified") or response.headers.get("ETag", "")
            return FileInfo(int(size) if size else None, changed)

    def append_rest(self, url: str, part: Path, info: FileInfo) -> None:
        """Append the missing bytes to ``part``, or write it anew if the server can only send the whole file.

        Raises Interrupted or Unreachable.
        """
        arrived = count_bytes(part)
        headers = {"Range": f"bytes={arrived}-", "If-Range": info.changed} if arrived else {}
        with self._send_request("GET", url, headers) as response:
            mode = "ab" if response.status_code == requests.codes.partial_content else "wb"
            with open_with_progress(part, info.size, mode) as file:
                try:
                    for block in response.iter_content(base.BLOCK_BYTES):
                        file.write(block)
                except requests.RequestException as error:
                    raise Interrupted(str(error)) from error

    def _fetch_page(self, folder: str) -> str | None:
        """Fetch the page that lists a folder; None when there is no such folder."""
        url = f"{folder}/"
        if "/thredds/fileServer/" in url:
            url = url.replace("/fileServer/", "/catalog/", 1) + "catalog.html"

        def attempt() -> str | None:
            with self._send_request("GET", url, may_be_absent=True) as response:
                if _get_path(response.url) != _get_path(url):
                    # A login page, for instance, lists nothing, which must not be taken for an empty month.
                    raise Unreachable(f"leads elsewhere, to {response.url}", file=url)
                try:
                    return None if response.status_code == requests.codes.not_found else response.text
                except requests.RequestException as error:
                    raise Interrupted(str(error)) from error

        return retry(attempt, url)

    def _send_request(
        self, method: str, url: str, headers: dict | None = None, may_be_absent: bool = False
    ) -> requests.Response:
        """Send a request and return the response with its body still to be read.

        The adapter of the session repeats a request until the response begins. Raises Unreachable.
        """
        timeout = base.CONNECT_TIMEOUT_S, base.READ_TIMEOUT_S
        try:
            response = self.session.request(method, url, headers=headers, stream=True, timeout=timeout)
        except requests.RequestException as error:
            raise Unreachable(str(error), file=url) from error
        if may_be_absent and response.status_code == requests.codes.not_found:
            return response
        if not response.ok:
            raise Unreachable(f"answers {response.status_code} {response.reason}", file=url)
        return response


def _get_path(url: str) -> str:
    """Return the decoded path of a URL."""
    return unquote(urlsplit(url).path).rstrip("/")


class _LinkParser(HTMLParser):
    """Collects the decoded targets of the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links += [unquote(value) for key, value in attrs if key == "href" and value]
