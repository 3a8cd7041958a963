"""Virtual platforms: buoys go where the ice goes, and the answers that the comparison must find are known."""

from datetime import date, timedelta

import numpy as np
import pyproj
import pytest

from superice.dataset.layout import open_predictions, write_observed_features
from superice.evaluation.in_situ import collocate, find_run_days
from superice.evaluation.in_situ_table import tabulate
from superice.fields.grid import Grid
from superice.fields.point_series import LEVEL_ICE, MEAN
from superice.fields.regridding import interpolate
from superice.readers import in_situ
from superice.synthetic.arctic import SPARE_DAYS
from superice.synthetic.platforms import LEVEL, follow_buoys, write_measurements
from superice.synthetic.satellites import average_footprint

DAYS = [date(2022, 10, 20) + timedelta(n) for n in (0, 6, 12)]
MARGIN = 20


@pytest.fixture(scope="module")
def arctic(satellites):
    return satellites.arctic


@pytest.fixture(scope="module")
def region(arctic):
    grid = arctic.grid
    return Grid("region", grid.crs, grid.x[MARGIN:-MARGIN], grid.y[MARGIN:-MARGIN])


@pytest.fixture(scope="module")
def measured(arctic, region, tmp_path_factory):
    folder = tmp_path_factory.mktemp("in_situ")
    write_measurements(folder, arctic, region, DAYS)
    return in_situ.read_all([folder])


def test_a_buoy_stays_on_its_floe(arctic, region):
    """The map from positions to the ice's origin, which is computed on a lattice, is the other way round."""
    x, y = follow_buoys(arctic, region, DAYS)
    start, end = ((day - arctic.season.first).days + SPARE_DAYS for day in (DAYS[0], DAYS[-1]))
    from_x, from_y = arctic.origins.trace(start, end)
    at = np.stack([(y[-1] - arctic.grid.y[0]), (x[-1] - arctic.grid.x[0])]) / arctic.grid.step
    assert np.hypot(x[-1] - x[0], y[-1] - y[0]).min() > 5_000
    assert interpolate(from_x, at) == pytest.approx(x[0] / 1000, abs=0.1)
    assert interpolate(from_y, at) == pytest.approx(y[0] / 1000, abs=0.1)


def test_the_comparison_finds_what_the_platforms_were_given(arctic, region, measured, tmp_path):
    """Two members around the truth, one 0.1 m above it on average: so much is the bias of the mean along the track."""
    inner = (slice(MARGIN, -MARGIN),) * 2
    ensembles, features = [], []
    for day in DAYS:
        truth = arctic.simulate_day(day).sit[inner]
        ensembles.append(tmp_path / f"{day:%Y%m%d}.nc")
        with open_predictions(ensembles[-1], region, day, 2, {}) as file:
            file.append(truth)
            file.append(truth + 0.2)
        mean = average_footprint(arctic.simulate_day(day).sit, 5)[inner]
        fields = {"sic": np.ones(mean.shape), "sit": mean, "divergence": 0 * mean, "shear": 0 * mean}
        features.append(tmp_path / f"sic_sit_e1_e2_{day:%Y%m%d}.npz")
        reasons = np.zeros(mean.shape, np.uint8)
        write_observed_features(features[-1], features[-1].with_suffix(".nc"), region, day, fields, reasons, {})
    table = tabulate(collocate(measured, find_run_days(ensembles, features))).set_index("platform")
    track = table.loc["virtual submarine"]
    assert track.measures == MEAN and track.points > 50
    assert track.bias == pytest.approx(0.1, abs=1e-3) and track.anomaly_rmse < 1e-3
    buoys = table[table.measures == LEVEL_ICE]
    assert buoys.points.tolist() == [3, 3, 3] and buoys.bias.isna().all()
    # The low-resolution field is the mean around the buoys here: the floe is LEVEL of it, and so is its growth.
    assert (buoys.measured / buoys.low_resolution_mean).to_numpy() == pytest.approx(LEVEL, abs=2e-3)
    assert buoys.growth_measured.to_numpy() == pytest.approx(LEVEL * buoys.growth_low_resolution.to_numpy(), abs=2e-3)
    assert buoys.growth_measured.abs().max() > 0.02


def test_positions_are_those_of_the_grid(measured, arctic, region):
    buoy = next(series for series in measured if series.platform == "virtual buoy 1")
    project = pyproj.Transformer.from_crs(region.crs.geodetic_crs, region.crs, always_xy=True).transform
    x, y = project(buoy.longitude, buoy.latitude)
    expected_x, expected_y = follow_buoys(arctic, region, DAYS)[:, :, 0]
    assert np.hypot(x - expected_x, y - expected_y).max() < 2  # m: five decimals of a degree
