"""Fixtures that the tests of the figures share."""

from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_data import DAY, make_experiment_scores

from superice.dataset.layout import open_predictions
from superice.evaluation.tables import tabulate_days
from superice.features.files import read_model_features
from superice.figures.ensemble_file import read_ensemble

WINTER = [date(2022, 11, 7), date(2022, 12, 20), date(2023, 1, 2)]
ERRORS = {"good": 0.1, "bad": 2.0}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def features(model_days):
    return read_model_features(model_days[0])


@pytest.fixture(scope="session")
def ensemble(features, small_grid, tmp_path_factory):
    """An ensemble of four members around the truth, read from its file."""
    members = features.truth + 0.1 * np.random.default_rng(0).standard_normal((4, *small_grid.shape))
    path = tmp_path_factory.mktemp("predictions") / "e.nc"
    with open_predictions(path, small_grid, DAY, len(members), {}) as file:
        for member in members:
            file.append(member)
    return read_ensemble(path)


@pytest.fixture(scope="session")
def experiment_scores():
    """Scores of a good and of a bad experiment on three days of a winter."""
    scores = {}
    for experiment, error in ERRORS.items():
        scores["model", experiment] = [make_experiment_scores(day, experiment, error) for day in WINTER]
    return scores


@pytest.fixture(scope="session")
def scored_days(experiment_scores):
    """The table of these scores, a row for each date."""
    return tabulate_days(day for days in experiment_scores.values() for day in days)
