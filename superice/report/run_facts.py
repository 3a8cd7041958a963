"""Collect facts about a run: versions, machine, weights, times by rule, and coverage of the observations."""

from __future__ import annotations

import ast
import json
import math
import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd
from safetensors import safe_open

from superice import __version__
from superice.utils.provenance import digest_file

PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "xarray",
    "netCDF4",
    "pyproj",
    "pyresample",
    "matplotlib",
    "cartopy",
    "snakemake",
)


def list_versions() -> dict[str, str]:
    """Return the versions of this package, of those that it builds on, and of Python, and the machine."""
    versions = {"superice": __version__}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions | {"python": platform.python_version(), "machine": describe_machine()}


def describe_machine() -> str:
    """Return system, architecture and number of cores of the machine that makes the report."""
    return f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"


def tabulate_weights(files: Sequence[Path]) -> pd.DataFrame:
    """Return, for each file of weights, its training, seed, number of parameters and digest (SHA-256, 12 digits)."""
    rows = []
    for path in files:
        with safe_open(path, framework="numpy") as file:
            origin = json.loads(file.metadata()["superice"])["origin"]
            shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118  no mapping
        numbers = sum(math.prod(shape) for shape in shapes)
        digest = digest_file(path)
        rows.append(
            {"training": origin["experiment"], "seed": str(origin["seed"]), "numbers": f"{numbers:,}", "digest": digest}
        )
    return pd.DataFrame(rows)


def add_days_with_values(summary: dict[str, str], days: pd.DataFrame) -> dict[str, str]:
    """Return the facts of a run with the number of days that have all inputs, for each branch in which some have not.

    ``days`` is the table ``calendar.csv`` with the days of every season and period, and those that the sources hold.
    """
    facts = dict(summary)
    for branch, key in (("model", "model days"), ("observations", "observed days")):
        found = days[days.branch == branch] if len(days) else days
        planned, available = (int(found[column].sum()) if len(found) else 0 for column in ("days", "available"))
        if available < planned:
            facts[key] = f"{summary[key]}; {available} of {planned} days with all inputs"
    return facts


def tabulate_coverage(days: pd.DataFrame) -> pd.DataFrame:
    """Return, for each month, the shares of the ice pixels that lack each product and that have all inputs, in percent.

    ``days`` is the table ``coverage.csv`` with numbers of pixels for every observed day.
    """
    if days.empty:
        return pd.DataFrame()
    month = days.date.str[:7]
    totals = days.drop(columns=["kept_percent", "notes"], errors="ignore").groupby(month).sum(numeric_only=True)
    shares = 100 * totals.drop(columns="ice_pixels").div(totals.ice_pixels, axis=0)
    shares = shares.rename(columns=lambda name: f"{name.replace('_pixels', '').replace('_', ' ')} (%)").round(1)
    table = shares.reset_index(names="month")
    table.insert(1, "dates", days.groupby(month).size().to_numpy())
    return table


def tabulate_degraded(days: pd.DataFrame) -> pd.DataFrame:
    """Return the observed days of which a product says that it is worse than on others: date and notes.

    ``days`` is the table ``coverage.csv``; those of older runs have no notes.
    """
    if "notes" not in days:
        return pd.DataFrame()
    return days.loc[days.notes.notna(), ["date", "notes"]].reset_index(drop=True)


def tabulate_times(folder: str | Path) -> pd.DataFrame:
    """Return jobs, seconds, largest memory and GPU hours of every rule, from the benchmark files below ``folder``.

    GPU hours are the time for which GPUs were held. They are known where a benchmark file lists the resources of its
    job (``benchmark-extended``), and left out where no file does.
    """
    folder = Path(folder)
    jobs = [_read_benchmark(path, folder) for path in sorted(folder.rglob("*.tsv"))]
    if not jobs:
        return pd.DataFrame()
    rules = pd.DataFrame(jobs).groupby("rule")
    table = pd.DataFrame(
        {
            "rule": list(rules.groups),
            "jobs": rules.size().to_numpy(),
            "seconds, all jobs": rules.seconds.sum().round(1).to_numpy(),
            "seconds, median job": rules.seconds.median().round(1).to_numpy(),
            "largest memory (MB)": rules.memory.max().round(0).to_numpy(),
            "GPU hours": rules.gpu_hours.sum(min_count=1).round(2).to_numpy(),
        }
    )
    return table if table["GPU hours"].notna().any() else table.drop(columns="GPU hours")


def _read_benchmark(path: Path, folder: Path) -> dict[str, str | float]:
    """Return rule, seconds, memory in MB and GPU hours of a job. The rule is the file or folder below ``folder``."""
    measured = pd.read_csv(path, sep="\t", na_values="-")
    seconds = measured.s.sum()
    return {
        "rule": path.relative_to(folder).parts[0].removesuffix(".tsv"),
        "seconds": seconds,
        "memory": measured.max_rss.max(),
        "gpu_hours": seconds * _count_gpus(measured) / 3600,
    }


def _count_gpus(measured: pd.DataFrame) -> float:
    """Return the number of GPUs that a job was given, NaN where its benchmark file does not say."""
    if "resources" not in measured:
        return float("nan")
    return ast.literal_eval(measured.resources.iloc[0]).get("gpu", 0)
