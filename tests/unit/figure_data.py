"""Days and scores that tests of the figures share, and what they read from a figure."""

from datetime import date

import numpy as np

from superice.evaluation.date_scores import score_date
from superice.evaluation.settings import ScoreSettings

DAY = date(2020, 1, 1)
SETTINGS = ScoreSettings(lead_window_km=15.0, fractions_widths_km=(3.0, 15.0), thin_ice_m=(1.0,))
SHAPE = (48, 48)
CONCENTRATION = np.repeat(np.where(np.arange(48) < 36, 0.95, 0.4)[:, None], 48, axis=1)


def read_titles(figure):
    """Return the titles of a figure's panels, with their letters."""
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    return [title for title in titles if title]


def make_scores(seed, size=64):
    """Return the scores of five members on a rough field."""
    random = np.random.default_rng(seed)
    truth = 1 + 0.3 * random.standard_normal((size, size)).cumsum(0) / 8
    members = truth + 0.1 * random.standard_normal((5, size, size))
    return score_date(members, truth, truth * 0.9, DAY, 3.0)


def make_experiment_scores(day, experiment, error):
    """Return the scores of an experiment with errors as strong as the truth at every wavelength, times ``error``."""
    random = np.random.default_rng([day.toordinal(), int(100 * error)])
    truth = 1.5 + 0.3 * np.random.default_rng(day.toordinal()).standard_normal(SHAPE)
    members = np.stack([truth + 0.3 * error * random.standard_normal(SHAPE)] * 3)
    scores = score_date(members, truth, np.full(SHAPE, 1.5), day, 3.0, SETTINGS, CONCENTRATION)
    scores.attrs |= {"branch": "model", "experiment": experiment, "split": "test"}
    return scores
