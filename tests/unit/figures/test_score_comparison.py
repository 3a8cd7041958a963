import numpy as np
import pandas as pd
from figure_data import read_titles

from superice.figures import score_comparison


def compared():
    frame = pd.DataFrame(
        {"experiment": ["a", "b", "low_resolution"], "branch": "model", "split": "test", "members": 30}
    )
    for name in score_comparison.SCORES:
        frame[name] = [1.0, 0.9, np.nan]
    frame["fine_variance_ratio"] = [1.0, 40.0, 0.001]
    return pd.concat([frame, frame.iloc[:1].assign(branch="observations"), frame.iloc[:1].assign(split="validation")])


def test_experiments_stand_side_by_side_in_a_panel_for_each_score():
    figure = score_comparison.draw_score_comparison(compared())
    assert len(read_titles(figure)) == len(score_comparison.SCORES)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["a", "b", "low resolution"]
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert sorted(float(line.get_xdata()[0]) for line in dots) == [0.9, 1.0, 1.0]


def test_ensembles_of_different_sizes_are_not_drawn_without_a_word():
    table = compared()
    assert score_comparison.draw_score_comparison(table)._supxlabel is None
    table.loc[table.experiment == "a", "members"] = 6
    said = score_comparison.draw_score_comparison(table).get_supxlabel()
    assert said.startswith("The ensembles have 6 and 30 members.")


def test_a_score_beyond_its_panel_is_written_and_not_drawn():
    axis = score_comparison.draw_score_comparison(compared()).axes[7]
    assert {text.get_text() for text in axis.texts} == {"40.0 →", "← 0.00"}
    assert all(0.1 <= value <= 10 for line in axis.lines if line.get_marker() == "o" for value in line.get_xdata())


def test_an_interval_ends_at_the_edge_of_its_panel():
    table = compared().iloc[:1].assign(fine_variance_ratio_lower=0.5, fine_variance_ratio_upper=30.0)
    interval, *_ = score_comparison.draw_score_comparison(table).axes[7].lines
    assert list(interval.get_xdata()) == [0.5, 10.0]
