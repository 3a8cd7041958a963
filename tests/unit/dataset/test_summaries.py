"""Summaries of an ensemble against NumPy, SciPy and the members themselves."""

from datetime import date

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from superice.dataset.layout import open_predictions
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import THICKNESS_STEP_M, MemberStatistics, Summary, collect_members, write_summary
from superice.errors import InputError
from superice.features.day import Features

SETTINGS = SummarySettings()
DAY = date(2022, 4, 12)
HALF_STEP = THICKNESS_STEP_M / 2 + 1e-6
ensembles = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.just(2), st.just(3)),
    # Whole decimetres meet the thresholds exactly.
    elements=st.one_of(st.sampled_from([np.float32(n / 10) for n in range(13)]), st.floats(0, 8, width=32)),
)


def summarise(members, settings=SETTINGS):
    statistics = MemberStatistics(np.isfinite(members[0]), len(members))
    for member in members:
        statistics.add(member)
    return statistics.compute(settings)


@given(ensembles)
def test_shares_add_up_quantiles_are_ordered_and_the_order_of_members_is_none(members):
    fields = summarise(members)
    assert (np.diff(fields["sit_quantile"], axis=0) >= 0).all()
    assert (np.diff(fields["probability_thinner"], axis=0) >= 0).all()
    np.testing.assert_allclose(fields["class_fraction"].sum(axis=0), 1, atol=1e-6)
    # The limit 0.3 m is one of the thresholds too: the three classes below it hold the thinner members.
    np.testing.assert_allclose(fields["class_fraction"][:3].sum(axis=0), fields["probability_thinner"][1], atol=1e-6)
    for name, values in summarise(members[::-1]).items():
        np.testing.assert_array_equal(values, fields[name])


@given(ensembles)
def test_the_volume_of_the_mean_is_the_mean_of_the_volumes(members):
    volume = summarise(members)["sit_mean"].sum(dtype=np.float64)
    assert volume == pytest.approx(members.sum(axis=(1, 2), dtype=np.float64).mean(), abs=6 * HALF_STEP)


def test_statistics_are_those_of_numpy_and_scipy():
    """More pixels than are computed at once, 30 members, a few of them without ice."""
    random = np.random.default_rng(0)
    members = random.gamma(2, 0.3, (30, 300, 300)).astype(np.float32)
    members[:, :20] = np.nan
    fields, ice = summarise(members), np.s_[..., 20:, :]
    within = {"rtol": 0, "atol": HALF_STEP}
    np.testing.assert_allclose(fields["sit_mean"][ice], members[ice].mean(axis=0, dtype=np.float64), **within)
    np.testing.assert_allclose(fields["sit_std"][ice], stats.tstd(members[ice].astype(float), axis=0), **within)
    expected = np.quantile(members[ice].astype(np.float64), SETTINGS.quantiles, axis=0, method="weibull")
    np.testing.assert_allclose(fields["sit_quantile"][ice], expected, **within)
    for limit, values in zip(SETTINGS.thinner_than, fields["probability_thinner"]):
        np.testing.assert_allclose(values[ice], (members[ice] < np.float32(limit)).mean(axis=0), atol=1e-7)
    edges = [0, *map(np.float32, SETTINGS.classes), np.inf]
    counted = np.stack([np.histogram(pixel, edges)[0] for pixel in members[:, 20, :9].T], axis=1)
    np.testing.assert_allclose(fields["class_fraction"][:, 20, :9], counted / 30, atol=1e-7)
    assert all(np.isnan(values[..., :20, :]).all() for values in fields.values())


def test_one_member_has_no_spread_and_no_member_has_nothing():
    one = summarise(np.full((1, 2, 2), 0.5, np.float32))
    assert np.isnan(one["sit_std"]).all() and (one["sit_quantile"] == 0.5).all()
    assert (one["probability_thinner"][:, 0, 0] == [0, 0, 0, 1]).all(), "ice of 0.5 m is not thinner than 0.5 m"
    none = MemberStatistics(np.ones((2, 2), bool), 3).compute(SETTINGS)
    assert all(np.isnan(values).all() for values in none.values())


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"quantiles": (0.5, 0.25)}, r"quantiles: \[0.5, 0.25\] does not ascend"),
        ({"quantiles": (0.0,)}, "quantiles.0: 0.0 is not above 0"),
        ({"thinner_than": ()}, "thinner_than: .* too few items"),
        ({"classes": (0.1, 0.1)}, r"classes: \[0.1, 0.1\] does not ascend"),
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(settings, sentence):
    with pytest.raises(InputError, match=f"ensembles.summary.{sentence}"):
        SummarySettings(**settings)


@pytest.fixture
def features(small_grid):
    random = np.random.default_rng(1)
    fields = {name: random.uniform(0, 1, small_grid.shape).astype(np.float32) for name in ("sic", "sit")}
    still = np.zeros(small_grid.shape, np.float32)
    fields["sit"][:8] = np.nan
    return Features(DAY, **fields, divergence=still, shear=still)


def test_a_file_of_members_gives_the_statistics_of_the_members_that_were_drawn(features, small_grid, tmp_path):
    members = np.random.default_rng(2).gamma(2, 0.3, (4, *small_grid.shape)).astype(np.float32)
    members[:, ~features.mask] = np.nan
    with open_predictions(tmp_path / "members.nc", small_grid, DAY, 5, {}) as file:
        for member in members:
            file.append(member)  # the fifth stays missing
    stored = collect_members(tmp_path / "members.nc", features.mask)
    assert stored.count == 4
    for name, values in stored.compute(SETTINGS).items():
        np.testing.assert_array_equal(values, summarise(members)[name])
    with pytest.raises(InputError, match=r"members\.nc: its cells are not the \(3, 3\) of the mask"):
        collect_members(tmp_path / "members.nc", np.ones((3, 3), bool))


def test_the_file_says_what_its_numbers_are(features, small_grid, tmp_path):
    statistics = MemberStatistics(features.mask, 2)
    for thickness in (0.2, 0.6):
        statistics.add(np.where(features.mask, np.float32(thickness), np.nan))
    settings = SummarySettings(quantiles=(0.5,), thinner_than=(0.25, 0.5), classes=(0.64, 1.39))
    write_summary(Summary(tmp_path / "s.nc", settings), small_grid, features, None, statistics, {"members": 2})
    with xr.open_dataset(tmp_path / "s.nc", decode_coords="all") as data:
        pixel = data.isel(dict(zip("yx", np.argwhere(features.mask)[0])))
        assert pixel.sit_mean == pytest.approx(0.4, abs=HALF_STEP)
        assert pixel.sit_std == pytest.approx(0.2 * np.sqrt(2), abs=HALF_STEP)
        assert pixel.probability_thinner.sel(threshold=0.25) == 0.5
        assert pixel.class_fraction.values.tolist() == [1, 0, 0]
        np.testing.assert_allclose(data.class_bounds, [[0, 0.64], [0.64, 1.39], [1.39, np.inf]], rtol=1e-7)
        np.testing.assert_array_equal(data.mask, features.mask)
        np.testing.assert_array_equal(data.sit_low_resolution, features.sit)
        assert data.ensemble_size == 2 and "mask_reason" not in data


def test_the_band_of_a_summary_holds_the_share_of_exchangeable_truths_that_it_says():
    """31 values in random order are a truth and 30 members, at each pixel; `numpy.quantile`'s own band would hold 84 %."""
    values = np.random.default_rng(0).uniform(1, 3, (31, 200, 200))
    statistics = MemberStatistics(np.ones((200, 200), bool), 30)
    for member in values[1:]:
        statistics.add(member.astype(np.float32))
    low, high = statistics.compute(SummarySettings(quantiles=(0.05, 0.95)))["sit_quantile"]
    assert ((low < values[0]) & (values[0] < high)).mean() == pytest.approx(0.9, abs=0.005)
