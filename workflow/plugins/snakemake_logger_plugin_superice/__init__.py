"""Tell of a run with a line a stage in place of Snakemake's blocks for each job, whose log file keeps them.

snakemake --logger superice, with the folder of this package in PYTHONPATH, as the Makefile does it. In a terminal the lines
have bars that move; elsewhere, as in a file or in continuous integration, a line is written when a stage begins or ends, and
one a minute between. Warnings, errors with the logs of failed jobs, and what the workflow itself says are written as always.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_superice.stages import RunProgress, Stage, format_time

BAR = "{desc} |{bar:30}| {n:6.1f} of {total_fmt} jobs{postfix}"
TERMINAL_SECONDS, PLAIN_SECONDS = 2.0, 60.0
NOTHING_TO_DO = "Nothing to be done"


class LogHandler(LogHandlerBase):
    """Write the progress of a run to standard error."""

    def __post_init__(self) -> None:
        self.progress: RunProgress | None = None
        self._display = _Bars() if sys.stderr.isatty() else _Lines()
        self._stop = threading.Event()
        self._changing = threading.RLock()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = False
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record: an event of a job, or a sentence."""
        event = getattr(record, "event", None)
        take: Callable[[logging.LogRecord], None] | None = {
            LogEvent.RUN_INFO: self._begin,
            LogEvent.JOB_INFO: self._start_job,
            LogEvent.JOB_FINISHED: self._finish_job,
            LogEvent.JOB_ERROR: self._fail_job,
        }.get(event)
        with self._changing:
            if take:
                take(record)
            elif is_for_people(record):
                self._say(self.format(record))

    def close(self) -> None:
        """End the display, and say how long the run took."""
        self._stop.set()
        with self._changing:
            if self.progress:
                self._display.show(self.progress)
                self._display.end()
                print(f"run: {format_time(self.progress.measure_time())}", file=sys.stderr)
                self.progress = None
        super().close()

    def _begin(self, record: logging.LogRecord) -> None:
        if self.progress is None and not self.common_settings.dryrun:
            counts = {rule: count for rule, count in record.stats.items() if rule != "total"}
            self.progress = RunProgress(counts)
            self._display.begin(self.progress)
            self._ticker.start()

    def _start_job(self, record: logging.LogRecord) -> None:
        if self.progress:
            stage = self.progress.start(record.jobid, record.rule_name, record.log)
            if stage:
                self._display.change(self.progress, stage)

    def _finish_job(self, record: logging.LogRecord) -> None:
        stage = self.progress.finish(record.job_id) if self.progress else None
        if stage:
            self._display.change(self.progress, stage)

    def _fail_job(self, record: logging.LogRecord) -> None:
        if self.progress:
            self.progress.fail(record.jobid)
        self._say(self.format(record))

    def _say(self, text: str) -> None:
        if text and text != "None":
            self._display.say(text)

    def _tick(self) -> None:
        """Show how far the jobs are that run."""
        while not self._stop.wait(self._display.seconds):
            with self._changing:
                if self.progress:
                    self._display.show(self.progress)


def is_for_people(record: logging.LogRecord) -> bool:
    """Return whether a record that is no event of a job is shown: a warning, an error, or a sentence of the workflow."""
    if record.levelno >= logging.WARNING:
        return True
    return record.pathname.endswith(".smk") or str(record.msg).startswith(NOTHING_TO_DO)


class _Lines:
    """Lines for a file: one when a stage begins or ends, and one a minute of all that runs."""

    seconds = PLAIN_SECONDS

    def begin(self, progress: RunProgress) -> None:
        """Say what is to be done."""
        jobs = ", ".join(f"{stage.name} {stage.total}" for stage in progress.stages.values())
        self.say(f"jobs: {jobs}")

    def change(self, progress: RunProgress, stage: Stage) -> None:
        """Say that a stage has begun, or has ended."""
        if stage.ended is not None:
            self.say(progress.describe(stage))
        elif stage.finished == stage.failed == 0 and len(stage.running) == 1:
            self.say(f"{stage.name}: {stage.total} jobs begin")

    def show(self, progress: RunProgress) -> None:
        """Say how far the stages are that run."""
        running = [stage for stage in progress.stages.values() if stage.running]
        if running:
            self.say("; ".join(map(progress.describe, running)))

    def say(self, text: str) -> None:
        """Write a sentence."""
        print(text, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave all as it is."""


class _Bars:
    """Bars for a terminal, one a stage."""

    seconds = TERMINAL_SECONDS

    def begin(self, progress: RunProgress) -> None:
        """Draw a bar for every stage."""
        from tqdm import tqdm

        width = max(map(len, progress.stages))
        self._bars = {
            name: tqdm(total=stage.total, desc=name.ljust(width), position=place, bar_format=BAR, file=sys.stderr)
            for place, (name, stage) in enumerate(progress.stages.items())
        }
        self.show(progress)

    def change(self, progress: RunProgress, stage: Stage) -> None:
        """Move the bar of a stage."""
        now = progress.read_clock()
        bar, left = self._bars.get(stage.name), stage.estimate_left(now)
        if bar is None:
            return
        bar.total, bar.n = stage.total, stage.measure_done()
        elapsed = format_time(stage.measure_elapsed(now)) if stage.started is not None else "waits"
        failed = f", {stage.failed} failed" if stage.failed else ""
        bar.set_postfix_str(elapsed + (f", about {format_time(left)} left" if left is not None else "") + failed)

    def show(self, progress: RunProgress) -> None:
        """Move all bars."""
        for stage in progress.stages.values():
            self.change(progress, stage)

    def say(self, text: str) -> None:
        """Write a sentence above the bars."""
        from tqdm import tqdm

        tqdm.write(text, file=sys.stderr)

    def end(self) -> None:
        """Leave the bars as they are, and go on below them."""
        for bar in self._bars.values():
            bar.close()
        print(file=sys.stderr)
