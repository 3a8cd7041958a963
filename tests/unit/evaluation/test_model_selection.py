"""The choice among trainings."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from feature_days import AREAS, ROOT
from random_networks import make_trained_network

from superice.errors import InputError
from superice.evaluation.date_scores import compute_scores
from superice.evaluation.model_selection import MEANS, choose_training, judge_training, select_training
from superice.evaluation.settings import ScoreSettings
from superice.features.files import read_model_features
from superice.inference.ensemble import clip_negative, draw_members
from superice.inference.input_errors import simulate_observation
from superice.inference.settings import InputErrors, SamplerSettings
from superice.network.settings import NetworkSettings
from superice.network.unet import build_network
from superice.network.weights import TrainedNetwork
from superice.seasons import spread_evenly


def scored(crps, diverged=False):
    return {"diverged": diverged, **dict.fromkeys(MEANS, crps)}


def paths(count):
    return [Path(f"seed{number}/model.safetensors") for number in range(count)]


def test_the_lowest_crps_is_chosen():
    names = paths(3)
    assert choose_training(dict(zip(names, map(scored, (0.3, 0.1, 0.2)), strict=True))) == names[1]


def test_a_training_that_diverged_is_never_chosen():
    names = paths(2)
    assert choose_training({names[0]: scored(np.nan, diverged=True), names[1]: scored(5.0)}) == names[1]
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
    assert choose_training({name: scored(np.nan)}) == name


def test_a_training_without_a_score_is_chosen_last():
    names = paths(2)
    assert choose_training({names[0]: scored(np.nan), names[1]: scored(0.4)}) == names[1]


SAMPLER = SamplerSettings(name="stochastic_multistep", steps=3, noise_scale="validation", members=4)
SCORING = ScoreSettings(smallest_window_km=30)


@pytest.fixture
def days(model_days):
    return [read_model_features(path) for path in model_days[:2]]


@pytest.fixture
def weights(normalisation, tmp_path):
    """Files of two trainings, the second one with the smaller increments."""
    paths = []
    for seed, size in ((0, 1.0), (1, 0.3)):
        trained = make_trained_network(normalisation, seed)
        trained.network.output.weight.data *= size
        paths.append(tmp_path / f"seed{seed}" / "model.safetensors")
        paths[-1].parent.mkdir()
        trained.save(paths[-1])
    return paths


def test_judged_scores_are_those_of_the_score_files(weights, days):
    """Means over the days; the ratios of spread and error, and of variances, are taken of the means."""
    trained = TrainedNetwork.load(weights[0])
    sampler = SAMPLER.model_copy(update={"noise_scale": 1.0})
    judged = judge_training(trained, days, sampler, SCORING, 3.0)
    scores = []
    for features in days:
        members = np.stack([clip_negative(m)[0] for m in draw_members(trained, features, sampler, 0)])
        scores.append(compute_scores(members, features.truth, features.sit, features.date, 3.0, SCORING))
    for name in MEANS:
        assert judged[name] == pytest.approx(np.mean([day[name][0, 0] for day in scores])), name
    variance, error = (
        np.mean([day[name].flat[0] for day in scores]) for name in ("mean_variance", "mean_square_error")
    )
    assert judged["spread_skill"] == pytest.approx(np.sqrt(5 / 4 * variance / error))
    truth, generated, _ = np.mean([day["fine_variance"][0] for day in scores], axis=0)
    assert judged["fine_variance_ratio"] == pytest.approx(generated / truth)
    assert judged["fine_variance_ratio"] != pytest.approx(
        np.mean([day["fine_scale"][0, 0] for day in scores]), rel=1e-3
    )


def test_the_factor_of_the_noise_is_chosen_for_one_training_as_for_several(weights, days):
    """The weights say the sampler, and the table what was tried; what is chosen is the last row and was scored."""
    alone, table = select_training(weights[1:], days, SAMPLER, SCORING, 3.0)
    assert table.noise_scale[0] == 1.0 and len(table) > 1
    assert table.chosen.sum() == 1
    chosen = table[table.chosen].iloc[0]
    assert alone.sampler["noise_scale"] == chosen.noise_scale != 1.0
    nearest = np.log(table.spread_skill).abs() + np.log(table.fine_variance_ratio).abs()
    allowed = table.crps <= 1.0051 * table.crps.min()
    assert chosen.spread_skill == table.spread_skill[nearest[allowed].idxmin()]

    trained, compared = select_training(weights, days, SAMPLER, SCORING, 3.0)
    assert compared.training.nunique() == 2 and compared.chosen.sum() == 1
    assert trained.sampler["noise_scale"] == compared[compared.chosen].noise_scale.item()
    assert compared[compared.noise_scale == 1.0].crps.notna().all(), "trainings are compared with a factor of 1"


@pytest.mark.parametrize("smoothing", [{}, {"sit": 12.0, "sic": 6.0}])
@pytest.mark.parametrize("of_members", [InputErrors(sit=((30, 0.3),)), InputErrors(sit=((18, 0.01),))])
def test_members_with_input_errors_are_judged_on_inputs_with_errors_of_the_products(
    weights, days, of_members, smoothing
):
    """A low resolution that is wrong by 0.3 m is judged as it is, and its error is none of the members' own.

    The errors of the products are named, or are those of the members.
    """
    errors = InputErrors(sit=((30, 0.3),))
    named = InputErrors() if of_members == errors else errors
    seen = [simulate_observation(features, errors, 3.0, smoothing) for features in days]
    wrong = np.concatenate([(one.sit - day.sit)[day.mask] for one, day in zip(seen, days, strict=True)])
    assert 0.1 < np.abs(wrong).mean() < 0.5
    sampler = SAMPLER.model_copy(update={"input_errors": of_members})
    trained, table = select_training(weights[1:], days, sampler, SCORING, 3.0, True, named, smoothing)
    fixed = sampler.model_copy(update={"noise_scale": 1.0})
    expected = judge_training(TrainedNetwork.load(weights[1]), seen, fixed, SCORING, 3.0)
    assert table.crps[0] == pytest.approx(expected["crps"])
    exact = judge_training(TrainedNetwork.load(weights[1]), days, fixed, SCORING, 3.0)
    assert exact["crps"] < 0.95 * expected["crps"]
    chosen = table[table.chosen].iloc[0]
    assert trained.fitted_on["days"] == [day.date.isoformat() for day in days]
    assert trained.fitted_on["inputs"] == "model, with errors as of products"
    assert trained.fitted_on["spread_skill"] == chosen.spread_skill
    trained.save(weights[0])
    assert TrainedNetwork.load(weights[0]).fitted_on == trained.fitted_on


def test_a_factor_that_the_settings_name_is_taken_unscored(weights):
    fixed = SAMPLER.model_copy(update={"noise_scale": 1.3})
    trained, table = select_training(weights[:1], [], fixed, SCORING, 3.0)
    assert trained.sampler["noise_scale"] == 1.3 and trained.fitted_on == {}
    assert len(table) == 1 and table.crps.isna().all() and table.chosen.all()


@pytest.mark.parametrize(("length", "count"), [(10, 4), (5, 5), (3, 6), (100, 12)])
def test_days_are_spread_evenly_with_both_ends(length, count):
    chosen = spread_evenly(list(range(length)), count)
    assert len(chosen) == min(length, count)
    assert chosen[0] == 0 and chosen[-1] == length - 1
    steps = np.diff(chosen)
    assert steps.max() - steps.min() <= 1


def test_the_script_takes_the_ice_of_the_features_that_the_trainings_had(weights, model_days, tmp_path, monkeypatch):
    """Above a concentration that the days do not reach there is no ice, whatever their files say."""
    settings = {
        "sampler": {"name": "stochastic_multistep", "steps": 3, "noise_scale": "validation"},
        "input_noise": {},
        "features": {"sic_threshold": 1.5},
        "scores": {},
        "selection": {"members": 4, "days": 2},
    }
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "areas.yaml").write_text(AREAS)
    options = ["--area=near_pole", f"--areas={tmp_path / 'areas.yaml'}", f"--settings={tmp_path / 'settings.yaml'}"]
    options += [f"--features={model_days[0].parent}", "--validation", *(path.stem for path in model_days[:2])]
    options += ["--weights", *map(str, weights), "--table", str(tmp_path / "t.csv"), "--output", str(tmp_path / "w")]
    monkeypatch.setattr("sys.argv", ["select_training", *options])
    monkeypatch.setattr("superice.utils.command_line.run_command", lambda main: main())
    with pytest.raises(InputError, match="no validation day holds ice"):
        runpy.run_path(str(ROOT / "workflow/scripts/select_training.py"), run_name="__main__")
