import pytest
from figure_data import make_scores, read_titles

from superice.figures.spectra import draw_spectra


def test_spectra_have_two_panels_for_each_date():
    assert len(read_titles(draw_spectra([make_scores(seed) for seed in range(2)]))) == 4


def test_coherence_of_members_and_low_resolution_stands_below_the_spectra():
    day = make_scores(0)
    axis = draw_spectra([day]).axes[1]
    for line, expected in zip(axis.lines, day.coherence.values):
        assert line.get_ydata() == pytest.approx(expected)
    assert axis.get_ylim() == (0, 1)


def test_no_spectrum_leaves_its_panel():
    strong = make_scores(1)
    for name in ("power_truth", "power_members"):
        strong[name].values[:] *= 1000
    top = draw_spectra([make_scores(0), strong]).axes[0].get_ylim()[1]
    assert top > float(strong.power_truth.max())


def test_dates_without_a_spectrum_are_left_out():
    day = make_scores(0)
    short = day.isel(wavenumber=slice(0, 0))
    assert len(read_titles(draw_spectra([day, short]))) == 2
    assert "No date" in draw_spectra([short]).texts[0].get_text()
