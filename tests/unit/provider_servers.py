"""Providers on this machine, for the tests of downloads: they list, send, and fail on request."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

CHANGED = "Tue, 19 Apr 2022 03:00:00 GMT"
ERROR_PAGE = b"<!DOCTYPE html><title>Maintenance</title>"


class WebProvider(ThreadingHTTPServer):
    """Serves files by their path; each of the ``faults`` makes one of the next requests for a file fail."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.files: dict[str, bytes] = {}
        self.faults: deque[str] = deque()
        self.asked: list[tuple[str, str, str | None]] = []
        self.changed, self.ranges, self.login = CHANGED, True, ""

    def serve_forever(self, poll_interval: float = 0.02) -> None:
        super().serve_forever(poll_interval)

    def address(self, folder: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{folder}"

    def sent(self) -> list[str | None]:
        """Return the Range of every request for the content of a file."""
        return [wanted for method, path, wanted in self.asked if method == "GET" and path.endswith(".nc")]


class _Answers(BaseHTTPRequestHandler):
    server: WebProvider

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(self.path)
        self.server.asked.append((self.command, path, self.headers["Range"]))
        if path.endswith(".nc"):
            self._file(path)
        elif path.endswith("catalog.html"):
            self._page(path.removesuffix("catalog.html").replace("/catalog/", "/fileServer/"), thredds=True)
        else:
            self._page(path)

    def _page(self, folder: str, thredds: bool = False) -> None:
        if self.server.login not in ("", folder):
            self.send_response(302)
            self.send_header("Location", self.server.login)
            return self.end_headers()
        inside = [PurePosixPath(path) for path in self.server.files if path.startswith(folder)]
        if not inside:
            return self.send_error(404)
        before = f"catalog.html?dataset={folder.partition('/fileServer/')[2]}" if thredds else ""
        links = [f'<a href="{before}{quote(path.name)}">{path.name}</a>' for path in inside]
        self._send("\n".join(["<html>", '<a href="../">..</a>', *links]).encode(), "text/html")

    def _file(self, path: str) -> None:
        content, start = self.server.files.get(path), 0
        if content is None:
            return self.send_error(404)
        fault = self.server.faults.popleft() if self.server.faults and self.command == "GET" else ""
        if fault == "error":
            return self.send_error(500)
        if fault == "stall":
            time.sleep(0.6)
            return None
        if fault == "page":
            content = ERROR_PAGE + b" " * (len(content) - len(ERROR_PAGE))
        if self.server.ranges and self.headers["Range"] and self.headers["If-Range"] == self.server.changed:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        self._send(content, "application/x-netcdf", start, halved=fault == "half")

    def _send(self, content: bytes, kind: str, start: int = 0, halved: bool = False) -> None:
        rest = content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(rest)))
        self.send_header("Last-Modified", self.server.changed)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(rest[: len(rest) // 2] if halved else rest)

    def log_message(self, *_) -> None:
        pass


class FtpProvider:
    """Serves files below a folder; the next ``drops`` transfers end, and close the connection, after their first half."""

    def __init__(self, folder) -> None:
        authorizer = DummyAuthorizer()
        authorizer.add_anonymous(str(folder))
        self.asked: list[str] = []
        self.drops = 0
        handler = type("Handler", (_Transfers,), {"provider": self, "authorizer": authorizer})
        self.server = FTPServer(("127.0.0.1", 0), handler)

    def address(self, folder: str) -> str:
        return f"ftp://127.0.0.1:{self.server.address[1]}{folder}"

    def serve_forever(self) -> None:
        while not self.server.closing:
            self.server.ioloop.loop(timeout=0.02, blocking=False)

    def shutdown(self) -> None:
        self.server.closing = True


class _Transfers(FTPHandler):
    provider: FtpProvider
    use_sendfile = False
    auth_failed_timeout = 0

    def pre_process_command(self, line, cmd, arg):
        self.provider.asked.append(line)
        super().pre_process_command(line, cmd, arg)

    def push_dtp_data(self, data, isproducer=False, file=None, cmd=None):
        if cmd == "RETR" and self.provider.drops:
            self.provider.drops -= 1
            data = _Half(self, file)
        super().push_dtp_data(data, isproducer, file, cmd)


class _Half:
    def __init__(self, handler, file) -> None:
        content = file.read()
        self.handler, self.left = handler, content[: len(content) // 2]

    def more(self):
        now, self.left = self.left, b""
        if not now:
            self.handler.close()
        return now


@contextmanager
def running(provider):
    """Run ``provider`` in a thread."""
    thread = threading.Thread(target=provider.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        thread.join()
