"""Read what Snakemake has left of its jobs: marks of those that are running, records of those that have ended."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

LONGEST_NAME = 254  # characters of a part of an encoded path


def find_running(folder: Path) -> set[str]:
    """Return the outputs, as paths from the workflow's folder, that a controller has submitted or is running.

    Snakemake marks an output when its job is sent and takes the mark away when it has ended. A mark with the number of a
    SLURM job that is not in the queue was left by a controller that was killed, and does not count.
    """
    marks = {path: _read_json(path).get("external_jobid") for path in _list_files(folder / ".snakemake/incomplete")}
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


def read_record(folder: Path, output: str) -> dict[str, Any]:
    """Return Snakemake's record of the job that made an output; an empty one where there is none that can be read.

    Parameters
    ----------
    folder : Path
        Where Snakemake was started.
    output : str
        The output's path from there.
    """
    code = urlsafe_b64encode(output.encode()).decode()
    *parts, last = (code[at : at + LONGEST_NAME] for at in range(0, len(code), LONGEST_NAME))
    path = folder.joinpath(".snakemake/metadata", *(f"@{part}" for part in parts), last)
    return _read_json(path)


def _read_json(path: Path) -> dict[str, Any]:
    """Return the content of a file that Snakemake may be writing or deleting just now; an empty one if it is not whole."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
