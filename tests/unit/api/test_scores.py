"""``superice.score`` gives the numbers of the workflow's tables, and refuses fields that do not belong together."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import xarray
from scipy.ndimage import gaussian_filter
from scoringrules import crps_ensemble

import superice
from superice.errors import InputError
from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import BootstrapSettings
from superice.evaluation.tables import tabulate_days, tabulate_ensembles, tabulate_scores

SIZE, MEMBERS, DAYS = 48, 6, 2
FIRST = date(2022, 11, 1)


def make_field(random, *leading):
    return 1.5 + 5 * gaussian_filter(random.standard_normal((*leading, SIZE, SIZE)), (0,) * len(leading) + (3, 3))


@pytest.fixture(scope="module")
def fields():
    """Members, truth and low resolution of two dates, with a corner where the truth is missing."""
    random = np.random.default_rng(3)
    axes = {axis: (axis, 3000.0 * np.arange(SIZE), {"units": "m"}) for axis in ("y", "x")}
    times = {"time": [np.datetime64(FIRST + timedelta(number), "ns") for number in range(DAYS)]}
    truth = make_field(random, DAYS)
    truth[:, :6, :9] = np.nan
    members = truth[:, None] + 0.4 * (make_field(random, DAYS, MEMBERS) - 1.5)
    members[:, :, :6, :9] = 1.0
    low = gaussian_filter(np.nan_to_num(truth, nan=1.5), (0, 5, 5))
    values = {
        "sit_ai": (("time", "member", "y", "x"), members),
        "sit_truth": (("time", "y", "x"), truth),
        "sit_low_resolution": (("time", "y", "x"), low),
    }
    return xarray.Dataset(values, axes | times)


@pytest.fixture(scope="module")
def table(fields):
    return superice.score(fields, fields, fields)


def test_the_rows_are_those_of_the_workflow(fields, table):
    """Its functions are called as its scripts call them."""
    days = []
    for number in range(DAYS):
        day = fields.isel(time=number)
        scores = score_date(
            day.sit_ai.values, day.sit_truth.values, day.sit_low_resolution.values, FIRST + timedelta(number), 3.0
        )
        days.append(scores.assign_attrs(branch="model", experiment="e", split="test"))
    rows = tabulate_scores(tabulate_days(days), BootstrapSettings(resamples=2), tabulate_ensembles(days))
    expected = rows[rows.field == "generated"].iloc[0]
    assert table.index.tolist() == ["2022-11-01", "2022-11-02", "all"]
    for name in table.columns.drop("n_pixels"):
        assert table.loc["all", name] == pytest.approx(expected[name], rel=1e-12, nan_ok=True), name
    one = tabulate_scores(tabulate_days(days[:1]), BootstrapSettings(resamples=2), tabulate_ensembles(days[:1]))
    first = one[one.field == "generated"].iloc[0]
    for name in table.columns.drop("n_pixels"):
        assert table.loc["2022-11-01", name] == pytest.approx(first[name], rel=1e-12, nan_ok=True), name


def test_rmse_gain_and_crps_are_what_numpy_and_another_library_compute(fields, table):
    day = fields.isel(time=0)
    known = np.isfinite(day.sit_truth.values)
    members, truth = day.sit_ai.values[:, known], day.sit_truth.values[known]
    rmse = np.sqrt(((members.mean(axis=0) - truth) ** 2).mean())
    low = np.sqrt(((day.sit_low_resolution.values[known] - truth) ** 2).mean())
    first = table.loc["2022-11-01"]
    assert first.rmse == pytest.approx(rmse) and first.rmse_gain_percent == pytest.approx(100 * (1 - rmse / low))
    assert first.crps == pytest.approx(crps_ensemble(truth, members, m_axis=0, estimator="fair").mean())
    assert first.n_pixels == known.sum() and table.loc["all"].n_pixels == 2 * known.sum()


def test_without_a_low_resolution_there_are_no_gains_and_all_else_is_the_same(fields, table):
    own = superice.score(fields.sit_ai, fields.sit_truth)
    of_low = {f"{score}_{name}" for score in ("rmse", "crps") for name in ("gain_percent", "low_resolution")}
    assert set(table.columns) - set(own.columns) == of_low
    pd.testing.assert_frame_equal(own, table[own.columns])
    assert own.attrs["units"]["rmse"] == "m" and own.attrs["units"]["coverage_90_percent"] == "%"


def test_units_orders_and_published_names_are_taken(fields, table):
    members = (100 * fields.sit_ai.rename(member="n")).transpose("x", "n", "y", "time").assign_attrs(units="cm")
    truth = fields.sit_truth.isel(time=slice(None, None, -1)).chunk(time=1)
    pd.testing.assert_frame_equal(superice.score(members, truth, fields), table, check_exact=False, rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: (data.sit_ai, data.sit_truth.isel(time=[0])), "sit_truth: has no field of 2022-11-02"),
        (lambda data: (data.sit_ai, data.sit_truth.isel(x=slice(4, None))), "sit_truth, x: is on another grid"),
        (lambda data: (data.sit_ai, data.sit_truth.drop_vars("y")), "y: has no coordinate"),
        (lambda data: (data.sit_ai.isel(member=0), data), "sit_ai: the dimension member is needed"),
        (lambda data: (data, data[["sit_low_resolution"]]), "truth: the dataset holds none of sit_truth, sit"),
        (
            lambda data: (data, data.sit_truth.assign_attrs(units="K")),
            "sit_truth: a unit that cannot be converted to m",
        ),
        (lambda data: (data, data.sit_truth.expand_dims(level=2)), r"sit_truth: the dimensions \(y, x\) are needed"),
        (lambda data: (data.sit_ai.drop_vars("time"), data), "time: does not say which day"),
        (
            lambda data: (data.sit_ai.isel(time=[0, 0]), data),
            "sit_ai: has several times of one day; score each by itself",
        ),
        (lambda data: (data.sit_ai, data.sit_truth.values), "truth: an xarray.DataArray or Dataset is needed"),
    ],
)
def test_fields_that_do_not_belong_together_are_refused(fields, change, sentence):
    with pytest.raises(InputError, match=sentence):
        superice.score(*change(fields))
