"""The attributes of files: who publishes, where and when."""

from datetime import UTC, date, datetime

import netCDF4
import numpy as np
import pytest
from pygeoif import from_wkt

from superice.dataset.layout import open_predictions
from superice.dataset.publication import NOT_STATED, Extent, describe_file, describe_publication, read_today
from superice.dataset.settings import PublicationSettings
from superice.errors import InputError
from superice.utils.settings import dump_settings

DAY = date(2022, 12, 5)


def test_who_publishes_stands_in_a_file(small_grid, tmp_path):
    stated = {"creator_name": "A. Person", "publisher_name": "An archive", "license": "CC0-1.0", "doi": "10.1234/abc"}
    with open_predictions(tmp_path / "e.nc", small_grid, DAY, 1, describe_publication(stated)):
        pass
    with netCDF4.Dataset(tmp_path / "e.nc") as file:
        assert (file.creator_name, file.publisher_name, file.license) == ("A. Person", "An archive", "CC0-1.0")
        assert file.metadata_link == "https://doi.org/10.1234/abc"
        assert file.creator_email == file.publisher_email == NOT_STATED
        assert from_wkt(file.geospatial_bounds).bounds == pytest.approx(
            (
                file["latitude"][:].min(),
                file["longitude"][:].min(),
                file["latitude"][:].max(),
                file["longitude"][:].max(),
            ),
            abs=1e-4,
        )


def test_the_defaults_of_the_section_are_those_of_a_file_without_it():
    section = dump_settings(PublicationSettings())
    assert describe_publication(section) == describe_publication({})


@pytest.mark.parametrize(
    ("key", "value"), [("doi", "https://doi.org/10.1/x"), ("creator_type", "team"), ("license", "")]
)
def test_a_wrong_key_is_refused_by_name(key, value):
    with pytest.raises(InputError, match=rf"publication\.{key}"):
        PublicationSettings(**{key: value})


def test_a_file_made_again_on_another_day_can_have_the_same_bytes(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert abs((read_today() - datetime.now(UTC).date()).days) <= 1
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    made = describe_file("A title", "", Extent.around([], []), DAY, DAY)
    assert made["date_created"] == "1970-01-01" and made["history"].startswith("1970-01-01: A title")


def test_identifiers_have_no_blanks_and_differ_by_day_branch_and_experiment():
    extent = Extent.around(np.array([70, 80]), np.array([-10, 20]))
    described = [
        describe_file("SuperIce ensemble", "", extent, day, day, {"source_of_features": branch, "experiment": name})
        for day in (DAY, date(2022, 12, 6))
        for branch in ("model", "observations")
        for name in ("reference", "preconditioned")
    ]
    identifiers = {one["id"] for one in described}
    assert len(identifiers) == 8 and "superice-ensemble-model-reference-20221205" in identifiers
    assert not any(" " in identifier for identifier in identifiers)
