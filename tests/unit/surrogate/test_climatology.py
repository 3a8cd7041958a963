"""The climatology against the mean of the states."""

import numpy as np
import pytest
from surrogate_years import write_drifting_year

from superice.errors import InputError
from superice.surrogate.climatology import compute_climatology
from superice.surrogate.store import Record


def test_a_window_has_its_day_in_the_middle(tmp_path):
    """The mean of three days is that of the day and of those beside it; of two days there is no middle."""
    files = [tmp_path / "2010.npy"]
    states, _, land = write_drifting_year(files[0], 2010, count=730)
    record = Record(files)
    mean = compute_climatology(record, 3)
    assert np.abs(mean[40] - states[78:84].mean(0))[~land].max() < 1e-3  # 9 to 11 February
    with pytest.raises(InputError, match=r"must be an odd number of days \(found 2\)"):
        compute_climatology(record, 2)


def test_climatology_is_the_mean_of_the_years(tmp_path):
    files = [tmp_path / f"{year}.npy" for year in (2010,)]
    states, _, land = write_drifting_year(files[0], 2010, count=730)
    mean = compute_climatology(Record(files))
    assert np.abs(mean[40] - (states[80] + states[81])[None] / 2)[0][~land].max() < 1e-3  # 10 February
    assert np.array_equal(mean[59], mean[58], equal_nan=True)  # no 29 February in 2010
    assert np.abs(mean[365] - states[728:].mean(0))[~land].max() < 1e-3
