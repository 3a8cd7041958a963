import numpy as np
import pytest
import xarray as xr
from figure_data import read_titles
from matplotlib import pyplot as plt

from superice.figures.monthly_maps import _choose_last_season, draw_months


@pytest.fixture
def monthly(small_grid):
    """Two months with ice of 1 and 2 m, and one without."""
    shape = (3, *small_grid.shape)
    mean = np.ones(shape) * np.array([1.0, 2.0, np.nan])[:, None, None]
    count = np.where(np.isfinite(mean), [[[1]], [[3]], [[0]]], 0)
    fields = {"sit_mean": mean, "sit_std": 0.1 * mean, "date_count": count}
    return xr.Dataset(
        {name: (("time", "y", "x"), values) for name, values in fields.items()},
        {
            "time": np.array(["2022-10-01", "2022-11-01", "2022-12-01"], "M8[ns]"),
            "x": small_grid.x,
            "y": small_grid.y,
            "crs": ((), 0, small_grid.describe_projection()),
        },
    )


def test_a_month_is_a_column_with_mean_and_spread(monthly):
    figure = draw_months(monthly)
    assert read_titles(figure)[:2] == ["(a) Oct 2022\n1 date", "(b) Nov 2022\n3 dates"]
    maps = [axis for axis in figure.axes if axis.get_title(loc="left")]
    assert [float(axis.images[-1].get_array().max()) for axis in maps] == pytest.approx([1, 2, 0.1, 0.2])
    assert {image.norm.vmax for axis in maps[:2] for image in axis.images[-1:]} == {2.0}, "one scale of the means"
    plt.close(figure)


def test_without_ice_the_figure_says_so(monthly):
    figure = draw_months(monthly.where(False))
    assert "nothing to draw" in figure.texts[0].get_text()
    plt.close(figure)


def test_the_last_season_begins_after_the_summer():
    months = np.array(["2021-12", "2022-03", "2022-04", "2022-10", "2022-11", "2023-01"], "M8[M]")
    assert months[_choose_last_season(months)].tolist() == months[3:].tolist()
