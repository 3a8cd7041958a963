"""Options that the commands of the workflow share."""

from pathlib import Path

import pytest

from superice.errors import InputError
from superice.utils.command_line import read_settings

SCRIPTS = sorted((Path(__file__).parents[3] / "workflow" / "scripts").glob("*.py"))


def test_settings_are_read_from_a_yaml_file(tmp_path):
    (tmp_path / "s.yaml").write_text("first: 1\npair: [2, 3]\n")
    assert read_settings(str(tmp_path / "s.yaml")) == {"first": 1, "pair": [2, 3]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "there is no such file"),
        ("- 1\n", "holds no settings .a mapping is expected."),
        ("a: [1\n", "not YAML, line 2"),
    ],
)
def test_a_wrong_file_of_settings_ends_with_a_sentence_that_names_it(tmp_path, text, reason):
    path = tmp_path / "s.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=f"^{path}: {reason}$"):
        read_settings(str(path))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_declares_the_options_of_a_grid_with_add_grid(script):
    """A rule gives ``--areas`` only where the configuration names a file: no script may require it."""
    text = script.read_text()
    assert '"--area"' not in text and '"--areas"' not in text
    assert "args.areas" not in text or "add_grid(" in text
