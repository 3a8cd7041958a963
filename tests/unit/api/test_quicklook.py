"""The quicklook goes from product files to the picture, and its files are those of the workflow."""

import sys

import numpy as np
import pytest
import xarray
from feature_days import AREAS, DAY
from product_files import DRIFT_AXES_KM, ease2_axes, write_concentration, write_drift, write_thickness

import superice
from superice import cli
from superice.api import quicklook as module
from superice.fields.grid import load_grid
from superice.network import released
from superice.network.normalisation import VARIABLES, Normalisation
from superice.network.weights import TrainedNetwork


@pytest.fixture
def network(weights, tmp_path):
    """A network that takes any fields."""
    trained = TrainedNetwork.load(weights)
    means, deviations = dict.fromkeys(VARIABLES, 0.0), dict.fromkeys(VARIABLES, 10.0)
    trained.normalisation = Normalisation(means, deviations, floor=1e-4, sic_threshold=0.15, days=1, pixels=1)
    trained.save(tmp_path / "any.safetensors")
    return superice.load(tmp_path / "any.safetensors", members=3, precision="fp32")


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    folder = tmp_path_factory.mktemp("products")
    near = np.hypot(ease2_axes()[0], ease2_axes()[1][:, None]) < 1200
    write_thickness(folder, DAY, np.where(near, 2.0, np.nan))
    write_concentration(folder, DAY, np.where(near, 90.0, 0.0))
    dx, dy = np.broadcast_arrays(0.01 * DRIFT_AXES_KM[0], 0.01 * DRIFT_AXES_KM[1][:, None])
    write_drift(folder, DAY, dx, dy, np.full(dx.shape, 30))
    return dict.fromkeys(("thickness", "concentration", "drift"), folder)


@pytest.fixture
def grid(tmp_path):
    (tmp_path / "areas.yaml").write_text(AREAS)
    return load_grid(tmp_path / "areas.yaml", "near_pole")


def test_a_day_of_products_becomes_members_a_summary_and_a_picture(network, products, grid, tmp_path, monkeypatch):
    lines = []
    monkeypatch.setattr(released, "FOLDER", tmp_path)  # as if the weights were those of the package
    made = module.make_quicklook(
        tmp_path / "out", network.trained, network.sampler, grid, DAY, 5, products, say=lines.append
    )
    assert made.picture.read_bytes().startswith(b"\x89PNG")
    with xarray.open_dataset(made.features.with_suffix(".nc"), decode_coords="all") as features:
        drawn = network.draw(features, members=3, seed=5)
    with xarray.open_dataset(made.members) as members, xarray.open_dataset(made.summary) as summary:
        np.testing.assert_array_equal(members.sit_ai, drawn.sit_ai)
        ice = int(members.sit_ai[0].notnull().sum())
        area = members.cell_area.where(members.sit_ai[0].notnull())
        mean = float((members.sit_ai.mean("n") * area).sum() / area.sum())
        assert summary.ensemble_size == 3
        assert members.weights_note == summary.weights_note == released.LIMITS
    assert made.facts[:2] == [f"{ice:,} pixels of ice with a thickness", f"mean thickness {mean:.2f} m"]
    assert [line.partition(":")[0] for line in lines] == [
        "map of the land", "features", "3 members and their summary", "picture"
    ]  # fmt: skip


def test_scores_of_a_known_truth_are_those_of_the_api(network, products, grid, tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    truth = 2 + 0.3 * random.standard_normal(grid.shape).astype(np.float32)
    monkeypatch.setattr(module, "_simulate", lambda *_: (products, truth))
    made = module.make_quicklook(tmp_path / "out", network.trained, network.sampler, grid, DAY, 5, say=lambda _: None)
    with xarray.open_dataset(made.members) as members:
        features = xarray.load_dataset(made.features.with_suffix(".nc"), decode_coords="all")
        table = superice.score(members, features.sit.copy(data=truth), features).iloc[0]
    assert (
        f"RMSE of the mean {table.rmse:.3f} m" in made.facts[0]
        and f"({table.rmse_gain_percent:+.0f} % gain)" in made.facts[0]
    )
    assert made.facts[1] == f"CRPS {table.crps:.3f} m" and f"{table.spread_skill:.2f}" in made.facts[2]


@pytest.fixture
def call(monkeypatch, capsys):
    def call(*options, lines=-1):
        monkeypatch.setattr(sys, "argv", ["superice", "quicklook", *map(str, options)])
        with pytest.raises(SystemExit):
            cli.main()
        return capsys.readouterr().err.splitlines()[lines]

    return call


def test_what_is_missing_is_said_before_anything_is_made(call, weights, tmp_path, monkeypatch):
    real = "--cs2smos", tmp_path, "--concentration", tmp_path, "--drift", tmp_path, "--date", "2022-04-12"
    assert "a real day needs --cs2smos, --concentration, --drift and --date" in call("--cs2smos", tmp_path)
    assert "--cs2smos: there is no file or folder" in call(
        *("--cs2smos", tmp_path / "gone", "--concentration", tmp_path, "--drift", tmp_path, "--date", "2022-04-12"),
        *("--weights", weights, "--output", tmp_path / "out", "--area", "{centre: [86, -45], size_km: [150, 120]}"),
    )
    assert "no day of a freezing season" in call("--weights", weights, "--date", "2022-07-01", "--output", tmp_path)
    monkeypatch.setattr(released, "FOLDER", weights.parent)
    limits = f"note: {weights}: {released.LIMITS}"
    assert limits in call("--weights", weights, *real, "--area", "nowhere", lines=slice(None))
    assert limits not in call("--weights", weights, "--area", "nowhere", lines=slice(None))
    assert "--weights: there is no file" in call("--weights", tmp_path / "none.safetensors")


def test_the_sampler_and_cells_of_the_network_are_asked_for(call, weights, tmp_path):
    trained = TrainedNetwork.load(weights)
    trained.sampler = {}
    trained.save(tmp_path / "bare.safetensors")
    assert "does not say which sampler draws" in call("--weights", tmp_path / "bare.safetensors")
