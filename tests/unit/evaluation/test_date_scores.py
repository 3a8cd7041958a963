"""All scores of a date together: equal fields, a date without ice, and the metadata of the file."""

import numpy as np
import pytest
from scored_fields import DAY, SHAPE, smooth_field

from superice.errors import InputError
from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import ScoreSettings


def test_identical_fields_have_no_error_and_ratios_of_one():
    truth = smooth_field(0)
    scores = score_date(np.stack([truth] * 5), truth, truth, DAY, 3.0, ScoreSettings(ssim=True))
    for name in ("rmse", "crps"):
        assert scores[name].values == pytest.approx(np.zeros((1, 2)), abs=1e-7)
    for name in ("variability", "fine_scale", "medium_scale", "ssim", "fractions_skill"):
        assert scores[name].values == pytest.approx(np.ones(scores[name].shape)), name
    assert scores.coherence.values[:, 5:] == pytest.approx(1)
    for name in ("thin_fraction", "lead_fraction", "thickness_quantile"):
        of_sources = scores[name].sel(region="ice").values
        assert of_sources == pytest.approx(np.stack([of_sources[0]] * 3)), name


def test_a_day_without_ice_is_not_a_number():
    nothing = np.full(SHAPE, np.nan)
    scores = score_date(np.stack([nothing] * 3), nothing, nothing, DAY, 3.0, ScoreSettings(ssim=True), nothing)
    assert scores.n_pixels.values.tolist() == [0, 0, 0]
    for name in ("rmse", "thickness_quantile", "lead_fraction", "fractions_skill", "ssim"):
        assert np.isnan(scores[name]).all(), name


def test_every_variable_of_the_file_says_what_it_is():
    truth = smooth_field(0)
    scores = score_date(np.stack([truth] * 2), truth, truth, DAY, 3.0, ScoreSettings(ssim=True), np.ones(SHAPE))
    for name, variable in scores.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs.get("units") or variable.dtype.kind == "U", name


def test_fields_of_different_shapes_are_refused():
    with pytest.raises(InputError, match="different shapes"):
        score_date(np.zeros((3, 8, 8)), np.zeros((8, 9)), np.zeros((8, 8)), DAY, 3.0)
