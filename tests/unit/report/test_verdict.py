"""The verdict of a report: what is called better or worse, and the sentences and numbers that say so."""

import numpy as np
import pandas as pd
import pytest

from superice.evaluation.volume_table import UNKNOWN_TRUTH
from superice.report import verdict

RUN = {"branch": "model", "split": "test", "experiment": "few_steps", "dates": 15, "passes": 1.0}
ENSEMBLE = RUN | {"field": "generated", "members": 30, "rmse": 0.222, "crps": 0.11, "rmse_gain_percent": 18.4}
ENSEMBLE |= {"crps_gain_percent": 41.6, "spread_skill": 0.91, "coverage_90_percent": 90.0, "fine_variance_ratio": 1.27}
LOW = RUN | {"field": "low_resolution", "members": 1, "rmse": 0.272, "crps": 0.188, "fine_variance_ratio": 0.0}


def find(*rows):
    return verdict.find_results(pd.DataFrame(rows), "few_steps")


@pytest.mark.parametrize(
    ("rmse", "crps", "expected"),
    [
        (18.0, 40.0, "better than its input"),
        (-11.0, -7.0, "worse than its input"),
        (-2.0, 25.0, "better than its input as an ensemble, but worse in its mean"),
        (5.0, -1.0, "better than its input in its mean, but worse as an ensemble"),
        (float("nan"), 25.0, ""),
    ],
)
def test_a_network_is_judged_by_both_gains(rmse, crps, expected):
    assert verdict.judge(pd.Series({"rmse_gain_percent": rmse, "crps_gain_percent": crps})) == expected


def test_a_mean_within_its_interval_of_zero_is_no_gain_and_no_loss():
    gains = {"rmse_gain_percent": -1.0, "rmse_gain_percent_lower": -3.0, "rmse_gain_percent_upper": 1.0}
    assert verdict.judge(pd.Series(gains | {"crps_gain_percent": 20.0})) == "better than its input"
    assert verdict.judge(pd.Series(gains | {"crps_gain_percent": -20.0})) == "worse than its input"
    crps = {"crps_gain_percent": 2.0, "crps_gain_percent_lower": -1.0, "crps_gain_percent_upper": 5.0}
    assert verdict.judge(pd.Series(gains | crps)).startswith("no different from its input")
    assert verdict.judge(pd.Series(crps | {"rmse_gain_percent": 9.0})) == "better than its input"


def test_the_test_season_goes_before_the_validation_season():
    validation = [row | {"split": "validation", "rmse": 0.5} for row in (ENSEMBLE, LOW)]
    assert [result.split for result in find(*validation, ENSEMBLE, LOW)] == ["test"]
    assert [result.split for result in find(*validation)] == ["validation"]
    assert find(ENSEMBLE) == []  # nothing to compare with


def test_the_sentences_name_numbers_units_and_input():
    first, second = verdict.write_sentences(find(ENSEMBLE, LOW), pd.DataFrame())
    assert "few steps is better than its input: on 15 dates of the test season" in first
    assert "0.222 m, 18 % below that of the low-resolution field (0.272 m)" in first
    assert second.endswith("as an uncertainty it is right.")
    worse = ENSEMBLE | {"rmse_gain_percent": -11.0, "crps_gain_percent": -7.0, "spread_skill": 0.5}
    first, second = verdict.write_sentences(find(worse, LOW), pd.DataFrame())
    assert "worse than its input" in first and "11 % above" in first
    assert "2.0 times too narrow" in second


def test_a_spread_that_is_right_at_a_pixel_may_be_wrong_for_the_area():
    scales = pd.DataFrame([RUN | {"scale": "all", "days": 1, "means": 15, "spread_skill": 0.5}])
    assert verdict.write_sentences(find(ENSEMBLE, LOW), scales)[-1].endswith(
        "it is right. For the mean over the whole area the ratio is 0.50: there it is 2.0 times too narrow."
    )


def test_a_ratio_that_few_dates_do_not_tell_from_1_is_no_verdict():
    """Half of all reliable ensembles of 5 dates have a ratio beyond 0.8 to 1.25."""
    scales = pd.DataFrame([RUN | {"scale": "all", "days": 1, "means": 5, "spread_skill": 0.7}])
    assert verdict.write_sentences(find(ENSEMBLE, LOW), scales)[-1].endswith(
        "the ratio is 0.70: there it is not known, from so few dates."
    )
    uncertain = ENSEMBLE | {"spread_skill": 0.7, "spread_skill_lower": 0.4, "spread_skill_upper": 1.1}
    assert "it is not known, from so few dates" in verdict.write_sentences(find(uncertain, LOW), pd.DataFrame())[-1]


def test_the_headline_says_how_much_ice_has_no_ensemble():
    day = {"period": "day", "region": "all", "quantity": "volume", "date": "2022-04-12", "calibration": None}
    volumes = pd.DataFrame([day | {"mean": 7000.0, "q05": 6900, "q95": 7100, "without_ensemble_percent": 40.0}])
    (volume,) = verdict.list_headlines([], volumes, pd.DataFrame())
    assert volume.meaning.endswith("on 2022-04-12. Without the 40 % of the ice that has no ensemble.")


def test_a_run_without_a_truth_has_no_verdict_but_its_days_and_volume():
    calendar = pd.DataFrame({"branch": ["observations"], "days": [15], "available": [14]})
    day = {"split": "none", "period": "day", "region": "all", "quantity": "volume", "calibration": None}
    volumes = pd.DataFrame(
        [day | {"date": f"2022-04-{n}", "mean": 500.0 + n, "q05": 400, "q95": 600} for n in (12, 10)]
    )
    assert verdict.write_sentences([], pd.DataFrame()) == [verdict.UNKNOWN]
    volume, days = verdict.list_headlines([], volumes, calendar)
    assert (volume.value, volume.meaning) == ("512 km³", "Central 90 % of the members: 400 to 600 km³, on 2022-04-12.")
    assert (days.value, days.meaning) == ("14 of 15", "1 day without all of them.")


@pytest.mark.parametrize(("members", "named"), [(18, "All 18 members"), (19, "Central 90 % of the members")])
def test_few_members_have_no_interval_of_90_percent_and_no_truth_is_told_first(members, named):
    day = {
        "split": "none",
        "period": "day",
        "region": "all",
        "quantity": "volume",
        "date": "2022-04-12",
        "members": members,
    }
    values = {"mean": 500.0, "q05": 400, "q95": 600, "calibration": UNKNOWN_TRUTH}
    (volume,) = verdict.list_headlines([], pd.DataFrame([day | values]), pd.DataFrame())
    assert volume.meaning == f"Not checked against a truth. {named}: 400 to 600 km³, on 2022-04-12."


def test_the_experiments_that_lose_and_the_single_field_are_told():
    single = ENSEMBLE | {
        "experiment": "deterministic",
        "members": 1,
        "rmse": 0.2,
        "crps": 0.13,
        "fine_variance_ratio": 0.04,
    }
    worse = ENSEMBLE | {"experiment": "reference", "rmse_gain_percent": -11.0, "crps_gain_percent": -7.5}
    scores = pd.DataFrame([ENSEMBLE, single, worse, LOW | {"experiment": "low_resolution"}])
    losing, deterministic = verdict.write_warnings(scores, "few_steps")
    assert losing.startswith(
        "Worse than the low-resolution field in CRPS, and not better in RMSE: reference (drawn from model fields)"
    )
    assert "too short a training" in losing
    (no_network,) = verdict.write_warnings(scores.iloc[[0, 2, 3]].assign(passes=np.nan), "few_steps")
    assert "Do not use these members." in no_network and "training" not in no_network
    assert "deterministic has a lower RMSE" in deterministic and "0.04 of the truth's variance" in deterministic
    assert verdict.write_warnings(scores.assign(rmse=[0.222, 0.3, 0.3, 0.27]), "few_steps") == [losing]
    rows = verdict.tabulate_verdicts(scores).rows
    assert [row[0] for row in rows] == ["few steps", "deterministic", "reference"]
    assert rows[2][3:] == ("-11.0", "-7.5", "worse than its input")
