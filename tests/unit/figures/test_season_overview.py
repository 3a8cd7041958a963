"""A season on a page and as an animation: every date is there, and large grids are thinned."""

from datetime import date, timedelta

import numpy as np
import pytest
from PIL import Image

from superice.dataset.layout import open_predictions
from superice.errors import InputError
from superice.features.files import read_model_features
from superice.figures import season_overview
from superice.figures.ensemble_maps import draw_maps_from_files


@pytest.fixture(scope="module")
def season(model_days, small_grid, tmp_path_factory):
    """Feature files of the five synthetic days, and ensembles with the truth as their first member."""
    folder = tmp_path_factory.mktemp("season")
    files = []
    for path in model_days:
        features = read_model_features(path)
        files.append(folder / path.name)
        with open_predictions(files[-1], small_grid, features.date, 2, {}) as ensemble:
            for more in (0, 5):
                ensemble.append(features.truth + more)
    return model_days, files


def test_frames_hold_the_truth_and_the_first_member(season):
    grid, frames = season_overview.read_frames(*season)
    assert [frame.day for frame in frames] == [date(2020, 1, 1) + timedelta(n) for n in range(5)]
    assert grid.shape == frames[0].fields["truth"].shape
    assert np.array_equal(frames[1].fields["truth"], frames[1].fields["member 1"], equal_nan=True)


def test_files_that_are_not_of_the_same_dates_are_refused(season):
    features, predictions = season
    with pytest.raises(InputError, match="is of 2020-01-02, not of 2020-01-01"):
        season_overview.read_frames(features[1:], predictions[:-1])
    with pytest.raises(InputError, match="5 files of features and 4 ensembles"):
        season_overview.read_frames(features, predictions[1:])
    with pytest.raises(InputError, match="is of 2020-01-02, not of 2020-01-01"):
        draw_maps_from_files([features[1]], [predictions[0]])


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
