"""The progress of a run: by stage, the dates that are made, empty, stale, running, failed and left, and the time left."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from superice.run.availability import describe_inputs, is_empty_day
from superice.run.configuration import Configuration
from superice.run.job_records import find_running
from superice.run.paths import BRANCHES, RunPaths, fill, format_stamps
from superice.run.settings_digest import SettingsDigests
from superice.run.settings_files import feature_settings_name
from superice.run.staleness import Maker, Present

if TYPE_CHECKING:
    import pandas

RECENT = 3600.0  # seconds that the rate is taken from


@dataclass
class Stage:
    """One kind of output of a run.

    Attributes
    ----------
    name
        What it is called in the table.
    maker
        What makes its outputs.
    logs
        By the path of an output, of every date or seed, the log of its job.
    records
        By the path of an output, what was found of its day; none of a seed.
    """

    name: str
    maker: Maker
    logs: dict[str, str]
    records: dict[str, str] = field(default_factory=dict)


def list_stages(run: Configuration, paths: RunPaths, folder: Path = Path()) -> list[Stage]:
    """Return what ``all`` makes date by date, in the order of the workflow.

    Raises InputError for a grid that is not defined; a relative ``grid.areas`` is looked for in ``folder``.
    """
    digests = SettingsDigests(run, folder)
    stages = []
    for name, branch, days in (
        ("model features", "model", run.calendar.model_days()),
        ("observed features", "observations", run.calendar.observed_days()),
    ):
        script = name.replace(" ", "_")
        maker = Maker(script, feature_settings_name(branch, None), digests.digest_features(branch, None))
        outputs = paths.features(branch, days)
        logs = _list_logs(f"{paths.logs}/{script}", days)
        stages.append(_make_dated_stage(name, maker, outputs, logs, paths.all_records(branch)))
    for training in run.list_trainings(run.experiments):
        logs = paths.fill_seeds(f"{paths.logs}/train/{{experiment}}_seed{{seed}}.log", training)
        outputs = paths.fill_seeds(paths.trained_weights, training)
        maker = Maker("train", f"{training}/training")
        stages.append(Stage(f"trainings, {training}", maker, dict(zip(outputs, logs, strict=True))))
    kinds = list(product(run.experiments, BRANCHES))
    for experiment, branch in kinds:
        days = run.ensemble_days(experiment, branch)
        log = f"{paths.logs}/{_name_drawing_rule(run, experiment)}"
        logs = _list_logs(f"{log}/{branch}" if experiment == run.published else f"{log}/{experiment}/{branch}", days)
        outputs = paths.kept_ensembles(experiment, branch, days)
        script = "draw_baseline" if run.is_baseline(experiment) else "draw_ensemble"
        digest = digests.digest_ensemble(experiment, branch, run.feature_set(experiment))
        maker = Maker(script, f"{experiment}/ensembles", digest)
        records = _list_records(run, paths, experiment, branch, days)
        stages.append(_make_dated_stage(f"ensembles, {experiment}, {branch}", maker, outputs, logs, records))
    for experiment, branch in kinds:
        days = run.scored_days(experiment, branch)
        outputs = paths.scores(experiment, branch, days)
        logs = _list_logs(f"{paths.logs}/score_date/{branch}/{experiment}", days)
        records = _list_records(run, paths, experiment, branch, days)
        maker = Maker("score_date", "scores")
        stages.append(_make_dated_stage(f"scores, {experiment}, {branch}", maker, outputs, logs, records))
    return [stage for stage in stages if stage.logs]


def _name_drawing_rule(run: Configuration, experiment: str) -> str:
    """Return the rule that draws an experiment's ensembles."""
    if experiment == run.published:
        return "draw_published_ensemble"
    return "draw_baseline" if run.is_baseline(experiment) else "draw_ensemble"


def _list_logs(folder: str, days: list[date]) -> list[str]:
    """Return the logs of the jobs of the days."""
    return [f"{folder}/{stamp}.log" for stamp in format_stamps(days)]


def _list_records(run: Configuration, paths: RunPaths, experiment: str, branch: str, days: list[date]) -> list[str]:
    """Return what was found of the days that an experiment draws from."""
    feature_folder = paths.feature_folder(branch, run.feature_set(experiment))
    return fill(paths.record, feature_set=feature_folder, branch=branch, date=days)


def _make_dated_stage(name: str, maker: Maker, outputs: list[str], logs: list[str], records: list[str]) -> Stage:
    return Stage(name, maker, dict(zip(outputs, logs, strict=True)), dict(zip(outputs, records, strict=True)))


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
        A row for each stage: planned, made with the present code and settings, empty (made, of a day without values),
        stale (made with other code or settings), running, failed (begun, neither made nor running), left (all that is
        not made, or stale), made per hour in the last hour, and hours left at that rate.
    failures : list of Path
        The logs of the jobs that failed.
    """
    import pandas

    now, running, paths = now or time.time(), find_running(folder), paths or RunPaths(run)
    rows, failures = [], []
    present = Present(run, paths, folder)
    for stage in list_stages(run, paths, folder):
        made = {path: (folder / path).stat().st_mtime for path in stage.logs if (folder / path).exists()}
        stale = {path for path in made if present.is_stale(path, stage.maker)}
        missing = stage.logs.keys() - made.keys()
        left = len(missing) + len(stale)
        fresh = made.keys() - stale
        empty = [path for path in fresh & stage.records.keys() if is_empty_day(folder / stage.records[path])]
        busy = missing & running
        begun = sorted(folder / stage.logs[path] for path in missing - busy if (folder / stage.logs[path]).exists())
        failures += begun
        rate = _compute_hourly_rate([made_at for made_at in made.values() if made_at > now - RECENT], now)
        rows.append(
            {
                "stage": stage.name,
                "planned": len(stage.logs),
                "made": len(fresh),
                "empty": len(empty),
                "stale": len(stale),
                "running": len(busy),
                "failed": len(begun),
                "left": left,
                "per hour": rate,
                "hours left": left / rate if left and rate else float("nan"),
            }
        )
    return pandas.DataFrame(rows), failures


def _compute_hourly_rate(made_at: list[float], now: float) -> float:
    """Return the outputs made an hour, counted from the first of the recent ones."""
    return 3600 * len(made_at) / max(now - min(made_at), 1.0) if made_at else 0.0


def describe_progress(run: Configuration, folder: Path, paths: RunPaths | None = None) -> str:
    """Return the state of a run as text: a table, the logs of what failed, and where all logs are.

    Of a run without a folder there is only what is planned.
    """
    paths = paths or RunPaths(run)
    table, failures = measure_progress(run, folder, paths=paths)
    if not (folder / paths.folder).exists():
        planned = table[["stage", "planned"]].to_string(index=False)
        calendar = [f"calendar, {sentence}" for sentence in run.calendar.describe()]
        begin = f"not begun: {folder / paths.folder} is not there; a run of Snakemake makes it (docs/targets.md)"
        return "\n".join([*calendar, "", planned, "", begin])
    numbers = {"per hour": "{:.0f}".format, "hours left": "{:.1f}".format}
    lines = [*(f"calendar, {sentence}" for sentence in run.calendar.describe()), ""]
    lines += [table.to_string(index=False, formatters=numbers, na_rep=""), ""]
    lines += [f"inputs, {sentence}" for sentence in describe_inputs(paths, folder)]
    if table["stale"].any():
        lines.append("stale: made with other code or settings; a run makes them again")
    lines += [f"failed: {path}" for path in failures[:10]]
    if len(failures) > 10:
        lines.append(f"... and {len(failures) - 10} more")
    lines.append(f"logs: {folder / paths.logs}/<rule>/<what>.log")
    if (folder / ".snakemake/slurm_logs").exists():
        lines.append(f"logs of the SLURM jobs: {folder}/.snakemake/slurm_logs")
    return "\n".join(lines)
