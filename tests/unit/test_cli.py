"""The command ``superice status`` finds runs by their results or by their configuration files."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
import yaml
from workflow_copy import SMALL_AREA

from superice.cli import report_status
from superice.errors import InputError
from superice.run.configuration import Configuration

ROOT = Path(__file__).parents[2]
SEASON = {
    "name": "own",
    "calendar": {
        "test": {"first": "2022-10-18", "last": "2022-10-20"},
        "training": {"first": "2021-10-18", "last": "2021-10-20"},
    },
    "defaults": {"ensembles": {"splits": ["test"], "observations": False}},
    "figures": {"members": [], "model": [], "observations": [], "smoothing": []},
}


def planned(capsys, *arguments):
    """Planned dates by run and stage, as the command prints them."""
    report_status(list(map(str, arguments)))
    counts, run = {}, None
    for line in capsys.readouterr().out.splitlines():
        if re.fullmatch(r"\w+:", line):
            run = line.rstrip(":")
        if row := re.fullmatch(r" *(\D.*?) +(\d+) +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ *[\d.]*", line):
            counts[run, row[1]] = int(row[2])
    return counts


def test_every_run_with_settings_is_reported(tmp_path, capsys):
    for name in ("first", "second"):
        file = tmp_path / "results" / name / "settings/configuration.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(yaml.safe_dump(Configuration(SEASON | {"name": name}).content))
    counts = planned(capsys, "--folder", tmp_path)
    assert counts["first", "model features"] == counts["second", "model features"] == 6
    assert counts["first", "ensembles, reference, model"] == 3


def test_a_run_that_was_not_started_is_named_by_its_files(tmp_path, capsys):
    file = tmp_path / "season.yaml"
    file.write_text(yaml.safe_dump(SEASON))
    assert planned(capsys, "--folder", tmp_path, "--configfile", file)["own", "model features"] == 6
    # On top of the workflow's own configuration, where it stands in the folder.
    counts = planned(capsys, "--folder", ROOT, "--configfile", ROOT / "config/demo.yaml")
    assert counts["demo", "model features"] == 116


def test_a_folder_without_a_run_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="name its files with --configfile"):
        report_status(["--folder", str(tmp_path)])


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"config/config.yaml": "include: [gone]\nname: own"}, r"include: there is no file gone\.yaml in "),
        ({"config/config.yaml": "name: own"}, "key 'calendar' is missing"),
        ({"results/own/settings/configuration.yaml": ""}, r"configuration\.yaml: holds no settings"),
        (
            {"results/own/settings/configuration.yaml": "calender: 1\nname: own"},  # codespell:ignore
            "unknown key 'calender'",  # codespell:ignore
        ),
    ],
)
def test_a_run_that_cannot_be_read_ends_with_a_sentence(tmp_path, files, sentence):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        report_status(["--folder", str(tmp_path)])


def test_a_run_is_reported_from_outside_its_folder(tmp_path, capsys, monkeypatch):
    """Its file of areas lies beside its configuration; Snakemake is just writing a mark of a job."""
    run, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    (run / "own").mkdir(parents=True)
    elsewhere.mkdir()
    (run / "own/areas.yaml").write_text(SMALL_AREA)
    season = SEASON | {"grid": {"areas": "areas.yaml", "area": "small"}}
    (run / "own/season.yaml").write_text(yaml.safe_dump(season))
    mark = run / ".snakemake/incomplete" / urlsafe_b64encode(b"results/own/land.npy").decode()
    mark.parent.mkdir(parents=True)
    mark.touch()
    monkeypatch.chdir(elsewhere)
    counts = planned(capsys, "--folder", run, "--configfile", run / "own/season.yaml")
    assert counts["own", "model features"] == 6
