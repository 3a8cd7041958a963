"""The choice among trainings."""

from pathlib import Path

import numpy as np
import pytest
import torch

from superice.errors import InputError
from superice.evaluation.model_selection import SCORES, choose_training, judge_training
from superice.evaluation.settings import ScoreSettings
from superice.inference.settings import SamplerSettings
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
from superice.network.weights import TrainedNetwork
from superice.seasons import spread_evenly


def scored(crps, diverged=False):
    return {"diverged": diverged, **dict.fromkeys(SCORES, crps)}


def paths(count):
    return [Path(f"seed{number}/model.safetensors") for number in range(count)]


def test_the_lowest_crps_is_chosen():
    names = paths(3)
    best, table = choose_training(dict(zip(names, map(scored, (0.3, 0.1, 0.2)), strict=True)))
    assert best == names[1]
    assert table["chosen"].tolist() == [False, True, False]


def test_a_training_that_diverged_is_never_chosen():
    names = paths(2)
    best, _ = choose_training({names[0]: scored(np.nan, diverged=True), names[1]: scored(5.0)})
    assert best == names[1]
    with pytest.raises(InputError, match="every training of the experiment diverged"):
        choose_training({name: scored(np.nan, diverged=True) for name in names})


def test_a_training_whose_weights_became_no_numbers_is_told_from_the_others(normalisation, tmp_path):
    """Its file is read, so that the choice among the others goes on."""
    network = build_network(NetworkSettings(widths=(8, 8), depth=1))
    network.stem.bias.data.fill_(torch.nan)
    origin = {"experiment": "test", "seed": 0, "diverged": True}
    TrainedNetwork(network, {"formulation": "noise_prediction"}, normalisation, origin).save(tmp_path / "w.safetensors")
    judged = judge_training(
        TrainedNetwork.load(tmp_path / "w.safetensors"), [None], SamplerSettings(), ScoreSettings(), 3.0
    )
    assert judged["diverged"] and np.isnan(judged["crps"])


def test_a_training_that_stands_alone_needs_no_score():
    (name,) = paths(1)
    assert choose_training({name: scored(np.nan)})[0] == name


def test_a_training_without_a_score_is_chosen_last():
    names = paths(2)
    assert choose_training({names[0]: scored(np.nan), names[1]: scored(0.4)})[0] == names[1]


@pytest.mark.parametrize(("length", "count"), [(10, 4), (5, 5), (3, 6), (100, 12)])
def test_days_are_spread_evenly_with_both_ends(length, count):
    chosen = spread_evenly(list(range(length)), count)
    assert len(chosen) == min(length, count)
    assert chosen[0] == 0 and chosen[-1] == length - 1
    steps = np.diff(chosen)
    assert steps.max() - steps.min() <= 1
