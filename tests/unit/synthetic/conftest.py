"""A season of the synthetic Arctic that several tests share, and its satellites."""

from datetime import date

import numpy as np
import pyproj
import pytest

from superice.fields.grid import Grid
from superice.seasons import Season
from superice.synthetic.arctic import Arctic
from superice.synthetic.satellites import Satellites
from superice.synthetic.settings import SyntheticSettings

LATTICE = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")


@pytest.fixture(scope="session")
def satellites():
    grid = Grid("test", LATTICE, -100_000 + 3000.0 * np.arange(200), -850_000 + 3000.0 * np.arange(220))
    return Satellites(Arctic(grid, SyntheticSettings(), Season(date(2022, 10, 18), date(2023, 4, 15))))
