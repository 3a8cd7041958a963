"""Small synthetic days that several tests share."""

from datetime import date, timedelta

import numpy as np
import pyproj
import pytest
from scipy.ndimage import gaussian_filter

from superice.dataset.layout import FIELDS, write_model_features
from superice.features.files import read_model_features
from superice.fields.grid import Grid
from superice.network.normalisation import Normalisation, compute_moments, compute_quantities
from superice.training.store import write_day

SHAPE = (36, 44)


@pytest.fixture(scope="session")
def small_grid():
    """A 3 km grid of 36 x 44 cells, not a multiple of what networks need."""
    crs = pyproj.CRS("+proj=stere +lat_0=90 +lat_ts=90 +lon_0=-45 +R=6378273")
    return Grid("small", crs, 3000.0 * np.arange(SHAPE[1]), -300_000 + 3000.0 * np.arange(SHAPE[0]))


@pytest.fixture(scope="session")
def model_days(small_grid, tmp_path_factory):
    """Feature files of five synthetic days with a corner of land."""
    folder = tmp_path_factory.mktemp("features")
    files = []
    for n in range(5):
        random = np.random.default_rng(n)
        noise = random.standard_normal(SHAPE)
        high = {
            "sic": np.full(SHAPE, 0.95),
            "sit": 1.5 + 2 * gaussian_filter(noise, 3) + 0.5 * gaussian_filter(noise, 1),
            "divergence": 1e-7 * gaussian_filter(random.standard_normal(SHAPE), 2),
            "shear": 1e-7 * np.abs(gaussian_filter(random.standard_normal(SHAPE), 2)),
        }
        high["sic"] = high["sic"] + 0.05 * gaussian_filter(random.standard_normal(SHAPE), 2)
        for field in high.values():
            field[:8, :8] = np.nan
        low = {
            name: np.where(np.isnan(high[name]), np.nan, gaussian_filter(np.nan_to_num(high[name]), 4))
            for name in FIELDS
        }
        day = date(2020, 1, 1) + timedelta(n)
        files.append(folder / f"{day:%Y%m%d}.nc")
        write_model_features(files[-1], small_grid, day, high, low, {})
    return files


@pytest.fixture(scope="session")
def stored_days(model_days, tmp_path_factory):
    """The five days in a training store."""
    folder = tmp_path_factory.mktemp("store")
    files = [folder / f"{path.stem}.npy" for path in model_days]
    for path, stored in zip(model_days, files):
        write_day(stored, compute_quantities(read_model_features(path)))
    return files


@pytest.fixture(scope="session")
def normalisation(model_days):
    """Of the five synthetic days."""
    days = (compute_moments(read_model_features(path), 1e-4) for path in model_days)
    return Normalisation.from_days(days, 1e-4, 0.15)
