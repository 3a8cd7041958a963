"""The table of thin ice of a winter whose scores are known."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scored_winter import score_error, score_winter

from superice.evaluation.thin_ice_table import parse_quantiles, parse_skills, tabulate_thin_ice


@pytest.fixture(scope="module")
def dates():
    return score_winter()


def test_thin_ice_is_gathered_from_the_dates(dates):
    result = tabulate_thin_ice(dates)
    result = result[(result.region == "ice") & result.month.isna()].set_index("source")
    assert list(result.index) == ["truth", "generated", "low_resolution"]
    expected = np.mean([float(day.thin_fraction.sel(source="truth", region="ice")) for day in dates[:4]])
    assert result.thin_fraction_percent["truth"] == pytest.approx(100 * expected)
    assert expected > 0.02
    assert result.quantile_50_percent["low_resolution"] == pytest.approx(result.quantile_50_percent["truth"] + 0.8)
    difference, worst = (sum(day[f"fractions_{name}"].values[0] for day in dates) for name in ("difference", "worst"))
    skill = (1 - difference / worst).ravel()
    assert result["fractions_skill_1_m_3_km"].tolist() == pytest.approx([np.nan, *skill], nan_ok=True)


def test_thin_ice_has_its_regions_and_the_months_of_a_winter(dates):
    result = tabulate_thin_ice(dates)
    truth = result[result.source == "truth"].set_index(["region", "month"])
    assert list(truth.index) == [("ice", pd.NA), ("pack", pd.NA), ("marginal", pd.NA), ("ice", 11), ("ice", 1)]
    shares = truth.thin_fraction_percent.tolist()
    # Three quarters of the ice are pack; two dates each in November and in January.
    assert shares[0] == pytest.approx(0.75 * shares[1] + 0.25 * shares[2])
    assert shares[0] == pytest.approx((shares[3] + shares[4]) / 2)
    assert shares[3] != shares[4]


def test_columns_give_back_the_numbers_in_their_names(dates):
    table = tabulate_thin_ice(dates)
    quantiles, skills = parse_quantiles(table), parse_skills(table)
    assert quantiles.percent.tolist() == [1, 2, 5, 10, 25, 50]
    assert skills[["thickness_m", "width_km"]].values.tolist() == [[1, 3]]
    assert [*quantiles.column, *skills.column] == list(table.columns[-7:])


def test_no_scored_date_makes_an_empty_table():
    table = tabulate_thin_ice([score_error(date(2023, 2, 1), None)])
    assert table.empty
    assert "experiment" in table
