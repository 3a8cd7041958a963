"""What groups of scores declare, and averages over members."""

import numpy as np
import pytest
from scored_fields import DAY, SHAPE, smooth_field

from superice.evaluation.date_scores import COORDINATES, GROUPS, SSIM
from superice.evaluation.score_group import reduce_to_fields, reduce_to_sources
from superice.evaluation.scored_date import ScoredDate
from superice.evaluation.settings import ScoreSettings


@pytest.fixture(scope="module")
def scored():
    truth = smooth_field(0)
    return ScoredDate(np.stack([truth] * 2), truth, truth, DAY, 3.0, ScoreSettings(), np.ones(SHAPE))


@pytest.mark.parametrize("group", [*GROUPS, SSIM, COORDINATES], ids=lambda group: group.variables[0].name)
def test_a_group_computes_the_variables_that_it_declares(group, scored):
    names = [variable.name for variable in group.variables]
    assert len(set(names)) == len(names)
    assert set(group.compute(scored)) == set(names)


def test_every_variable_belongs_to_one_group():
    names = [variable.name for group in (*GROUPS, SSIM, COORDINATES) for variable in group.variables]
    assert len(set(names)) == len(names)


def test_members_are_averaged_and_other_fields_are_kept():
    truth, members, low = [1.0, 2.0], [[0.0, 4.0], [2.0, 8.0]], [7.0, 9.0]
    assert reduce_to_fields([*members, low]).tolist() == [[1, 6], low]
    assert reduce_to_sources([truth, *members, low]).tolist() == [truth, [1, 6], low]
