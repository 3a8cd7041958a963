"""FTP: listings, transfers that break off, logins."""

from datetime import date

import pytest
from drift_downloads import fetch_drift, has_arrived_whole

from superice.download.fetch import fetch
from superice.errors import InputError, MissingInput
from superice.readers import osisaf_drift


def test_a_file_is_fetched(tmp_path, ftp, drift):
    download = fetch_drift(tmp_path / "kept", ftp.address("/drift"))
    assert has_arrived_whole(tmp_path / "kept", drift)
    assert download.url == ftp.address(f"/drift/2022/04/{drift[0]}")


def test_half_a_file_is_continued(tmp_path, ftp, drift):
    ftp.drops = 1
    fetch_drift(tmp_path / "kept", ftp.address("/drift"))
    assert has_arrived_whole(tmp_path / "kept", drift)
    # The server ends the connection with its half; what of it is still under way is lost.
    (begin,) = [int(line.split()[1]) for line in ftp.asked if line.startswith("REST")]
    assert 0 < begin <= len(drift[1]) // 2


def test_a_month_that_is_not_there_is_a_missing_day(tmp_path, ftp):
    with pytest.raises(MissingInput):
        fetch(osisaf_drift, date(2019, 1, 1), tmp_path, [ftp.address("/drift")])


def test_an_address_that_is_not_there_is_not_a_missing_day(tmp_path, ftp):
    with pytest.raises(InputError, match="answers 550"):
        fetch_drift(tmp_path, ftp.address("/dirft"))


def test_a_server_that_is_down_is_named(tmp_path, nobody):
    address = nobody.replace("http", "ftp")
    with pytest.raises(InputError, match=f"{address}: .*refused.*the last of 3 attempts"):
        fetch_drift(tmp_path, address)


def test_user_and_password_come_from_netrc(tmp_path, ftp, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(InputError, match="answers 530") as failure:
        fetch_drift(tmp_path, ftp.address("/drift"))
    assert "USER someone" in ftp.asked
    assert "secret" not in str(failure.value)
