"""Downloads from providers on this machine: what is chosen, continued, refused and tried again."""

import inspect
import logging
import socket
from datetime import date
from types import SimpleNamespace

import copernicusmarine
import numpy as np
import pytest
from product_files import DRIFT_AXES_KM, write_drift, write_thickness
from provider_servers import FtpProvider, WebProvider, running

from superice.download import base
from superice.download.fetch import fetch
from superice.errors import InputError, MissingInput
from superice.readers import cs2smos, osisaf_drift

DAY = date(2022, 4, 12)
WEEK = "W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220409_20220415_{}_l4sit.nc"
CHANGED_AGAIN = "Wed, 20 Apr 2022 03:00:00 GMT"


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    """No patience: three attempts, short pauses."""
    for name, value in {"ATTEMPTS": 3, "BACKOFF_S": 0.01, "CONNECT_TIMEOUT_S": 0.5, "READ_TIMEOUT_S": 0.3}.items():
        monkeypatch.setattr(base, name, value)


@pytest.fixture(scope="module")
def drift(tmp_path_factory):
    """A drift file: its name and its bytes."""
    still = np.zeros((DRIFT_AXES_KM[1].size, DRIFT_AXES_KM[0].size))
    path = write_drift(tmp_path_factory.mktemp("drift"), DAY, still, still, still + 30)
    return path.name, path.read_bytes()


@pytest.fixture(scope="module")
def thickness(tmp_path_factory):
    """The bytes of a thickness file (HDF5 below)."""
    return write_thickness(tmp_path_factory.mktemp("thickness"), DAY, np.ones((432, 432))).read_bytes()


@pytest.fixture
def web():
    with running(WebProvider()) as provider:
        yield provider


@pytest.fixture
def drift_web(web, drift):
    """A provider of one drift file, and its address."""
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


def got(folder, *addresses):
    return fetch(osisaf_drift, DAY, folder, addresses)


def arrived_whole(folder, drift):
    """The file lies in its month, as the provider has it, and nothing beside it."""
    name, content = drift
    month = folder / "2022" / "04"
    return [path.name for path in month.iterdir()] == [name] and (month / name).read_bytes() == content


def half_of(drift):
    """Bytes that half a file leaves: blocks that came whole."""
    return len(drift[1]) // 2 // base.BLOCK * base.BLOCK


def test_a_file_is_fetched_into_its_month(tmp_path, drift_web, drift):
    download = got(tmp_path, drift_web.address("/drift/"))
    assert arrived_whole(tmp_path, drift)
    assert download.path == osisaf_drift.find(tmp_path, DAY)
    assert download.url == drift_web.address(f"/drift/2022/04/{drift[0]}")


def test_a_thredds_server_is_listed_by_its_catalogue(tmp_path, web, drift):
    web.files[f"/thredds/fileServer/osisaf/drift/2022/04/{drift[0]}"] = drift[1]
    assert got(tmp_path, web.address("/thredds/fileServer/osisaf/drift")).path.name == drift[0]
    assert ("GET", "/thredds/catalog/osisaf/drift/2022/04/catalog.html", None) in web.asked


def test_the_best_of_several_names_with_commas_is_taken(tmp_path, web, thickness):
    for version in ("o_v206_02", "r_v205_01", "r_v205_02", "r_v204_02"):
        web.files[f"/nh/2022/04/{WEEK.format(version)}"] = thickness
    web.files["/nh/2022/04/W_XX-ESA,SMOS_CS2,NH_25KM_EASE2_20220410_20220416_r_v206_01_l4sit.nc"] = thickness
    download = fetch(cs2smos, DAY, tmp_path, [web.address("/nh")])
    assert download.path.name == WEEK.format("r_v205_02")
    assert "%2C" in download.url


def test_a_file_is_looked_for_in_the_months_around_its_day(tmp_path, web, drift):
    name = "ice_drift_nh_polstere-625_multi-oi_202204291200-202205011200.nc"
    web.files[f"/drift/2022/05/{name}"] = drift[1]
    download = fetch(osisaf_drift, date(2022, 4, 30), tmp_path, [web.address("/drift")])
    assert download.path == tmp_path / "2022" / "05" / name


def test_a_month_that_is_not_there_is_a_missing_day(tmp_path, web, drift):
    web.files[f"/drift/2021/04/{drift[0]}"] = drift[1]
    with pytest.raises(MissingInput, match="no file for 2022-04-12"):
        got(tmp_path, web.address("/drift"))


def test_an_address_that_is_not_there_is_not_a_missing_day(tmp_path, drift_web):
    with pytest.raises(InputError, match=r"/dirft: there is no such folder") as failure:
        got(tmp_path, drift_web.address("/dirft"))
    assert not isinstance(failure.value, MissingInput)


@pytest.mark.parametrize("faults", [["error", "error"], ["stall"], ["half", "error"], ["half", "stall", "half"]])
def test_what_breaks_off_is_tried_again(tmp_path, drift_web, drift, faults):
    drift_web.faults.extend(faults)
    got(tmp_path, drift_web.address("/drift"))
    assert arrived_whole(tmp_path, drift)


def test_half_a_file_is_continued(tmp_path, drift_web, drift):
    drift_web.faults.append("half")
    got(tmp_path, drift_web.address("/drift"))
    assert drift_web.sent() == [None, f"bytes={half_of(drift)}-"]
    assert arrived_whole(tmp_path, drift)


def test_a_later_command_continues_what_an_earlier_one_left(tmp_path, drift_web, drift, monkeypatch):
    monkeypatch.setattr(base, "ATTEMPTS", 1)
    drift_web.faults.append("half")
    with pytest.raises(InputError, match="the last of 1 attempts"):
        got(tmp_path, drift_web.address("/drift"))
    got(tmp_path, drift_web.address("/drift"))
    assert drift_web.sent()[-1] == f"bytes={half_of(drift)}-"
    assert arrived_whole(tmp_path, drift)


def test_a_server_that_knows_no_ranges_sends_all_again(tmp_path, drift_web, drift):
    drift_web.ranges = False
    drift_web.faults.append("half")
    got(tmp_path, drift_web.address("/drift"))
    assert arrived_whole(tmp_path, drift)


def test_a_part_of_another_version_is_not_continued(tmp_path, drift_web, drift, monkeypatch):
    monkeypatch.setattr(base, "ATTEMPTS", 1)
    drift_web.faults.append("half")
    with pytest.raises(InputError):
        got(tmp_path, drift_web.address("/drift"))
    drift_web.changed = CHANGED_AGAIN
    got(tmp_path, drift_web.address("/drift"))
    assert drift_web.sent() == [None, None]
    assert arrived_whole(tmp_path, drift)


@pytest.mark.parametrize("kind", [osisaf_drift, cs2smos])
def test_a_file_that_the_provider_has_cut_is_refused(tmp_path, web, drift, thickness, kind):
    name, content = drift if kind is osisaf_drift else (WEEK.format("r_v205_01"), thickness)
    web.files[f"/cut/2022/04/{name}"] = content[:10_000]
    with pytest.raises(InputError, match="arrived twice") as refusal:
        fetch(kind, DAY, tmp_path, [web.address("/cut")])
    assert "10000 bytes" in str(refusal.value)
    assert web.address("/cut/2022/04/") in str(refusal.value)
    assert len(web.sent()) == 2
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_fewer_bytes_than_were_announced_are_refused(tmp_path, drift_web, drift):
    drift_web.faults.extend(["half"] * 3)
    with pytest.raises(InputError, match="the last of 3 attempts"):
        got(tmp_path, drift_web.address("/drift"))
    with pytest.raises(MissingInput):
        osisaf_drift.find(tmp_path, DAY)


def test_an_empty_file_is_refused(tmp_path, web, drift):
    web.files[f"/drift/2022/04/{drift[0]}"] = b""
    with pytest.raises(InputError, match=r"arrived twice.*found 0 bytes"):
        got(tmp_path, web.address("/drift"))


def test_a_login_in_place_of_a_listing_is_not_a_missing_day(tmp_path, drift_web):
    drift_web.login = "/login/"
    drift_web.files["/login/form.nc"] = b""
    with pytest.raises(InputError, match="leads elsewhere") as failure:
        got(tmp_path, drift_web.address("/drift"))
    assert not isinstance(failure.value, MissingInput)


def test_an_error_page_in_place_of_a_file_is_not_taken_for_it(tmp_path, drift_web, drift):
    drift_web.faults.append("page")
    got(tmp_path, drift_web.address("/drift"))
    assert arrived_whole(tmp_path, drift)


def test_an_error_page_that_stays_is_named(tmp_path, drift_web):
    drift_web.faults.extend(["page"] * 2)
    with pytest.raises(InputError, match=r"arrived twice.*<!DOCTYPE html>"):
        got(tmp_path, drift_web.address("/drift"))


def test_a_file_that_is_there_is_kept_without_a_request(tmp_path, drift_web, drift):
    (tmp_path / drift[0]).write_bytes(drift[1])
    download = got(tmp_path, drift_web.address("/drift"))
    assert (download.path, download.url) == (tmp_path / drift[0], None)
    assert drift_web.asked == []


def test_a_damaged_file_that_is_there_is_replaced(tmp_path, drift_web, drift):
    (tmp_path / drift[0]).write_bytes(drift[1][:5000])
    got(tmp_path, drift_web.address("/drift"))
    assert arrived_whole(tmp_path, drift)
    assert not (tmp_path / drift[0]).exists()


def test_the_next_address_is_taken_when_the_first_is_down(tmp_path, nobody, drift_web, drift, caplog):
    with caplog.at_level(logging.WARNING, "superice"):
        got(tmp_path, nobody, drift_web.address("/drift"))
    assert arrived_whole(tmp_path, drift)
    assert nobody in caplog.text
    assert "taken from" in caplog.text


def test_a_day_is_not_missing_while_an_address_is_down(tmp_path, nobody, web, drift):
    web.files["/drift/2022/04/other.nc"] = drift[1]
    with pytest.raises(InputError, match="Connection refused") as failure:
        got(tmp_path, nobody, web.address("/drift"))
    assert nobody in str(failure.value)
    assert not isinstance(failure.value, MissingInput)


def test_an_address_of_no_known_kind_is_named(tmp_path):
    with pytest.raises(InputError, match=r"begins with one of http.*gopher"):
        got(tmp_path, "gopher://somewhere/drift")


class TestFtp:
    def test_a_file_is_fetched(self, tmp_path, ftp, drift):
        download = got(tmp_path / "kept", ftp.address("/drift"))
        assert arrived_whole(tmp_path / "kept", drift)
        assert download.url == ftp.address(f"/drift/2022/04/{drift[0]}")

    def test_half_a_file_is_continued(self, tmp_path, ftp, drift):
        ftp.drops = 1
        got(tmp_path / "kept", ftp.address("/drift"))
        assert arrived_whole(tmp_path / "kept", drift)
        assert f"REST {len(drift[1]) // 2}" in ftp.asked

    def test_a_month_that_is_not_there_is_a_missing_day(self, tmp_path, ftp):
        with pytest.raises(MissingInput):
            fetch(osisaf_drift, date(2019, 1, 1), tmp_path, [ftp.address("/drift")])

    def test_an_address_that_is_not_there_is_not_a_missing_day(self, tmp_path, ftp):
        with pytest.raises(InputError, match="answers 550"):
            got(tmp_path, ftp.address("/dirft"))

    def test_a_server_that_is_down_is_named(self, tmp_path, nobody):
        address = nobody.replace("http", "ftp")
        with pytest.raises(InputError, match=f"{address}: .*refused.*the last of 3 attempts"):
            got(tmp_path, address)

    def test_user_and_password_come_from_netrc(self, tmp_path, ftp, monkeypatch):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        with pytest.raises(InputError, match="answers 530") as failure:
            got(tmp_path, ftp.address("/drift"))
        assert "USER someone" in ftp.asked
        assert "secret" not in str(failure.value)


class TestCopernicus:
    """The client stands behind a function with its signature: there is no network to ask."""

    @pytest.fixture
    def service(self, monkeypatch, thickness):
        """What `get` was asked for; it knows two months of one file each."""
        asked = []
        signature = inspect.signature(copernicusmarine.get)
        names = {"2022/04": WEEK.format("r_v206_01"), "2022/05": "other.nc"}

        def get(*args, **kwargs):
            import re
            from pathlib import Path

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

    def test_the_client_is_asked_for_the_months_and_then_for_the_file(self, tmp_path, service):
        download = fetch(cs2smos, DAY, tmp_path, ["copernicusmarine:dataset"])
        assert download.path == tmp_path / "2022" / "04" / WEEK.format("r_v206_01")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == [download.path]
        assert {wanted["dataset_id"] for wanted in service} == {"dataset"}
        assert [wanted.get("dry_run", False) for wanted in service] == [True, False]
        assert service[-1]["no_directories"]

    def test_a_dataset_without_the_day_is_a_missing_day(self, tmp_path, service):
        with pytest.raises(MissingInput):
            fetch(cs2smos, date(2022, 5, 12), tmp_path, ["copernicusmarine:dataset"])

    def test_credentials_are_asked_for_in_a_sentence_and_not_at_a_prompt(self, tmp_path, service, monkeypatch):
        monkeypatch.setattr(copernicusmarine, "login", lambda check_credentials_valid: False)
        with pytest.raises(InputError, match="no valid credentials"):
            fetch(cs2smos, DAY, tmp_path, ["copernicusmarine:dataset"])
        assert service == []

    def test_the_answer_has_the_fields_that_are_read(self):
        fields = copernicusmarine.ResponseGet.model_fields["files"].annotation.__args__[0].model_fields
        assert {"s3_url", "file_size"} <= set(fields)
        assert "check_credentials_valid" in inspect.signature(copernicusmarine.login).parameters
