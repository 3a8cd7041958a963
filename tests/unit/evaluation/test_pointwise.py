"""Pointwise scores against closed forms."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from scored_fields import DAY, draw_exchangeable, select_ice, smooth_field

from superice.evaluation.date_scores import score_date
from superice.evaluation.pixel_statistics import compute_pixel_statistics
from superice.evaluation.pointwise import spread_skill


def test_a_constant_error_is_bias_rmse_and_crps():
    truth = smooth_field(0)
    scores = score_date(np.stack([truth + 0.2] * 4), truth, truth - 0.1, DAY, 3.0)
    for name in ("rmse", "crps"):
        assert scores[name].values[0] == pytest.approx([0.2, 0.1])
    assert scores.bias.values[0] == pytest.approx([0.2, -0.1])


def test_a_smoothed_field_has_less_variability_and_fine_scale():
    truth = smooth_field(0, sigma=1.0)
    scores = score_date(np.stack([truth, truth]), truth, uniform_filter(truth, 9, mode="wrap"), DAY, 3.0)
    assert select_ice(scores, "variability", "low_resolution") < 0.5
    assert select_ice(scores, "fine_scale", "low_resolution") < 0.1


def test_a_perfect_ensemble_has_spread_skill_one_and_the_known_ratio_of_errors():
    members, truth = (values.reshape(-1, 400, 500) for values in draw_exchangeable())
    scores = score_date(members, truth[0], truth[0] - 1, DAY, 3.0)
    assert float(scores.spread_skill[0]) == pytest.approx(1, abs=0.01)
    ratio = float(scores.rmse_member[0]) / select_ice(scores, "rmse")
    assert np.sqrt(2 * 30 / 31) == pytest.approx(1.391, abs=5e-4)
    assert ratio == pytest.approx(np.sqrt(2 * 30 / 31), abs=0.01)


def test_spread_skill_knows_the_number_of_members():
    for n in (2, 5, 30):
        members, truth = draw_exchangeable(n)
        statistics = compute_pixel_statistics(members, truth)
        error = np.mean((statistics.mean - truth) ** 2)
        assert spread_skill(statistics.variance.mean(), error, n) == pytest.approx(1, abs=0.01)


def test_a_single_field_has_neither_spread_nor_calibration():
    truth = smooth_field(0)
    scores = score_date(truth[None] + 0.25, truth, truth, DAY, 3.0)
    assert select_ice(scores, "crps") == select_ice(scores, "rmse") == pytest.approx(0.25)
    assert np.isnan([float(scores[name][0]) for name in ("spread", "spread_skill", "mean_variance")]).all()
