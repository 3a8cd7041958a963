"""Inputs of the restoration's network: the averaged thickness on all the sea, with a normalisation of its own."""

import runpy
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from surrogate_years import write_drifting_year

from superice.errors import InputError
from superice.fields.box_filter import box_mean
from superice.inference.ensemble import draw_members
from superice.inference.settings import SamplerSettings
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
from superice.network.weights import TrainedNetwork
from superice.surrogate.restoration import (
    INPUTS,
    compute_normalisation,
    compute_spectrum,
    make_features,
    require_sound,
    select_lead,
)
from superice.utils.files import read_json

ROOT = Path(__file__).parents[3]
AREAS = """sea:
  projection: {proj: stere, lat_0: 90, lat_ts: 90, lon_0: -45, R: 6378273}
  shape: {height: 22, width: 26}
  area_extent: {lower_left_xy: [-156000, -132000], upper_right_xy: [156000, 132000], units: m}
"""


@pytest.fixture(scope="module")
def days():
    random = np.random.default_rng(0)
    fields = np.abs(random.normal(1.5, 0.5, (3, 24, 32))).astype(np.float32)
    fields[:, :5, :6], fields[:, 20:] = np.nan, 0  # land, and open water, which counts as sea
    return [make_features(date(2018, 1, n + 1), field, 12e3, 60, field) for n, field in enumerate(fields)]


def test_features_are_the_average_over_all_the_sea(days):
    sea = np.isfinite(days[0].truth)
    assert (days[0].mask == sea).all() and sea[22, 3]
    assert np.allclose(days[0].sit, box_mean(days[0].truth, 5), atol=1e-5, equal_nan=True)


def test_normalisation_is_of_the_thickness_and_its_increment(days):
    found = compute_normalisation(days)
    increments = np.concatenate([(day.truth - day.sit)[day.mask] for day in days])
    assert found.deviation["increment"] == pytest.approx(increments.std(), rel=1e-5)
    assert found.pixels == increments.size and found.days == 3


def test_a_network_that_reads_more_than_the_thickness_is_refused(days):
    found = compute_normalisation(days)
    found.require(INPUTS)
    with pytest.raises(InputError, match=r"normalisation\.mean: of sit, sic, increment is needed"):
        found.require(("sit", "sic"))


def test_members_are_drawn_from_a_forecast(days):
    """An untrained network draws noise of the training's size around the average, on the sea only."""
    shape = NetworkSettings(widths=(8, 8), depth=1, inputs=INPUTS, embedding_channels=8)
    normalisation = compute_normalisation(days)
    diffusion = {"formulation": "preconditioned", "noise_min": 0.02, "noise_max": 20.0}
    trained = TrainedNetwork(build_network(shape).eval(), diffusion, normalisation, {"experiment": "x", "seed": 0})
    sampler = SamplerSettings(name="stochastic_multistep", steps=4, members=2)
    require_sound(trained)
    first, second = draw_members(trained, days[0], sampler, seed=1)
    assert (np.isfinite(first) == days[0].mask).all()
    assert 0 < np.nanstd(first - second) < 3 * normalisation.deviation["increment"]


def test_a_diverged_training_restores_nothing(days):
    shape, origin = NetworkSettings(widths=(8, 8), depth=1, inputs=INPUTS), {"diverged": True}
    trained = TrainedNetwork(build_network(shape), {}, compute_normalisation(days), origin, file="model.safetensors")
    with pytest.raises(InputError, match=r"^model\.safetensors: its training diverged: there is nothing to draw$"):
        require_sound(trained)


def test_the_days_of_years_with_a_gap_between_the_splits_are_made(tmp_path, monkeypatch):
    """The training is 2010, the validation 2012: no year lies between them."""
    for year in (2010, 2012):
        write_drifting_year(tmp_path / f"{year}.npy", year)
    (tmp_path / "areas.yaml").write_text(AREAS)
    options = {
        "--training-years": [tmp_path / "2010.npy"], "--training": ["20100101", "20100105"],
        "--validation-years": [tmp_path / "2012.npy"], "--validation": ["20120103"],
        "--areas": [tmp_path / "areas.yaml"], "--area": ["sea"], "--box-km": [60],
        "--store": [tmp_path / "days"], "--normalisation": [tmp_path / "normalisation.json"],
    }  # fmt: skip
    monkeypatch.setattr("sys.argv", ["x", *(str(part) for name, values in options.items() for part in (name, *values))])
    runpy.run_path(str(ROOT / "workflow/scripts/make_restoration_days.py"), run_name="__main__")
    assert sorted(path.stem for path in (tmp_path / "days").iterdir()) == ["20100101", "20100105", "20120103"]
    assert read_json(tmp_path / "normalisation.json")["days"] == 2


def test_only_forecasts_that_were_kept_are_restored():
    forecasts = xr.Dataset({"forecast": ("lead", [1.0, 2.0])}, {"lead": [5.0, 10.0]})
    assert float(select_lead(forecasts, 10).forecast) == 2
    with pytest.raises(InputError, match=r"lead_days: of 9 days no forecasts were kept \(found 5, 10 days\)"):
        select_lead(forecasts, 9)


def test_spectra_are_means_over_the_fields():
    random = np.random.default_rng(1)
    fields, sea = random.standard_normal((2, 24, 32)), np.ones((24, 32), bool)
    sea[:, 30:] = False
    wavenumber, both = compute_spectrum(fields, sea, 12.0)
    single = [compute_spectrum(fields[n : n + 1], sea, 12.0)[1] for n in (0, 1)]
    assert np.allclose(both, np.mean(single, axis=0)) and wavenumber[-1] == pytest.approx(1 / 24)
