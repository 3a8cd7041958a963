"""HTTP: index pages, THREDDS catalogues, ranges, logins."""

import pytest
from drift_downloads import fetch_drift, has_arrived_whole

from superice.errors import InputError, MissingInput


def test_a_thredds_server_is_listed_by_its_catalogue(tmp_path, web, drift):
    web.files[f"/thredds/fileServer/osisaf/drift/2022/04/{drift[0]}"] = drift[1]
    assert fetch_drift(tmp_path, web.address("/thredds/fileServer/osisaf/drift")).path.name == drift[0]
    assert ("GET", "/thredds/catalog/osisaf/drift/2022/04/catalog.html", None) in web.asked


def test_an_address_that_is_not_there_is_not_a_missing_day(tmp_path, drift_web):
    with pytest.raises(InputError, match=r"/dirft: there is no such folder") as failure:
        fetch_drift(tmp_path, drift_web.address("/dirft"))
    assert not isinstance(failure.value, MissingInput)


def test_a_server_that_knows_no_ranges_sends_all_again(tmp_path, drift_web, drift):
    drift_web.ranges = False
    drift_web.faults.append("half")
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert has_arrived_whole(tmp_path, drift)


def test_a_login_in_place_of_a_listing_is_not_a_missing_day(tmp_path, drift_web):
    drift_web.login = "/login/"
    drift_web.files["/login/form.nc"] = b""
    with pytest.raises(InputError, match="leads elsewhere") as failure:
        fetch_drift(tmp_path, drift_web.address("/drift"))
    assert not isinstance(failure.value, MissingInput)
