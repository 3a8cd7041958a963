import pandas as pd

from superice.figures.scores_over_dates import draw_scores_over_dates


def test_lines_of_scores_break_between_seasons():
    rows = [
        {"branch": "model", "experiment": "e", "region": "ice", "field": field, "date": day, "n_pixels": 5}
        | {"rmse": 0.2, "rmse_domain": 0.1, "variability": 1.0, "fine_scale": 0.9}
        for field in ("generated", "low_resolution")
        for day in ("2021-11-01", "2022-03-01", "2022-11-01")
    ]
    figure = draw_scores_over_dates(pd.DataFrame(rows))
    assert len(figure.axes) == 4
    assert len(figure.axes[0].lines) == 4
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0.1, 0.1], "probably the report's RMSE, under its own title"
    assert figure.axes[1].get_title("left").endswith("model: RMSE over the domain (m)")
