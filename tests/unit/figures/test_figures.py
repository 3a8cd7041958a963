"""Figures show the panels they promise; a day without data is named, not drawn."""

from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from superice.dataset.layout import writing_predictions
from superice.evaluation.date_scores import score_date
from superice.features.files import read_model_features
from superice.figures import ensemble_maps, score_comparison, training_curves
from superice.figures.style import save_figure

DAY = date(2020, 1, 1)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def features(model_days):
    return read_model_features(model_days[0])


@pytest.fixture(scope="module")
def ensemble(features, small_grid, tmp_path_factory):
    members = features.truth + 0.1 * np.random.default_rng(0).standard_normal((4, *small_grid.shape))
    path = tmp_path_factory.mktemp("predictions") / "e.nc"
    with writing_predictions(path, small_grid, DAY, len(members), {}) as file:
        for member in members:
            file.append(member)
    return ensemble_maps.read_ensemble(path)


def titles(figure):
    return [axis.get_title(loc="left") for axis in figure.axes if axis.get_title(loc="left")]


def test_an_ensemble_is_read_with_its_grid(ensemble, small_grid):
    assert ensemble.day == DAY
    assert np.allclose(ensemble.grid.x, small_grid.x)
    assert np.nanmean(ensemble.spread) == pytest.approx(0.1, rel=0.2)


def test_maps_have_a_row_for_each_date(features, ensemble):
    figure = ensemble_maps.draw_maps_against_truth([(features, ensemble)] * 2)
    assert len(titles(figure)) == 8
    assert titles(figure)[0] == "(a) low-resolution"
    assert "(h) member 1" in titles(figure)


def test_observed_maps_show_the_spread_and_the_truth_where_it_is_known(features, ensemble):
    assert len(titles(ensemble_maps.draw_observed_maps([(features, ensemble, None)]))) == 4
    assert "(d) truth" in titles(ensemble_maps.draw_observed_maps([(features, ensemble, features.truth)]))


def test_inputs_and_members_fill_eight_panels(features, ensemble):
    assert len(titles(ensemble_maps.draw_features_and_members(features, ensemble))) == 8
    assert (
        len(
            titles(
                ensemble_maps.draw_features_and_members(features, ensemble, ensemble_maps.choose_zoom(features.mask))
            )
        )
        == 8
    )


def test_a_day_without_ice_is_named_and_not_drawn(features, ensemble):
    empty = ensemble_maps.Ensemble(date(2020, 1, 2), ensemble.grid, np.full_like(ensemble.members, np.nan))
    figure = ensemble_maps.draw_observed_maps([(features, ensemble, None), (features, empty, None)])
    assert len(titles(figure)) == 4
    assert "2 January 2020" in figure.get_supxlabel()


def scores(seed, size=64):
    random = np.random.default_rng(seed)
    truth = 1 + 0.3 * random.standard_normal((size, size)).cumsum(0) / 8
    result = score_date(truth + 0.1 * random.standard_normal((5, size, size)), truth, truth * 0.9, DAY, 3.0)
    return result


def test_spectra_and_calibration_have_their_panels():
    days = [scores(seed) for seed in range(2)]
    assert len(titles(training_curves.draw_spectra(days))) == 4
    figure = training_curves.draw_calibration({("model", "a"): days, ("observations", "a"): days})
    assert len(titles(figure)) == 6


def test_a_flat_rank_histogram_is_drawn_at_one():
    day = scores(0)
    day["rank_count"].values[:] = 7
    figure = training_curves.draw_calibration({("model", "a"): [day]})
    heights = figure.axes[0].patches[0].get_data().values
    assert heights == pytest.approx(np.ones(6))


def test_reliability_is_the_share_of_the_forecasts_that_came_true():
    day = scores(0)
    day["reliability_pixels"].values[:] = 400
    day["reliability_hits"].values[:] = [0, 40, 120, 200, 300, 400]
    figure = training_curves.draw_calibration({("model", "a"): [day, day]})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["above 0.5 m", "above 1 m", "above 2 m"]
    expected = np.column_stack([np.arange(6) / 5, [0, 0.1, 0.3, 0.5, 0.75, 1]])
    assert figure.axes[1].lines[0].get_xydata() == pytest.approx(expected)


def test_coherence_of_members_and_low_resolution_stands_below_the_spectra():
    day = scores(0)
    axis = training_curves.draw_spectra([day]).axes[1]
    for line, expected in zip(axis.lines, day.coherence.values):
        assert line.get_ydata() == pytest.approx(expected)
    assert axis.get_ylim() == (0, 1)


def test_no_spectrum_leaves_its_panel():
    strong = scores(1)
    for name in ("power_truth", "power_members"):
        strong[name].values[:] *= 1000
    top = training_curves.draw_spectra([scores(0), strong]).axes[0].get_ylim()[1]
    assert top > float(strong.power_truth.max())


def test_losses_have_a_column_for_each_experiment():
    history = pd.DataFrame({"epoch": [1, 2]})
    for part in ("training", "validation"):
        for kind in ("noise", "image"):
            history[f"{part}_{kind}_loss"] = [1.0, 0.5]
    figure = training_curves.draw_training_losses({("a", 0): history, ("a", 1): history, ("b", 0): history})
    assert len(titles(figure)) == 4


def test_lines_of_scores_break_between_seasons():
    rows = [
        {"branch": "model", "experiment": "e", "region": "ice", "field": field, "date": day, "n_pixels": 5}
        | {"rmse": 0.2, "variability": 1.0, "fine_scale": 0.9}
        for field in ("generated", "low_resolution")
        for day in ("2021-11-01", "2022-03-01", "2022-11-01")
    ]
    figure = training_curves.draw_scores_over_dates(pd.DataFrame(rows))
    assert len(figure.axes) == 3
    assert len(figure.axes[0].lines) == 4


def test_saved_figures_are_the_same_files_when_drawn_again(tmp_path):
    for name in ("one", "two"):
        save_figure(training_curves.draw_spectra([scores(0)]), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.pdf").stat().st_size > 1000


def compared():
    frame = pd.DataFrame({"experiment": ["a", "b", "low_resolution"], "branch": "model", "split": "test"})
    for name in score_comparison.SCORES:
        frame[name] = [1.0, 0.9, np.nan]
    frame["fine_scale"] = [1.0, 40.0, 0.001]
    return pd.concat([frame, frame.iloc[:1].assign(branch="observations"), frame.iloc[:1].assign(split="validation")])


def test_experiments_stand_side_by_side_in_a_panel_for_each_score():
    figure = score_comparison.draw_score_comparison(compared())
    assert len(titles(figure)) == len(score_comparison.SCORES)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a", "b", "low resolution"]
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert sorted(float(line.get_xdata()[0]) for line in dots) == [0.9, 1.0, 1.0]


def test_a_score_beyond_its_panel_is_written_and_not_drawn():
    axis = score_comparison.draw_score_comparison(compared()).axes[5]
    assert {text.get_text() for text in axis.texts} == {"40.0 →", "← 0.00"}
    assert all(0.1 <= value <= 10 for line in axis.lines if line.get_marker() == "o" for value in line.get_xdata())


def test_single_fields_have_no_calibration():
    truth = 1 + 0.3 * np.random.default_rng(0).standard_normal((64, 64)).cumsum(0) / 8
    single = score_date(truth[None] + 0.1, truth, truth * 0.9, DAY, 3.0)
    figure = training_curves.draw_calibration({("model", "a"): [scores(0)], ("model", "b"): [single]})
    assert [text.get_text() for text in figure.legends[1].get_texts()] == ["a"]
