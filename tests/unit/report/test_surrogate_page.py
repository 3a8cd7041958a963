"""The page of the surrogate: tables, figures, settings, and captions that say what was run."""

import pandas as pd
import pytest
from shipped_configurations import load

from superice.report.resources import load_captions
from superice.report.surrogate_page import CAPTIONS, fill_captions, render_surrogate
from superice.run.configuration import Configuration
from superice.surrogate.configuration import SurrogateConfiguration


def configure(**changes):
    """Return the section of the surrogate with changes."""
    content = load("demo")
    content["surrogate"] |= changes
    return Configuration(content).surrogate


def test_the_page_holds_its_tables_figures_and_settings(tmp_path):
    (tmp_path / "skill.png").write_bytes(b"\x89PNG")
    scores = pd.DataFrame({"experiment": ["two_states"], "rmse_1d": [0.12345], "not_shown": [7.0]})
    restored = pd.DataFrame({"field": ["forecast"], "power_ratio": [0.5]})
    page = render_surrogate(scores, restored, [tmp_path / "skill.png"], configure(area="<tiny>"))
    for text in ("two_states", "0.123", "power ratio", "data:image/png;base64,iVBORw==", "Skill", "&lt;tiny&gt;"):
        assert text in page, text
    assert "not shown" not in page


def read_captions(**changes):
    """Return the texts of the captions with changes of the configuration."""
    captions = fill_captions(load_captions(CAPTIONS), SurrogateConfiguration(configure(**changes)))
    return {name: caption["text"] for name, caption in captions.items()}


def test_captions_say_what_was_run():
    season = {"start": "2018-04-02", "steps": 20, "every": 4}
    texts = read_captions(season=season, chosen="residual", run=["residual"])
    assert texts["season"].startswith("One run of residual, 20 steps of 12 h from 2018-04-02. Left:")
    assert "the roll-out of residual." in texts["maps"] and "a box of 108 km" in texts["restoration"]
    assert "without weather inputs" not in texts["skill"]
    assert "without weather inputs" in read_captions(run=["without_forcings"])["skill"]
    assert not any("{" in text for text in texts.values())


@pytest.mark.parametrize(
    ("decay", "own_decay", "weights"),
    [
        (0.99, 0.9, "with the averaged weights."),
        (0.0, 0.0, "with the weights at the end of the epoch."),
        (0.99, 0.0, "with the averaged weights, or the weights at the end of the epoch where they are not averaged."),
    ],
)
def test_the_caption_of_the_losses_says_which_weights_were_validated(decay, own_decay, weights):
    content = configure()
    defaults = content["defaults"] | {"training": content["defaults"]["training"] | {"ema_decay": decay}}
    experiments = {"with_forcings": {}, "own": {"training": {"ema_decay": own_decay}}}
    texts = read_captions(defaults=defaults, experiments=experiments, run=["own"])
    assert texts["training"].endswith(weights)
