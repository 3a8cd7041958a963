"""Members at the positions of measurements: exact on planes, kept as CF trajectories, and tabulated with known answers."""

from datetime import date, timedelta

import numpy as np
import pyproj
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from standards import list_findings

from superice.dataset.layout import BEYOND_MASK, open_predictions, write_observed_features
from superice.errors import InputError
from superice.evaluation.in_situ import (
    Collocation,
    collocate,
    describe_points,
    find_points,
    find_run_days,
    read_collocations,
    sample_fields,
    write_collocations,
)
from superice.evaluation.in_situ_table import score_platform, tabulate
from superice.fields.point_series import LEVEL_ICE, MEAN, PointSeries

DAY = date(2022, 4, 12)


def make_series(platform="A", measures=LEVEL_ICE, days=(0,), thickness=1.5, uncertainty=0.0, lonlat=None, **extent):
    """Return a series of as many points as ``days``, the days after DAY."""
    count = len(days)
    longitude, latitude = lonlat or (np.full(count, -40.0), np.full(count, 88.0))
    return PointSeries(
        platform,
        measures,
        np.datetime64(DAY) + np.array(days, dtype="timedelta64[D]"),
        np.asarray(latitude),
        np.asarray(longitude),
        np.full(count, thickness),
        np.full(count, uncertainty),
        **extent,
    )


def locate(grid, x, y):
    """Return longitude and latitude of positions of a grid's map."""
    return pyproj.Transformer.from_crs(grid.crs, grid.crs.geodetic_crs, always_xy=True).transform(x, y)


def make_plane(grid):
    """Return a field that is linear in x and y, in m: bilinear interpolation is exact on it."""
    return 1.5 + 1e-6 * grid.x[None] - 2e-6 * (grid.y[:, None] + 300_000)


@pytest.fixture
def run(small_grid, tmp_path):
    """Three days of two members around planes; the plane rises by 0.01 m a day."""
    ensembles, features = [], []
    for number in range(3):
        day = DAY + timedelta(number)
        plane = make_plane(small_grid) + 0.01 * number
        ensembles.append(tmp_path / f"sit_hrai_{day:%Y%m%d}.nc")
        with open_predictions(ensembles[-1], small_grid, day, 2, {}) as file:
            file.append(plane - 0.1)
            file.append(plane + 0.3)
        features.append(tmp_path / f"sic_sit_e1_e2_{day:%Y%m%d}.npz")
        fields = {"sic": np.ones(plane.shape), "sit": plane + 0.2, "divergence": 0 * plane, "shear": 0 * plane}
        reasons = np.zeros(plane.shape, np.uint8)
        write_observed_features(features[-1], features[-1].with_suffix(".nc"), small_grid, day, fields, reasons, {})
    return find_run_days(ensembles, features)


@given(x=st.floats(0, 129_000), y=st.floats(-300_000, -195_000))
def test_interpolation_is_exact_on_a_plane(small_grid, x, y):
    longitude, latitude = locate(small_grid, x, y)
    point = make_series(lonlat=([longitude], [latitude]))
    values, inside = sample_fields([make_plane(small_grid)], small_grid, point)
    if inside[0]:
        assert values[0, 0] == pytest.approx(1.5 + 1e-6 * x - 2e-6 * (y + 300_000), abs=1e-6)


def test_an_area_is_averaged_and_a_point_beside_a_gap_is_missing(small_grid):
    field = make_plane(small_grid)
    field[:, :22] = np.nan  # x below 66 km
    for x, width, expected in ((60_000, 0, np.nan), (64_500, 0, np.nan), (72_000, 0, 1.572 - 0.06)):
        point = make_series(lonlat=tuple([value] for value in locate(small_grid, x, -270_000)), width_km=width)
        assert sample_fields([field], small_grid, point)[0][0] == pytest.approx([expected], abs=1e-6, nan_ok=True)
    # 8 cells around 72 km, from 61.5 to 82.5 km: the five and a half from 66 km on are known, of which one is beside a gap.
    around = make_series(lonlat=tuple([value] for value in locate(small_grid, 72_000, -270_000)), width_km=24)
    known = 1.5e-6 * 1e6 + 1e-6 * np.array([67.5, 70.5, 73.5, 76.5, 79.5, 82.5]).mean() * 1e3 - 0.06
    assert sample_fields([field], small_grid, around)[0][0] == pytest.approx([known], abs=1e-6)
    beside = make_series(lonlat=tuple([value] for value in locate(small_grid, 60_000, -270_000)), width_km=24)
    assert np.isnan(sample_fields([field], small_grid, beside)[0][0])


def test_each_point_gets_the_members_of_its_day(run, small_grid):
    x, y = np.array([10_000.0, 20_000.0, 30_000.0, 40_000.0]), np.full(4, -270_000.0)
    drift = make_series(days=(-1, 0, 2, 5), lonlat=locate(small_grid, x, y))
    (found,) = collocate([drift, make_series("far", lonlat=([0.0], [70.0])), make_series("late", days=(9,))], run)
    assert found.series.days.tolist() == [DAY, DAY + timedelta(2)]
    plane = 1.5 + 1e-6 * x[1:3] - 0.06 + np.array([0.0, 0.02])
    assert found.members == pytest.approx(np.stack([plane - 0.1, plane + 0.3], axis=1), abs=1e-6)
    assert found.low_resolution == pytest.approx(plane + 0.2, abs=1e-6)


def test_points_that_are_not_compared_are_counted_by_the_reason(run, small_grid):
    """The run has three days, of which the second point of the drift is on the first, and the third of the mean on all."""
    x, y = np.array([10_000.0, 20_000.0, 30_000.0, 40_000.0]), np.full(4, -270_000.0)
    drift = make_series(days=(-1, 0, 2, 5), lonlat=locate(small_grid, x, y))
    far = make_series("far", lonlat=([0.0], [70.0]))
    mean = make_series("mean", MEAN, (1, 40), lonlat=locate(small_grid, x[:2], y[:2]), span_days=30)
    measured = [drift, far, mean]
    sentence = (
        "of {} points that were read, {} are of other days than the run's, {} lie outside its area, and {} lie where"
    )
    assert describe_points(measured, run, collocate(measured, run)).startswith(sentence.format(7, 3, 1, 0))
    with np.load(run[0].features) as arrays:
        fields = {name: np.full_like(values, np.nan) for name, values in arrays.items()}
    np.savez(run[0].features, **fields)
    assert describe_points(measured, run, collocate(measured, run)).startswith(sentence.format(7, 3, 1, 1))


def test_the_low_resolution_is_that_of_the_product_where_another_input_is_missing(run, small_grid):
    one = run[0]
    with np.load(one.features) as arrays:
        fields = {name: np.full_like(values, np.nan) for name, values in arrays.items()}
        fields |= {BEYOND_MASK.format(name=name): arrays[name] for name in ("sic", "sit")}
    np.savez(one.features, **fields)
    place = tuple([value] for value in locate(small_grid, 60_000, -250_000))
    (found,) = collocate([make_series(lonlat=place)], [one])
    assert found.low_resolution == pytest.approx([1.5 + 0.06 - 0.1 + 0.2], abs=1e-6)


def test_a_mean_of_thirty_days_is_compared_with_that_of_the_days_that_the_run_has(run, small_grid):
    place = tuple([value] for value in locate(small_grid, 60_000, -250_000))
    means = [make_series(str(days), MEAN, days, lonlat=place, span_days=30) for days in ((14,), (16,), (17,))]
    first, second = collocate(means, run)  # 15 days apart is outside
    assert first.low_resolution - second.low_resolution == pytest.approx([-0.01], abs=1e-6)  # days 0 to 2, and 2 alone


@pytest.mark.parametrize("span_days", [1, 2, 7, 30])
def test_a_mean_is_compared_with_as_many_days_as_it_spans(span_days):
    series = make_series(days=(0,), span_days=span_days)
    around = [DAY + timedelta(number) for number in range(-40, 41)]
    assert sum(find_points(series, day).size for day in around) == span_days


def test_members_and_low_resolution_are_averaged_over_the_same_days(run, small_grid):
    """On a day without members the low resolution says nothing of what they are drawn from."""
    with open_predictions(run[2].ensemble, small_grid, run[2].day, 2, {}) as file:
        for _ in range(2):
            file.append(np.full(small_grid.shape, np.nan))
    place = tuple([value] for value in locate(small_grid, 60_000, -250_000))
    (found,) = collocate([make_series("A", MEAN, (1,), lonlat=place, span_days=30)], run)
    plane = 1.5 + 0.06 - 0.1 + np.mean([0.0, 0.01])  # of the first two days
    assert found.members[0] == pytest.approx([plane - 0.1, plane + 0.3], abs=1e-6)
    assert found.low_resolution == pytest.approx([plane + 0.2], abs=1e-6)


def test_a_date_with_another_number_of_members_is_refused(run, small_grid):
    with open_predictions(run[1].ensemble, small_grid, run[1].day, 3, {}):
        pass
    place = tuple(np.repeat(value, 2) for value in locate(small_grid, 60_000, -250_000))
    with pytest.raises(InputError, match="a different number of members"):
        collocate([make_series(days=(0, 1), lonlat=place)], run)


def test_features_of_another_date_are_refused(run, small_grid):
    swapped = find_run_days([one.ensemble for one in run[:2]], [one.features for one in run[1::-1]])
    place = tuple([value] for value in locate(small_grid, 60_000, -250_000))
    with pytest.raises(InputError, match="is of 2022-04-13, not of 2022-04-12"):
        collocate([make_series(lonlat=place)], swapped)
    with pytest.raises(InputError, match="1 files of features and 2 ensembles"):
        find_run_days([one.ensemble for one in run[:2]], [run[0].features])


def test_the_file_is_one_of_discrete_sampling_geometry(run, small_grid, tmp_path):
    place = tuple(np.repeat(value, 2) for value in locate(small_grid, 60_000, -250_000))
    track = make_series("submarine", MEAN, (1, 1), uncertainty=np.nan, lonlat=place)
    found = collocate([make_series("Buoy #1", days=(0, 2), lonlat=place, uncertainty=0.02), track], run)
    path = tmp_path / "in_situ.nc"
    write_collocations(path, found, {"experiment": "reference"})
    with xr.open_dataset(path) as file:
        assert file.platform.values.tolist() == ["Buoy #1", "submarine"] and file.row_size.values.tolist() == [2, 2]
        assert file.time.values.astype("datetime64[D]").tolist() == [DAY, DAY + timedelta(2), *[DAY + timedelta(1)] * 2]
        # CF, appendix H.4.3: the counts name the dimension of the points, and one variable names the trajectories.
        assert (file.row_size.sample_dimension, file.platform.cf_role) == ("obs", "trajectory_id")
        assert file.attrs["featureType"] == "trajectory"
        assert file.sit_ai.dims == ("obs", "n") and set(file.coords) >= {"time", "latitude", "longitude"}
        assert float(file.sit_ai[2, 1] - file.sit_ai[2, 0]) == pytest.approx(0.4, abs=1e-6)
    # The checker takes the last value of the last platform for the last time of the file.
    findings = [finding for finding in list_findings(path) if "!= 2022-04-13T12:00:00+00:00 (time[N])" not in finding]
    assert findings == []
    for one, again in zip(found, read_collocations(path), strict=True):
        assert (again.series.platform, again.series.measures) == (one.series.platform, one.series.measures)
        assert again.series.days.tolist() == one.series.days.tolist()
        assert again.members == pytest.approx(one.members, abs=1e-6)


def test_nothing_in_common_is_a_file_without_points(tmp_path):
    write_collocations(tmp_path / "none.nc", [], {})
    assert read_collocations(tmp_path / "none.nc") == []
    assert tabulate([]).empty


def make_collocation(measured, mean, low, measures=LEVEL_ICE, spread=0.5, members=5, days=None, uncertainty=0.0):
    series = make_series("A", measures, days or tuple(range(len(measured))), np.array(measured), uncertainty)
    around = np.linspace(-1, 1, members) * spread
    return Collocation(series, np.array(mean)[:, None] + around, np.array(low))


def test_level_ice_has_anomalies_and_growth_but_no_bias():
    # A floe of 80 % of the cell's mean that grows by 1 cm a day; the members grow by 2 cm, the input not at all.
    days = np.arange(4)
    row = score_platform(make_collocation(1.6 + 0.01 * days, 2.0 + 0.02 * days, np.full(4, 2.1)))
    assert "bias" not in row and (row["first"], row["last"], row["points"]) == ("2022-04-12", "2022-04-15", 4)
    growth = row["growth_measured"], row["growth_members"], row["growth_low_resolution"]
    assert growth == pytest.approx((0.3, 0.6, 0.0), abs=1e-9)
    assert (row["growth_rmse"], row["low_resolution_growth_rmse"]) == pytest.approx((0.01, 0.01))
    assert row["anomaly_rmse"] == pytest.approx(0.01 * np.std(days))
    # Members at 1.5, 1.75, 2, ... around the mean: one of five is thinner than the floe.
    assert (row["rank_percent"], row["lower_half_percent"], row["below_all_percent"]) == pytest.approx((20, 100, 0))
    assert row["coverage_50_percent"] == pytest.approx(50) and np.isnan(row["coverage_90_percent"])


def test_a_mean_along_a_track_has_a_bias_and_no_growth():
    row = score_platform(make_collocation([1.0, 2.0], [1.2, 2.2], [1.1, 2.1], MEAN, days=(0, 0)))
    assert (row["bias"], row["low_resolution_bias"], row["anomaly_rmse"]) == pytest.approx((0.2, 0.1, 0.0))
    assert "growth_rmse" not in row


def test_ranks_and_coverage_of_an_exchangeable_truth_are_those_of_chance():
    random = np.random.default_rng(0)
    draws = random.standard_normal((20_000, 10)) / 10 + 2
    errors = 0.1 * random.standard_normal(20_000)
    exact = make_series("A", MEAN, np.zeros(20_000, int), draws[:, 0], 0.0)
    uncertain = make_series("A", MEAN, np.zeros(20_000, int), draws[:, 0] + errors, 0.1)
    for series in (exact, uncertain):
        row = score_platform(Collocation(series, draws[:, 1:], draws[:, 1]))
        assert row["rank_percent"] == pytest.approx(50, abs=1)
        assert row["below_all_percent"] == pytest.approx(10, abs=1)
        assert row["coverage_50_percent"] == pytest.approx(50, abs=1.5)


@pytest.mark.parametrize("uncertainty", [0.0, 0.1])
def test_open_water_among_open_water_has_no_rank_of_its_own(uncertainty):
    """A truth and members that are zero half of the time, neither negative: exchangeable, ties and all."""
    random = np.random.default_rng(1)
    draws = np.clip(0.2 * random.standard_normal((20_000, 20)), 0, None)
    measured = np.clip(draws[:, 0] + uncertainty * random.standard_normal(20_000), 0, None)
    series = make_series("A", MEAN, np.zeros(20_000, int), measured, uncertainty)
    row = score_platform(Collocation(series, draws[:, 1:], draws[:, 1]))
    assert row["rank_percent"] == pytest.approx(50, abs=1)
    assert (row["coverage_50_percent"], row["coverage_90_percent"]) == pytest.approx((50, 90), abs=1.5)


def test_points_without_a_value_of_the_run_do_not_count():
    gap = make_collocation([1.0, 1.0], [1.0, np.nan], [1.0, 1.0])
    assert tabulate([gap]).points.tolist() == [1]
    assert tabulate([make_collocation([1.0], [np.nan], [1.0])]).empty
