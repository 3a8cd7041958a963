import os
import subprocess
import sys
from pathlib import Path

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


def test_a_figure_is_drawn_whatever_backend_the_terminal_names(tmp_path):
    """Terminals of notebooks and desktops export MPLBACKEND; matplotlib refuses to be imported with an unknown one."""
    history = tmp_path / "experiment" / "seed0" / "history.csv"
    history.parent.mkdir(parents=True)
    losses = [f"{split}_{kind}_loss" for split in ("training", "validation") for kind in ("noise", "image")]
    history.write_text(",".join(["epoch", *losses]) + "\n1,1,1,1,1\n")
    script = Path(__file__).parents[3] / "workflow" / "scripts" / "draw_figure.py"
    files = ["--histories", history, "--png", tmp_path / "f.png", "--pdf", tmp_path / "f.pdf"]
    environment = os.environ | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    done = subprocess.run(
        [sys.executable, script, "training", *files], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "f.png").exists()
