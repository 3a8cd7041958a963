"""A year of drifting ice in the surrogate's store."""

import pytest
from surrogate_years import write_drifting_year

from superice.surrogate.samples import Scaling
from superice.surrogate.store import Record


@pytest.fixture(scope="session")
def year(tmp_path_factory):
    """Path of a stored year, its states, its wind and its land."""
    path = tmp_path_factory.mktemp("store") / "2010.npy"
    return path, *write_drifting_year(path, 2010)


@pytest.fixture(scope="session")
def record(year):
    """The year as a record."""
    return Record([year[0]])


@pytest.fixture(scope="session")
def scaling(record):
    """The scaling of the year."""
    return Scaling.from_record(record, 12)
