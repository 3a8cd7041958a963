"""Members: their noise, their mask, what they do not depend on, and the weights file."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from random_networks import DIFFUSION, NETWORK, make_trained_network

from superice.errors import InputError
from superice.features.files import read_model_features
from superice.fields.motion import join_motion
from superice.inference.ensemble import MemberNoise, clip_negative, draw_members
from superice.inference.fast_unet import estimate_memory
from superice.inference.settings import SamplerSettings
from superice.inference.tiling import Box, Tile, find_tiles
from superice.network.formulations import Preconditioned
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
from superice.network.weights import TrainedNetwork

ONE_PASS = {"formulation": "proper_scores"}


@pytest.fixture
def trained(normalisation):
    return make_trained_network(normalisation, seed=0)


def members(trained, path, seed=0, **sampler):
    settings = SamplerSettings(**{"name": "stochastic_multistep", "steps": 3, "members": 5} | sampler)
    return np.stack(list(draw_members(trained, read_model_features(path), settings, seed)))


@pytest.mark.parametrize(("diffusion", "sampler"), [(DIFFUSION, {}), (ONE_PASS, {"name": "one_pass", "steps": 1})])
def test_members_do_not_depend_on_the_batch(trained, model_days, diffusion, sampler):
    trained.diffusion = diffusion
    alone, together = (members(trained, model_days[0], batch=size, **sampler) for size in (1, 4))
    assert np.allclose(alone, together, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize(
    ("diffusion", "name", "steps"),
    [
        *itertools.product([DIFFUSION, {"formulation": "noise_prediction"}], ["ddim", "stochastic_multistep"], [4]),
        (ONE_PASS, "one_pass", 1),
    ],
)
def test_members_do_not_depend_on_the_tiles(trained, model_days, monkeypatch, diffusion, name, steps):
    """Ice in two corners, far enough apart for two tiles, and the same ice on one tile that is the whole field."""
    trained.diffusion = diffusion
    features = read_model_features(model_days[0])
    sic = np.zeros_like(features.sic)
    sic[2:12, 20:34] = sic[30:, :6] = 0.9
    features = replace(features, sic=sic)
    assert len(find_tiles(features.mask, NETWORK.reach, NETWORK.factor)) == 2
    draw = lambda tile: np.stack(
        list(draw_members(trained, features, SamplerSettings(name=name, steps=steps, members=2, tile=tile), seed=0))
    )
    apart, tiled = draw(None), draw((4, 6))
    rows, columns = features.sic.shape
    everywhere = Box(0, rows, 0, columns)
    monkeypatch.setattr("superice.inference.ensemble.find_tiles", lambda *_: [Tile(everywhere, everywhere)])
    whole = draw(None)
    assert np.nanstd(whole[0] - whole[1]) > 1e-3
    assert np.allclose(apart, whole, rtol=0, atol=1e-5, equal_nan=True)
    assert np.allclose(tiled, whole, rtol=0, atol=1e-5, equal_nan=True)


def test_members_do_not_depend_on_what_the_network_makes_off_the_ice(trained, model_days, monkeypatch):
    """The noisy field is only noise there, as in the training, whose target is 0 there."""
    features, seen = read_model_features(model_days[0]), []
    denoise = Preconditioned.denoise

    def spied(formulation, model, z, signal, noise, context):
        seen.append((noise, z[:, :, ~features.mask].std().item()))
        return denoise(formulation, model, z, signal, noise, context)

    monkeypatch.setattr(Preconditioned, "denoise", spied)
    next(draw_members(trained, features, SamplerSettings(name="stochastic_multistep", steps=8, members=1), seed=0))
    first, *later = (off_ice / noise for noise, off_ice in seen)
    assert first == pytest.approx(1, abs=0.2)
    assert later == pytest.approx([1.0] * 7, abs=0.3)


def test_as_many_members_go_together_as_the_memory_holds(trained, model_days, monkeypatch):
    batches = []
    one = estimate_memory(NETWORK, (36, 44), torch.float32)
    monkeypatch.setattr("superice.inference.ensemble.measure_free_memory", lambda device: int(3.5 * one))
    monkeypatch.setattr(
        "superice.inference.ensemble.MemberNoise",
        lambda seed, day, members, *where: (
            batches.append(len(members)),
            MemberNoise(seed, day, members, *where),
        )[1],
    )
    members(trained, model_days[0], batch=4)
    assert batches == [3, 2]


def test_members_do_not_depend_on_the_size_of_the_ensemble(trained, model_days):
    few, many = members(trained, model_days[0], members=2), members(trained, model_days[0])
    assert np.allclose(few, many[:2], atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("batch", [1, 2])
def test_members_that_start_alike_share_the_first_estimate_and_nothing_else(trained, model_days, monkeypatch, batch):
    evaluated, denoise = [], Preconditioned.denoise

    def spied(formulation, model, z, signal, noise, context):
        evaluated.extend([noise] * len(z))
        return denoise(formulation, model, z, signal, noise, context)

    monkeypatch.setattr(Preconditioned, "denoise", spied)
    drawn = members(trained, model_days[0], members=3, batch=batch, shared_first_step=True)
    levels = [noise for _, noise in trained.formulation.steps(3)]
    assert sorted(evaluated, reverse=True) == [levels[0], *3 * [levels[1]], *3 * [levels[2]]]
    assert SamplerSettings(steps=3, shared_first_step=True).passes == 2
    ice = np.isfinite(drawn[0])
    assert np.abs(drawn[0] - drawn[1])[ice].mean() > 1e-3
    assert np.allclose(
        drawn[1:2], members(trained, model_days[0], members=2, shared_first_step=True)[1:], equal_nan=True
    )


def test_for_a_denoiser_that_looks_at_the_context_alone_a_shared_first_step_changes_nothing(trained, model_days):
    """An ideal denoiser is one at the first step, where the noise hides the field."""
    alone = lambda formulation, model, z, signal, noise, context: context[:, :1].expand_as(z)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Preconditioned, "denoise", alone)
        each, shared = (members(trained, model_days[0], shared_first_step=start) for start in (False, True))
    assert np.array_equal(each, shared, equal_nan=True)


def test_members_days_and_seeds_differ(trained, model_days):
    drawn = members(trained, model_days[0])
    ice = np.isfinite(drawn[0])
    assert np.abs(drawn[0] - drawn[1])[ice].mean() > 1e-3
    assert np.abs(drawn[0] - members(trained, model_days[0], seed=1)[0])[ice].mean() > 1e-3


def test_a_memory_that_follows_the_drift_needs_the_motion_of_the_ice(trained, model_days, small_grid):
    days = [read_model_features(path) for path in model_days[:2]]

    def draw(features, **changed):
        how = {
            "name": "stochastic_multistep",
            "steps": 3,
            "members": 3,
            "memory_days": 30,
            "memory_follows_drift": True,
        }
        still = join_motion(small_grid, {})
        return np.stack(list(draw_members(trained, features, SamplerSettings(**how | changed), 0, motion=still)))

    alone = draw(days[0], batch=1)
    for same in ({"batch": 3}, {"tile": (8, 8)}):
        assert np.allclose(draw(days[0], **same), alone, rtol=0, atol=1e-5, equal_nan=True)
    assert np.array_equal(draw(days[0], members=1)[0], alone[0], equal_nan=True)
    # Of still ice a day later most of the noise is the same; of a date alone it is all new.
    mask = days[0].mask & days[1].mask
    next_day = [draw(days[1]), members(trained, model_days[1])]
    changes = [np.std((later[:3] - alone - days[1].sit + days[0].sit)[:, mask]) for later in next_day]
    assert changes[0] < changes[1] / 3
    with pytest.raises(InputError, match="needs the motion of the ice"):
        members(trained, model_days[0], memory_days=30, memory_follows_drift=True)
    with pytest.raises(InputError, match="whole days"):
        SamplerSettings(memory_days=1.5, memory_follows_drift=True)


def test_members_have_the_mask_of_their_features(trained, model_days):
    features = read_model_features(model_days[0])
    drawn = members(trained, model_days[0])
    assert not features.mask.all()
    assert all((np.isfinite(member) == features.mask).all() for member in drawn)


def test_untrained_network_returns_the_low_resolution_field_and_scaled_noise(normalisation, model_days):
    """A denoiser that knows only the variance draws white increments with the normalised standard deviation."""
    trained = TrainedNetwork(build_network(NETWORK).eval(), DIFFUSION | {"noise_min": 0.01}, normalisation, {})
    features = read_model_features(model_days[0])
    drawn = members(trained, model_days[0], steps=60, members=20)[:, features.mask]
    increment = (drawn - features.sit[features.mask]) / normalisation.deviation["increment"]
    assert increment.std() == pytest.approx(1, abs=0.05)


def test_clipping_counts_what_it_changes():
    member, count = clip_negative(np.array([[-0.1, 0.2], [np.nan, -1e-3]], dtype=np.float32))
    assert count == 2
    assert np.array_equal(member, np.array([[0, 0.2], [np.nan, 0]], dtype=np.float32), equal_nan=True)


def test_a_weights_file_is_all_that_inference_needs(trained, model_days, tmp_path):
    trained.save(tmp_path / "w.safetensors")
    loaded = TrainedNetwork.load(tmp_path / "w.safetensors")
    assert np.array_equal(members(trained, model_days[1]), members(loaded, model_days[1]), equal_nan=True)
    assert loaded.origin == trained.origin


def test_a_file_that_holds_no_weights_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"w\.safetensors: is not a readable weights file"):
        TrainedNetwork.load(path)


def test_weights_of_another_shape_are_refused(trained, tmp_path):
    trained.network.settings = NetworkSettings(widths=(8, 16), depth=1, embedding_channels=8)
    trained.save(tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="its weights do not match its network"):
        TrainedNetwork.load(tmp_path / "w.safetensors")
