"""``superice generate`` draws from weights and features alone, asks for what is missing, and refuses what does not fit."""

import hashlib
import json
import runpy
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml
from random_networks import make_trained_network

from superice import __version__, cli
from superice.dataset.layout import FIELDS, write_observed_features
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import collect_members
from superice.features.files import read_model_features, read_own_grid
from superice.inference.settings import InputErrors, SamplerSettings
from superice.inference.stored_sampler import describe_sampler
from superice.network import released
from superice.network.settings import FORMULATION_SETTINGS
from superice.utils.settings import dump_settings

ROOT = Path(__file__).parents[3]
CHOSEN = SamplerSettings(name="stochastic_multistep", steps=3, noise_scale=1.23, shared_first_step=True)
BOXES = {"low_resolution": {"method": "boxes", "thickness_km": 90.0}}
SATELLITES = {"low_resolution": {"method": "satellites", "thickness_km": 90.0}}


def define_area(grid):
    left, bottom, right, top = (float(edge) for edge in grid.extent())
    rows, columns = grid.shape
    return {
        "projection": grid.crs.to_proj4(),
        "shape": {"height": rows, "width": columns},
        "area_extent": {"lower_left_xy": [left, bottom], "upper_right_xy": [right, top]},
    }


@pytest.fixture
def trained(normalisation, small_grid):
    """Return a network as a run chooses it."""
    trained = make_trained_network(normalisation, seed=7)
    trained.sampler = describe_sampler(CHOSEN)
    trained.grid = small_grid.describe()
    trained.features = BOXES
    return trained


@pytest.fixture
def generate(tmp_path, trained, monkeypatch, capsys):
    """Return a function that runs the command with ``trained``, and returns what it wrote and what it said."""

    def call(features, *options):
        trained.save(tmp_path / "w.safetensors")
        given = ["--weights", tmp_path / "w.safetensors", "--features", features, "--output", tmp_path / "out.nc"]
        small = ["--members", "2", "--precision", "fp32"]
        monkeypatch.setattr(sys, "argv", ["superice", "generate", *map(str, given), *small, *options])
        cli.main()
        with xr.open_dataset(tmp_path / "out.nc") as data:
            said = [line for line in capsys.readouterr().err.splitlines() if line and "pass" not in line]
            return data.load(), said

    return call


@pytest.fixture
def refuse(generate, tmp_path, capsys):
    """Return a function: the command must end with one sentence, which it returns, and write nothing."""

    def call(features, *options):
        with pytest.raises(SystemExit):
            generate(features, *options)
        assert not (tmp_path / "out.nc").exists()
        return capsys.readouterr().err.splitlines()[-1]

    return call


def rewrite(path, target, change=lambda data: data, **attributes):
    """Write a changed copy of a feature file."""
    with xr.open_dataset(path) as data:
        change(data.load()).assign_attrs(attributes).to_netcdf(target)
    return target


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def test_weights_and_features_are_enough_and_the_file_says_what_was_used(generate, model_days, tmp_path):
    data, said = generate(model_days[0])
    assert said == []
    attributes = data.attrs
    assert attributes["sampler"] == "stochastic_multistep, 3 steps, the first shared"
    assert (attributes["noise_scale"], attributes["members"], attributes["ensemble_seed"]) == (1.23, 2, 2024)
    assert (attributes["weights"], attributes["weights_digest"]) == (
        "w.safetensors",
        digest(tmp_path / "w.safetensors"),
    )
    assert (attributes["features"], attributes["features_digest"]) == (model_days[0].name, digest(model_days[0]))
    assert __version__ in attributes["workflow"]


def test_what_released_weights_draw_says_what_they_are_good_for(generate, model_days, tmp_path, monkeypatch):
    """A copy of them under another name is known by its bytes; with other weights nothing is said."""
    monkeypatch.setattr(released, "FOLDER", tmp_path / "released")
    (tmp_path / "released").mkdir()
    data, said = generate(model_days[0])
    assert said == [] and "weights_note" not in data.attrs
    (tmp_path / "released/superice-1.safetensors").write_bytes((tmp_path / "w.safetensors").read_bytes())
    data, said = generate(model_days[0], "--summary", str(tmp_path / "s.nc"))
    assert said == [f"note: {tmp_path}/w.safetensors: {released.LIMITS}"] and "\n" not in released.LIMITS
    with xr.open_dataset(tmp_path / "s.nc") as summary:
        assert data.attrs["weights_note"] == summary.attrs["weights_note"] == released.LIMITS


def test_a_summary_is_written_while_members_are_drawn(generate, model_days, tmp_path, monkeypatch, capsys):
    """It holds what a second reading of the members gives, and is drawn without a file of members too."""
    summary = tmp_path / "sit_summary_20200101.nc"
    members, _ = generate(model_days[0], "--summary", str(summary))
    features = read_model_features(model_days[0])
    expected = collect_members(tmp_path / "out.nc", features.mask).compute(SummarySettings())
    with xr.open_dataset(summary) as data:
        for name, values in expected.items():
            np.testing.assert_array_equal(data[name], values)
        assert data.attrs["weights_digest"] == members.attrs["weights_digest"] and data.ensemble_size == 2
        assert ((data.mask_reason.values == 0) == (data.mask.values == 1)).all()
        assert set(np.unique(data.mask_reason)) == {0, 1 + 2 + 4}, "the corner without any field"
        first = data.load()
    given = [
        "--weights",
        tmp_path / "w.safetensors",
        "--features",
        model_days[0],
        "--members",
        "2",
        "--precision",
        "fp32",
    ]
    (tmp_path / "out.nc").unlink()
    monkeypatch.setattr(sys, "argv", ["superice", "generate", *map(str, given), "--summary", str(summary)])
    cli.main()
    with xr.open_dataset(summary) as data:
        np.testing.assert_array_equal(data.sit_quantile, first.sit_quantile)
    assert not (tmp_path / "out.nc").exists()
    monkeypatch.setattr(sys, "argv", ["superice", "generate", *map(str, given)])
    with pytest.raises(SystemExit):
        cli.main()
    assert "name a file to write: --output for the members, --summary for their statistics" in capsys.readouterr().err


def test_an_observed_day_says_why_pixels_are_masked(generate, model_days, small_grid, tmp_path):
    """The file beside the arrays knows it, as the arrays do not."""
    features = read_model_features(model_days[0])
    fields = {name: getattr(features, name) for name in ("sic", "sit", "divergence", "shear")}
    reason = np.where(features.mask, 0, 8).astype(np.int8)
    arrays = tmp_path / "sic_sit_e1_e2_20200101.npz"
    write_observed_features(arrays, arrays.with_suffix(".nc"), small_grid, features.date, fields, reason, {})
    generate(arrays, "--summary", str(tmp_path / "s.nc"))
    with xr.open_dataset(tmp_path / "s.nc") as data:
        np.testing.assert_array_equal(data.mask_reason, reason)


def test_observed_inputs_have_the_errors_that_the_weights_name(generate, trained, model_days, small_grid, tmp_path):
    """The factor of the noise was chosen with them; without them it does not hold."""
    features = read_model_features(model_days[0])
    arrays = tmp_path / "sic_sit_e1_e2_20200101.npz"
    fields, reason = {name: getattr(features, name) for name in FIELDS}, np.where(features.mask, 0, 8).astype(np.int8)
    stated = {"sit_uncertainty": np.full(small_grid.shape, 0.1)}
    write = partial(
        write_observed_features, arrays, arrays.with_suffix(".nc"), small_grid, features.date, fields, reason
    )
    write({}, uncertainties=stated)
    exact, _ = generate(arrays)
    errors = InputErrors(sic=((9, 0.01),), sit=((12, 0.06),), sizes="products")
    trained.sampler = describe_sampler(CHOSEN.model_copy(update={"input_errors": errors}))
    data, said = generate(arrays)
    assert said == [] and data.attrs["input_error_sizes"] == "sic: configured, sit: product"
    assert 0.02 < float(abs(data.sit_ai - exact.sit_ai).mean()) < 0.3
    assert "input_errors" not in exact.attrs


def test_options_overrule_the_weights_with_a_note(generate, model_days):
    data, said = generate(model_days[0], "--sampler", "multistep", "--steps", "2", "--no-shared-first-step")
    assert data.attrs["sampler"] == "multistep, 2 steps" and "noise_scale" not in data.attrs
    assert len(said) == 1 and "name multistep instead of stochastic_multistep" in said[0]
    assert "noise_scale" not in said[0], "that sampler has none"
    data, said = generate(model_days[0], "--noise-scale", "1.1")
    assert data.attrs["noise_scale"] == 1.1 and "noise_scale 1.1 instead of 1.23" in said[0]


def test_a_factor_does_not_hold_for_other_steps(refuse, generate, model_days):
    assert "chosen with sampler.steps 3, not 4" in refuse(model_days[0], "--steps", "4")
    assert generate(model_days[0], "--steps", "4", "--noise-scale", "1")[0].attrs["noise_scale"] == 1.0


@pytest.mark.parametrize("formulation", FORMULATION_SETTINGS)
def test_weights_without_a_sampler_ask_for_one_that_draws_from_them(formulation, trained, refuse, generate, model_days):
    """The options that the sentence proposes are then taken, whatever the formulation."""
    trained.sampler, trained.grid, trained.features = {}, {}, {}
    trained.diffusion = dump_settings(FORMULATION_SETTINGS[formulation]())
    sentence = refuse(model_days[0])
    assert "w.safetensors: does not say which sampler draws from it: name one, such as --sampler" in sentence
    _, said = generate(model_days[0], *sentence.rpartition("such as ")[2].split())
    assert len(said) == 1 and said[0].startswith("note: ") and "of a single training or of an older version" in said[0]


@pytest.mark.parametrize("formulation", ["noise_prediction", "preconditioned"])
def test_one_pass_does_not_draw_from_a_network_of_many_noise_levels(formulation, trained, refuse, model_days):
    """What it gives is a smooth expectation, not a member."""
    trained.diffusion = dump_settings(FORMULATION_SETTINGS[formulation]())
    options = ["--sampler", "one_pass", "--steps", "1", "--noise-scale", "1", "--no-shared-first-step"]
    assert f"one_pass does not draw from a network of the formulation {formulation}" in refuse(model_days[0], *options)


@pytest.mark.parametrize("formulation", ["proper_scores", "regression"])
def test_a_network_of_one_pass_is_not_drawn_from_in_steps(formulation, trained, refuse, model_days):
    trained.diffusion = dump_settings(FORMULATION_SETTINGS[formulation]())
    sentence = refuse(model_days[0])
    assert f"a network of the formulation {formulation} makes its field in one evaluation" in sentence
    assert "(found ddim, 1)" in refuse(model_days[0], "--sampler", "ddim", "--steps", "1", "--no-shared-first-step")


def test_only_what_drawing_needs_is_asked_for(generate, refuse, model_days, tmp_path):
    """No truth, no longitude and latitude, and no time where the name says the day; the rest is named."""
    kept = [f"{name}_reprocessed" for name in ("sic", "sit", "divergence", "shear")]
    least = rewrite(model_days[0], tmp_path / "20200101.nc", lambda data: data[[*kept, "x", "y", "crs"]].drop_vars(
        ["longitude", "latitude", "time"], errors="ignore"
    ))  # fmt: skip
    whole, _ = generate(model_days[0])
    drawn, _ = generate(least)
    assert drawn.sit_ai.equals(whole.sit_ai) or np.array_equal(drawn.sit_ai, whole.sit_ai, equal_nan=True)
    assert np.allclose(drawn.longitude, whole.longitude)
    (tmp_path / "out.nc").unlink()
    for name in kept:
        lacking = rewrite(least, tmp_path / "20200102.nc", lambda data, name=name: data.drop_vars(name))
        assert "20200102.nc" in (sentence := refuse(lacking)) and name in sentence and "variable missing" in sentence


def test_a_file_without_a_day_asks_for_it(generate, refuse, model_days, tmp_path):
    whole, _ = generate(model_days[0])
    (tmp_path / "out.nc").unlink()
    undated = rewrite(model_days[0], tmp_path / "day.nc", lambda data: data.drop_vars("time"))
    assert "--date" in refuse(undated)
    drawn, _ = generate(undated, "--date", "2020-01-01")
    assert np.array_equal(drawn.sit_ai, whole.sit_ai, equal_nan=True), "the day decides the noise"
    (tmp_path / "out.nc").unlink()
    assert "is of 2020-01-01, not of 2020-01-02" in refuse(model_days[0], "--date", "2020-01-02")


def test_the_grid_is_read_from_the_file_or_from_the_one_beside_it(
    generate, refuse, trained, model_days, small_grid, tmp_path
):
    own = read_own_grid(model_days[0])
    assert np.allclose(own.lonlat(), small_grid.lonlat(), atol=1e-6)
    features = read_model_features(model_days[0])
    arrays = tmp_path / "sic_sit_e1_e2_20200101.npz"
    np.savez(arrays, **{name: getattr(features, name) for name in ("sic", "sit", "divergence", "shear")})
    whole, _ = generate(model_days[0])
    drawn, _ = generate(arrays)  # on the grid of the training, which has as many cells
    assert np.array_equal(drawn.sit_ai, whole.sit_ai, equal_nan=True)
    trained.grid = {}
    (tmp_path / "out.nc").unlink()
    assert "name their grid with --area" in refuse(arrays)
    rewrite(model_days[0], arrays.with_suffix(".nc"))
    assert np.allclose(generate(arrays)[0].longitude, whole.longitude, atol=1e-5)


def test_cells_of_another_size_are_refused(trained, refuse, model_days, small_grid, tmp_path):
    """The network knows its scales in pixels: on other cells it draws without a word what is wrong."""
    trained.grid["step_m"] = 12000.0
    assert "its network was trained on cells of 12 km, not of 3 km" in refuse(model_days[0])
    trained.grid["step_m"] = 3000.0
    coarse = define_area(small_grid)
    coarse["area_extent"]["upper_right_xy"] = [
        left + 4 * (right - left)
        for left, right in zip(coarse["area_extent"]["lower_left_xy"], coarse["area_extent"]["upper_right_xy"])
    ]
    (tmp_path / "areas.yaml").write_text(yaml.safe_dump({"coarse": coarse}))
    nowhere = rewrite(
        model_days[0],
        tmp_path / "20200101.nc",
        lambda data: data.drop_vars(["x", "y", "crs", "longitude", "latitude"]),
    )
    sentence = refuse(nowhere, "--areas", str(tmp_path / "areas.yaml"), "--area", "coarse")
    assert "cells of 3 km, not of 12 km, which those of the grid 'coarse' are" in sentence


def test_an_area_that_is_not_that_of_the_file_is_refused(generate, refuse, model_days, small_grid, tmp_path):
    """Members would have other coordinates than what they were drawn from."""
    bare = rewrite(model_days[0], tmp_path / "20200101.nc", lambda data: data.drop_vars(["longitude", "latitude"]))
    same, moved = define_area(small_grid), define_area(small_grid)
    moved["area_extent"] = {name: [edge + 30e3 for edge in edges] for name, edges in same["area_extent"].items()}
    (tmp_path / "areas.yaml").write_text(yaml.safe_dump({"same": same, "moved": moved}))
    options = ["--areas", str(tmp_path / "areas.yaml"), "--area"]
    assert "its fields are on other cells than --area moved" in refuse(bare, *options, "moved")
    assert generate(bare, *options, "same")[0].sit_ai.notnull().any()


def test_features_of_another_set_are_refused_by_name(generate, refuse, model_days, tmp_path):
    other = rewrite(model_days[0], tmp_path / "20200101.nc", feature_settings=json.dumps(SATELLITES))
    sentence = refuse(other)
    assert (
        "20200101.nc" in sentence
        and "features.low_resolution.method boxes" in sentence
        and "(found satellites)" in sentence
    )
    wider = {"low_resolution": BOXES["low_resolution"] | {"thickness_km": 120.0}}
    rewrite(model_days[0], other, feature_settings=json.dumps(wider))
    assert "features.low_resolution.thickness_km 90" in refuse(other)
    rewrite(model_days[0], other, feature_settings=json.dumps(BOXES | {"sic_threshold": 0.2}))
    generate(other)  # the threshold of the training is applied to any file


def test_the_command_of_the_workflow_draws_from_weights_that_say_how(
    generate, model_days, small_grid, tmp_path, monkeypatch
):
    """Its settings then name the members alone."""
    drawn, _ = generate(model_days[0], "--seed", "3")
    (tmp_path / "areas.yaml").write_text(yaml.safe_dump({"small": define_area(small_grid)}))
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"sampler": {"members": 2, "precision": "fp32"}}))
    named = ["--features", model_days[0], "--date", "2020-01-01", "--branch", "model", "--experiment", "mine"]
    files = [
        "--weights",
        tmp_path / "w.safetensors",
        "--settings",
        tmp_path / "settings.yaml",
        "--output",
        tmp_path / "o.nc",
    ]
    grid = ["--areas", tmp_path / "areas.yaml", "--area", "small", "--seed", "3"]
    monkeypatch.setattr(sys, "argv", ["draw_ensemble.py", *map(str, [*named, *files, *grid])])
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    runpy.run_path(str(ROOT / "workflow/scripts/draw_ensemble.py"), run_name="__main__")
    with xr.open_dataset(tmp_path / "o.nc") as data:
        assert data.attrs["weights_note"] == released.LIMITS
        assert data.attrs["sampler"] == "stochastic_multistep, 3 steps, the first shared"
        np.testing.assert_array_equal(data.sit_ai, drawn.sit_ai)
