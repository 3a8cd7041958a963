"""Transfers that break off: tried again, continued, refused."""

import pytest
from drift_downloads import DAY, count_half, fetch_drift, has_arrived_whole

from superice.download import base
from superice.errors import InputError, MissingInput
from superice.readers import osisaf_drift

CHANGED_AGAIN = "Wed, 20 Apr 2022 03:00:00 GMT"


@pytest.mark.parametrize("faults", [["error", "error"], ["stall"], ["half", "error"], ["half", "stall", "half"]])
def test_what_breaks_off_is_tried_again(tmp_path, drift_web, drift, faults):
    drift_web.faults.extend(faults)
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert has_arrived_whole(tmp_path, drift)


def test_half_a_file_is_continued(tmp_path, drift_web, drift):
    drift_web.faults.append("half")
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert drift_web.sent() == [None, f"bytes={count_half(drift)}-"]
    assert has_arrived_whole(tmp_path, drift)


def test_a_later_command_continues_what_an_earlier_one_left(tmp_path, drift_web, drift, monkeypatch):
    monkeypatch.setattr(base, "ATTEMPTS", 1)
    drift_web.faults.append("half")
    with pytest.raises(InputError, match="the last of 1 attempts"):
        fetch_drift(tmp_path, drift_web.address("/drift"))
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert drift_web.sent()[-1] == f"bytes={count_half(drift)}-"
    assert has_arrived_whole(tmp_path, drift)


def test_a_part_of_another_version_is_not_continued(tmp_path, drift_web, drift, monkeypatch):
    monkeypatch.setattr(base, "ATTEMPTS", 1)
    drift_web.faults.append("half")
    with pytest.raises(InputError):
        fetch_drift(tmp_path, drift_web.address("/drift"))
    drift_web.changed = CHANGED_AGAIN
    fetch_drift(tmp_path, drift_web.address("/drift"))
    assert drift_web.sent() == [None, None]
    assert has_arrived_whole(tmp_path, drift)


def test_fewer_bytes_than_were_announced_are_refused(tmp_path, drift_web, drift):
    drift_web.faults.extend(["half"] * 3)
    with pytest.raises(InputError, match="the last of 3 attempts"):
        fetch_drift(tmp_path, drift_web.address("/drift"))
    with pytest.raises(MissingInput):
        osisaf_drift.find(tmp_path, DAY)
