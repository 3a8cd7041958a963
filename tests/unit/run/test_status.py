"""How far a run is, by the files that it and Snakemake have left."""

import json
import os
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from shipped_configurations import load

from superice.run.code_digest import digest_code
from superice.run.configuration import Configuration
from superice.run.paths import RunPaths
from superice.run.settings_files import collect_settings, format_settings
from superice.run.status import describe_progress, list_stages, measure_progress
from superice.surrogate.configuration import SurrogateConfiguration
from superice.utils.files import write_json

ROOT = Path(__file__).parents[3]
NOW = 1_700_000_000.0


@pytest.fixture(scope="module")
def demo():
    return Configuration(load("demo"))


def made(folder, path, seconds_ago=0.0):
    path = folder / "results/demo" / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (NOW - seconds_ago, NOW - seconds_ago))


def marked(folder, path, job=None):
    """The mark of a job that was sent, named as Snakemake names it: long names in parts."""
    code = urlsafe_b64encode(f"results/demo/{path}".encode()).decode()
    parts = [code[i : i + 254] for i in range(0, len(code), 254)]
    mark = folder.joinpath(".snakemake/incomplete", *(f"@{part}" for part in parts[:-1]), parts[-1])
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({"external_jobid": job}))


def row(demo, folder, stage):
    table, failures = measure_progress(demo, folder, NOW)
    return table.set_index("stage").loc[stage], failures


def test_nothing_is_made_of_a_run_that_was_not_started(demo, tmp_path):
    table, failures = measure_progress(demo, tmp_path, NOW)
    assert failures == [] and table.made.sum() == 0
    assert (table.left == table.planned).all()
    assert table.set_index("stage").planned["trainings, recommended"] == 3


def test_made_dates_give_the_rate_and_the_time_that_is_left(demo, tmp_path):
    days = demo.ensemble_days("recommended", "observations")
    for n, day in enumerate(days[:6]):
        made(tmp_path, f"observations/predictions/sit_hrai_{day:%Y%m%d}.nc", seconds_ago=300 * (n + 1))
    made(tmp_path, f"observations/predictions/sit_hrai_{days[6]:%Y%m%d}.nc", seconds_ago=7200)
    state, _ = row(demo, tmp_path, "ensembles, recommended, observations")
    assert (state.made, state.left) == (7, len(days) - 7)
    assert state["per hour"] == pytest.approx(6 / 0.5)
    assert state["hours left"] == pytest.approx((len(days) - 7) / 12)


def test_a_job_is_at_work_while_it_is_marked_and_failed_when_only_its_log_is_there(demo, tmp_path):
    made(tmp_path, "logs/train/recommended_seed0.log")
    made(tmp_path, "logs/train/recommended_seed1.log")
    marked(tmp_path, "training/recommended/seed0/model.safetensors")
    state, failures = row(demo, tmp_path, "trainings, recommended")
    assert (state.running, state.failed, state.left) == (1, 1, 3)
    assert failures == [tmp_path / "results/demo/logs/train/recommended_seed1.log"]
    assert "recommended_seed1.log" in describe_progress(demo, tmp_path)


def test_a_mark_whose_job_is_not_in_the_queue_does_not_count(demo, tmp_path, monkeypatch):
    squeue = tmp_path / "bin/squeue"
    squeue.parent.mkdir()
    squeue.write_text("#!/bin/sh\necho 17\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", str(squeue.parent), prepend=os.pathsep)
    for seed, job in enumerate(("17", "18")):
        made(tmp_path, f"logs/train/recommended_seed{seed}.log")
        marked(tmp_path, f"training/recommended/seed{seed}/model.safetensors", job)
    state, _ = row(demo, tmp_path, "trainings, recommended")
    assert (state.running, state.failed) == (1, 1)


def record_job(run, folder, stage, output, **changes):
    """Write Snakemake's record of the job that made an output, by the present code and settings but for the changes."""
    maker = stage.maker
    contents = collect_settings(run, SurrogateConfiguration(run.surrogate))
    text = format_settings(changes.get("settings", contents[maker.settings]))
    code = changes.get("code", digest_code(ROOT / f"workflow/scripts/{maker.script}.py"))
    record = {
        "params": sorted(map(repr, (code, changes.get("digest", maker.digest), "2022-10-18"))),
        "input_checksums": {RunPaths(run).settings(maker.settings): f"sha256:{sha256(text.encode()).hexdigest()}"},
    }
    made(folder, output.removeprefix("results/demo/"))
    path = folder / ".snakemake/metadata" / urlsafe_b64encode(output.encode()).decode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    "name",
    ["observed features", "trainings, recommended", "ensembles, correlated_noise, model", "scores, recommended, model"],
)
@pytest.mark.parametrize(
    "change", [{}, {"code": "0123456789ab"}, {"settings": {"other": 1}}, {"digest": "0123456789ab"}]
)
def test_an_output_of_other_code_or_settings_is_stale(demo, tmp_path, name, change):
    stages = {stage.name: stage for stage in list_stages(demo, RunPaths(demo))}
    stage = stages[name]
    first, second = list(stage.logs)[:2]
    record_job(demo, tmp_path, stage, first)
    record_job(demo, tmp_path, stage, second, **change)
    state, _ = row(demo, tmp_path, name)
    expected = 1 if change and (stage.maker.digest or "digest" not in change) else 0
    assert (state.made, state.stale, state.left) == (2 - expected, expected, len(stage.logs) - 2 + expected)


def test_a_day_without_values_is_counted_apart(demo, tmp_path):
    first, second = demo.calendar.observed_days()[:2]
    for day, available in ((first, True), (second, False)):
        made(tmp_path, f"observations/features/sic_sit_e1_e2_{day:%Y%m%d}.npz")
        made(tmp_path, f"observations/predictions/sit_hrai_{day:%Y%m%d}.nc")
        write_json(tmp_path / f"results/demo/records/observations/{day:%Y%m%d}.json", {"available": available})
    for stage in ("observed features", "ensembles, recommended, observations"):
        state, _ = row(demo, tmp_path, stage)
        assert (state.made, state["empty"]) == (2, 1)
    assert "inputs, observations: 1 of 15 days with all inputs, 13 not yet made, 1 empty" in describe_progress(
        demo, tmp_path
    )
