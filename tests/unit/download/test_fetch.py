"""Downloads from providers on this machine: what is chosen, kept and refused."""

import errno
import logging
import os
from datetime import date

import pytest
from drift_downloads import DAY, WEEK, fetch_drift, has_arrived_whole

from superice.download.fetch import fetch
from superice.errors import InputError, MachineError, MissingInput
from superice.readers import cs2smos, osisaf_drift


def test_a_file_is_fetched_into_its_month(tmp_path, drift_web, drift):
    download = fetch_drift(tmp_path, drift_web.address("/drift/"))
    assert has_arrived_whole(tmp_path, drift)
    assert download.path == osisaf_drift.find(tmp_path, DAY)
    assert download.url == drift_web.address(f"/drift/2022/04/{drift[0]}")


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
        fetch_drift(tmp_path, web.address("/drift"))


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


def test_an_empty_file_is_refused(tmp_path, web, drift):
    web.files[f"/drift/2022/04/{drift[0]}"] = b""
    with pytest.raises(InputError, match=r"arrived twice.*found 0 bytes"):
        fetch_drift(tmp_path, web.address("/drift"))


def test_an_error_page_in_place_of_a_file_is_not_taken_for_it(tmp_path, drift_web, drift):
    drift_web.faults.append("page")
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert has_arrived_whole(tmp_path, drift)


def test_an_error_page_that_stays_is_named(tmp_path, drift_web):
    drift_web.faults.extend(["page"] * 2)
    with pytest.raises(InputError, match=r"arrived twice.*<!DOCTYPE html>"):
        fetch_drift(tmp_path, drift_web.address("/drift"))


def test_a_file_that_is_there_is_kept_without_a_request(tmp_path, drift_web, drift):
    (tmp_path / drift[0]).write_bytes(drift[1])
    download = fetch_drift(tmp_path, drift_web.address("/drift"))
    assert (download.path, download.url) == (tmp_path / drift[0], None)
    assert drift_web.asked == []


def test_a_damaged_file_that_is_there_is_replaced(tmp_path, drift_web, drift):
    (tmp_path / drift[0]).write_bytes(drift[1][:5000])
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert has_arrived_whole(tmp_path, drift)
    assert not (tmp_path / drift[0]).exists()


def test_a_file_that_the_machine_cannot_read_is_neither_replaced_nor_asked_for(tmp_path, drift_web, drift, monkeypatch):
    path = tmp_path / drift[0]
    path.write_bytes(drift[1])

    def fail(*arguments, **options):
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr("netCDF4.Dataset", fail)
    with pytest.raises(MachineError, match="Stale file handle"):
        fetch_drift(tmp_path, drift_web.address("/drift"))
    assert path.read_bytes() == drift[1]
    assert drift_web.asked == []


def test_the_next_address_is_taken_when_the_first_is_down(tmp_path, nobody, drift_web, drift, caplog):
    with caplog.at_level(logging.WARNING, "superice"):
        fetch_drift(tmp_path, nobody, drift_web.address("/drift"))
    assert has_arrived_whole(tmp_path, drift)
    assert nobody in caplog.text
    assert "taken from" in caplog.text


def test_a_day_is_not_missing_while_an_address_is_down(tmp_path, nobody, web, drift):
    web.files["/drift/2022/04/other.nc"] = drift[1]
    with pytest.raises(InputError, match="Connection refused") as failure:
        fetch_drift(tmp_path, nobody, web.address("/drift"))
    assert nobody in str(failure.value)
    assert not isinstance(failure.value, MissingInput)


def test_an_address_of_no_known_kind_is_named(tmp_path):
    with pytest.raises(InputError, match=r"begins with one of http.*gopher"):
        fetch_drift(tmp_path, "gopher://somewhere/drift")
