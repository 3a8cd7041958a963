"""Providers on this machine with a drift file each, and files to send."""

import socket

import numpy as np
import pytest
from drift_downloads import DAY
from product_files import DRIFT_AXES_KM, write_drift, write_thickness
from provider_servers import FtpProvider, WebProvider, running

from superice.download import base


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """Limit retries to three attempts with short pauses."""
    for name, value in {"ATTEMPTS": 3, "BACKOFF_S": 0.01, "CONNECT_TIMEOUT_S": 0.5, "READ_TIMEOUT_S": 0.3}.items():
        monkeypatch.setattr(base, name, value)


@pytest.fixture(scope="module")
def drift(tmp_path_factory):
    """Name and bytes of a drift file."""
    still = np.zeros((DRIFT_AXES_KM[1].size, DRIFT_AXES_KM[0].size))
    path = write_drift(tmp_path_factory.mktemp("drift"), DAY, still, still, still + 30)
    return path.name, path.read_bytes()


@pytest.fixture(scope="module")
def thickness(tmp_path_factory):
    """Bytes of a thickness file, which is HDF5."""
    return write_thickness(tmp_path_factory.mktemp("thickness"), DAY, np.ones((432, 432))).read_bytes()


@pytest.fixture
def web():
    with running(WebProvider()) as provider:
        yield provider


@pytest.fixture
def drift_web(web, drift):
    """A provider of one drift file."""
    name, content = drift
    web.files[f"/drift/2022/04/{name}"] = content
    return web


@pytest.fixture
def ftp(tmp_path, drift):
    name, content = drift
    month = tmp_path / "ftp" / "drift" / "2022" / "04"
    month.mkdir(parents=True)
    (month / name).write_bytes(content)
    with running(FtpProvider(tmp_path / "ftp")) as provider:
        yield provider


@pytest.fixture
def nobody():
    """An address at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    return f"http://127.0.0.1:{port}/drift"
