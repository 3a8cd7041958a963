"""The table of the studies: who is compared with whom, on which dates, and at what cost."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from superice.evaluation.date_scores import score_date
from superice.evaluation.sensitivity import make_study_table
from superice.evaluation.settings import BootstrapSettings
from superice.evaluation.study import Study

DAYS = [date(2020, 11, 1), date(2020, 12, 1), date(2021, 1, 1)]
ERRORS = {"few": 0.3, "reference": 0.2, "many": 0.1}
STUDIES = {
    "steps": Study("sampler.steps", {"few": 10, "reference": 40, "many": 100}, [DAYS[2].isoformat()]),
    "inputs": Study("network.inputs", {"few": ["sic", "sit"], "reference": ["sit"]}, [day.isoformat() for day in DAYS]),
}


def scored(experiment, day):
    truth = np.random.default_rng(day.toordinal()).gamma(2, 1, (48, 48))
    members = np.stack([truth + ERRORS[experiment] * sign for sign in (1, 1, 1)])
    scores = score_date(members, truth, truth + 0.5, day, 3.0)
    attributes = {"branch": "model", "experiment": experiment, "split": "validation"}
    scores.attrs |= attributes | {"passes_per_member": 10, "seconds_per_member": float(DAYS.index(day))}
    return scores


@pytest.fixture(scope="module")
def table():
    scores = [scored(experiment, day) for experiment in ERRORS for day in DAYS]
    return make_study_table(scores, STUDIES, BootstrapSettings(resamples=50)).set_index(["study", "experiment"])


def test_each_study_has_its_experiments_in_order_below_the_low_resolution_field(table):
    assert table.loc["steps"].index.tolist() == ["low_resolution", "few", "reference", "many"]
    assert table.loc["inputs"].index.tolist() == ["low_resolution", "few", "reference"]
    assert table.loc["steps"].value.tolist() == ["", "10", "40", "100"]
    assert table.loc["inputs"].value.tolist() == ["", "sic sit", "sit"]


def test_each_study_is_of_its_own_dates(table):
    assert table.loc["steps"].dates.tolist() == [1] * 4
    assert table.loc["inputs"].dates.tolist() == [3] * 3
    assert table.loc[("steps", "few"), "seconds_per_member"] == 2
    assert table.loc[("inputs", "few"), "seconds_per_member"] == 1


def test_scores_are_those_of_the_experiment(table):
    for experiment, error in ERRORS.items():
        assert table.loc[("steps", experiment), "rmse"] == pytest.approx(error, rel=1e-5)
    assert table.loc[("steps", "low_resolution"), "rmse"] == pytest.approx(0.5, rel=1e-5)


def test_an_experiment_whose_training_diverged_has_no_row_and_the_others_have_theirs(table):
    scores = [scored(experiment, DAYS[2]) for experiment in ("few", "reference")]
    truth = np.ones((48, 48))
    missing = score_date(np.full((3, 48, 48), np.nan), truth, truth, DAYS[2], 3.0)
    missing.attrs |= scores[0].attrs | {"experiment": "many"}
    rows = make_study_table([*scores, missing], {"steps": STUDIES["steps"]}, BootstrapSettings(resamples=50))
    assert rows.experiment.tolist() == ["low_resolution", "few", "reference"]
    assert rows.rmse.tolist() == pytest.approx(table.loc["steps"].rmse[:3].tolist(), rel=1e-6)


def test_a_single_date_has_no_interval_and_several_do(table):
    assert pd.isna(table.loc[("steps", "few"), "rmse_lower"])
    assert table.loc[("inputs", "few"), "rmse_lower"] == pytest.approx(0.3, rel=1e-5)
