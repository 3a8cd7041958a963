"""The climatology against the mean of the states."""

import numpy as np
from surrogate_years import write_drifting_year

from superice.surrogate.climatology import compute_climatology
from superice.surrogate.store import Record


def test_climatology_is_the_mean_of_the_years(tmp_path):
    files = [tmp_path / f"{year}.npy" for year in (2010,)]
    states, _, land = write_drifting_year(files[0], 2010, count=730)
    mean = compute_climatology(Record(files))
    assert np.abs(mean[40] - (states[80] + states[81])[None] / 2)[0][~land].max() < 1e-3  # 10 February
    assert np.array_equal(mean[59], mean[58], equal_nan=True)  # no 29 February in 2010
    assert np.abs(mean[365] - states[728:].mean(0))[~land].max() < 1e-3
