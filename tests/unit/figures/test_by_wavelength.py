import numpy as np
import pytest

from superice.figures.by_wavelength import draw_scales
from superice.figures.style import LOW_RESOLUTION, choose_colours


def test_scales_show_the_error_in_units_of_the_truth(experiment_scores):
    """White noise with twice the standard deviation of the truth has four times its power at all wavelengths.

    The error of a constant field has the power of the truth.
    """
    error = draw_scales(experiment_scores).axes[2]
    colours = choose_colours(["good", "bad"])
    medians = {line.get_color(): np.median(line.get_ydata()) for line in error.lines}
    assert medians[colours["bad"]] == pytest.approx(4, rel=0.3)
    assert medians[colours["good"]] == pytest.approx(0.01, rel=0.3)
    assert medians[LOW_RESOLUTION] == pytest.approx(1, rel=0.01)
