"""Which pixels of a date are scored, and in which regions."""

import numpy as np
import pytest
from scored_fields import DAY, smooth_field

from superice.evaluation.date_scores import score_date


def test_only_pixels_that_all_fields_have_are_scored():
    truth = smooth_field(0)
    members, low = np.stack([truth + 1.0] * 3), truth.copy()
    members[1, :10] = np.nan
    low[:, :5] = np.nan
    scores = score_date(members, truth, low, DAY, 3.0)
    assert int(scores.n_pixels[0]) == (96 - 10) * (96 - 5)
    assert float(scores.rmse_domain[0, 0]) == pytest.approx(np.sqrt(86 * 91 / 96**2))


def test_regions_are_told_by_the_concentration_and_make_up_the_ice():
    truth = smooth_field(0)
    concentration = np.repeat(np.linspace(0.1, 1.0, 96)[:, None], 96, axis=1)
    error = np.where(concentration > 0.8, 0.1, 0.4)
    scores = score_date(np.stack([truth + error] * 2), truth, truth, DAY, 3.0, concentration=concentration)
    pixels = scores.n_pixels.to_series()
    assert scores.rmse.sel(field="generated", region=["pack", "marginal"]).values == pytest.approx([0.1, 0.4])
    assert pixels["pack"] == (concentration > 0.8).sum()
    assert pixels["ice"] - pixels["pack"] - pixels["marginal"] == (concentration <= 0.15).sum()
    whole = scores.mean_square_error.sel(field="generated").to_series() * pixels
    # What is neither pack nor marginal has the error of the marginal zone here.
    left = 0.4**2 * (concentration <= 0.15).sum()
    assert whole["ice"] == pytest.approx(whole["pack"] + whole["marginal"] + left)
