"""The statistics of the pixels against another library and in one piece."""

import numpy as np
import pytest
import scoringrules
from scored_fields import draw_exchangeable

from superice.evaluation.pixel_statistics import compute_pixel_statistics, fair_crps


def test_statistics_of_pixels_do_not_depend_on_the_parts_they_are_made_in():
    members, truth = draw_exchangeable(5, points=150_000)
    statistics = compute_pixel_statistics(members.astype(np.float32), truth)
    assert statistics.mean == pytest.approx(members.mean(axis=0), abs=1e-6)
    assert statistics.variance == pytest.approx(members.var(axis=0, ddof=1), rel=1e-4, abs=1e-6)
    assert statistics.crps == pytest.approx(fair_crps(members, truth), abs=1e-6)


@pytest.mark.parametrize("members", [2, 5, 30])
def test_fair_crps_agrees_with_scoringrules(members):
    random = np.random.default_rng(2)
    ensemble, truth = random.gamma(2, 1, (members, 500)), random.gamma(2, 1, 500)
    expected = scoringrules.crps_ensemble(truth, ensemble, m_axis=0, estimator="fair")
    assert fair_crps(ensemble, truth) == pytest.approx(expected, rel=1e-9)
