import pandas as pd

from superice.figures.scores_over_dates import draw_scores_over_dates


def test_lines_of_scores_break_between_seasons():
    rows = [
        {"branch": "model", "experiment": "e", "region": "ice", "field": field, "date": day, "n_pixels": 5}
        | {"rmse": 0.2, "variability": 1.0, "fine_scale": 0.9}
        for field in ("generated", "low_resolution")
        for day in ("2021-11-01", "2022-03-01", "2022-11-01")
    ]
    figure = draw_scores_over_dates(pd.DataFrame(rows))
    assert len(figure.axes) == 3
    assert len(figure.axes[0].lines) == 4
