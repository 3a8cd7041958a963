"""Dates of a winter with known scores."""

from datetime import date

import numpy as np

from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import ScoreSettings

SHAPE = (48, 48)
SETTINGS = ScoreSettings(lead_window_km=15.0, fractions_widths_km=(3.0,), thin_ice_m=(1.0,))
CONCENTRATION = np.repeat(np.where(np.arange(48) < 36, 0.95, 0.4)[:, None], 48, axis=1)
ERRORS = {
    date(2022, 11, 7): 0.1,
    date(2022, 11, 20): 0.2,
    date(2023, 1, 2): 0.3,
    date(2023, 1, 9): 0.4,
    date(2023, 2, 1): None,
}


def score_error(day, error, experiment="e", low=0.8):
    """A date whose members are wrong by ``error`` in the pack and by twice that in the marginal zone; None for no ice."""
    truth = np.random.default_rng(day.toordinal()).gamma(2, 1, SHAPE) if error else np.full(SHAPE, np.nan)
    members = np.stack([truth + (error or 0) * np.where(CONCENTRATION > 0.8, 1, 2)] * 3)
    scores = score_date(members, truth, truth + low, day, 3.0, SETTINGS, CONCENTRATION)
    scores.attrs |= {"branch": "model", "experiment": experiment, "split": "test"}
    return scores


def score_winter():
    """Four dates in four weeks and one without ice."""
    return [score_error(day, error) for day, error in ERRORS.items()]
