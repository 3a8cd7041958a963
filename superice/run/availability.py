"""Count what a run has: days with inputs, as a day without usable ones is made as well and is empty, and measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from superice.dataset.layout import POINTS_NOTE
from superice.run.paths import BRANCHES, RunPaths
from superice.utils.files import read_json


def is_empty_day(record: Path) -> bool:
    """Return whether the record of a day says that nothing can be drawn from it; without a readable one it does not."""
    found = _read_record(record)
    return not found.get("available", True) and not found.get("has_thickness", False)


def has_all_inputs(record: Path) -> bool:
    """Return whether the record of a day does not say that an input is missing."""
    return _read_record(record).get("available", True)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except (OSError, ValueError):
        return {}


def describe_inputs(paths: RunPaths, folder: Path = Path()) -> list[str]:
    """Return a sentence for each branch with features: how many of its days have all inputs, or some.

    One more where no measurement is of the run's days and places.

    Parameters
    ----------
    paths : RunPaths
        The run's files.
    folder : Path
        Where Snakemake was started.
    """
    sentences = []
    for branch in BRANCHES:
        records = [folder / path for path in paths.all_records(branch)]
        made = [record for record in records if record.exists()]
        if made:
            # Targets that need no table of all days have the records alone.
            reasons = paths.missing if (folder / paths.missing).exists() else f"{paths.records}/{branch}/<date>.json"
            sentences.append(f"{branch}: {_count_values(made, len(records), reasons)}")
    tables = [folder / path for path in paths.comparisons()]
    if any(table.exists() and len(table.read_text(encoding="utf-8").splitlines()) < 2 for table in tables):
        note = _read_points_note(folder / paths.in_situ)
        sentences.append(f"measurements: none is of a day and a place where the run has values (sources.in_situ){note}")
    return sentences


def _read_points_note(path: Path) -> str:
    """Return what the file of members at measurements says of the points that were read; nothing where it cannot."""
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            return f": {file.getncattr(POINTS_NOTE)}"
    except (OSError, AttributeError):
        return ""


def _count_values(made: list[Path], planned: int, reasons: str) -> str:
    empty, complete = sum(map(is_empty_day, made)), sum(map(has_all_inputs, made))
    partly = len(made) - empty - complete
    sentence = f"{complete} of {planned} days with all inputs"
    if partly:
        sentence += f", {partly} with some"
    if len(made) < planned:
        sentence += f", {planned - len(made)} not yet made"
    if empty:
        sentence += f", {empty} empty"
    return f"{sentence}: {reasons} names the reasons" if empty or partly else sentence
