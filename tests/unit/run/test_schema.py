"""Schema and reference are generated from the settings; the configuration repeats their defaults."""

from pathlib import Path

import pytest
import yaml

from superice.evaluation.settings import BootstrapSettings, ScoreSettings, SelectionSettings
from superice.features.settings import FeatureSettings, ObservationSettings
from superice.inference.settings import SamplerSettings
from superice.network.settings import FORMULATION_SETTINGS, NetworkSettings
from superice.network.weights import FORMULATIONS
from superice.run.merging import read_includes
from superice.run.schema import REFERENCE, SCHEMA, make_reference, make_schema
from superice.run.settings import RunSettings
from superice.surrogate.settings import ForecastSettings, InputSettings, LossSettings
from superice.training.settings import TrainingSettings
from superice.utils.settings import Settings, make_lists

CONFIG = Path(__file__).parents[3] / "config"
# Keys without a default, which each run states for itself, and lists that config.yaml fills.
OWN = {"name", "calendar", "feature_sets", "experiments", "figures", "studies.compared", "surrogate.experiments",
       "surrogate.run", "include"}  # fmt: skip


@pytest.mark.parametrize(("path", "make"), [(SCHEMA, make_schema), (REFERENCE, make_reference)])
def test_generated_files_are_up_to_date(path, make):
    assert path.read_text(encoding="utf-8") == make(), f"{path} is stale: run `python -m superice.run.schema`"


def differences(content, settings, path=""):
    """The keys of a configuration that differ from the defaults of settings."""
    found = []
    for key, value in content.items():
        name = f"{path}{key}"
        if name in OWN:
            continue
        default = getattr(settings, key)
        if isinstance(default, Settings):
            found += differences(value, default, f"{name}.")
        elif make_lists(default) != value:
            found.append(f"{name}: {value} is not the default {default}")
    return found


def test_the_configuration_states_the_defaults():
    content = read_includes(yaml.safe_load((CONFIG / "config.yaml").read_text()), CONFIG)
    defaults = RunSettings(name="any", calendar={"every": 1})
    # A batch of the report's full grid does not fit on one GPU; that of a smaller grid does.
    assert differences(content, defaults) == ["defaults.training.devices: 2 is not the default 1"]
    assert content["calendar"]["season"] == {"first": "10-18", "last": "04-15"}


def test_a_changed_number_of_the_configuration_is_found():
    defaults = RunSettings(name="any", calendar={"every": 1})
    assert differences({"defaults": {"network": {"depth": 3}}}, defaults) == [
        "defaults.network.depth: 3 is not the default 4"
    ]


def keys_of(*path):
    schema = yaml.safe_load(SCHEMA.read_text())
    node = schema
    for key in path:
        node = node["properties"][key]
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    assert node["additionalProperties"] is False
    return set(node["properties"])


@pytest.mark.parametrize(
    ("path", "settings"),
    [
        (("defaults", "network"), NetworkSettings),
        (("defaults", "training"), TrainingSettings),
        (("defaults", "sampler"), SamplerSettings),
        (("selection",), SelectionSettings),
        (("scores",), ScoreSettings),
        (("bootstrap",), BootstrapSettings),
        (("features",), FeatureSettings),
        (("features", "observations"), ObservationSettings),
        (("surrogate", "defaults", "inputs"), InputSettings),
        (("surrogate", "defaults", "loss"), LossSettings),
        (("surrogate", "forecasts"), ForecastSettings),
    ],
)
def test_schema_and_settings_know_the_same_keys(path, settings):
    assert keys_of(*path) == set(settings.model_fields)


@pytest.mark.parametrize("formulation", FORMULATIONS)
def test_schema_knows_the_keys_of_every_formulation(formulation):
    schema = yaml.safe_load(SCHEMA.read_text())
    allowed = [
        set(schema["$defs"][option["$ref"].rpartition("/")[2]]["properties"])
        for option in schema["$defs"]["ExperimentSettings"]["properties"]["diffusion"]["oneOf"]
        if schema["$defs"][option["$ref"].rpartition("/")[2]]["properties"]["formulation"]["const"] == formulation
    ]
    assert allowed == [set(FORMULATIONS[formulation].model_fields)]
    assert set(FORMULATION_SETTINGS[formulation].model_fields) == set(FORMULATIONS[formulation].model_fields)


def list_models(kind):
    for model in kind.__subclasses__():
        yield model
        yield from list_models(model)


def test_every_key_is_described_in_one_sentence():
    models = [model for model in list_models(Settings) if model.__module__.startswith("superice.")]
    for model in models:
        for key, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{key}"
            assert field.description.endswith("."), f"{model.__name__}.{key}"
