"""Options that the commands of the workflow share."""

import re
from pathlib import Path

import pytest

from superice.errors import InputError
from superice.utils.command_line import read_settings, run_command
from superice.utils.files import write_text

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
        ("a: \x01\n", "not YAML, which is text in UTF-8"),
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


def test_a_folder_instead_of_a_file_of_settings_ends_with_a_sentence(tmp_path):
    with pytest.raises(InputError, match=rf"^{tmp_path}: cannot be read \(Is a directory\)$"):
        read_settings(str(tmp_path))


def end_command(main, capsys):
    """Return what a command says that ends with exit status 1."""
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file/output.nc", "Not a directory|File exists"),
        ("folder", "Is a directory"),
        ("x" * 300 + ".nc", "File name too long"),
    ],
)
def test_an_output_that_cannot_be_written_ends_with_a_sentence_that_names_it(tmp_path, capsys, name, reason):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    said = end_command(lambda: write_text(tmp_path / name, "text"), capsys)
    assert re.fullmatch(
        rf"error: {tmp_path}/{name}: cannot be written \(({reason})\); name another file or folder\n", said
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_an_input_that_is_gone_ends_with_a_sentence(tmp_path, capsys):
    said = end_command((tmp_path / "gone.csv").read_text, capsys)
    assert said == f"error: {tmp_path}/gone.csv: No such file or directory\n"


def test_an_error_of_a_library_keeps_its_traceback():
    def fail():
        raise OSError(-101, "NetCDF: HDF error", "file.nc")

    with pytest.raises(OSError, match="HDF error"):
        run_command(fail)


WRITE = re.compile(r"\b(savefig|to_csv|to_netcdf|save_file|np\.save\w*|torch\.save)\(|\.write_(text|bytes)\(")
FILES = [*SCRIPTS, *sorted((Path(__file__).parents[3] / "superice").rglob("*.py"))]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_output_is_written_under_a_temporary_name(file):
    """Then it is whole, and an error names the output: a file that was opened under such a name is called file."""
    lines = [line for line in file.read_text().splitlines() if WRITE.search(line)]
    assert [line for line in lines if "temporary" not in line and ", file)" not in line] == []
