"""The stages of a run, how far each is, and how long it still takes; nothing here knows Snakemake or a terminal."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# The rules of each stage, by the first words of their names; the first stage that fits counts.
STAGES = {
    "surrogate": (
        "make_forced_year", "store_year", "make_climatology", "train_surrogate", "forecast", "make_restoration_days",
        "train_restoration", "restore", "draw_surrogate", "make_surrogate_report",
    ),
    "inputs": ("write_settings", "make_synthetic_season", "make_land", "download", "make_virtual_platforms"),
    "features": ("model_features", "observed_features", "normalise", "list_inputs", "collect_motion"),
    "trainings": ("train", "select_training", "fit_noise"),
    "ensembles": ("draw_ensemble", "draw_published_ensemble", "draw_baseline", "make_season"),
    "scores": ("score_date", "score_table", "in_situ", "make_regions", "volume", "study_table"),
    "figures, report": (
        "draw_figure", "draw_study_figure", "animate_season", "make_report", "make_studies_report", "make_package",
    ),
}  # fmt: skip
TAIL = 4096  # bytes at the end of a log that hold its last state
# What tqdm writes of a loop: the steps that are done and those that there are.
COUNTED = re.compile(rb"(\d+)/(\d+) \[")


def find_stage(rule: str) -> str | None:
    """Return the stage of a rule; None for a rule that only names what is wanted, such as ``all``."""
    for stage, names in STAGES.items():
        if any(rule == name or rule.startswith(f"{name}_") for name in names):
            return stage
    return None


def read_share(log: str | Path) -> float:
    """Return the share of a job that is done, from the last bar in its log; 0 where there is none."""
    try:
        with open(log, "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            found = COUNTED.findall(file.read())
    except OSError:
        return 0.0
    if not found:
        return 0.0
    done, total = map(int, found[-1])
    return min(done / total, 1.0) if total else 0.0


@dataclass
class Stage:
    """One stage of a run.

    Attributes
    ----------
    name
        What it is called.
    total, finished, failed
        Numbers of jobs.
    running
        The logs of the jobs that run now, by job.
    started, ended
        When its first job began, and its last one ended, in seconds of the clock; None before.
    """

    name: str
    total: int
    finished: int = 0
    failed: int = 0
    running: dict[int, list[str]] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None

    def measure_done(self) -> float:
        """Return how many jobs are done, those that run as far as their logs say."""
        shares = (max(map(read_share, logs), default=0.0) for logs in self.running.values())
        return min(self.finished + sum(shares), self.total)

    def measure_elapsed(self, now: float) -> float:
        """Return the seconds since the first job began."""
        return 0.0 if self.started is None else (self.ended or now) - self.started

    def estimate_left(self, now: float) -> float | None:
        """Return the seconds that the stage still takes at its pace so far; None where that is not known."""
        done = self.measure_done()
        if self.ended is not None or done <= 0 or self.started is None:
            return None
        return self.measure_elapsed(now) * (self.total - done) / done


class RunProgress:
    """The progress of a run by stages, from what Snakemake says of its jobs."""

    def __init__(self, counts: Mapping[str, int], clock: Callable[[], float] = time.monotonic) -> None:
        """Take the number of jobs of each rule."""
        self._clock, self._stage_of = clock, {}
        totals = dict.fromkeys(STAGES, 0)
        for rule, count in counts.items():
            stage = find_stage(rule)
            if stage:
                totals[stage] += count
        self.stages = {name: Stage(name, total) for name, total in totals.items() if total}
        self.started = clock()

    def start(self, job: int, rule: str, logs: Iterable[str]) -> Stage | None:
        """Note that a job begins, and return its stage; None for a job of none."""
        name = find_stage(rule)
        if name is None:
            return None
        stage = self.stages.setdefault(name, Stage(name, 1))
        if stage.started is None:
            stage.started = self._clock()
        stage.ended = None
        stage.running[job] = list(logs)
        self._stage_of[job] = stage
        return stage

    def finish(self, job: int) -> Stage | None:
        """Note that a job has ended well, and return its stage; None for a job that is not known."""
        stage = self._stage_of.pop(job, None)
        if stage is None:
            return None
        stage.running.pop(job, None)
        stage.finished += 1
        stage.total = max(stage.total, stage.finished)
        if stage.finished == stage.total:
            stage.ended = self._clock()
        return stage

    def fail(self, job: int) -> None:
        """Note that a job has failed; it may begin again."""
        stage = self._stage_of.pop(job, None)
        if stage is not None:
            stage.running.pop(job, None)
            stage.failed += 1

    def read_clock(self) -> float:
        """Return the time now, in seconds of the clock."""
        return self._clock()

    def measure_time(self) -> float:
        """Return the seconds since the run began."""
        return self._clock() - self.started

    def describe(self, stage: Stage) -> str:
        """Return a line on a stage without a bar."""
        now = self._clock()
        text = f"{stage.name}: {stage.finished} of {stage.total} jobs, {format_time(stage.measure_elapsed(now))}"
        if stage.failed:
            text += f", {stage.failed} failed"
        left = stage.estimate_left(now)
        return text if left is None else f"{text}, about {format_time(left)} left"


def format_time(seconds: float) -> str:
    """Return a time as 1:05, or 1:02:05 from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
