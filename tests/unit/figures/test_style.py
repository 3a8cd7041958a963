from figure_data import make_scores

from superice.figures.spectra import draw_spectra
from superice.figures.style import choose_colours, save_figure


def test_an_experiment_keeps_its_colour_whatever_stands_beside_it():
    alone = choose_colours(["preconditioned"])
    beside = choose_colours(["another", "preconditioned", "reference", "third"])
    assert beside["preconditioned"] == alone["preconditioned"]
    assert len(set(beside.values())) == 4


def test_saved_figures_are_the_same_files_when_drawn_again(tmp_path):
    for name in ("one", "two"):
        save_figure(draw_spectra([make_scores(0)]), tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    assert (tmp_path / "one.pdf").stat().st_size > 1000
