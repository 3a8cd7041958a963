import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_data import read_titles
from PIL import Image

from superice.dataset.layout import add_cell_area
from superice.figures import surrogate
from superice.figures.style import LOW_RESOLUTION


@pytest.fixture
def season(small_grid):
    """A long run of ten steps that is 0.5 m too thick."""
    random = np.random.default_rng(0)
    truth = random.gamma(2, 1, (10, *small_grid.shape))
    times = np.datetime64("2013-01-01") + np.arange(10) * np.timedelta64(12, "h")
    dims = ("time", "y", "x")
    fields = xr.Dataset({"truth": (dims, truth), "forecast": (dims, truth + 0.5)}, coords={"time": times})
    add_cell_area(fields, small_grid)
    return fields


def test_losses_have_a_panel_for_the_field_and_one_for_its_mean():
    history = pd.DataFrame({"epoch": [1, 2]})
    for part in ("training", "validation"):
        for name in ("field", "amount"):
            history[f"{part}_{name}_loss"] = [1.0, 0.5]
    figure = surrogate.draw_surrogate_losses({"residual": history, "two_states": history})
    assert len(read_titles(figure)) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["residual", "two states"]


def test_losses_of_one_epoch_are_seen():
    columns = [f"{part}_{name}_loss" for part in ("training", "validation") for name in ("field", "amount")]
    one, many = (pd.DataFrame({"epoch": range(1, n + 1)} | dict.fromkeys(columns, 1.0)) for n in (1, 30))
    figure = surrogate.draw_surrogate_losses({"residual": one, "two_states": many})
    for axis in figure.axes:
        axis.set_xlim(0.95, 1.05)
        assert all(float(tick).is_integer() for tick in axis.get_xticks())
        assert [line.get_marker() for line in axis.lines] == [".", ".", "None", "None"]


def make_scores(*leads):
    """Scores of two starts, all 1, at leads in days."""
    wavenumber = np.array([0.01, 0.05, 0.1])
    forecasts = ["surrogate", "persistence", "climatology", "truth"]
    shape = (2, len(forecasts), len(leads))
    return xr.Dataset(
        {name: (("start", "forecast", "lead"), np.ones(shape)) for name in ("rmse", "bias", "exponent")}
        | {"power": (("start", "forecast", "lead", "wavenumber"), np.ones((*shape, len(wavenumber))))},
        coords={"forecast": forecasts, "lead": np.array(leads), "wavenumber": wavenumber},
        attrs={"experiment": "two_states"},
    )


def test_skill_stands_beside_that_of_the_baselines():
    figure = surrogate.draw_skill([make_scores(0.5, 1.0, 2.0)])
    error, _, _, spectra = figure.axes
    assert [line.get_label() for line in error.lines] == ["two states", "persistence", "climatology"]
    assert error.lines[1].get_color() == LOW_RESOLUTION
    assert [line.get_label() for line in spectra.lines] == ["12 h", "2 d", "model"]


@pytest.mark.parametrize(
    ("leads", "labels"),
    [((1.0, 2.0, 3.0), ["1 d", "2 d"]), ((0.25,), ["6 h"]), ((0.75, 1.5, 2.25), ["18 h", "2.25 d"]), ((3.0,), ["3 d"])],
)
def test_spectra_are_labelled_with_the_leads_that_are_drawn(leads, labels):
    spectra = surrogate.draw_skill([make_scores(*leads)]).axes[3]
    assert [line.get_label() for line in spectra.lines] == [*labels, "model"]


def test_scores_of_one_lead_and_a_run_of_one_state_are_seen(season):
    error, bias, exponent, _ = surrogate.draw_skill([make_scores(1.0)]).axes
    run = surrogate.draw_season(season.isel(time=[0])).axes
    lines = [line for axis in (error, *run) for line in axis.lines] + bias.lines[:3] + exponent.lines[:]
    assert {line.get_marker() for line in lines} == {"."}


@pytest.mark.parametrize(("members", "maps"), [(1, 3), (2, 4), (3, 4)])
def test_restored_members_are_drawn_as_many_as_there_are_and_two_at_most(small_grid, members, maps):
    fields = np.random.default_rng(0).gamma(2, 1, (1 + members, 1, *small_grid.shape))
    dims = ("start", "y", "x")
    restored = xr.Dataset(
        {"truth": (dims, fields[0]), "forecast": (dims, fields[0])}
        | {"members": (("start", "member", "y", "x"), fields[1:].swapaxes(0, 1))},
        coords={"lead": 0.5},
    )
    titles = read_titles(surrogate.draw_restoration(restored, small_grid))
    assert len(titles) == maps + 1 and "surrogate, 12 h" in titles[1]


def test_the_error_of_a_run_is_over_the_sea(season):
    error = surrogate.draw_season(season).axes[1]
    assert error.lines[0].get_ydata() == pytest.approx(np.full(10, 0.5))


def test_mean_thickness_of_a_run_is_its_volume_over_its_area(season):
    """The left half of the sea is land, and a cell of 2 m counts nine times as much as one of 1 m."""
    upper, left = np.arange(36)[:, None] >= 18, np.arange(44) < 22
    season.truth[:] = np.where(left, np.nan, np.where(upper, 2.0, 1.0))
    season["cell_area"] = (("y", "x"), np.where(upper, 9e6, 1e6) * np.ones(44))
    mean = surrogate.draw_season(season).axes[0]
    assert mean.lines[0].get_ydata() == pytest.approx(np.full(10, 1.9))


def test_an_animation_has_its_frames(season, tmp_path):
    surrogate.animate_season(season, tmp_path / "season.gif", frames=4)
    with Image.open(tmp_path / "season.gif") as picture:
        assert picture.n_frames == 4
