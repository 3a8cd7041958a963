"""What a run tells of its progress: every rule has a stage, the time left follows from what is done, errors are shown."""

import io
import logging
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.logging import DefaultFormatter
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_logger_plugin_superice import LogHandler
from snakemake_logger_plugin_superice.stages import STAGES, RunProgress, find_stage, format_time, read_share
from tqdm import tqdm

ROOT = Path(__file__).parents[2]
RULE = re.compile(r"^(?:rule (\w+):|use rule \w+ as (\w+) with:|    name: *f?\"(\w+))", re.MULTILINE)


def find_rules(text):
    return {"".join(names) for names in RULE.findall(text)}


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_every_rule_has_a_stage_and_targets_have_none():
    rules = set().union(*(find_rules(path.read_text()) for path in (ROOT / "workflow/rules").glob("*.smk")))
    assert len(rules) > 30
    assert {rule for rule in rules if find_stage(rule) is None} == set()
    assert {find_stage(rule) for rule in find_rules((ROOT / "Snakefile").read_text())} == {None}
    named = {find_stage(rule) for rule in rules | {"make_synthetic_season_2022", "make_forced_year_2013"}}
    assert named == set(STAGES)


def test_the_time_left_follows_from_what_is_done_and_from_the_logs_of_what_runs(clock, tmp_path):
    progress = RunProgress({"train": 2, "all": 1, "score_date": 4}, clock)
    assert {name: stage.total for name, stage in progress.stages.items()} == {"trainings": 2, "scores": 4}
    log = tmp_path / "train.log"
    stage = progress.start(7, "train", [str(log)])
    assert stage.estimate_left(clock()) is None, "nothing is known yet"
    clock.now += 60
    with log.open("w") as file, tqdm(total=12, file=file, mininterval=0) as bar:
        bar.update(1)
        bar.update(2)
    assert read_share(log) == pytest.approx(3 / 12)
    # An eighth of the work took a minute.
    assert stage.estimate_left(clock()) == pytest.approx(7 * 60)
    assert progress.describe(stage) == "trainings: 0 of 2 jobs, 1:00, about 7:00 left"
    clock.now += 60
    progress.finish(7)
    assert stage.estimate_left(clock()) == pytest.approx(120)
    progress.start(8, "train", [])
    clock.now += 120
    assert progress.finish(8) is stage and stage.ended == clock.now
    clock.now += 1000
    assert progress.describe(stage) == "trainings: 2 of 2 jobs, 4:00"


def test_a_job_that_failed_is_counted_and_may_begin_again(clock):
    progress = RunProgress({"train": 1}, clock)
    progress.start(1, "train", ["nowhere.log"])
    progress.fail(1)
    stage = progress.start(1, "train", ["nowhere.log"])
    progress.finish(1)
    assert (stage.finished, stage.failed, stage.running) == (1, 1, {})
    assert "1 failed" in progress.describe(stage)
    assert progress.finish(99) is None and progress.start(2, "all", []) is None


def test_times_are_read_as_people_write_them():
    assert [format_time(seconds) for seconds in (0, 59.6, 3599, 3661)] == ["0:00", "1:00", "59:59", "1:01:01"]


def make_record(event=None, message="", level=logging.INFO, path="workflow.py", **details):
    record = logging.LogRecord("snakemake", level, path, 1, message, (), None)
    return vars(record).update(details | ({"event": event} if event else {})) or record


def report(handler):
    """Report a run in which one training goes well and another fails."""
    failed = {
        "jobid": 2, "rule_name": "train", "rule_msg": None, "input": [], "output": ["b"], "log": [], "conda_env": None,
        "shellcmd": "python train.py", "aux": {},
    }  # fmt: skip
    for record in (
        make_record(message="Building DAG of jobs..."),
        make_record(message="calendar, test: 14 days", path="/w/workflow/rules/messages.smk"),
        make_record(LogEvent.RUN_INFO, "Job stats", stats={"train": 2, "all": 1, "total": 3}),
        make_record(LogEvent.JOB_INFO, jobid=1, rule_name="train", log=["a.log"]),
        make_record(LogEvent.JOB_INFO, jobid=2, rule_name="train", log=["b.log"]),
        make_record(LogEvent.PROGRESS, "1 of 3 steps", done=1, total=3),
        make_record(LogEvent.JOB_FINISHED, "Finished jobid: 1", job_id=1),
        make_record(LogEvent.JOB_ERROR, level=logging.ERROR, **failed),
        make_record(message="a sentence to be warned by", level=logging.WARNING),
    ):
        handler.handle(record)
    handler.close()


@pytest.fixture
def make_handler():
    def make():
        handler = LogHandler(SimpleNamespace(dryrun=False), None)
        handler.setFormatter(DefaultFormatter())
        return handler

    return make


def test_a_file_gets_a_line_a_stage_and_whatever_is_wrong(make_handler, capsys):
    report(make_handler())
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == ["calendar, test: 14 days", "jobs: trainings 2", "trainings: 2 jobs begin"]
    text = "\n".join(lines)
    assert "Error in rule train" in text and "python train.py" in text and "a sentence to be warned by" in text
    assert lines[-1].startswith("run: 0:0")
    for unwanted in ("Building DAG", "Job stats", "Finished jobid", "1 of 3 steps"):
        assert unwanted not in text


class Terminal(io.StringIO):
    """What is written to a terminal."""

    def isatty(self):
        return True


def test_a_terminal_gets_bars(make_handler, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    report(make_handler())
    text = terminal.getvalue()
    assert re.search(r"trainings \|[█#]+ +\| +1\.0 of 2 jobs, 0:0\d, about 0:0\d left, 1 failed", text)
    assert "Error in rule train" in text and "calendar, test: 14 days" in text


def test_snakemake_takes_the_plugin():
    registry = LoggerPluginRegistry()
    import snakemake_logger_plugin_superice as plugin

    registry.register_plugin("snakemake_logger_plugin_superice", plugin)
    assert registry.get_plugin("superice").log_handler is LogHandler
