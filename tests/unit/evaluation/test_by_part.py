"""Scores by class of thickness, along the coast, and on the pixels that lack some input."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from superice.evaluation.by_part import find_coast, select_all_inputs, select_beyond_mask
from superice.evaluation.date_sums import compute_sums
from superice.evaluation.scored_date import ScoredDate
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.sums_table import select_strata, select_thicknesses, tabulate_sums
from superice.features.day import Features

DAY = date(2023, 1, 2)
SETTINGS = ScoreSettings(scale_widths_km=(3.0,), thickness_classes_m=(1.0, 2.0))
SHAPE = (40, 30)
LAND = np.arange(30) + np.zeros((40, 1)) < 4
RUN = {"branch": "observations", "split": "test", "experiment": "e"}


def make_features(known_drift):
    """Thickness 0.5, 1.5 and 2.5 m in three bands of rows, a marginal zone in the last two rows."""
    rows = np.arange(40)[:, None] + np.zeros(30)
    sit = np.where(LAND, np.nan, np.select([rows < 10, rows < 20], [0.5, 1.5], 2.5))
    sic = np.where(LAND, np.nan, np.where(rows < 38, 0.95, 0.5))
    drift = np.where(known_drift & ~LAND, 1e-7, np.nan)
    return Features(DAY, sic, sit, drift, drift)


def tabulate(members, truth, features, near_land=None):
    scored = ScoredDate(members, truth, select_all_inputs(features), DAY, 3.0, SETTINGS, features.sic)
    sums = compute_sums(scored, None, near_land, select_beyond_mask(scored, features))
    sums.attributes.update(RUN)
    table = tabulate_sums([sums])
    return select_thicknesses(table).set_index("thickness"), select_strata(table).set_index(["inputs", "stratum"])


def draw(features, spread, seed=0, members=20):
    random = np.random.default_rng(seed)
    return features.sit + spread * random.standard_normal((members, *SHAPE)), features.sit + random.standard_normal(
        SHAPE
    )


def test_classes_are_those_of_the_low_resolution_thickness_which_is_no_choice_of_errors():
    """In classes of the truth, the thickest would have a bias of the mean of the upper tail; here none has one."""
    features = make_features(np.ones(SHAPE, bool))
    by_thickness, _ = tabulate(*draw(features, 1.0), features)
    assert list(by_thickness.index) == ["below 1 m", "1 to 2 m", "from 2 m"]
    assert by_thickness.area_percent.to_numpy() == pytest.approx([25, 25, 50])
    assert by_thickness.area_km2.to_numpy() == pytest.approx(np.array([10, 10, 20]) * 26 * 9)
    assert by_thickness.spread_skill.to_numpy() == pytest.approx(np.ones(3), abs=0.12)
    assert by_thickness.bias.to_numpy() == pytest.approx(np.zeros(3), abs=0.2)
    assert by_thickness.coverage_90_percent.to_numpy() == pytest.approx(np.full(3, 90), abs=6)


def test_pixels_that_lack_an_input_are_scored_apart_and_change_no_other_score():
    """Members are right where the drift is known and have half of the spread beyond."""
    known = np.arange(30) + np.zeros((40, 1)) >= 12
    features = make_features(known)
    members, truth = draw(features, np.where(known, 1.0, 0.5))
    near_land = find_coast(LAND, 3.0, 12.0)
    _, strata = tabulate(members, truth, features, near_land)
    assert strata.area_km2["all inputs", "ice"] == 40 * 18 * 9
    assert strata.area_km2["some inputs", "ice"] == 40 * 8 * 9
    assert strata.area_km2["some inputs", "coast"] == 40 * 4 * 9
    assert ("all inputs", "coast") not in strata.index  # there is none
    assert strata.area_km2["all inputs", "marginal"] == 2 * 18 * 9
    assert strata.spread_skill["all inputs", "ice"] == pytest.approx(1, abs=0.1)
    assert strata.spread_skill["some inputs", "ice"] == pytest.approx(0.5, abs=0.06)
    assert strata.coverage_90_percent["some inputs", "ice"] < 70
    within = np.where(known, members, np.nan)
    _, alone = tabulate(within, truth, features, near_land)
    pd.testing.assert_frame_equal(alone, strata.loc[["all inputs"]])


def test_the_coast_is_as_wide_as_configured():
    assert find_coast(LAND, 3.0, 25.0)[0].nonzero()[0].max() == 3 + 8  # 24 km from the last cell on land
    assert not find_coast(np.zeros(SHAPE, bool), 3.0, 25.0).any()


def test_an_input_that_is_missing_everywhere_leaves_only_pixels_beyond():
    features = make_features(np.zeros(SHAPE, bool))
    _, strata = tabulate(*draw(features, 1.0), features)
    assert set(strata.index.get_level_values("inputs")) == {"some inputs"}
    assert strata.area_percent.isna().all()
    unknown = replace(features, sit=np.full(SHAPE, np.nan))
    _, strata = tabulate(*draw(features, 1.0), unknown)
    assert strata.empty
