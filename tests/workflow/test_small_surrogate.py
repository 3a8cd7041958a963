"""The surrogate from end to end on a tiny forced synthetic Arctic: networks, forecasts, restoration, the page."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from workflow_copy import copy_workflow, snakemake

pytestmark = pytest.mark.slow

AREAS = """tiny:
  projection: {proj: stere, lat_0: 90, lat_ts: 90, lon_0: -45, R: 6378273}
  shape: {height: 32, width: 40}
  area_extent: {lower_left_xy: [-240000, -192000], upper_right_xy: [240000, 192000], units: m}
"""
CONFIG = """
name: tiny
grid: {areas: areas.yaml, area: tiny}
surrogate:
  area: tiny
  source: {kind: synthetic}
  hours: 12
  first_hour: 6
  years: {training: [2013, 2013], validation: [2014, 2014], test: [2015, 2015]}
  defaults:
    inputs: {forcings_h: [0, 12]}
    network: {filters: 8}
    loss: {constraint: 10}
    training: {epochs: 1, every_hours: 240, batch: 4, learning_rate: 1.0e-3, validation_samples: 4, workers: 0}
  experiments: {two_states: {inputs: {forcings_h: [-12, 0, 12]}}, residual: {network: {filters: 8}}}
  run: [with_forcings, two_states, residual]
  forecasts: {days: 12, every_hours: 2400, kept_starts: 2, kept_days: [1, 5, 10], batch: 4}
  season: {start: "2015-01-01", steps: 20, every: 4}
  restoration:
    every_days: 20
    members: 2
    network: {widths: [8, 12], depth: 1, embedding_channels: 8}
    training: {epochs: 1, batch: 4, patch: [32, 32], patches_per_day: 1, workers: 0}
    sampler: {steps: 2}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = copy_workflow(tmp_path_factory.mktemp("surrogate"), areas=AREAS, tiny=CONFIG)
    snakemake(folder, "--cores", "2", "--configfile", "config/demo.yaml", "tiny.yaml", "--", "surrogate")
    return folder / "results" / "tiny" / "surrogate"


def test_every_network_is_scored_beside_persistence(results):
    table = pd.read_csv(results / "table.csv")
    assert list(table.experiment) == ["with_forcings", "two_states", "residual"]
    assert table.rmse_1d.between(0, 1).all() and table.rmse_10d.gt(0).all()


def test_no_forecast_is_negative(results):
    forecasts = xr.load_dataset(results / "with_forcings/forecasts.nc")
    assert (forecasts.forecast.fillna(0) >= 0).all()


def test_members_are_drawn_from_the_forecast_of_ten_days(results):
    restored = xr.load_dataset(results / "restored.nc")
    assert restored.sizes["member"] == 2 and float(restored.lead) == 10
    sea = np.isfinite(restored.truth)
    assert np.isfinite(restored.members).where(sea, True).all() and (restored.members.where(sea, 0) >= 0).all()


def test_the_page_holds_its_figures(results):
    page = (results / "report.html").read_text()
    assert page.count("data:image/") == len({path.stem for path in (results / "figures").iterdir()})
