"""Tables of dates whose scores are known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scored_fields import SHAPE
from scored_winter import SETTINGS, score_error, score_winter

from superice.errors import InputError
from superice.evaluation.bootstrap import compute_expansion
from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import BootstrapSettings
from superice.evaluation.tables import (
    format_headline,
    format_summary,
    read_score_groups,
    read_scores,
    tabulate_comparison,
    tabulate_days,
    tabulate_ensembles,
    tabulate_months,
    tabulate_regions,
    tabulate_scores,
)
from superice.utils.files import write_dataset

RUN = {"branch": "model", "split": "test", "experiment": "e"}
INTERVALS = BootstrapSettings(resamples=200)


@pytest.fixture(scope="module")
def dates():
    return score_winter()


def select_generated(frame):
    return frame[frame.field == "generated"]


def whole_error(error):
    return error * np.sqrt(0.75 + 0.25 * 4)


def test_files_give_back_the_scores(tmp_path, dates):
    write_dataset(tmp_path / "one.nc", dates[0])
    read = read_scores(tmp_path / "one.nc")
    pd.testing.assert_frame_equal(tabulate_days([read]), tabulate_days(dates[:1]))
    assert read.rmse.attrs["units"] == "m"


def test_figures_of_all_dates_are_of_the_last_split(tmp_path, dates):
    """Validation days have chosen training and noise: a calibration over both would flatter them."""
    paths = []
    for number, (split, experiment) in enumerate(
        [("test", "a"), ("validation", "a"), ("test", "b"), ("validation", "c")]
    ):
        paths.append(tmp_path / "model" / experiment / f"2022110{number + 1}.nc")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        write_dataset(paths[-1], dates[0].assign_attrs(split=split, experiment=experiment))
    groups = read_score_groups(paths)
    assert {key: [day.split for day in days] for key, days in groups.items()} == {
        ("model", "a"): ["test"],
        ("model", "b"): ["test"],
    }
    assert len(read_score_groups([paths[1], paths[3]])) == 2  # where nothing else was scored


def test_means_are_of_the_dates_with_ice(dates):
    days = tabulate_days(dates)
    assert len(days) == 5 * 3 * 2
    result = tabulate_scores(days, INTERVALS, tabulate_ensembles(dates)).set_index("field")
    assert result.dates.tolist() == [4, 4]
    assert result.rmse["generated"] == pytest.approx(whole_error(0.25), rel=1e-5)
    assert result.rmse_gain_percent["generated"] == pytest.approx(100 * (1 - whole_error(0.25) / 0.8), rel=1e-4)


def test_members_as_rough_as_the_truth_in_sum_have_the_variance_ratio_1_and_a_mean_ratio_above_it():
    """Members know the mean variance and not that of the date: the mean of the ratios is E[1 / v], and not 1 / E[v]."""
    rng = np.random.default_rng(0)
    draw = lambda variance: 1 + 0.1 * np.sqrt(variance) * rng.standard_normal(SHAPE)
    low, variances = np.ones(SHAPE), [0.4, 1.6] * 4
    members = [np.stack([draw(1.0) for _ in range(3)]) for _ in variances]
    scores = [
        score_date(members[day], draw(variance), low, date(2022, 11, 1 + 3 * day), 3.0).assign_attrs(RUN)
        for day, variance in enumerate(variances)
    ]
    table = tabulate_scores(tabulate_days(scores), INTERVALS, tabulate_ensembles(scores)).set_index("field")
    generated = table.loc["generated"]
    assert generated.fine_variance_ratio == pytest.approx(1, rel=0.02)
    assert generated.fine_scale == pytest.approx(np.mean(1 / np.array(variances)), rel=0.1)
    assert generated.fine_variance_ratio_lower < 1 < generated.fine_variance_ratio_upper
    assert table.fine_variance_ratio["low_resolution"] == 0


def test_scores_of_an_earlier_version_are_refused_by_name(tmp_path, dates):
    write_dataset(tmp_path / "one.nc", dates[0].drop_vars("fine_variance"))
    with pytest.raises(InputError, match=r"one\.nc, fine_variance.*score the date again"):
        read_scores(tmp_path / "one.nc")


def test_regions_have_their_own_errors_and_gains(dates):
    result = select_generated(tabulate_regions(tabulate_days(dates))).set_index("region")
    assert result.rmse["pack"] == pytest.approx(0.25, rel=1e-5)
    assert result.rmse["marginal"] == pytest.approx(0.5, rel=1e-5)
    assert result.rmse_gain_percent["marginal"] == pytest.approx(100 * (1 - 0.5 / 0.8), rel=1e-4)
    assert result.rmse["ice"] == pytest.approx(whole_error(0.25), rel=1e-5)


def test_months_stand_in_the_order_of_a_winter(dates):
    result = select_generated(tabulate_months(tabulate_days(dates)))
    assert result.month.tolist() == [11, 1]
    assert result.dates.tolist() == [2, 2]
    assert result.rmse.tolist() == pytest.approx([whole_error(0.15), whole_error(0.35)], rel=1e-5)


def test_intervals_hold_the_means_and_those_of_the_gain_are_of_pairs(dates):
    result = select_generated(
        tabulate_scores(tabulate_days(dates), BootstrapSettings(resamples=4000), tabulate_ensembles(dates))
    ).iloc[0]
    # Four dates in four weeks: the means of four draws of 0.1, 0.2, 0.3, 0.4.
    draws = np.stack(np.meshgrid(*[[0.1, 0.2, 0.3, 0.4]] * 4)).reshape(4, -1).mean(axis=0)
    low, high = whole_error(np.quantile(draws, [0.025, 0.975]))
    mean = whole_error(0.25)
    expected = [mean + compute_expansion(4) * (bound - mean) for bound in (low, high)]
    assert (result.rmse_lower, result.rmse_upper) == pytest.approx(expected, abs=0.04)
    assert result.rmse_lower < result.rmse < result.rmse_upper
    # The low-resolution field has the same error on all dates, so that the gain is a linear function of the error alone.
    assert result.rmse_gain_percent_upper == pytest.approx(100 * (1 - result.rmse_lower / 0.8), rel=1e-4)


def test_no_scored_date_makes_empty_tables():
    nothing = [score_error(date(2023, 2, 1), None)]
    days = tabulate_days(nothing)
    of_means = [
        tabulate_scores(days, INTERVALS, tabulate_ensembles(nothing)),
        tabulate_comparison(nothing, INTERVALS),
    ]
    for frame in (*of_means, tabulate_regions(days), tabulate_months(days)):
        assert frame.empty
        assert "experiment" in frame
    assert format_summary(of_means[1]) == "no date was scored"


def test_what_an_ensemble_cost_is_the_median_of_its_files(dates):
    costs = [3.0, 50.0, 2.0, None, None]
    for scores, seconds in zip(dates, costs):
        scores.attrs |= {"passes_per_member": 7} | ({"seconds_per_member": seconds} if seconds else {})
    result = tabulate_ensembles(dates).iloc[0]
    assert (result.passes, result.seconds_per_member) == (7, 3.0)
    # The truth is below all members on every pixel: one rank of four has all.
    assert result.reliability_index == pytest.approx(2 * (1 - 1 / 4))


def test_experiments_are_compared_on_the_dates_that_they_share(dates):
    several = [
        *dates,
        *(score_error(date(2022, 11, day), error, "f") for day, error in ((7, 0.5), (20, 0.6), (21, 9.0))),
    ]
    result = tabulate_comparison(several, INTERVALS).set_index("experiment")
    assert list(result.index) == ["e", "f", "low_resolution"]
    assert result.dates.tolist() == [2, 2, 2]
    assert result.rmse.tolist() == pytest.approx([whole_error(0.15), whole_error(0.55), 0.8], rel=1e-5)
    assert result.members.tolist() == [3, 3, 1]


def test_what_is_no_mean_is_of_the_shared_dates_too(dates):
    """Ranks and costs of a date that another experiment lacks take no part."""
    dates = [scores.copy(deep=True) for scores in dates]
    for scores, seconds in zip(dates, (1.0, 90.0, 90.0, 90.0, 90.0)):
        scores.attrs["seconds_per_member"] = seconds
    shared = date.fromisoformat(dates[0].attrs["date"])
    one = score_error(shared, 0.2, "f")
    dates[0].rank_count[:] = 25  # uniform; on the other dates the truth is below all members
    result = tabulate_comparison([*dates, one], INTERVALS).set_index("experiment")
    assert result.dates.tolist() == [1, 1, 1]
    assert result.seconds_per_member["e"] == 1.0 and result.reliability_index["e"] == 0


def test_experiments_on_other_inputs_are_named(dates):
    """Their gains are over inputs of their own, of which the table shows one."""
    others = [score_error(date(2022, 11, 7), 0.2, "f", low=1.6)]
    result = tabulate_comparison([*dates, *others], INTERVALS).set_index("experiment")
    assert result.rmse_low_resolution[["e", "f"]].tolist() == pytest.approx([0.8, 1.6])
    assert result.rmse_gain_percent["f"] == pytest.approx(100 * (1 - result.rmse["f"] / 1.6))
    told = format_summary(result.reset_index())
    assert "0.800 m on" in told and "(e); 1.600 m on" in told and "pixels (f)." in told
    assert "Inputs differ" not in format_summary(tabulate_comparison(dates, INTERVALS))


def test_dates_with_ensembles_of_different_sizes_are_refused():
    days = [score_gaussian_ensemble(members, "e", side=48) for members in (5, 10)]
    with pytest.raises(
        InputError, match=r"model/test/e: the dates have ensembles of different sizes.*5 and 10 members"
    ):
        tabulate_days(days)


def score_gaussian_ensemble(members, experiment, error=0.3, spread=0.4, side=192):
    """A date whose truth and members vary about a known mean, wrong by ``error``, with deviation ``spread``."""
    rng = np.random.default_rng(members)
    centre = np.full((side, side), 5.0)
    truth = centre + error * rng.standard_normal(centre.shape)
    fields = centre + spread * rng.standard_normal((members, *centre.shape))
    scores = score_date(fields, truth, centre, date(2022, 11, 7), 3.0, SETTINGS)
    scores.attrs |= {"branch": "model", "experiment": experiment, "split": "test"}
    return scores


def test_the_error_of_unlimited_members_does_not_depend_on_their_number():
    """The mean of n members has the square error 0.3² + 0.4² / n, that of infinitely many 0.3²."""
    scores = [score_gaussian_ensemble(6, "few"), score_gaussian_ensemble(30, "many")]
    result = tabulate_comparison(scores, INTERVALS).set_index("experiment")
    assert result.rmse["few"] == pytest.approx(np.sqrt(0.09 + 0.16 / 6), rel=0.01)
    assert result.rmse["many"] == pytest.approx(np.sqrt(0.09 + 0.16 / 30), rel=0.01)
    assert result.rmse_unlimited[["few", "many"]].tolist() == pytest.approx([0.3, 0.3], rel=0.01)
    assert result.rmse_unlimited["low_resolution"] == pytest.approx(result.rmse["low_resolution"])


def test_coverage_is_that_of_the_spread_and_stands_beside_it_in_every_table():
    """Members with 0.75 of the deviation of the truth: their 90 % interval holds 78 % of a Gaussian, that of 50 % 39 %."""
    scores = [score_gaussian_ensemble(99, "narrow", error=0.4, spread=0.3, side=144)]
    days, ensembles = tabulate_days(scores), tabulate_ensembles(scores)
    for table in (
        tabulate_comparison(scores, INTERVALS),
        tabulate_scores(days, INTERVALS, ensembles),
        tabulate_regions(days),
        tabulate_months(days),
        days,
    ):
        row = table[table.experiment == "narrow"].iloc[0]
        assert row.coverage_90_percent == pytest.approx(78.3, abs=3.5)
        assert row.coverage_50_percent == pytest.approx(38.7, abs=3.5)
    low = days[days.field == "low_resolution"]
    assert low[["coverage_50_percent", "coverage_90_percent"]].isna().all(axis=None)


def test_ensembles_of_different_sizes_are_not_compared_without_a_word():
    scores = [score_gaussian_ensemble(members, f"e{members}", side=48) for members in (1, 6, 30)]
    tabulate = lambda chosen: tabulate_comparison(chosen, INTERVALS)
    assert "The ensembles have 6 and 30 members. RMSE, gain and rank index depend" in format_summary(tabulate(scores))
    assert "The ensembles have" not in format_summary(tabulate(scores[:2]))


def test_the_summary_is_a_table_in_markdown(dates):
    result = tabulate_comparison(dates, INTERVALS)
    title, _, head, rule, *rows = format_summary(result).splitlines()
    assert title == "model, test, 4 dates"
    assert {line.count("|") for line in (head, rule, *rows[:2])} == {18}
    assert len({len(line) for line in (head, rule, *rows[:2])}) == 1
    assert rows[0].startswith("| e ") and "0.331" in rows[0]
    assert rows[1].startswith("| low resolution ") and "0.800" in rows[1]


def test_the_headline_is_one_experiment_on_the_last_split_of_each_branch():
    compared = pd.DataFrame(
        {
            "branch": ["model", "model", "model", "observations"],
            "split": ["validation", "test", "test", "test"],
            "experiment": ["own_way", "own_way", "cubic", "own_way"],
            "rmse_gain_percent": [1.0, 15.04, 0.0, 8.25],
            "crps": [0.2, 0.1182, 0.3, 0.1],
            "spread_skill": [1.5, 0.96, 1.0, 1.1],
            "dates": [9, 5, 5, 14],
        }
    )
    assert format_headline(compared, "own_way").splitlines() == [
        "own way, from the model: gain +15.0 %, CRPS 0.118 m, spread–skill 0.96 (5 dates)",
        "own way, from the observations: gain +8.2 %, CRPS 0.100 m, spread–skill 1.10 (14 dates)",
    ]
    with pytest.raises(InputError, match="no experiment 'other'; it has own_way, cubic"):
        format_headline(compared, "other")
