import numpy as np
import pytest
from figure_data import read_titles

from superice.figures.smoothing import Treatment, compute_laplacian, draw_smoothing


def test_the_laplacian_of_a_paraboloid_is_constant():
    y, x = np.mgrid[:6, :8] * 3.0
    laplacian = compute_laplacian(x**2 + 2 * y**2, 3.0)
    assert laplacian[1:-1, 1:-1] == pytest.approx(np.full((4, 6), 6.0))
    assert np.isnan(laplacian[0]).all() and np.isnan(laplacian[:, -1]).all()


def test_a_treatment_has_laplacian_member_and_spectra(features, ensemble):
    figure = draw_smoothing([Treatment("as configured", features, ensemble)] * 2)
    assert len(read_titles(figure)) == 6
    assert "as configured:\nLaplacian, rms" in read_titles(figure)[0]
