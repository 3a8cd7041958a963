"""What ``superice.load`` draws is what the commands draw, of one date at once and of many when they are computed."""

import sys
from datetime import date

import numpy as np
import pytest
import xarray
from dask.base import is_dask_collection
from random_networks import NETWORK, make_trained_network

import superice
from superice import cli
from superice.dataset.layout import FIELDS, write_observed_features
from superice.errors import InputError
from superice.inference.settings import InputErrors, SamplerSettings
from superice.inference.stored_sampler import describe_sampler
from superice.network import released
from superice.network.settings import INPUTS
from superice.network.weights import TrainedNetwork
from superice.seasons import NEIGHBOURS

SAMPLER = SamplerSettings(name="multistep", steps=2)


@pytest.fixture
def network(weights):
    return superice.load(weights, precision="fp32")


@pytest.fixture
def files(weights, model_days, tmp_path, monkeypatch):
    """The files that ``superice generate`` writes of the first day: members and summary."""
    files = tmp_path / "sit_hrai_20200101.nc", tmp_path / "sit_summary_20200101.nc"
    options = ["--weights", weights, "--features", model_days[0], "--output", files[0], "--summary", files[1]]
    small = ["--members", 3, "--seed", 5, "--precision", "fp32"]
    monkeypatch.setattr(sys, "argv", ["superice", "generate", *map(str, [*options, *small])])
    cli.main()
    return [xarray.load_dataset(path, decode_coords="all") for path in files]


def test_members_and_summary_are_those_of_the_command(network, files, features):
    members, summary = files
    drawn = network.draw(features, members=3, seed=5)
    assert drawn.sit_ai.dims == ("member", "y", "x") and drawn.sit_ai.dtype == np.float32
    np.testing.assert_array_equal(drawn.sit_ai, members.sit_ai)
    assert drawn.attrs.items() <= (members.attrs | {"features": None}).items()
    assert set(members.attrs) - set(drawn.attrs) == {
        "features", "features_digest", "seconds_per_member", "clipped_fraction"
    }  # fmt: skip
    assert drawn.sit_ai.attrs == members.sit_ai.attrs
    for name in set(members.variables) - {"sit_ai"}:
        xarray.testing.assert_identical(drawn[name].variable, members[name].variable)
    own = network.summary(features, members=3, seed=5)
    assert list(own.data_vars) == list(summary.data_vars) and set(own.coords) == set(summary.coords)
    for name in summary.variables:
        xarray.testing.assert_identical(own[name].variable, summary[name].variable)


def test_a_seed_is_a_whole_number_of_any_type(network, features, season):
    """1 and what Python takes for it draw one ensemble; 1.0 is refused, also before a season is computed."""
    one = network.draw(features, members=2, seed=1)
    for same in (True, np.int64(1), np.array(1)):
        drawn = network.draw(features, members=2, seed=same)
        np.testing.assert_array_equal(drawn.sit_ai, one.sit_ai)
        assert type(drawn.attrs["ensemble_seed"]) is int
    for draw in (network.draw, network.summary):
        for data in (features, season):
            with pytest.raises(InputError, match=r"^seed: a whole number is needed, such as 2024 \(found 1\.0\)$"):
                draw(data, members=2, seed=1.0)
        with pytest.raises(InputError, match=r"seed: a whole number is needed, .*'1'"):
            draw(features, members=2, seed="1")


def test_a_season_is_drawn_when_it_is_computed_and_date_by_date(network, season, features, monkeypatch):
    asked = []
    read = network._read_day
    monkeypatch.setattr(network, "_read_day", lambda *day: (asked.append(day[1]), read(*day))[1])
    drawn = network.draw(season, members=2, seed=5)
    assert is_dask_collection(drawn.sit_ai.data) and drawn.sit_ai.dims == ("time", "member", "y", "x")
    assert asked == []
    one = network.draw(features, members=2, seed=5)
    asked.clear()
    np.testing.assert_array_equal(drawn.sit_ai[0], one.sit_ai)
    assert asked == [0], "the other dates are not drawn"
    assert not np.array_equal(drawn.sit_ai[1], drawn.sit_ai[2], equal_nan=True)
    assert drawn.attrs["time_coverage_end"].startswith("2020-01-03") and drawn.indexes["time"].equals(
        season.indexes["time"]
    )


def test_a_lazy_summary_is_that_of_each_date(network, season, features):
    lazy = network.summary(season, members=3, seed=5)
    one = network.summary(features, members=3, seed=5)
    assert list(lazy.data_vars) == list(one.data_vars)
    first = lazy.isel(time=0).compute()
    for name in one.variables:
        np.testing.assert_array_equal(first[name], one[name], err_msg=name)
        assert is_dask_collection(lazy[name].data) == (name in one.data_vars), name


def test_what_is_drawn_is_written_and_read_with_its_map(network, features, tmp_path):
    drawn = network.draw(features, members=2)
    drawn.to_netcdf(tmp_path / "own.nc")
    with xarray.open_dataset(tmp_path / "own.nc", decode_coords="all") as read:
        assert set(read.coords) == set(drawn.coords)
        np.testing.assert_array_equal(read.sit_ai, drawn.sit_ai)
        assert read.crs.attrs["grid_mapping_name"] == "polar_stereographic"


def test_observed_inputs_have_the_errors_that_the_weights_name(weights, features, small_grid, tmp_path, monkeypatch):
    """Of each member's own, as large as the products state, as the command draws them from the file of the day."""
    trained = TrainedNetwork.load(weights)
    errors = InputErrors(sit=((30, 0.2),), deformation=((30, 0.1),), sizes="products")
    trained.sampler = describe_sampler(SAMPLER.model_copy(update={"input_errors": errors}))
    trained.save(tmp_path / "errors.safetensors")
    fields = {name: features[f"{name}_reprocessed"].values for name in FIELDS}
    stated = {"sit_uncertainty": np.full(small_grid.shape, 0.5, np.float32)}
    arrays, day = tmp_path / "sic_sit_e1_e2_20200101.npz", date(2020, 1, 1)
    reason = np.zeros(small_grid.shape, np.uint8)
    write_observed_features(arrays, arrays.with_suffix(".nc"), small_grid, day, fields, reason, {}, {}, stated)
    options = ["--weights", tmp_path / "errors.safetensors", "--features", arrays, "--output", tmp_path / "out.nc"]
    small = ["--members", 2, "--seed", 5, "--precision", "fp32"]
    monkeypatch.setattr(sys, "argv", ["superice", "generate", *map(str, [*options, *small])])
    cli.main()
    network = superice.load(tmp_path / "errors.safetensors", precision="fp32")
    observed = xarray.load_dataset(arrays.with_suffix(".nc"), decode_coords="all")
    drawn = network.draw(observed, members=2, seed=5)
    with xarray.open_dataset(tmp_path / "out.nc") as members:
        np.testing.assert_array_equal(drawn.sit_ai, members.sit_ai)
        for name in ("input_errors", "input_error_sizes"):
            assert drawn.attrs[name] == members.attrs[name]
    centimetres = observed.assign(sit_uncertainty=(100 * observed.sit_uncertainty).assign_attrs(units="cm"))
    np.testing.assert_allclose(network.draw(centimetres, members=2, seed=5).sit_ai, drawn.sit_ai, atol=1e-5)
    without = network.draw(observed.drop_vars("sit_uncertainty"), members=2, seed=5)
    assert not np.allclose(without.sit_ai, drawn.sit_ai, equal_nan=True)


def test_what_a_product_says_of_a_degraded_day_goes_along(network, features):
    noted = features.assign_attrs(input_notes="cs2smos: without CryoSat-2")
    for made in (network.draw(noted, members=1), network.summary(noted, members=1)):
        assert made.attrs["input_notes"] == "cs2smos: without CryoSat-2"
    assert "input_notes" not in network.draw(features, members=1).attrs


def test_the_sampler_of_the_file_is_overruled_by_options(weights):
    assert superice.load(weights).sampler.steps == 2
    assert superice.load(weights, steps=4, noise_scale=1.0).sampler.steps == 4
    with pytest.raises(InputError, match="unknown key 'step'"):
        superice.load(weights, step=4)


def test_a_day_without_ice_has_no_members(network, features):
    with pytest.warns(UserWarning, match="2020-01-01 holds no ice"):
        drawn = network.draw(features.assign(sic_reprocessed=0 * features.sic_reprocessed), members=2)
    assert drawn.sit_ai.isnull().all()


def test_without_released_weights_a_sentence_says_what_to_name(monkeypatch, tmp_path, weights, features):
    monkeypatch.setattr(released, "FOLDER", tmp_path)
    with pytest.raises(
        InputError, match=r"holds no trained weights: name a weights file \(--weights\), such as results"
    ):
        superice.load()
    (tmp_path / "superice-1.safetensors").write_bytes(weights.read_bytes())
    assert "'test'" in repr(superice.load())
    assert superice.load().draw(features, members=1).attrs["weights_note"] == released.LIMITS


def test_released_weights_and_their_card_belong_together():
    """Until there are any this holds of none."""
    files = sorted(released.FOLDER.glob("*.safetensors"))
    assert len(files) <= 1
    for path in files:
        assert path.stat().st_size < 2.5e6 and path.with_suffix(".md").is_file()
        assert TrainedNetwork.load(path).sampler


def test_the_package_starts_without_its_libraries():
    assert {"load", "score", "open_season", "features_from_products"} <= set(dir(superice))
    with pytest.raises(AttributeError, match="has no attribute 'draw'"):
        superice.draw  # noqa: B018


@pytest.mark.slow
def test_the_released_weights_draw_a_day_that_scores():
    """A day of the held-out winter, from observations: nearer to the truth than its input, and as far apart as they err."""
    day = superice.make_synthetic_day("2023-01-10", "demo")
    members = superice.load().draw(day, members=12).sit_ai
    scores = superice.score(members, day.sit_truth, day.sit).iloc[0]
    assert scores.rmse_gain_percent > 4 and 0.8 < scores.spread_skill < 1.2


def test_concentrations_of_other_days_are_read_in_any_unit_and_named_where_they_are_not_held(
    normalisation, features, tmp_path
):
    shape = NETWORK.model_copy(update={"partly_missing": True, "inputs": (*INPUTS, *NEIGHBOURS)})
    trained = make_trained_network(normalisation, seed=0, settings=shape)
    trained.sampler = describe_sampler(SAMPLER)
    trained.save(tmp_path / "neighbours.safetensors")
    network = superice.load(tmp_path / "neighbours.safetensors", precision="fp32")
    other = features.sic_reprocessed * 0.8
    held = features.assign({f"{name}_reprocessed": other for name in NEIGHBOURS})
    percent = held.assign(sic_before_reprocessed=(100 * other).assign_attrs(units="%"))
    without, drawn, same = (network.draw(each, members=2, seed=5) for each in (features, held, percent))
    assert without.attrs["unknown_inputs"] == "sic_before, sic_after" and "unknown_inputs" not in drawn.attrs
    assert not np.allclose(drawn.sit_ai, without.sit_ai, equal_nan=True)
    np.testing.assert_allclose(same.sit_ai, drawn.sit_ai, atol=1e-5)
    far = held.assign_attrs(feature_settings='{"neighbouring_days": 1}')
    network.trained.features = {"neighbouring_days": 2}
    with pytest.raises(InputError, match="neighbouring_days 2"):
        network.draw(far)
