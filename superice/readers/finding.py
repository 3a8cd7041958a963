"""Find the file of a product for a day, by the dates in the names of the files in a folder."""

from __future__ import annotations

import filecmp
import os
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from superice.errors import InputError, MachineError, MissingInput
from superice.utils.machine import find_fault

# A date in a name: year and two pairs of digits, usually month and day.
STAMP = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)")
# Dates in the names that are expected: days, also of a year.
DATES = re.compile(r"\d{8}|\d{4}d\d{3}")
PACKED = (".zip", ".gz", ".tar", ".tgz", ".bz2", ".xz", ".grib", ".grb", ".grib2")  # what downloads often are
# How well a file name suits a day, as a key to sort by; None when the file is not for that day.
Rank = Callable[[str, date], tuple | None]
# Whether a file contains a day, for names that leave this open.
Holds = Callable[[Path, date], bool]


@lru_cache(maxsize=64)
def format_day(day: date) -> str:
    """Return a day as YYYYMMDD. All names of a folder are compared with it, so that it is kept."""
    return f"{day:%Y%m%d}"


def list_months(day: date, days_around: int) -> list[date]:
    """Return the first day of every month that lies within ``days_around`` days of ``day``, in order."""
    days = [day + timedelta(offset) for offset in range(-days_around, days_around + 1)]
    return list(dict.fromkeys(near.replace(day=1) for near in days))


def list_files(folder: str | Path, months: Iterable[date]) -> list[str]:
    """Return the NetCDF files in ``folder``, in its subfolders and in its ``YYYY/MM`` of the ``months``, sorted.

    The search goes no deeper: it is repeated for every date, and folders may hold many years on a parallel file system.
    For the same reason the paths are texts.
    """
    files, subfolders = _scan(str(folder))
    for subfolder in subfolders:
        if os.access(subfolder, os.R_OK | os.X_OK):  # lost+found, for instance, is for the system alone
            files += _scan(subfolder)[0]
    for month in months:
        files += _scan(os.path.join(folder, f"{month:%Y}", f"{month:%m}"))[0]
    return sorted(files)


def _scan(folder: str) -> tuple[list[str], list[str]]:
    """Return the NetCDF files and the subfolders of a folder, none when there is no such folder; hidden ones are left out.

    Raises MachineError when the folder is there and cannot be read.
    """
    files, subfolders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.name.endswith(".nc"):
                    files.append(entry.path)
                elif entry.is_dir():
                    subfolders.append(entry.path)
    except OSError as error:
        fault = find_fault(error)
        if fault is not None:
            raise MachineError(fault, file=folder) from error
        return [], []
    return files, subfolders


def find_best_file(
    product: str,
    folder: str | Path,
    day: date,
    rank: Rank,
    days_around: int = 0,
    holds: Holds | None = None,
    example: str = "",
) -> Path:
    """Find the file of ``day`` in ``folder``, in its subfolders or in its ``YYYY/MM``.

    Parameters
    ----------
    product
        Name of the product in error messages.
    folder
        Where to search.
    day
        The day.
    rank
        Ranks a file by its name; the file with the highest rank is chosen.
    days_around
        A file may lie in the folder of any month within this many days of ``day``.
    holds
        Looks into a ranked file whose name does not say whether it contains the day.
    example
        A name that a file of the day may have, for the message when there is none.

    Raises
    ------
    MissingInput
        When no file is for the day. Says what is expected, and names a file that is nearly that.
    InputError
        When two files of the highest rank have different contents.
    MachineError
        When a folder is there and cannot be read.
    """
    files = list_files(folder, list_months(day, days_around))
    ranked = []
    for file in files:
        key = rank(os.path.basename(file), day)
        if key is not None and (holds is None or holds(Path(file), day)):
            ranked.append((key, Path(file)))
    if not ranked:
        reason = _explain_missing(files, day, rank, folder, example, days_around)
        raise MissingInput(reason, product=product, file=folder)
    ranked.sort()
    highest, chosen = ranked.pop()
    for key, path in ranked:
        if key == highest and not filecmp.cmp(path, chosen, shallow=False):
            raise InputError(f"two files for {day} that differ; keep one", product=product, file=chosen, value=path)
    return chosen


def _explain_missing(
    files: list[str], day: date, rank: Rank, folder: str | Path, example: str, days_around: int
) -> str:
    """Return the reason why no file was found, what is expected, and which file may be that one under another name."""
    names = sorted(map(os.path.basename, files))
    for name in names:
        has_impossible_month = any(int(month) > 12 for _, month, _ in STAMP.findall(name))
        if has_impossible_month and rank(STAMP.sub(r"\1\3\2", name), day):
            return f"no file for {day}; {name} may be that file, with the day before the month in its name (YYYYDDMM)"
    reason = f"no file for {day} {describe_folder(folder, len(files))}"
    if not example:
        return reason
    dates = DATES.findall(example)
    for name in names:
        is_near = format_day(day) in name or all(stamp in name for stamp in dates)
        if is_near and rank(name, day) is None and not _is_of_another_day(name, rank, days_around):
            return f"{reason}; {name} may be that file, but a name such as {example} is expected: rename it if it is"
    return f"{reason}; a name such as {example} is expected"


def _is_of_another_day(name: str, rank: Rank, days_around: int) -> bool:
    """Return whether a name is a proper one of a day within ``days_around`` days of a date in it, as that of a week is."""
    for year, month, day in STAMP.findall(name):
        try:
            stamp = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if any(rank(name, stamp + timedelta(offset)) for offset in range(-days_around, days_around + 1)):
            return True
    return False


def describe_folder(folder: str | Path, files: int) -> str:
    """Return where was looked, for a message: how many NetCDF files there are, or what is there instead."""
    if not os.path.isdir(folder):
        return "as there is no such folder"
    others = [] if files else sorted(name for name in os.listdir(folder) if name.lower().endswith(PACKED))
    instead = f"; {others[0]} must be unpacked or converted" if others else ""
    return f"among the {files} NetCDF files there and in its subfolders{instead}"
