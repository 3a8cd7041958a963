import pandas as pd
from figure_data import read_titles

from superice.figures.training_curves import draw_training_losses


def test_losses_have_a_column_for_each_experiment():
    history = pd.DataFrame({"epoch": [1, 2]})
    for part in ("training", "validation"):
        for kind in ("noise", "image"):
            history[f"{part}_{kind}_loss"] = [1.0, 0.5]
    history["validation_samples"] = 360
    figure = draw_training_losses({("a", 0): history, ("a", 1): history, ("b", 0): history})
    assert len(read_titles(figure)) == 4
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "training",
        "validation, 360 samples",
    ]
