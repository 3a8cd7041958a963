"""The Copernicus Marine Service: without a network, a function with the signature of the client's stands in for it."""

import inspect
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import copernicusmarine
import pytest
from drift_downloads import DAY, WEEK

from superice.download.fetch import fetch
from superice.errors import InputError, MissingInput
from superice.readers import cs2smos


@pytest.fixture
def service(monkeypatch, thickness):
    """Requests to `get`, which knows two months of one file each."""
    asked = []
    signature = inspect.signature(copernicusmarine.get)
    names = {"2022/04": WEEK.format("r_v206_01"), "2022/05": "other.nc"}

    def get(*args, **kwargs):
        wanted = signature.bind(*args, **kwargs).arguments
        asked.append(wanted)
        urls = [f"s3://native/PRODUCT/dataset_202311/{month}/{name}" for month, name in names.items()]
        found = [url for url in urls if re.search(wanted["regex"], url)]
        if not wanted.get("dry_run"):
            for url in found:
                Path(wanted["output_directory"], url.rpartition("/")[2]).write_bytes(thickness)
        files = [SimpleNamespace(s3_url=url, file_size=len(thickness) / 1024**2) for url in found]
        return SimpleNamespace(files=files)

    monkeypatch.setattr(copernicusmarine, "get", get)
    monkeypatch.setattr(copernicusmarine, "login", lambda check_credentials_valid: True)
    return asked


def test_the_client_is_asked_for_the_months_and_then_for_the_file(tmp_path, service):
    download = fetch(cs2smos, DAY, tmp_path, ["copernicusmarine:dataset"])
    assert download.path == tmp_path / "2022" / "04" / WEEK.format("r_v206_01")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [download.path]
    assert {wanted["dataset_id"] for wanted in service} == {"dataset"}
    assert [wanted.get("dry_run", False) for wanted in service] == [True, False]
    assert service[-1]["no_directories"]


def test_a_dataset_without_the_day_is_a_missing_day(tmp_path, service):
    with pytest.raises(MissingInput):
        fetch(cs2smos, date(2022, 5, 12), tmp_path, ["copernicusmarine:dataset"])


def test_credentials_are_asked_for_in_a_sentence_and_not_at_a_prompt(tmp_path, service, monkeypatch):
    monkeypatch.setattr(copernicusmarine, "login", lambda check_credentials_valid: False)
    with pytest.raises(InputError, match="no valid credentials"):
        fetch(cs2smos, DAY, tmp_path, ["copernicusmarine:dataset"])
    assert service == []


def test_the_answer_has_the_fields_that_are_read():
    fields = copernicusmarine.ResponseGet.model_fields["files"].annotation.__args__[0].model_fields
    assert {"s3_url", "file_size"} <= set(fields)
    assert "check_credentials_valid" in inspect.signature(copernicusmarine.login).parameters
