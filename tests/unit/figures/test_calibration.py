import numpy as np
import pytest
from figure_data import DAY, make_scores, read_titles

from superice.evaluation.date_scores import score_date
from superice.figures.calibration import draw_calibration


def test_calibration_has_three_panels_for_each_branch():
    days = [make_scores(seed) for seed in range(2)]
    figure = draw_calibration({("model", "a"): days, ("observations", "a"): days})
    assert len(read_titles(figure)) == 6


def test_a_flat_rank_histogram_is_drawn_at_one():
    day = make_scores(0)
    day["rank_count"].values[:] = 7
    figure = draw_calibration({("model", "a"): [day]})
    heights = figure.axes[0].patches[0].get_data().values
    assert heights == pytest.approx(np.ones(6))


def test_reliability_is_the_share_of_the_forecasts_that_came_true():
    day = make_scores(0)
    day["reliability_pixels"].values[:] = 400
    day["reliability_hits"].values[:] = [0, 40, 120, 200, 300, 400]
    figure = draw_calibration({("model", "a"): [day, day]})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["above 0.5 m", "above 1 m", "above 2 m"]
    expected = np.column_stack([np.arange(6) / 5, [0, 0.1, 0.3, 0.5, 0.75, 1]])
    assert figure.axes[1].lines[0].get_xydata() == pytest.approx(expected)


def test_single_fields_have_no_calibration():
    truth = 1 + 0.3 * np.random.default_rng(0).standard_normal((64, 64)).cumsum(0) / 8
    single = score_date(truth[None] + 0.1, truth, truth * 0.9, DAY, 3.0)
    figure = draw_calibration({("model", "a"): [make_scores(0)], ("model", "b"): [single]})
    assert [text.get_text() for text in figure.legends[1].get_texts()] == ["a"]
