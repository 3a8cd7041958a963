"""Which experiments have weights of their own choice: of their trainings, and of the factor of their noise."""

from pathlib import Path

import pytest
import yaml

from superice.errors import InputError
from superice.inference.settings import SamplerSettings
from superice.run.configuration import Configuration
from superice.run.merging import read_includes
from superice.run.paths import RunPaths
from superice.run.settings_digest import SettingsDigests
from superice.run.settings_files import collect_settings
from superice.surrogate.configuration import SurrogateConfiguration

CONFIG = Path(__file__).parents[3] / "config"


def load(**experiments):
    content = read_includes(yaml.safe_load((CONFIG / "config.yaml").read_text()), CONFIG)
    content["experiments"] |= experiments
    return content


def find_weights(**experiments):
    run = Configuration(load(**experiments))
    paths = RunPaths(run, "r")
    return {name: (paths.weights(name), paths.candidates(name)) for name in experiments}


def test_an_experiment_with_a_sampler_of_its_own_chooses_the_factor_of_its_noise():
    """The factor depends on the steps: that of the experiment whose trainings it draws with does not hold."""
    shared = ["r/training/preconditioned/chosen.safetensors"]
    found = find_weights(
        fewer={"trained_as": "preconditioned", "sampler": {"steps": 4}},
        fixed={"trained_as": "preconditioned", "sampler": {"noise_scale": 1.2}},
        without_noise={"trained_as": "preconditioned", "sampler": {"name": "multistep"}},
        of_seed={"trained_as": "preconditioned", "seed": 1},
    )
    assert found["fewer"] == ("r/training/fewer/chosen.safetensors", shared)
    assert found["fixed"][0] == found["without_noise"][0] == shared[0]
    seed = ["r/training/preconditioned/seed1/model.safetensors"]
    assert found["of_seed"] == ("r/training/of_seed/chosen.safetensors", seed)


def test_the_report_shows_every_choice_once():
    run = Configuration(load(fewer={"trained_as": "preconditioned", "sampler": {"steps": 4}}))
    chosen = run.list_choices(["fewer", "preconditioned", "reference_multistep", "reference", "cubic"])
    assert sorted(chosen) == ["fewer", "preconditioned", "reference"]


def test_given_weights_are_drawn_with_as_they_are():
    """Their file says the factor that was chosen for them."""
    assert find_weights(given={"weights": "w.safetensors"})["given"][0] == "w.safetensors"
    assert not Configuration(load(given={"weights": "w.safetensors"})).chooses_for_itself("given")


def test_the_report_s_own_method_has_no_factor():
    """Its sampler adds no noise, so that nothing of it is chosen beside the training."""
    run = Configuration(load())
    for name in ("reference", "steps_500", "reference_multistep"):
        assert run.experiment(name)["sampler"]["noise_scale"] == 1.0
    for name in ("preconditioned", "preconditioned_few", "proper_scores", "preconditioned_noisy_inputs"):
        assert run.experiment(name)["sampler"]["noise_scale"] == "validation", name


def test_an_ensemble_s_digest_changes_with_what_chooses_its_factor():
    digest = lambda content: SettingsDigests(Configuration(content)).digest_ensemble("preconditioned", "model", None)
    changed = load()
    changed["selection"] = {"days": 3, "members": 10}
    assert digest(changed) != digest(load())


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("best", "sampler.noise_scale: 'best' is not of type number, nor validation"),
        (0.0, "sampler.noise_scale: 0.0 is not above 0"),
        ([1.0], "sampler.noise_scale: .* is not of type number"),
    ],
)
def test_a_wrong_factor_is_refused_by_name(value, sentence):
    with pytest.raises(InputError, match=sentence):
        SamplerSettings(name="one_pass", steps=1, noise_scale=value)


def test_one_pass_is_refused_for_a_network_of_many_noise_levels():
    content = load(mine={"trained_as": "preconditioned", "sampler": {"name": "one_pass", "steps": 1}})
    content["run"] = ["mine"]
    with pytest.raises(
        InputError, match=r"mine\.sampler\.name: one_pass does not draw from the formulation preconditioned"
    ):
        Configuration(content)


def test_the_choice_is_told_the_features_of_the_training():
    """The weights name them, so that features of another set are refused."""
    content = load()
    run = Configuration(content)
    files = collect_settings(run, SurrogateConfiguration(run.surrogate))
    assert files["preconditioned/selection"]["features"]["low_resolution"]["method"] == "boxes"
    assert files["satellite_features/selection"]["features"]["low_resolution"]["method"] == "satellites"


def test_the_restoration_needs_a_number():
    content = load()
    content["surrogate"]["restoration"]["sampler"]["noise_scale"] = "validation"
    with pytest.raises(InputError, match=r"restoration\.sampler: noise_scale must be a number here"):
        SurrogateConfiguration(Configuration(content).surrogate)


def test_the_restoration_needs_patches_that_can_be_compared_when_they_are_moved():
    content = load()
    restoration = content["surrogate"]["restoration"]
    restoration["diffusion"] = {"formulation": "proper_scores", "equivariance_weight": 1.0}
    restoration["training"]["patch"] = [32, 32]
    with pytest.raises(InputError, match=r"restoration\.training: patch needs at least 33 rows and columns"):
        SurrogateConfiguration(Configuration(content).surrogate)
