"""The table of leads whose number and direction are known."""

from datetime import date

import numpy as np
import pytest
from scored_winter import SETTINGS, score_error

from superice.evaluation.date_scores import score_date
from superice.evaluation.lead_table import summarise_directions, tabulate_leads


def test_anisotropy_is_none_for_crossing_axes_and_one_for_a_single_one():
    single, crossing = np.zeros(12), np.zeros(12)
    single[2] = 5
    crossing[[2, 8]] = 5
    assert summarise_directions(single) == pytest.approx((1, 30))
    assert summarise_directions(crossing)[0] == pytest.approx(0)
    assert np.isnan(summarise_directions(np.zeros(12))).all()


def test_leads_are_gathered_from_the_dates():
    days = []
    for number, column in ((1, 20), (2, 30)):
        truth, member = (np.full((48, 48), 2.0) for _ in range(2))
        truth[:, column : column + 2] = 0.2
        member[column : column + 2] = 0.2
        truth[4:6, :16] = 0.2
        scores = score_date(np.stack([member] * 2), truth, np.full((48, 48), 2.0), date(2023, 1, number), 3.0, SETTINGS)
        scores.attrs |= {"branch": "model", "experiment": "e", "split": "test"}
        days.append(scores)
    result = tabulate_leads(days).set_index("source")
    assert result.lead_fraction_percent["generated"] == pytest.approx(100 * 2 / 48)
    assert result.direction_degrees[["truth", "generated"]].tolist() == pytest.approx([90, 0], abs=1e-6)
    # About 48 of 64 pixels of the truth's leads run along y, all of the members' along x.
    assert result.anisotropy[["truth", "generated"]].tolist() == pytest.approx([(48 - 16) / 64, 1], abs=0.05)
    assert result.directions_shared[["truth", "generated"]].tolist() == pytest.approx([1, 16 / 64], abs=0.05)
    assert np.isnan(result.directions_shared["low_resolution"])
    assert result.lead_km_per_1000_km2["low_resolution"] == 0


def test_lengths_are_of_the_dates_on_which_truth_and_members_have_leads():
    """A date on which only the truth has leads would compare lengths of different dates."""
    days = []
    for day, (of_truth, of_member) in enumerate([(20, 20), (36, 0)], 1):
        truth, member = (np.full((48, 48), 2.0) for _ in range(2))
        truth[:of_truth, 20:22] = 0.2
        member[:of_member, 30:32] = 0.2
        scores = score_date(np.stack([member] * 2), truth, np.full((48, 48), 2.0), date(2023, 1, day), 3.0, SETTINGS)
        days.append(scores.assign_attrs(branch="model", experiment="e", split="test"))
    result = tabulate_leads(days).set_index("source")
    assert result.dates.tolist() == [2, 2, 2]
    assert result.median_length_km["truth"] == pytest.approx(result.median_length_km["generated"])
    assert result.lead_km_per_1000_km2["truth"] > 2 * result.lead_km_per_1000_km2["generated"]


def test_no_scored_date_makes_an_empty_table():
    table = tabulate_leads([score_error(date(2023, 2, 1), None)])
    assert table.empty
    assert "experiment" in table
