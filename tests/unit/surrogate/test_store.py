"""The surrogate's store gives back what was written, and refuses gaps."""

from datetime import date, datetime

import numpy as np
import pytest
from surrogate_years import write_drifting_year

from superice.errors import InputError
from superice.surrogate.store import Record


def test_the_store_gives_back_what_was_written(year, record):
    _, states, wind, land = year
    assert (record.sea == ~land).all()
    for index in (0, 17, 59):
        values = record.read_field("sit", index)
        assert np.isnan(values[land]).all() and np.abs(values - states[index])[~land].max() <= 0.51e-3
        assert np.abs(record.read_field("u10", index) - wind[index]).max() <= 1.01e-3


def test_years_follow_each_other_or_are_refused(tmp_path):
    for name, when in (("a", 2011), ("b", 2013)):
        write_drifting_year(tmp_path / f"{name}.npy", when)
    with pytest.raises(InputError, match=r"b.npy: does not continue at 2011-01-31 00:00:00 \(found 2013"):
        Record([tmp_path / "a.npy", tmp_path / "b.npy"])


def test_land_that_moves_between_years_is_refused(tmp_path):
    """Two more rows of eight cells are land in the second year."""
    write_drifting_year(tmp_path / "a.npy", 2011, count=730)
    write_drifting_year(tmp_path / "b.npy", 2012, land_rows=8)
    sentence = r"b\.npy: land and sea are not those of .*a\.npy; make both .* \(found 16 other cells\)"
    with pytest.raises(InputError, match=sentence):
        Record([tmp_path / "a.npy", tmp_path / "b.npy"])


def test_a_day_begins_at_its_first_time(tmp_path):
    write_drifting_year(tmp_path / "a.npy", 2011, first_hour=3)
    record = Record([tmp_path / "a.npy"])
    assert record.time_at(record.find_day(date(2011, 1, 5))) == datetime(2011, 1, 5, 3)


def test_a_time_beyond_the_record_is_refused(record):
    with pytest.raises(InputError, match="do not cover 2010-03-01 00:00"):
        record.find_index(datetime(2010, 3, 1))
