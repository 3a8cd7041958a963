"""The quicklook shows what is known, on one scale, and of a large grid a part as well."""

from datetime import date

import numpy as np
import pytest
from matplotlib import pyplot as plt

from superice.features.day import Features
from superice.figures import quicklook
from superice.figures.ensemble_file import Ensemble
from superice.figures.quicklook import draw_quicklook

DAY = date(2023, 1, 10)


@pytest.fixture
def day(small_grid):
    """Features, members and truth of a day with a gap, where only the truth is known."""
    random = np.random.default_rng(0)
    truth = 2 + random.standard_normal(small_grid.shape).astype(np.float32)
    sit = np.full(small_grid.shape, 2, np.float32)
    sit[:, :10] = np.nan
    still = np.zeros_like(sit)
    members = np.where(np.isnan(sit), np.nan, truth + random.standard_normal((3, *small_grid.shape))).astype(np.float32)
    return Features(DAY, still + 1, sit, still, still), Ensemble(DAY, small_grid, members), truth


def list_maps(figure):
    """Return title and field of each map."""
    axes = [axis for axis in figure.axes if axis.get_label() != "<colorbar>"]
    return [(axis.get_title(loc="left") or axis.get_title(), axis.images[-1].get_array()) for axis in axes]


def test_the_row_shows_input_truth_mean_member_and_spread(day):
    features, ensemble, truth = day
    figure = draw_quicklook(features, ensemble, truth, "scores")
    maps = list_maps(figure)
    assert [title.split(") ")[-1] for title, _ in maps] == [
        "input, low resolution", "truth", "mean of 3 members", "member 1", "spread of the members"
    ]  # fmt: skip
    np.testing.assert_allclose(maps[2][1].filled(np.nan), ensemble.mean)
    np.testing.assert_allclose(maps[4][1].filled(np.nan), ensemble.spread)
    assert maps[1][1].mask[:, :10].all(), "the truth is shown where members are"
    scales = {(image.norm.vmin, image.norm.vmax) for axis in figure.axes[:4] for image in axis.images[-1:]}
    assert len(scales) == 1, "one scale for thickness"
    assert figure.get_suptitle() == "Sea ice thickness, 10 January 2023\nscores"
    plt.close(figure)


def test_without_a_truth_a_map_less_and_of_a_large_grid_a_second_row(day, monkeypatch):
    features, ensemble, _ = day
    figure = draw_quicklook(features, ensemble)
    assert len(list_maps(figure)) == 4
    monkeypatch.setattr(quicklook, "FINE_ENOUGH", 20)
    larger = draw_quicklook(features, ensemble)
    titles = [title for title, _ in list_maps(larger)]
    assert len(titles) == 8 and "the square, " in titles[4] and titles[4].endswith(" km wide")
    for drawn in (figure, larger):
        plt.close(drawn)


def test_a_day_without_ice_says_so(day, small_grid):
    features, ensemble, truth = day
    figure = draw_quicklook(features, Ensemble(DAY, small_grid, ensemble.members * np.nan), truth)
    assert "No pixel of ice has all inputs on 10 January 2023" in figure.texts[0].get_text()
    plt.close(figure)
