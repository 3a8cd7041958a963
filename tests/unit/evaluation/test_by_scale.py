"""Scores of means over areas: against a plain computation, and against what theory says of Gaussian ensembles."""

from datetime import date, timedelta

import numpy as np
import pytest

from superice.errors import InputError
from superice.evaluation.date_sums import compute_sums
from superice.evaluation.scored_date import ScoredDate
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.sums_table import select_scales, tabulate_sums
from superice.fields.regions import RegionMasks

DAY = date(2023, 1, 2)  # a Monday, from which periods of 7 and of 30 days begin
SETTINGS = ScoreSettings(scale_widths_km=(3.0, 9.0, 18.0, 36.0), scale_kept_from_km=18.0)
LABELS = {"branch": "model", "split": "test", "experiment": "e"}


def compute(members, truth, day=DAY, regions=None, cell_area=None, settings=SETTINGS):
    scored = ScoredDate(members, truth, truth + 0.5, day, 3.0, settings, None, cell_area)
    content = compute_sums(scored, regions)
    content.attributes.update(LABELS)
    return content


def tabulate(*dates):
    return select_scales(tabulate_sums(dates)).set_index(["days", "scale"])


def draw_rough(random, members, side=24):
    """Fields of one distribution whose cells go together over all distances: waves, a common shift, and white noise."""
    y, x = np.mgrid[:side, :side] * 2 * np.pi / side
    fields = 5 + 0.3 * random.standard_normal((members, side, side))
    for wave in range(3):
        cosine, sine = random.standard_normal((2, members, 1, 1)) / (1 + wave)
        fields += cosine * np.cos(wave * x + y * (wave > 0)) + sine * np.sin(wave * x)
    return fields


def test_sums_equal_a_plain_computation():
    random = np.random.default_rng(0)
    area = random.uniform(5e6, 9e6, (20, 17))
    members, truth = random.gamma(2, 1, (2, 4, 20, 17))[0], random.gamma(2, 1, (20, 17))
    truth[:5, :9] = members[2, 11:, 3] = np.nan
    regions = RegionMasks(
        ("all", "south"), np.stack([np.ones((20, 17), bool), np.arange(20)[:, None] < 8 + np.zeros(17)])
    )
    content = compute(members, truth, regions=regions, cell_area=area)
    known = np.isfinite(truth) & np.isfinite(members).all(axis=0)

    def score(cells):
        weight = np.where(known & cells, area, 0) / 1e6
        values = np.array([np.nansum(np.nan_to_num(f) * weight) / weight.sum() for f in (*members, truth, truth + 0.5)])
        mean, of_truth = values[:4].mean(), values[4]
        pairs = np.abs(values[:4, None] - values[:4]).sum() / (2 * 4 * 3)
        crps = np.abs(values[:4] - of_truth).mean() - pairs
        of_area = [1, values[:4].var(ddof=1), (mean - of_truth) ** 2, mean - of_truth, 0.25, crps]
        return weight.sum() * np.array(of_area)

    for place, width in enumerate((1, 3, 6, 12)):
        total, areas = np.zeros(6), 0
        for top in range(0, 20, width):
            for left in range(0, 17, width):
                cells = np.zeros((20, 17), bool)
                cells[top : top + width, left : left + width] = True
                if (known & cells).sum() >= max(0.5 * width**2, 1):
                    total, areas = total + score(cells), areas + 1
        names = ("area", "variance", "square_error", "error", "low_resolution_square_error", "crps")
        assert [content[name][place] for name in names] == pytest.approx(total, rel=1e-9), width
        assert content["areas"][place] == content["rank_count"][place].sum() == areas
    assert [content[name][5] for name in names] == pytest.approx(score(regions.inside[1]), rel=1e-9)
    assert content["part"].tolist()[:6] == ["3 km", "9 km", "18 km", "36 km", "all", "south"]


def test_an_ensemble_with_the_covariance_of_the_truth_is_right_at_every_scale():
    random = np.random.default_rng(1)
    fields = [draw_rough(random, 20) for _ in range(60)]
    daily = tabulate(*(compute(f[1:], f[0], DAY + timedelta(60 * n)) for n, f in enumerate(fields))).loc[1]
    assert list(daily.index) == ["3 km", "9 km", "18 km", "36 km", "all"]
    assert daily.spread_skill.to_numpy() == pytest.approx(np.ones(5), abs=0.25)  # the whole has 60 values: 0.09
    assert daily.coverage_50_percent.to_numpy() == pytest.approx(np.full(5, 50), abs=12)
    assert daily.coverage_90_percent.to_numpy() == pytest.approx(np.full(5, 90), abs=8)


def test_spread_of_white_noise_falls_as_the_width():
    random = np.random.default_rng(2)
    noise = 5 + random.standard_normal((21, 36, 36))
    daily = tabulate(compute(noise[1:], noise[0])).loc[1]
    spread, widths = daily.spread.to_numpy(), np.array([1, 3, 6, 12, 36])
    assert spread[:4] * widths[:4] == pytest.approx(np.ones(4), rel=0.1)
    assert daily.width_km.to_numpy() == pytest.approx(3 * widths)
    assert daily.spread_skill.to_numpy() == pytest.approx(np.sqrt(21 / 20) * spread / daily.rmse.to_numpy())


def test_an_error_that_all_members_share_leaves_too_little_spread_at_large_scales_by_a_known_factor():
    """Members and truth differ by white noise of 1 m, and the truth by a shift of 0.3 m besides.

    A mean over w x w cells has a spread of 1 / w, and an error of the root of (1 + 1 / n) / w2 + 0.09.
    """
    random = np.random.default_rng(3)
    dates = []
    for number in range(20):
        noise = 5 + random.standard_normal((21, 36, 36))
        dates.append(compute(noise[1:], noise[0] + 0.3 * (-1) ** number, DAY + timedelta(number)))
    daily = tabulate(*dates).loc[1]
    variance = 1 / np.array([1, 3, 6, 12, 36]) ** 2
    expected = np.sqrt(21 / 20 * variance / (21 / 20 * variance + 0.3**2))
    assert daily.spread_skill[:4].to_numpy() == pytest.approx(expected[:4], rel=0.06)
    assert daily.spread_skill["all"] == pytest.approx(expected[4], rel=0.35)
    assert daily.bias.to_numpy() == pytest.approx(np.zeros(5), abs=0.02)


def test_errors_that_last_leave_too_little_spread_in_means_over_days():
    """Members are drawn anew each day, but the truth keeps its departure: over 7 days spread / error falls by root 7."""
    random = np.random.default_rng(4)
    dates = []
    for week in range(16):
        lasting = random.standard_normal((24, 24))
        for day in range(7):
            members = 5 + random.standard_normal((20, 24, 24))
            dates.append(compute(members, 5 + lasting, DAY + timedelta(7 * week + day)))
    table = tabulate(*dates)
    weeks = table.loc[7]
    assert (weeks.periods == 16).all() and (weeks.dates_per_period == 7).all()
    assert list(weeks.index) == ["18 km", "36 km", "all"]
    expected = np.sqrt(21 / 20 / 7 / (1 + 1 / 20 / 7))
    assert weeks.spread_skill["18 km"] == pytest.approx(expected, rel=0.1)
    assert table.loc[1].spread_skill["18 km"] == pytest.approx(1, rel=0.1)


def test_a_period_needs_two_dates_and_an_area_half_of_them():
    """Every twelfth day, from the first of a period of 30 days: three dates in the first, and a single one in the next."""
    first = DAY - timedelta((DAY - date(1900, 1, 1)).days % 30)
    random = np.random.default_rng(5)
    members, truths = 5 + random.standard_normal((4, 6, 24, 24)), 5 + random.standard_normal((4, 24, 24))
    truths[1, :12, :12] = truths[:2, 12:, 12:] = np.nan
    table = tabulate(*(compute(members[n], truths[n], first + timedelta(12 * n)) for n in range(4)))
    assert set(table.index.get_level_values("days")) == {1, 30}
    month = table.loc[30, "36 km"]
    assert (month.periods, month.dates_per_period, month.means) == (1, 3, 3)  # one box is known on one date of three
    errors = members.mean(axis=1) - truths
    boxes = errors[[0, 2], :12, :12], errors[:3, :12, 12:], errors[:3, 12:, :12]
    assert month.bias == pytest.approx(np.mean([box.mean() for box in boxes]))


def test_single_fields_have_an_error_and_no_spread():
    random = np.random.default_rng(6)
    daily = tabulate(compute(random.standard_normal((1, 24, 24)) + 5, random.standard_normal((24, 24)) + 5)).loc[1]
    assert np.isfinite(daily.rmse).all()
    assert daily[["spread", "spread_skill", "coverage_90_percent"]].isna().all(axis=None)


def test_a_date_without_ice_counts_nowhere():
    nothing = np.full((24, 24), np.nan)
    content = compute(np.stack([nothing] * 3), nothing)
    assert not content["areas"].any()
    assert tabulate(content).empty


def test_widths_that_are_no_whole_pixels_and_dates_out_of_order_are_refused():
    fields = np.ones((4, 24, 24))
    with pytest.raises(InputError, match="10 km are not a whole number"):
        compute(fields[1:], fields[0], settings=ScoreSettings(scale_widths_km=(10.0,)))
    later = compute(fields[1:], fields[0], date(2023, 3, 1))
    with pytest.raises(InputError, match="order of the dates"):
        tabulate(later, compute(fields[1:], fields[0]))
    with pytest.raises(InputError, match="another number of members"):
        tabulate(compute(fields[1:], fields[0]), compute(fields[2:], fields[0], date(2023, 1, 3)))
