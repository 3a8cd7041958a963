"""Training samples: reproducible, augmented alike in inputs and target, and refused where they cannot be cut."""

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.network.normalisation import VARIABLES, Normalisation
from superice.network.regression import Regression
from superice.network.settings import INPUTS
from superice.training.samples import Crop, Days, Samples
from superice.training.store import write_day


@pytest.fixture
def days(stored_days, normalisation):
    return Days(stored_days, normalisation, INPUTS)


def test_samples_depend_only_on_seed_epoch_and_position(days):
    crop = Crop((16, 16), rotate_and_flip=True)
    one, other = (Samples(days, crop, 8, 10, seed=3, epoch=5) for _ in range(2))
    context, target = one[7]
    other[2]
    assert torch.equal(context, other[7][0])
    assert torch.equal(target, other[7][1])
    assert not torch.equal(context, Samples(days, crop, 8, 10, seed=3, epoch=6)[7][0])


def test_an_epoch_draws_every_day_equally_often(days):
    order = Samples(days, Crop((16, 16)), 8, 15, seed=0, epoch=0).order
    assert np.bincount(order).tolist() == [3] * 5


def test_masked_samples_lose_inputs_and_target_alike(days):
    whole = Samples(days, Crop((32, 32)), 8, 10, seed=0, epoch=0)
    masked = Samples(days, Crop((32, 32), masked_fraction=1.0), 8, 10, seed=0, epoch=0)
    shares = []
    for (context, target), (left, kept) in zip((whole[n] for n in range(10)), (masked[n] for n in range(10))):
        lost = (context[-1] == 1) & (left[-1] == 0)
        shares.append(float(lost.float().mean()))
        assert (left[:, lost] == 0).all()
        assert (kept[0, lost] == 0).all()
        assert torch.equal(left[:, ~lost], context[:, ~lost])
        assert torch.equal(kept[:, ~lost], target[:, ~lost])
    assert 0.1 < np.mean(shares) < 0.7


def make_day(unknown):
    """Return a day whose truth is unknown in a part, bool (y, x)."""
    random, shape = np.random.default_rng(0), unknown.shape
    values = {name: random.uniform(0.2, 1, shape).astype(np.float32) for name in VARIABLES}
    return values | {"increment": np.where(unknown, np.nan, values["increment"])}


@pytest.mark.parametrize("partly_missing", [False, True])
def test_where_the_truth_is_unknown_a_sample_is_masked(normalisation, tmp_path, partly_missing):
    """A network that knows the truth wherever there is one is at its best: nothing tells it a mean increment."""
    unknown = np.zeros((16, 24), bool)
    unknown[:, :10] = True
    contexts = []
    for name, where in (("all", np.zeros_like(unknown)), ("part", unknown)):
        write_day(tmp_path / f"{name}.npy", make_day(where))
        days = Days([tmp_path / f"{name}.npy"], normalisation, INPUTS, partly_missing)
        context, target = Samples(days, Crop(None), 8, 1, seed=0, epoch=0)[0]
        contexts.append(context)
        assert torch.equal(context[-1] == 0, torch.from_numpy(where))
    assert (contexts[1][:, unknown] == 0).all()
    assert torch.equal(contexts[1][:, ~unknown], contexts[0][:, ~unknown])
    wrong_where_unknown = torch.where(torch.from_numpy(unknown), 7.0, target)[None]
    losses = Regression().loss(lambda z, level, seen: wrong_where_unknown, target[None], context[None], None)
    assert losses.objective == 0


def test_full_grid_samples_are_padded_for_the_network(days):
    context, target = Samples(days, Crop(None), 8, 5, seed=0, epoch=0)[0]
    assert context.shape == (4, 40, 48)
    assert target.shape == (1, 40, 48)


def test_a_patch_larger_than_the_grid_is_refused(days):
    with pytest.raises(InputError, match=r"training.patch \(64, 64\) is larger than the grid \(36, 44\)"):
        Samples(days, Crop((64, 64)), 8, 5, seed=0, epoch=0)[0]


def test_days_without_ice_are_no_samples(stored_days, normalisation, tmp_path):
    nothing = np.full((36, 44), np.nan, np.float32)
    write_day(tmp_path / "20200106.npy", dict.fromkeys(VARIABLES, nothing))
    days = Days([*stored_days[:2], tmp_path / "20200106.npy"], normalisation, INPUTS)
    assert days.files == stored_days[:2]


def test_a_day_of_another_grid_is_refused_by_name(stored_days, normalisation, tmp_path):
    write_day(tmp_path / "20200106.npy", dict.fromkeys(VARIABLES, np.ones((36, 40), np.float32)))
    with pytest.raises(InputError, match=r"20200106.npy: not on the grid of .*20200101.npy \(found \(36, 40\)\)"):
        Days([*stored_days, tmp_path / "20200106.npy"], normalisation, INPUTS)


def test_a_patch_is_the_crop_of_the_full_day(days):
    """Its inputs and target are those of the normalised day, wherever the patch lies."""
    context, target = days.normalise(days[2])
    patch, part = Samples(days, Crop((16, 24)), 8, 5, seed=0, epoch=0), Samples(days, Crop(None), 8, 5, 0, 0)
    position = patch.order.tolist().index(2)
    small, aim = patch[position]
    places = [
        (y, x) for y in range(36 - 15) for x in range(44 - 23) if torch.equal(context[:, y : y + 16, x : x + 24], small)
    ]
    assert len(places) == 1
    y, x = places[0]
    assert torch.equal(target[:, y : y + 16, x : x + 24], aim)
    assert torch.equal(part[position][0][:, 2:-2, 2:-2], context)


def test_a_normalisation_that_lacks_an_input_is_refused(stored_days):
    only_sit = {"sit": 1.0, "increment": 1.0}
    normalisation = Normalisation(only_sit, only_sit, 1e-4, 0.15, 5, 100)
    assert Days(stored_days, normalisation, ("sit",)).normalise(np.ones((4, 3, 4), np.int16))[0].shape == (2, 3, 4)
    with pytest.raises(InputError, match=r"normalisation\.mean: of sic, sit, log_deformation, increment is needed"):
        Days(stored_days, normalisation, INPUTS)
