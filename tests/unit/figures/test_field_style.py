import numpy as np
import pytest

from superice.figures.field_style import make_laplacian_style, make_spread_style, make_thickness_style


def test_scales_end_at_a_round_value_above_the_fields():
    fields = [np.array([0.2, np.nan, 1.2]), np.array([2.1]), np.array([np.nan])]
    assert make_thickness_style(fields).scale.vmax == pytest.approx(2.5)
    assert make_spread_style([np.array([0.11])]).scale.vmax == pytest.approx(0.2)


def test_scales_without_a_value_have_one_step():
    assert make_thickness_style([np.array([np.nan])]).scale.vmax == pytest.approx(0.5)


def test_the_smoothest_field_sets_the_scale_of_the_laplacian():
    smooth, rough = np.linspace(-1, 1, 101), np.linspace(-9, 9, 101)
    scale = make_laplacian_style([rough, smooth]).scale
    assert scale.vmax == pytest.approx(np.percentile(np.abs(smooth), 98))
    assert scale.vmin == -scale.vmax
