"""The command ``superice status`` finds runs by their results or by their configuration files."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
import yaml
from workflow_copy import SMALL_AREA

from superice import cli
from superice.cli import report_status
from superice.errors import InputError
from superice.run.configuration import Configuration

ROOT = Path(__file__).parents[2]
SEASON = {
    "name": "own",
    "calendar": {
        "test": {"first": "2022-10-18", "last": "2022-10-20"},
        "training": {"first": "2021-10-18", "last": "2021-10-20"},
        "validation": None,
        "observations": None,
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
        if row := re.fullmatch(r" *(\D.*?) +(\d+)( +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ +\d+ *[\d.]*)?", line):
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


def test_a_run_is_known_by_what_it_was_started_with_before_its_report_is_made(tmp_path, capsys):
    """What the report was made with may be older than the last start."""
    settings = tmp_path / "results/own/settings"
    settings.mkdir(parents=True)
    longer = SEASON | {"calendar": SEASON["calendar"] | {"test": {"first": "2022-10-18", "last": "2022-10-21"}}}
    (settings / "started.yaml").write_text(yaml.safe_dump(Configuration(longer).content))
    assert planned(capsys, "--folder", tmp_path)["own", "model features"] == 7
    (settings / "configuration.yaml").write_text(yaml.safe_dump(Configuration(SEASON).content))
    assert planned(capsys, "--folder", tmp_path)["own", "model features"] == 7


def test_a_run_that_was_not_started_is_named_by_its_files(tmp_path, capsys):
    file = tmp_path / "season.yaml"
    file.write_text(yaml.safe_dump(SEASON))
    assert planned(capsys, "--folder", tmp_path, "--configfile", file)["own", "model features"] == 6
    # On top of the workflow's own configuration, where it stands in the folder.
    counts = planned(capsys, "--folder", ROOT, "--configfile", ROOT / "config/demo.yaml")
    assert counts["demo", "model features"] == 116


@pytest.mark.parametrize(
    ("own", "members"), [(None, 30), ("include: [experiments]\ndefaults: {sampler: {members: 7}}", 7)]
)
def test_a_run_elsewhere_lies_on_the_configuration_of_its_folder_or_else_of_the_clone(tmp_path, capsys, own, members):
    """As for Snakemake; the files that either includes are looked for in the clone too."""
    file = tmp_path / "season.yaml"
    file.write_text(yaml.safe_dump(SEASON | {"run": ["reference", "cubic"]}))
    if own:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/config.yaml").write_text(own)
    counts = planned(capsys, "--folder", tmp_path, "--configfile", file)
    assert counts["own", "ensembles, cubic, model"] == 3
    (files,) = cli._find_runs(tmp_path, "results", [file])
    assert cli._read_run(files, tmp_path).experiment("reference")["sampler"]["members"] == members


def test_of_a_run_that_was_not_started_there_is_the_plan_and_no_table_of_zeros(tmp_path, capsys):
    file = tmp_path / "season.yaml"
    file.write_text(yaml.safe_dump(SEASON))
    report_status(["--folder", str(tmp_path), "--configfile", str(file)])
    told = capsys.readouterr().out
    assert f"not begun: {tmp_path}/results/own is not there" in told
    assert "made" not in told.splitlines()[4] and "logs:" not in told
    (tmp_path / "results/own").mkdir(parents=True)
    report_status(["--folder", str(tmp_path), "--configfile", str(file)])
    assert "not begun" not in capsys.readouterr().out


def test_a_folder_without_a_run_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="or the files of a run with --configfile"):
        report_status(["--folder", str(tmp_path)])


PARSERS = {
    "quicklook": cli.make_quicklook_parser,
    "generate": cli.make_generate_parser,
    "season": cli.make_season_parser,
    "status": cli.make_status_parser,
    "verify": cli.make_verify_parser,
}
WRITTEN = {"output", "summary"}  # the options of what a command makes
PATHS_READ = [
    (name, action.option_strings[0] if action.option_strings else action.dest)
    for name, make_parser in PARSERS.items()
    for action in make_parser()._actions
    if action.type is Path and action.dest not in WRITTEN
]


def test_every_command_is_known_here():
    assert PARSERS.keys() == cli.COMMANDS.keys()


@pytest.mark.parametrize(("command", "option"), PATHS_READ)
def test_a_path_that_is_not_there_is_told_with_its_option_and_what_to_do(tmp_path, command, option):
    """Of every option of every command that reads a file or a folder; before anything else is looked at."""
    given = [option, str(tmp_path / "gone")] if option.startswith("-") else [str(tmp_path / "gone")]
    with pytest.raises(
        InputError, match=rf"^{option}: there is no (file|folder|file or folder) {tmp_path}/gone; name "
    ):
        PARSERS[command]().parse_args(given)


@pytest.mark.parametrize(("command", "option"), [("generate", "--features"), ("status", "--configfile")])
def test_a_folder_in_place_of_a_file_is_told(tmp_path, command, option):
    with pytest.raises(InputError, match=f"^{option}: {tmp_path} is no file; name "):
        PARSERS[command]().parse_args([option, str(tmp_path)])


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


def test_a_file_that_is_read_is_not_written_over(tmp_path):
    fields = tmp_path / "20200101.nc"
    fields.write_text("fields")
    for option in ("--output", "--summary"):
        with pytest.raises(InputError, match=rf"^{option}: .*20200101.nc is the file of --features, and would be lost"):
            cli.generate(["--features", str(fields), option, str(tmp_path / "." / "20200101.nc")])
    other = str(tmp_path / "other.nc")
    with pytest.raises(InputError, match=r"^--summary: .* is the file of --output"):
        cli.generate(["--features", str(fields), "--output", other, "--summary", other])
    assert fields.read_text() == "fields"
    arrays = fields.with_suffix(".npz")
    arrays.touch()
    with pytest.raises(InputError, match=r"^--output: .*20200101\.nc is the file of --features, beside it"):
        cli.generate(["--features", str(arrays), "--output", str(fields)])


def test_the_ending_of_an_output_is_that_of_its_format(tmp_path):
    with pytest.raises(InputError, match=r"^--output: members\.txt does not end in \.nc"):
        cli.make_generate_parser().parse_args(["--output", "members.txt"])


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many"])
def test_threads_are_a_whole_number_above_zero(value, capsys):
    with pytest.raises(SystemExit):
        cli.make_quicklook_parser().parse_args([f"--threads={value}"])
    assert f"{value!r} is not a whole number above 0" in capsys.readouterr().err
