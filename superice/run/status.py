"""The progress of a run: by stage, the dates that are made, running, failed and left, and the time that is left."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from superice.run.configuration import Configuration
from superice.run.paths import BRANCHES, RunPaths, format_stamps

if TYPE_CHECKING:
    import pandas

RECENT = 3600.0  # seconds that the rate is taken from


@dataclass
class Stage:
    """One kind of output of a run.

    Attributes:
        name: what it is called in the table.
        logs: by the path of an output, of every date or seed, the log of its job.
    """

    name: str
    logs: dict[str, str]


def list_stages(run: Configuration, paths: RunPaths) -> list[Stage]:
    """Return what ``all`` makes date by date, in the order of the workflow."""
    model_days, observed_days = run.calendar.model_days(), run.calendar.observed_days()
    stages = [
        _make_dated_stage(
            "model features", paths.features("model", model_days), model_days, f"{paths.logs}/model_features"
        ),
        _make_dated_stage(
            "observed features",
            paths.features("observations", observed_days),
            observed_days,
            f"{paths.logs}/observed_features",
        ),
    ]
    for training in run.list_trainings(run.experiments):
        logs = paths.fill_seeds(f"{paths.logs}/train/{{experiment}}_seed{{seed}}.log", training)
        outputs = paths.fill_seeds(paths.trained_weights, training)
        stages.append(Stage(f"trainings, {training}", dict(zip(outputs, logs, strict=True))))
    kinds = list(product(run.experiments, BRANCHES))
    for experiment, branch in kinds:
        days = run.ensemble_days(experiment, branch)
        log = f"{paths.logs}/{_name_drawing_rule(run, experiment)}"
        folder = f"{log}/{branch}" if experiment == run.published else f"{log}/{experiment}/{branch}"
        outputs = paths.ensembles(experiment, branch, days)
        stages.append(_make_dated_stage(f"ensembles, {experiment}, {branch}", outputs, days, folder))
    for experiment, branch in kinds:
        days = run.scored_days(experiment, branch)
        outputs = paths.scores(experiment, branch, days)
        folder = f"{paths.logs}/score_date/{branch}/{experiment}"
        stages.append(_make_dated_stage(f"scores, {experiment}, {branch}", outputs, days, folder))
    return [stage for stage in stages if stage.logs]


def _name_drawing_rule(run: Configuration, experiment: str) -> str:
    """Return the rule that draws an experiment's ensembles."""
    if experiment == run.published:
        return "draw_published_ensemble"
    return "draw_baseline" if run.is_baseline(experiment) else "draw_ensemble"


def _make_dated_stage(name: str, outputs: list[str], days: list[date], log_folder: str) -> Stage:
    logs = [f"{log_folder}/{stamp}.log" for stamp in format_stamps(days)]
    return Stage(name, dict(zip(outputs, logs, strict=True)))


def find_running(folder: Path) -> set[str]:
    """Return the outputs, as paths from the workflow's folder, that a controller has submitted or is running.

    Snakemake marks an output when its job is sent and takes the mark away when it has ended. A mark with the number of a
    SLURM job that is not in the queue was left by a controller that was killed, and does not count.
    """
    marks = {
        path: json.loads(path.read_text()).get("external_jobid")
        for path in _list_files(folder / ".snakemake/incomplete")
    }
    queued = _list_queue() if any(marks.values()) else None
    return {
        _decode_mark(path.relative_to(folder / ".snakemake/incomplete"))
        for path, job in marks.items()
        if not job or queued is None or job in queued
    }


def _list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "migration_underway"]


def _decode_mark(path: Path) -> str:
    """Return the output of a mark, whose name is the encoded path; a long one is split into parts that begin with @."""
    return urlsafe_b64decode("".join(part.removeprefix("@") for part in path.parts)).decode()


def _list_queue() -> set[str] | None:
    """Return the numbers of this user's jobs in SLURM's queue; None without SLURM."""
    if not shutil.which("squeue"):
        return None
    result = subprocess.run(["squeue", "--me", "-h", "-o", "%A"], capture_output=True, text=True, check=False)
    return set(result.stdout.split()) if result.returncode == 0 else None


def measure_progress(
    run: Configuration, folder: Path, now: float | None = None, paths: RunPaths | None = None
) -> tuple[pandas.DataFrame, list[Path]]:
    """Return the state of every stage, and the logs of the jobs that failed.

    Parameters
    ----------
    run : Configuration
        The configuration of the run.
    folder : Path
        Where Snakemake was started.
    now : float, optional
        Seconds since 1970; by default those of the clock.
    paths : RunPaths, optional
        The run's files, by default those in ``results/<name>``.

    Returns
    -------
    table : DataFrame
        A row for each stage: planned, made, running, failed (begun, neither made nor running), left (all that is not
        made), made per hour in the last hour, and hours left at that rate.
    failures : list of Path
        The logs of the jobs that failed.
    """
    import pandas

    now, running, paths = now or time.time(), find_running(folder), paths or RunPaths(run)
    rows, failures = [], []
    for stage in list_stages(run, paths):
        made = {path: (folder / path).stat().st_mtime for path in stage.logs if (folder / path).exists()}
        missing = stage.logs.keys() - made.keys()
        busy = missing & running
        begun = sorted(folder / stage.logs[path] for path in missing - busy if (folder / stage.logs[path]).exists())
        failures += begun
        rate = _compute_hourly_rate([made_at for made_at in made.values() if made_at > now - RECENT], now)
        rows.append(
            {
                "stage": stage.name,
                "planned": len(stage.logs),
                "made": len(made),
                "running": len(busy),
                "failed": len(begun),
                "left": len(missing),
                "per hour": rate,
                "hours left": len(missing) / rate if missing and rate else float("nan"),
            }
        )
    return pandas.DataFrame(rows), failures


def _compute_hourly_rate(made_at: list[float], now: float) -> float:
    """Return the outputs made an hour, counted from the first of the recent ones."""
    return 3600 * len(made_at) / max(now - min(made_at), 1.0) if made_at else 0.0


def describe_progress(run: Configuration, folder: Path, paths: RunPaths | None = None) -> str:
    """Return the state of a run as text: a table, the logs of what failed, and where all logs are."""
    paths = paths or RunPaths(run)
    table, failures = measure_progress(run, folder, paths=paths)
    numbers = {"per hour": "{:.0f}".format, "hours left": "{:.1f}".format}
    lines = [table.to_string(index=False, formatters=numbers, na_rep=""), ""]
    lines += [f"failed: {path}" for path in failures[:10]]
    if len(failures) > 10:
        lines.append(f"... and {len(failures) - 10} more")
    lines.append(f"logs: {folder / paths.logs}/<rule>/<what>.log")
    if (folder / ".snakemake/slurm_logs").exists():
        lines.append(f"logs of the SLURM jobs: {folder}/.snakemake/slurm_logs")
    return "\n".join(lines)
