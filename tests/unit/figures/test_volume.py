import numpy as np
import pandas as pd
from figure_data import read_titles
from matplotlib import pyplot as plt
from matplotlib.dates import num2date

from superice.evaluation.volume_table import COLUMNS
from superice.figures.volume import draw_volumes


def make_table(region, volume, dates, missing=0.0, calibration="not checked: the truth is not known", members=30):
    rows = pd.DataFrame({"date": dates}).assign(
        split="test", period="day", region=region, quantity="volume", calibration=calibration, mean=volume, spread=1.0,
        q05=volume - 2, q25=volume - 1, q50=volume, q75=volume + 1, q95=volume + 2, low_resolution=volume,
        without_ensemble_percent=missing, members=members,
    )  # fmt: skip
    return rows.reindex(columns=list(COLUMNS))


def test_panels_say_the_share_without_an_ensemble_and_the_check():
    dates = ["2021-12-01", "2022-12-01", "2022-12-09"]
    table = pd.concat(
        [
            make_table("all", 100.0, dates, 12.4, "spread/error 0.50 on 9 days, band too narrow"),
            make_table("kara_sea", 30.0, dates),
            make_table("laptev_sea", 70.0, dates),
            make_table("bering_sea", 0.0, dates),
            make_table("chukchi_sea", np.nan, dates),
        ]
    )
    figure = draw_volumes(table)
    titles = read_titles(figure)
    assert titles == [
        "(a) Whole grid: 12 % without ensemble\nspread/error 0.50 on 9 days, band too narrow",
        "(b) Laptev Sea: 0 % without ensemble\nnot checked: the truth is not known",
        "(c) Kara Sea: 0 % without ensemble\nnot checked: the truth is not known",
    ]
    # Of the last season alone, and without a line for a truth that is not known.
    assert all(len(line.get_xdata()) == 2 for line in figure.axes[0].lines)
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert "truth" not in labels and "median" in labels
    plt.close(figure)


def test_bands_of_few_members_are_named_as_what_they_are():
    """The lowest of 10 members has rank 1 of 11: no 5 % are below it; 19 have 20 ranks."""
    for members, widest in ((10, "all 10 members"), (18, "all 18 members"), (19, "members, central 90 %")):
        figure = draw_volumes(make_table("all", 100.0, ["2022-12-01", "2022-12-09"], members=members))
        labels = [band.get_label() for band in figure.axes[0].collections]
        assert labels == [widest, "members, central 50 %"]
        plt.close(figure)


def test_a_single_date_is_shown_with_a_few_days_around_it():
    figure = draw_volumes(make_table("all", 100.0, ["2022-04-12"], missing=20.0))
    limits = [num2date(limit).date().isoformat() for limit in figure.axes[0].get_xlim()]
    assert limits == ["2022-04-09", "2022-04-15"]
    bands = [bar.get_segments()[0][:, 1].tolist() for bar in figure.axes[0].collections]
    assert bands == [[98.0, 102.0], [99.0, 101.0]]  # an area has no width there
    plt.close(figure)
    beside_an_empty_one = pd.concat(
        [make_table("all", 100.0, ["2022-04-12"]), make_table("all", np.nan, ["2022-04-11"])]
    )
    figure = draw_volumes(beside_an_empty_one)
    assert figure.axes[0].get_xlim()[1] - figure.axes[0].get_xlim()[0] == 6
    plt.close(figure)


def test_without_ice_the_figure_says_so():
    figure = draw_volumes(make_table("all", np.nan, ["2022-12-01"]))
    assert "no volume to draw" in figure.texts[0].get_text()
    plt.close(figure)


def test_a_region_with_all_the_ice_is_not_shown_twice():
    dates = ["2022-12-01", "2022-12-09"]
    figure = draw_volumes(pd.concat([make_table("all", 100.0, dates), make_table("sea_of_okhotsk", 100.0, dates)]))
    assert len(read_titles(figure)) == 1
    plt.close(figure)
