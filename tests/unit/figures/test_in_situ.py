"""Figures of members beside measurements: what each panel shows."""

from datetime import date

import numpy as np
import pytest
from figure_data import read_titles

from superice.dataset.layout import open_predictions
from superice.evaluation.in_situ import Collocation, write_collocations
from superice.fields.point_series import LEVEL_ICE, MEAN, PointSeries
from superice.figures.in_situ import draw_positions_from_files, draw_ways_from_file

DAY = np.datetime64("2022-04-12")


def make_platform(name, measures, days, step=0.1):
    count = len(days)
    where = 88 + step * np.arange(count), np.full(count, -40.0)
    thickness = np.linspace(1, 2, count)
    series = PointSeries(name, measures, DAY + np.array(days, "timedelta64[D]"), *where, thickness, 0 * thickness)
    return Collocation(series, thickness[:, None] + np.linspace(0, 1, 5), thickness + 0.4)


@pytest.fixture
def collocations(tmp_path):
    gap = make_platform("buoy", LEVEL_ICE, [0, 2, 4, 10, 12])
    gap.members[1] = np.nan  # the run has no value there
    platforms = [
        make_platform("submarine", MEAN, [3] * 8),
        gap,
        make_platform("lone buoy", LEVEL_ICE, [0]),
        make_platform("other lone buoy", LEVEL_ICE, [1]),
    ]
    write_collocations(tmp_path / "in_situ.nc", platforms, {})
    return [tmp_path / "in_situ.nc"]


def test_a_panel_for_each_platform_along_its_way(collocations):
    figure = draw_ways_from_file(collocations)
    track, drift, _ = figure.axes
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["submarine (mean), 15 April 2022", "buoy (one level floe)", ""]
    distance = track.lines[0].get_xdata()
    assert distance[-1] == pytest.approx(7 * 0.1 * 111.7, rel=1e-3)  # km: a degree of latitude near the pole
    assert track.lines[0].get_ydata() == pytest.approx(np.linspace(1.5, 2.5, 8))  # mean of the members
    assert track.lines[1].get_ydata() == pytest.approx(np.linspace(1.4, 2.4, 8))  # low resolution
    # The measurements are at days 0, 2, 4, 10 and 12: the line is broken before the fourth.
    measured = drift.lines[2].get_ydata()
    assert measured == pytest.approx([1, 1.25, 1.5, np.nan, 1.75, 2], nan_ok=True)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "all 5 members",
        "members, central 50 %",
        "their mean",
        "low-resolution field",
        "measured",
    ]


def test_every_date_has_a_bar_for_its_members_wherever_its_neighbours_are(collocations):
    drift = draw_ways_from_file(collocations).axes[1]
    widest = drift.patches[
        :5
    ]  # 11 members from 0 to 1 m above the measurement, too few for a band of 90 %: all of them
    heights = [bar.get_height() for bar in widest]
    assert heights == pytest.approx([1.0, np.nan, 1.0, 1.0, 1.0], nan_ok=True)
    assert widest[3].get_y() == pytest.approx(1.75)


def test_platforms_with_a_single_point_share_a_panel_with_every_member(collocations):
    points = draw_ways_from_file(collocations).axes[2]
    labels = [label.get_text() for label in points.get_yticklabels()]
    assert labels == [
        "lone buoy (one level floe)\n12 April 2022",
        "other lone buoy (one level floe)\n13 April 2022",
    ]
    assert points.lines[0].get_xdata() == pytest.approx(1 + np.linspace(0, 1, 5))
    assert points.lines[-1].get_xdata() == pytest.approx([1, 1])  # the measurements


def test_the_map_names_every_platform(collocations, small_grid, tmp_path):
    with open_predictions(tmp_path / "e.nc", small_grid, date(2022, 4, 12), 1, {}):
        pass
    figure = draw_positions_from_files(collocations, [tmp_path / "e.nc"])
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["submarine (8)", "buoy (5)", "lone buoy (1)", "other lone buoy (1)"]


def test_without_measurements_the_figures_say_so(tmp_path):
    write_collocations(tmp_path / "none.nc", [], {})
    for figure in (draw_ways_from_file([tmp_path / "none.nc"]), draw_positions_from_files([tmp_path / "none.nc"], [])):
        assert "No measurement" in figure.texts[0].get_text()
    assert read_titles(figure) == []
