import pandas as pd
from figure_data import read_titles

from superice.figures.training_curves import draw_training_losses


def make_history(epochs):
    columns = [f"{part}_{kind}_loss" for part in ("training", "validation") for kind in ("noise", "image")]
    return pd.DataFrame({"epoch": range(1, epochs + 1), **dict.fromkeys(columns, 1.0), "validation_samples": 360})


def test_losses_of_one_epoch_are_seen():
    figure = draw_training_losses({("a", 0): make_history(1), ("b", 0): make_history(30)})
    markers = {tuple(line.get_marker() for line in axis.lines) for axis in figure.axes}
    assert markers == {(".", "."), ("None", "None")}


def test_losses_have_a_column_for_each_experiment():
    history = make_history(2)
    figure = draw_training_losses({("a", 0): history, ("a", 1): history, ("b", 0): history})
    assert len(read_titles(figure)) == 4
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "training",
        "validation, 360 samples",
    ]
