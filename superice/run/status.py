"""How far a run is: by stage, the dates that are made, at work, failed and left, and when the rest will be there."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from superice.run.configuration import Configuration

RECENT = 3600.0  # seconds that the rate is taken from


@dataclass
class Stage:
    """One kind of output: the file of every date (or seed) below the run's folder, and the log of its job."""

    name: str
    logs: dict[str, str]


def list_stages(run: Configuration) -> list[Stage]:
    """What ``all`` makes date by date, in the order of the workflow."""
    found = [
        _dated("model features", "model/features/{}.nc", "model_features/{}", run.calendar.model_days()),
        _dated(
            "observed features",
            "observations/features/sic_sit_e1_e2_{}.npz",
            "observed_features/{}",
            run.calendar.observed_days(),
        ),
    ]
    for name in dict.fromkeys(map(run.training_of, run.experiments)):
        seeds = () if run.experiment(name).get("weights") else run.experiment(name)["seeds"]
        found.append(
            Stage(
                f"trainings, {name}",
                {f"training/{name}/seed{n}/model.safetensors": f"train/{name}_seed{n}" for n in seeds},
            )
        )
    kinds = [(name, branch) for name in run.experiments for branch in ("model", "observations")]
    for name, branch in kinds:
        published = name == run.content["published"]
        output = branch if published else f"experiments/{name}/{branch}"
        log = f"draw_published_ensemble/{branch}" if published else f"draw_ensemble/{name}/{branch}"
        days = run.ensemble_days(name, branch)
        found.append(_dated(f"ensembles, {name}, {branch}", output + "/predictions/sit_hrai_{}.nc", log + "/{}", days))
    for name, branch in kinds:
        days = run.scored_days(name, branch)
        path = f"{branch}/{name}/{{}}"
        found.append(_dated(f"scores, {name}, {branch}", f"scores/{path}.nc", f"score_date/{path}", days))
    return [stage for stage in found if stage.logs]


def _dated(name: str, output: str, log: str, days: list) -> Stage:
    return Stage(name, {output.format(f"{day:%Y%m%d}"): log.format(f"{day:%Y%m%d}") for day in days})


def find_running(folder: Path) -> set[str]:
    """The outputs, as paths from the workflow's folder, that a controller has sent or is running.

    Snakemake marks an output when its job is sent and takes the mark away when it has ended. A mark with the number of a
    SLURM job that is not in the queue was left by a controller that was killed, and does not count.
    """
    marks = {
        path: json.loads(path.read_text()).get("external_jobid") for path in _files(folder / ".snakemake/incomplete")
    }
    queued = _queued() if any(marks.values()) else None
    return {
        _marked(path.relative_to(folder / ".snakemake/incomplete"))
        for path, job in marks.items()
        if not job or queued is None or job in queued
    }


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != "migration_underway"]


def _marked(path: Path) -> str:
    """The output that a mark is for: its name is the coded path, a long one in parts that begin with @."""
    return urlsafe_b64decode("".join(part.removeprefix("@") for part in path.parts)).decode()


def _queued() -> set[str] | None:
    """The numbers of this user's jobs in SLURM's queue; None without SLURM."""
    if not shutil.which("squeue"):
        return None
    result = subprocess.run(["squeue", "--me", "-h", "-o", "%A"], capture_output=True, text=True, check=False)
    return set(result.stdout.split()) if result.returncode == 0 else None


def measure_progress(run: Configuration, folder: Path, now: float | None = None) -> tuple[pd.DataFrame, list[Path]]:
    """The state of every stage, and the logs of the jobs that failed.

    Args:
        run: the configuration.
        folder: where Snakemake was started.
        now: seconds since 1970; None for the clock.

    Returns:
        A row for each stage: planned, made, at work, failed (begun, neither made nor at work), left (all that is not
        made), made per hour in the last hour, and hours left at that rate; and the paths of the failed jobs' logs.
    """
    now, results, working = now or time.time(), folder / "results" / run.name, find_running(folder)
    rows, failures = [], []
    for stage in list_stages(run):
        made = {path: (results / path).stat().st_mtime for path in stage.logs if (results / path).exists()}
        missing = stage.logs.keys() - made.keys()
        busy = {path for path in missing if f"results/{run.name}/{path}" in working}
        begun = sorted(log for path in missing - busy if (log := results / "logs" / f"{stage.logs[path]}.log").exists())
        failures += begun
        rate = _hourly([made_at for made_at in made.values() if made_at > now - RECENT], now)
        rows.append(
            {
                "stage": stage.name,
                "planned": len(stage.logs),
                "made": len(made),
                "at work": len(busy),
                "failed": len(begun),
                "left": len(missing),
                "per hour": rate,
                "hours left": len(missing) / rate if missing and rate else float("nan"),
            }
        )
    return pd.DataFrame(rows), failures


def _hourly(made_at: list[float], now: float) -> float:
    """Outputs an hour since the first of those made lately."""
    return 3600 * len(made_at) / max(now - min(made_at), 1.0) if made_at else 0.0


def describe_progress(run: Configuration, folder: Path) -> str:
    """The state of a run as text: a table, the logs of what failed, and where all logs are."""
    table, failures = measure_progress(run, folder)
    numbers = {"per hour": "{:.0f}".format, "hours left": "{:.1f}".format}
    lines = [table.to_string(index=False, formatters=numbers, na_rep=""), ""]
    lines += [f"failed: {path}" for path in failures[:10]]
    if len(failures) > 10:
        lines.append(f"... and {len(failures) - 10} more")
    lines.append(f"logs: {folder / 'results' / run.name}/logs/<rule>/<what>.log")
    if (folder / ".snakemake/slurm_logs").exists():
        lines.append(f"logs of the SLURM jobs: {folder}/.snakemake/slurm_logs")
    return "\n".join(lines)
