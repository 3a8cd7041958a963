import numpy as np
import pandas as pd

from superice.figures.by_part import SCORES, draw_scores_by_class

RUN = {"branch": "observations", "split": "test"}


def test_thicknesses_and_strata_have_a_row_each_and_what_lies_beyond_the_mask_its_own_place():
    scores = dict.fromkeys(SCORES, 0.5)
    thicknesses = pd.DataFrame(
        [RUN | scores | {"experiment": "a", "thickness": name} for name in ("below 1 m", "from 1 m")]
    )
    places = [
        ("a", "all inputs", "ice"),
        ("a", "all inputs", "coast"),
        ("b", "all inputs", "ice"),
        ("b", "some inputs", "ice"),
    ]
    strata = pd.DataFrame([RUN | scores | {"experiment": e, "inputs": i, "stratum": s} for e, i, s in places])
    figure = draw_scores_by_class(thicknesses, strata)
    assert len(figure.axes) == 2 * len(SCORES)
    labels = lambda axis: [label.get_text() for label in axis.get_xticklabels()]
    assert labels(figure.axes[0]) == ["below 1 m", "from 1 m"]
    assert labels(figure.axes[len(SCORES)]) == ["ice", "coast", "ice, beyond"]
    of_a, of_b = (line.get_ydata() for line in figure.axes[len(SCORES)].lines[:2])
    assert np.isnan(of_a).tolist() == [False, False, True] and np.isnan(of_b).tolist() == [False, True, False]


def test_nothing_scored_is_said():
    (text,) = draw_scores_by_class(pd.DataFrame(), pd.DataFrame()).texts
    assert "nothing to draw" in text.get_text()
