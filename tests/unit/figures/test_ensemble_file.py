import numpy as np
import pytest
from figure_data import DAY


def test_an_ensemble_is_read_with_its_grid(ensemble, small_grid):
    assert ensemble.day == DAY
    assert np.allclose(ensemble.grid.x, small_grid.x)
    assert np.nanmean(ensemble.spread) == pytest.approx(0.1, rel=0.2)
