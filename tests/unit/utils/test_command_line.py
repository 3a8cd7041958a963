"""Options that the commands of the workflow share."""

import pytest

from superice.errors import InputError
from superice.utils.command_line import read_settings


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
