"""Figures of all experiments, and of a whole season: what stands where."""

from datetime import date, timedelta

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from superice.dataset.layout import writing_predictions
from superice.evaluation.date_scores import ScoreSettings, score_date
from superice.evaluation.tables import tabulate_days, tabulate_months, tabulate_regions, tabulate_thin_ice
from superice.features.files import read_model_features
from superice.figures import by_region_and_month, by_wavelength, season_overview, style
from superice.figures import thin_ice as thin_ice_figure

SHAPE = (48, 48)
DAYS = [date(2022, 11, 7), date(2022, 12, 20), date(2023, 1, 2)]
SETTINGS = ScoreSettings(lead_window_km=15.0, fractions_widths_km=(3.0, 15.0), thin_ice_m=(1.0,))
CONCENTRATION = np.repeat(np.where(np.arange(48) < 36, 0.95, 0.4)[:, None], 48, axis=1)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def scored(day, experiment, error):
    """Members that are as wrong at every wavelength as the truth is strong, times ``error``."""
    random = np.random.default_rng([day.toordinal(), int(100 * error)])
    truth = 1.5 + 0.3 * np.random.default_rng(day.toordinal()).standard_normal(SHAPE)
    members = np.stack([truth + 0.3 * error * random.standard_normal(SHAPE)] * 3)
    scores = score_date(members, truth, np.full(SHAPE, 1.5), day, 3.0, SETTINGS, CONCENTRATION)
    scores.attrs |= {"branch": "model", "experiment": experiment, "split": "test"}
    return scores


@pytest.fixture(scope="module")
def scores():
    return {
        ("model", name): [scored(day, name, error) for day in DAYS] for name, error in (("good", 0.1), ("bad", 2.0))
    }


@pytest.fixture(scope="module")
def days(scores):
    return tabulate_days(day for group in scores.values() for day in group)


def test_regions_and_months_have_a_row_each(days):
    figure = by_region_and_month.draw_scores_by_part(tabulate_regions(days), tabulate_months(days))
    assert len(figure.axes) == 2 * len(by_region_and_month.SCORES)
    labels = lambda axis: [label.get_text() for label in axis.get_xticklabels()]
    assert labels(figure.axes[0]) == ["all ice", "pack", "marginal"]
    assert labels(figure.axes[5]) == ["Nov", "Dec", "Jan"]


def test_thin_ice_has_the_truth_beside_every_experiment(scores):
    figure = thin_ice_figure.draw_thin_ice(tabulate_thin_ice(day for group in scores.values() for day in group))
    skill, quantiles, shares = figure.axes
    assert {line.get_color() for line in quantiles.lines} >= {style.TRUTH, style.LOW_RESOLUTION}
    assert len(quantiles.lines) == 4
    assert max(skill.lines[0].get_ydata()) <= 1
    assert len(shares.patches) == 2 * 4


def test_scales_show_the_error_in_units_of_the_truth(scores):
    """White noise of twice the truth's deviation has four times its power at all wavelengths, a constant's error its own."""
    error = by_wavelength.draw_scales(scores).axes[2]
    colours = style.experiment_colours(["good", "bad"])
    medians = {line.get_color(): np.median(line.get_ydata()) for line in error.lines}
    assert medians[colours["bad"]] == pytest.approx(4, rel=0.3)
    assert medians[colours["good"]] == pytest.approx(0.01, rel=0.3)
    assert medians[style.LOW_RESOLUTION] == pytest.approx(1, rel=0.01)


@pytest.fixture(scope="module")
def season(model_days, small_grid, tmp_path_factory):
    """Ensembles of the five synthetic days, whose first member is the truth."""
    folder = tmp_path_factory.mktemp("season")
    files = []
    for path in model_days:
        features = read_model_features(path)
        files.append(folder / path.name)
        with writing_predictions(files[-1], small_grid, features.date, 2, {}) as ensemble:
            for more in (0, 5):
                ensemble.append(features.truth + more)
    return model_days, files


def test_frames_hold_the_truth_and_the_first_member(season):
    grid, frames = season_overview.read_frames(*season)
    assert [frame.day for frame in frames] == [date(2020, 1, 1) + timedelta(n) for n in range(5)]
    assert grid.shape == frames[0].fields["truth"].shape
    assert np.array_equal(frames[1].fields["truth"], frames[1].fields["member 1"], equal_nan=True)


def test_large_grids_are_thinned(small_grid):
    field = np.zeros((1086, 1308))
    grid = season_overview.Grid("large", small_grid.crs, 3000.0 * np.arange(1308), 3000.0 * np.arange(1086))
    small, thinned = season_overview.thin_field(grid, field)
    assert small.shape == thinned.shape == (362, 436)
    assert small.step == 9000


def test_a_film_strip_has_every_date_on_a_page(season):
    grid, frames = season_overview.read_frames(*season)
    figure = season_overview.draw_film_strip(grid, frames * 36)
    labels = [text.get_text() for text in figure.axes[0].texts]
    assert len(labels) == 180 and labels[:2] == ["01 Jan 2020", "02 Jan 2020"]
    assert figure.get_figheight() < 10


def test_an_animation_has_a_frame_for_each_date(season, tmp_path):
    season_overview.write_animation(*season_overview.read_frames(*season), tmp_path / "season.gif")
    with Image.open(tmp_path / "season.gif") as picture:
        assert picture.n_frames == 5
        picture.seek(0)
        first = np.asarray(picture.convert("RGB"))
        picture.seek(4)
        assert not np.array_equal(first, np.asarray(picture.convert("RGB")))


def test_an_experiment_keeps_its_colour_whatever_stands_beside_it():
    alone = style.experiment_colours(["preconditioned"])
    beside = style.experiment_colours(["another", "preconditioned", "reference", "third"])
    assert beside["preconditioned"] == alone["preconditioned"]
    assert len(set(beside.values())) == 4
