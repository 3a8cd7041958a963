"""Concentrations of other days in training samples: errors of their own, hidden at random, and nothing to other networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.features.files import read_model_features
from superice.network.normalisation import compute_quantities
from superice.network.settings import INPUTS
from superice.seasons import NEIGHBOURS
from superice.training.input_noise import draw_errors
from superice.training.missing_inputs import hide_inputs
from superice.training.samples import Crop, Days, Samples
from superice.training.settings import InputNoise, MissingInputs
from superice.training.store import write_day

READ = (*INPUTS, *NEIGHBOURS)
NEVER = dict.fromkeys(MissingInputs.model_fields, 0.0)
NOISE = InputNoise(sic=[(6.0, 0.01)], sit=[(9.0, 0.02)])
SHAPE = (300, 400)


@pytest.fixture(scope="module")
def stored(model_days, tmp_path_factory):
    """Days whose neighbours are the first and the last of them."""
    folder = tmp_path_factory.mktemp("neighbours")
    days = [read_model_features(path) for path in model_days]
    neighbours = {"sic_before": days[0].sic, "sic_after": days[-1].sic}
    files = [folder / path.with_suffix(".npy").name for path in model_days]
    for day, file in zip(days, files, strict=True):
        write_day(file, compute_quantities(replace(day, neighbours=neighbours)))
    return files


def draw_samples(files, normalisation, inputs, **crop):
    days = Days(files, normalisation, inputs, partly_missing=True)
    crop = Crop((32, 32), rotate_and_flip=True, masked_fraction=0.5, **{"missing_inputs": MissingInputs()} | crop)
    samples = Samples(days, crop, 8, 10, seed=0, epoch=0)
    return [samples[number] for number in range(10)]


def test_other_networks_have_the_same_samples_of_a_store_with_them(stored, stored_days, normalisation):
    plain, more = (draw_samples(files, normalisation, INPUTS, input_noise=NOISE) for files in (stored_days, stored))
    for one, other in zip(plain, more, strict=True):
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def test_a_neighbour_is_normalised_as_the_concentration_of_the_date(stored, stored_days, normalisation):
    days = Days(stored, normalisation, READ, partly_missing=True)
    first, last = (days.normalise(days[number])[0] for number in (0, 4))
    assert torch.equal(first[3], first[0]) and torch.equal(last[4], last[0]), "they are their own neighbours"
    assert not torch.allclose(first[4], first[0])
    with pytest.raises(InputError, match=r"features.neighbouring_days"):
        Days(stored_days, normalisation, READ, partly_missing=True)


def test_the_errors_of_days_are_independent_and_leave_those_of_the_date():
    alone, more = (draw_errors(NOISE, SHAPE, np.random.default_rng(0), inputs) for inputs in (INPUTS, READ))
    assert all(np.array_equal(alone[name], more[name]) for name in alone) and set(more) == {*alone, *NEIGHBOURS}
    errors = np.stack([more[name].ravel() for name in ("sic", *NEIGHBOURS)])
    assert errors.std(axis=1) == pytest.approx(0.01, rel=0.1)
    # Some 3000 errors are independent within a field.
    np.testing.assert_allclose(np.corrcoef(errors), np.eye(3), atol=0.08)


@pytest.mark.parametrize(
    ("key", "hidden"),
    [("neighbours", ("sic_before", "sic_after")), ("sic_before", ("sic_before",)), ("sic_after", ("sic_after",))],
)
def test_both_or_one_alone_are_hidden_and_said_to_be_unknown(key, hidden):
    context, target = torch.ones(11, 8, 8), torch.ones(1, 8, 8)
    missing = MissingInputs(**NEVER | {f"{key}_everywhere": 1.0})
    left, kept = hide_inputs(context, target, READ, missing, np.random.default_rng(0))
    numbers = [READ.index(name) for name in hidden]
    expected = torch.ones(11, 8, 8)
    expected[[*numbers, *(5 + number for number in numbers)]] = 0
    assert torch.equal(left, expected) and torch.equal(kept, target)


def test_they_are_hidden_together_as_often_as_configured():
    random, missing = np.random.default_rng(0), MissingInputs(**NEVER | {"neighbours_everywhere": 0.3})
    context, target = torch.ones(11, 2, 2), torch.ones(1, 2, 2)
    counts = [int(hide_inputs(context, target, READ, missing, random)[0].sum()) // 4 for _ in range(2000)]
    assert set(counts) == {7, 11} and counts.count(7) / 2000 == pytest.approx(0.3, abs=0.04)
