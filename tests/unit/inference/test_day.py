"""The command ``superice generate``: the file that it writes, and the inputs that it refuses in one sentence."""

import json
import re
import sys

import numpy as np
import pytest
import torch
import xarray as xr
import yaml
from random_networks import make_trained_network
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from superice import cli
from superice.dataset.layout import Ensemble
from superice.features.files import read_model_features
from superice.fields.motion import join_motion
from superice.inference import ensemble
from superice.inference.day import generate_day
from superice.inference.ensemble import clip_negative, draw_members
from superice.inference.settings import SamplerSettings
from superice.inference.stored_sampler import describe_sampler
from superice.utils.renamed_keys import RENAMED_OPTIONS

OPTIONS = ["--members", "3", "--steps", "2", "--sampler", "multistep", "--precision", "fp32", "--seed", "5"]


@pytest.fixture(scope="module")
def trained(normalisation):
    trained = make_trained_network(normalisation, seed=7)
    trained.sampler = describe_sampler(SamplerSettings(name="multistep", steps=2))
    return trained


@pytest.fixture
def folder(tmp_path, trained, small_grid):
    """Write a weights file and the area of the synthetic days; return their folder."""
    trained.save(tmp_path / "w.safetensors")
    left, bottom, right, top = (float(edge) for edge in small_grid.extent())
    rows, columns = small_grid.shape
    area = {
        "projection": small_grid.crs.to_proj4(),
        "shape": {"height": rows, "width": columns},
        "area_extent": {"lower_left_xy": [left, bottom], "upper_right_xy": [right, top]},
    }
    moved = {**area, "area_extent": {"lower_left_xy": [left + 3e4, bottom], "upper_right_xy": [right + 3e4, top]}}
    (tmp_path / "areas.yaml").write_text(yaml.safe_dump({"small": area, "moved": moved}))
    return tmp_path


@pytest.fixture
def superice(folder, model_days, monkeypatch, capsys):
    """Return a function that runs the command and returns its error output; it raises SystemExit as the command does."""

    def call(*more, features=model_days[0], area="small"):
        files = {"--weights": folder / "w.safetensors", "--features": features, "--areas": folder / "areas.yaml"}
        files |= {"--area": area, "--output": folder / "out.nc"}
        options = [str(part) for pair in files.items() for part in pair]
        monkeypatch.setattr(sys, "argv", ["superice", "generate", *options, *OPTIONS, *more])
        cli.main()
        return capsys.readouterr().err

    return call


@pytest.fixture
def refused(superice, folder, capsys):
    """Return a function: the command must fail with one sentence that matches, and leave no file."""

    def call(pattern, **where):
        before = set(folder.iterdir())
        with pytest.raises(SystemExit) as ended:
            superice(**where)
        errors = [line for line in capsys.readouterr().err.splitlines() if line and "pass" not in line]
        assert ended.value.code == 1
        assert len(errors) == 1 and re.search(pattern, errors[0]), errors
        assert set(folder.iterdir()) == before

    return call


def test_the_file_holds_the_members_that_the_package_draws(superice, folder, trained, model_days):
    errors = superice("--tile", "8", "16", "--batch", "3")
    assert "6/6" in errors, "the progress bar"
    settings = SamplerSettings(name="multistep", steps=2, members=3)
    expected = [clip_negative(m) for m in draw_members(trained, read_model_features(model_days[0]), settings, 5)]
    with xr.open_dataset(folder / "out.nc") as data:
        assert np.allclose(data["sit_ai"], [member for member, _ in expected], atol=1e-5, equal_nan=True)
        assert (data.attrs["training_seed"], data.attrs["ensemble_seed"]) == (7, 5)
        pixels = 3 * np.isfinite(expected[0][0]).sum()
        assert data.attrs["clipped_fraction"] == pytest.approx(sum(n for _, n in expected) / pixels, abs=2e-6)


def test_members_are_written_before_the_next_are_drawn(superice, monkeypatch):
    """Otherwise an ensemble of the full grid would be held in memory."""
    written, written_at_draw = [], []
    draw = ensemble.MemberNoise.__call__
    monkeypatch.setattr(
        ensemble.MemberNoise, "__call__", lambda noise: (written_at_draw.append(len(written)), draw(noise))[1]
    )
    append = Ensemble.append
    monkeypatch.setattr(Ensemble, "append", lambda file, member: (written.append(0), append(file, member))[1])
    superice("--batch", "1")
    assert written_at_draw == [0, 1, 2]


def test_an_observed_day_gives_an_ensemble(superice, folder, model_days):
    features = read_model_features(model_days[0])
    path = folder / "sic_sit_e1_e2_20200101.npz"
    np.savez(path, **{name: getattr(features, name) for name in ("sic", "sit", "divergence", "shear")})
    superice(features=path)
    with xr.open_dataset(folder / "out.nc") as data:
        assert (np.isfinite(data["sit_ai"]).all("n").values == features.mask).all()


def test_members_of_a_diverged_training_are_missing_on_request(folder, model_days, small_grid, capsys):
    rewrite(folder / "w.safetensors", lambda content, tensors: content["origin"].update(diverged=True))
    path = folder / "out.nc"
    sampler = SamplerSettings(name="multistep", steps=2, members=3)
    generate_day(model_days[0], folder / "w.safetensors", small_grid, sampler, 5, path, missing_if_diverged=True)
    assert "w.safetensors diverged: the members are missing" in capsys.readouterr().err
    with xr.open_dataset(path) as data:
        assert data["sit_ai"].shape[0] == 3 and np.isnan(data["sit_ai"]).all()


def test_a_day_without_ice_gives_an_empty_ensemble(superice, folder, model_days):
    path = folder / "20200101.nc"
    with xr.open_dataset(model_days[0]) as data:
        (data.load() * np.nan).to_netcdf(path)  # coordinates stay
    assert "holds no ice" in superice(features=path)
    with xr.open_dataset(folder / "out.nc") as data:
        assert data["sit_ai"].shape[0] == 3 and np.isnan(data["sit_ai"]).all()


def rewrite(path, change):
    """Change the metadata or the tensors of a weights file."""
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        content = json.loads(file.metadata()["superice"])
    change(content, tensors)
    save_file(tensors, path, metadata={"superice": json.dumps(content)})


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda c, t: c["network"].update(widths=[8, 16]), "its weights do not match its network"),
        (lambda c, t: c.pop("normalisation"), "has invalid metadata for its weights .*normalisation"),
        (lambda c, t: c["normalisation"].pop("floor"), "has invalid metadata .*floor"),
        (lambda c, t: c["normalisation"]["mean"].pop("sit"), r"normalisation\.mean: of sic, sit, .* is needed"),
        (lambda c, t: c["normalisation"]["deviation"].update(sic=0.0), "sic: .*deviation above 0"),
        (lambda c, t: c["diffusion"].update(formulation="none"), r"diffusion\.formulation"),
        (lambda c, t: t["stem.bias"].fill_(torch.nan), r"stem\.bias: a weight is not a number"),
        (lambda c, t: c["origin"].update(diverged=True), r"w\.safetensors: its training diverged"),
        (
            lambda c, t: c["normalisation"]["mean"].update(log_deformation=-6.4),
            "deformation: the features are not of the set that the network was trained on",
        ),
        (
            lambda c, t: t["output.weight"].fill_(3e38),
            r"member 0 of 2020-01-01 is not a number where there is ice",
        ),
    ],
)
def test_invalid_weights_files_are_refused(refused, folder, change, pattern):
    rewrite(folder / "w.safetensors", change)
    refused(pattern)


def test_a_truncated_weights_file_is_refused(refused, folder):
    path = folder / "w.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    refused(r"w\.safetensors: is not a readable weights file")


def test_an_input_that_is_not_a_number_on_the_ice_is_refused(refused, folder, model_days):
    path = folder / "20200101.nc"
    with xr.open_dataset(model_days[0]) as opened:
        data = opened.load()
    for name in ("divergence_reprocessed", "shear_reprocessed"):
        data[name][20, 20] = 0
    data.to_netcdf(path)
    # Ice at rest has no logarithm of its deformation unless there is a floor.
    rewrite(folder / "w.safetensors", lambda content, tensors: content["normalisation"].update(floor=0.0))
    refused("deformation: is not a number where there is ice", features=path)


def test_fields_of_another_grid_are_refused(refused, folder, model_days):
    refused("on other cells than --area moved", area="moved")
    path = folder / "sic_sit_e1_e2_20200101.npz"
    np.savez(path, **dict.fromkeys(("sic", "sit", "divergence", "shear"), np.zeros((5, 6))))
    refused(r"its fields do not fit the grid \(36, 44\)", features=path)


def test_the_command_stops_before_sampling_if_memory_is_insufficient(refused, monkeypatch):
    monkeypatch.setattr(ensemble, "measure_free_memory", lambda device: 100_000)
    refused(r"one member needs .* GB for 36 x 44 pixels; 0\.0001 GB are free: set sampler\.tile")


@pytest.mark.parametrize(
    ("option", "value"), [("--steps", "0"), ("--members", "-1"), ("--sampler", "euler"), ("--sampler", "one_pass")]
)
def test_invalid_sampler_options_are_refused(superice, option, value, capsys):
    with pytest.raises(SystemExit):
        superice(option, value)
    assert re.match(r"error: sampler\.\w+: ", capsys.readouterr().err)


def test_the_file_says_that_its_members_share_the_first_step(superice, folder):
    superice("--shared-first-step")
    with xr.open_dataset(folder / "out.nc") as file:
        assert (file.attrs["sampler"], file.attrs["passes_per_member"]) == ("multistep, 2 steps, the first shared", 1)


@pytest.mark.parametrize(
    ("memory", "told"),
    [
        ({}, None),
        ({"memory_days": 1.2}, "1.2 days, in place"),
        ({"memory_days": 30, "memory_follows_drift": True}, "30 days, with the drift"),
    ],
)
def test_the_file_says_which_memory_its_members_have(folder, model_days, small_grid, memory, told):
    sampler = SamplerSettings(name="multistep", steps=1, members=1, **memory)
    output, still = folder / "out.nc", join_motion(small_grid, {})
    generate_day(model_days[0], folder / "w.safetensors", small_grid, sampler, 5, output, motion=still)
    with xr.open_dataset(output) as file:
        assert file.attrs.get("memory") == told


def test_one_step_cannot_be_shared(superice, capsys):
    with pytest.raises(SystemExit):
        superice("--steps", "1", "--shared-first-step")
    assert "error: sampler.steps: 1 is less than the minimum of 2: the first step is shared" in capsys.readouterr().err


@pytest.mark.parametrize(("old", "new"), RENAMED_OPTIONS.items())
def test_an_old_option_ends_with_a_sentence_that_says_the_new_one(superice, capsys, old, new):
    for value in ([], ["1.2"]):
        with pytest.raises(SystemExit):
            superice(old, *value)
        assert capsys.readouterr().err == f"error: {old} is now called {new}\n"
