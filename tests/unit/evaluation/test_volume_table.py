"""Tables of volumes: months, the check of the bands, and what is said where it cannot be made."""

from datetime import date, timedelta

import numpy as np
import pytest
from standards import list_findings

from superice.errors import InputError
from superice.evaluation.volume import IceCover, compute_volumes
from superice.evaluation.volume_table import (
    COLUMNS,
    PLACED,
    average_months,
    check_calibration,
    collect_content,
    read_volumes,
    tabulate_volumes,
)
from superice.fields.regions import RegionMasks, RegionPlaces
from superice.utils.netcdf import read_content, write_content

SHAPE = (4, 5)
EAST = np.indices(SHAPE)[1] >= 3
REGIONS = RegionMasks(("all", "west", "east"), np.stack([np.ones(SHAPE, bool), ~EAST, EAST]))
AREA = np.full(SHAPE, 1e9)  # m2


def write_date(folder, day, seed=0, members=6, truth=True, empty=False, split="test"):
    """Write the sums of a date on which the thickness grows from west to east."""
    random = np.random.default_rng(seed)
    fields = random.gamma(4, 0.5, (members + 2, *SHAPE))
    if empty:
        fields[:members, :, 3:] = np.nan
    ice = np.ones(SHAPE, bool)
    known = fields[-1] if truth else None
    sums = compute_volumes(fields[:members], fields[-2], known, IceCover(ice, ~ice, ~ice), AREA, REGIONS, (1.0,))
    sums.attributes.update({"date": day.isoformat(), "split": split})
    path = folder / f"{day:%Y%m%d}.nc"
    write_content(path, sums)
    return path


def write_winter(folder, **options):
    days = [date(2022, 11, 20) + timedelta(days=4 * number) for number in range(6)]
    return [write_date(folder, day, seed, **options) for seed, day in enumerate(days)]


def test_a_reliable_ensemble_has_as_much_spread_as_error():
    """Members and truth of one distribution, by theory 1; members twice as far apart 2, with half of the spread a half."""
    random = np.random.default_rng(0)
    centre, noise = random.standard_normal((4000, 1)), random.standard_normal((4000, 11))
    for factor, words in ((1.0, "consistent"), (2.0, "too wide"), (0.5, "too narrow")):
        mean = noise[:, :10].mean(axis=1, keepdims=True)
        members = 5 + centre + mean + factor * (noise[:, :10] - mean)
        found = check_calibration(members, 5 + centre[:, 0] + noise[:, 10], "day")
        assert found.ratio == pytest.approx(factor, rel=0.04)
        assert words in found.sentence and found.count == 4000


def test_dates_without_truth_members_or_ice_are_not_counted():
    members, truth = np.ones((5, 3)) * np.arange(3), np.full(5, 2.0)
    members[1], truth[2], members[3], truth[3] = np.nan, np.nan, 0, 0
    found = check_calibration(members, truth, "day")
    assert found.count == 2 and found.mean_error == pytest.approx(-1)
    assert found.sentence.endswith("on 2 days, too few to judge")


@pytest.mark.parametrize(
    ("members", "truth", "words"),
    [
        (np.ones((3, 2)), np.full(3, np.nan), "the truth is not known"),
        (np.full((3, 2), np.nan), np.ones(3), "there is no ensemble"),
        (np.ones((3, 1)), np.full(3, 2.0), "a single member has no spread"),
        (np.ones((3, 2)), np.ones(3), "no error to compare with"),
        (np.zeros((3, 2)), np.zeros(3), "nothing to compare"),
    ],
)
def test_a_band_that_was_not_checked_says_so(members, truth, words):
    found = check_calibration(members, truth, "day")
    assert found.sentence.startswith("not checked: ") and words in found.sentence
    assert np.isnan(found.ratio)


def test_the_table_has_all_periods_regions_and_quantities(tmp_path):
    table = tabulate_volumes(read_volumes(write_winter(tmp_path)[::-1]))
    assert list(table.columns) == list(COLUMNS)
    assert table.groupby("period").date.unique().map(list)["month"] == ["2022-11", "2022-12"]
    assert len(table) == (6 + 2) * 3 * 4
    rows = table[(table.quantity == "volume") & (table.region == "all") & (table.period == "day")]
    assert list(rows.date) == sorted(rows.date) and rows.calibration.str.contains("on 6 days").all()
    assert (rows[["q05", "q25", "q50", "q75", "q95"]].diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    # 20 cells of 1000 km2; km3 over km2 is km.
    thickness = table[(table.quantity == "mean_thickness") & (table.region == "all") & (table.period == "day")]
    assert thickness["mean"].values == pytest.approx(rows["mean"].values / 20_000 * 1000)
    extent = table[table.quantity == "extent"]
    assert extent["mean"].isna().all() and extent.calibration.str.startswith("no ensemble").all()


def test_a_month_is_the_mean_of_each_member_over_its_dates(tmp_path):
    daily = read_volumes(write_winter(tmp_path))
    monthly = average_months(daily)
    assert monthly.counts.tolist() == [3, 3]
    assert monthly.fields["volume"][1] == pytest.approx(daily.fields["volume"][3:].mean(axis=0))


def test_a_date_without_an_ensemble_does_not_lower_its_month(tmp_path):
    """The east has no ensemble on the first of two dates: a zero there would halve its volume."""
    paths = [
        write_date(tmp_path, date(2022, 11, 1), 1, empty=True),
        write_date(tmp_path, date(2022, 11, 2), 2),
    ]
    daily = read_volumes(paths)
    monthly = average_months(daily)
    assert np.isnan(daily.fields["volume"][0, 2]).all()
    assert monthly.fields["volume"][0, 2] == pytest.approx(daily.fields["volume"][1, 2])
    table = tabulate_volumes(daily)
    rows = table[(table.region == "east") & (table.quantity == "volume")].set_index("period")
    assert list(rows.without_ensemble_percent) == pytest.approx([100, 0, 50])
    assert list(rows.dates) == [0, 1, 1]
    extents = table[(table.region == "east") & (table.quantity == "extent")]
    assert list(extents.dates) == [1, 1, 2]
    thickness = table[(table.region == "east") & (table.quantity == "mean_thickness")].set_index("date")["mean"]
    assert thickness["2022-11"] == pytest.approx(thickness["2022-11-02"])


def test_a_month_is_compared_only_with_a_truth_of_the_same_dates(tmp_path):
    paths = [write_date(tmp_path, date(2022, 11, 1), 1), write_date(tmp_path, date(2022, 11, 2), 2, truth=False)]
    paths.append(write_date(tmp_path, date(2022, 12, 1), 3))
    daily = read_volumes(paths)
    truth = average_months(daily).fields["truth_volume"]
    assert np.isnan(truth[0]).all() and truth[1] == pytest.approx(daily.fields["truth_volume"][2])


def test_splits_are_checked_apart(tmp_path):
    (tmp_path / "earlier").mkdir()
    days = [date(2021, 11, 1) + timedelta(days=number) for number in range(3)]
    earlier = [write_date(tmp_path / "earlier", day, split="validation") for day in days]
    table = tabulate_volumes(read_volumes([*earlier, *write_winter(tmp_path)]))
    checked = table[(table.period == "day") & (table.quantity == "volume")].groupby("split").checked.unique()
    assert checked["validation"].tolist() == [3] and checked["test"].tolist() == [6]


def make_file(volumes):
    """Return the content of the file of all dates; the regions lie side by side."""
    count = len(volumes.regions)
    east = 10.0 * np.arange(count)
    north = np.full(count, 80.0)
    places = RegionPlaces(north, east, north - 5, north + 5, east - 5, east + 5)
    return collect_content(volumes, "preconditioned", "observations", places, {})


def test_every_member_is_kept_in_one_file(tmp_path):
    volumes = read_volumes(write_winter(tmp_path, truth=False))
    complete = ("time", "region", "thin_ice", *PLACED)
    write_content(tmp_path / "all.nc", make_file(volumes), complete)
    assert list_findings(tmp_path / "all.nc") == []
    content = read_content(tmp_path / "all.nc", ("volume", "time", "truth_volume", "volume_calibration"))
    assert content.variables["volume"].dimensions == ("n", "region", "time")
    assert pytest.approx(volumes.fields["volume"], rel=1e-6) == content["volume"].T
    assert np.isnan(content["truth_volume"]).all()
    assert set(content["volume_calibration"]) == {"not checked: the truth is not known"}
    assert np.diff(content["time"]).tolist() == [4] * 5


def test_dates_of_another_ensemble_are_refused(tmp_path):
    paths = [write_date(tmp_path, date(2022, 11, 1)), write_date(tmp_path, date(2022, 11, 2), members=5)]
    with pytest.raises(InputError, match="6 members are expected, as in 20221101") as refused:
        read_volumes(paths)
    assert refused.value.value == 5
