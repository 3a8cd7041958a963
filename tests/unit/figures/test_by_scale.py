import numpy as np
import pandas as pd
import pytest

from superice.figures.by_scale import draw_spread_by_scale
from superice.figures.style import LOW_RESOLUTION, choose_colours

RUN = {"branch": "model", "split": "test"}


def make_table(ratio):
    """A table of two experiments, of which one is a single field, over two widths, the whole grid and a region."""
    areas = (("box", "3 km", 3.0), ("box", "45 km", 45.0), ("region", "all", 400.0), ("region", "a", 90.0))
    rows = [
        RUN | {"experiment": name, "days": days, "kind": kind, "scale": scale, "width_km": width}
        for name in ("one", "two")
        for days in (1, 30)
        for kind, scale, width in areas
    ]
    table = pd.DataFrame(rows).assign(
        rmse=0.2, rmse_low_resolution=0.4, spread=0.2 * ratio, spread_skill=ratio, periods=15
    )
    table.loc[table.experiment == "two", ["spread", "spread_skill"]] = np.nan
    return table


def test_each_experiment_has_its_error_spread_and_ratio_from_the_narrowest_box_to_the_whole_grid():
    above, below = draw_spread_by_scale(make_table(0.5)).axes
    colours = choose_colours(["one", "two"])
    lines = [line for line in below.lines if line.get_color() == colours["one"]]
    assert lines[0].get_xdata() == pytest.approx([3, 45, 400])
    assert lines[0].get_ydata() == pytest.approx([0.5] * 3)
    assert lines[1].get_xdata() == pytest.approx([400])
    levels = {line.get_color(): set() for line in above.lines}
    for line in above.lines:
        levels[line.get_color()].update(np.round(line.get_ydata(), 6))
    assert levels[colours["one"]] == {0.1, 0.2} and levels[colours["two"]] == {0.2}


def test_the_input_is_that_of_the_experiment_with_most_dates_and_the_legend_tells_the_others():
    """On fewer dates it has another error: an experiment would look better or worse than its own input."""
    table = make_table(0.5)
    few = table.experiment == "two"
    table.loc[few, ["periods", "rmse_low_resolution"]] = 3, 0.1
    table = pd.concat([table, table.assign(split="validation", periods=20)])  # is not drawn, and counts no dates
    figure = draw_spread_by_scale(table)
    (line, *_) = [line for line in figure.axes[0].lines if line.get_color() == LOW_RESOLUTION]
    assert set(line.get_ydata()) == {0.4}
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["one", "two (3 dates)", "low-resolution field"]


def test_nothing_scored_is_said():
    (text,) = draw_spread_by_scale(pd.DataFrame()).texts
    assert "nothing to draw" in text.get_text()
