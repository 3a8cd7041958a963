from dataclasses import replace

import numpy as np
import pytest
from figure_data import read_titles

from superice.figures.input_shift import QUANTITIES, draw_input_shift
from superice.figures.style import TRUTH


def test_distributions_are_densities_and_the_last_source_is_black(features):
    figure = draw_input_shift({"model": (3.0, [features, features]), "observations": (3.0, [features])})
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["model (2 days)", "observations (1 day)"]
    thickness = figure.axes[1]
    for stairs in thickness.patches:
        heights, edges, _ = stairs.get_data()
        assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
    assert thickness.lines[-1].get_color() == TRUTH


def test_squares_of_ice_that_are_too_small_have_no_spectrum(features):
    sic = features.sic.copy()
    sic[:, 30:] = np.nan
    figure = draw_input_shift({"observations": (3.0, [features, replace(features, sic=sic)])})
    assert len(figure.axes) == 2 * len(QUANTITIES)
    assert all(len(axis.lines) == 0 for axis in figure.axes[len(QUANTITIES) :])


def test_sources_without_ice_are_not_drawn():
    assert read_titles(draw_input_shift({"observations": (3.0, [])})) == []
