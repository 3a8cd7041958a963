"""Structural similarity against scikit-image."""

import numpy as np
import pytest
from scored_fields import DAY, SHAPE, smooth_field
from skimage.metrics import structural_similarity as reference_similarity

from superice.evaluation.date_scores import score_date
from superice.evaluation.ssim import RANGE_M, structural_similarity


def test_similarity_agrees_with_scikit_image():
    truth, field = smooth_field(0), 0.7 * smooth_field(0) + 0.3 * smooth_field(1) + 0.2
    expected, local = reference_similarity(truth, field, data_range=RANGE_M, full=True, use_sample_covariance=False)
    everywhere = np.ones(SHAPE, bool)
    assert expected < 0.95
    assert structural_similarity(field, truth, everywhere) == pytest.approx(expected, abs=1e-9)
    half = everywhere & (np.arange(96) < 40)
    with_gap = np.where(half, field, np.nan)
    assert structural_similarity(with_gap, truth, half) == pytest.approx(local[3:-3, 3:37].mean(), abs=1e-9)


def test_similarity_is_made_on_request_alone():
    truth = smooth_field(0)
    assert "ssim" not in score_date(np.stack([truth] * 2), truth, truth, DAY, 3.0)
