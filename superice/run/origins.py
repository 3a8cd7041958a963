"""Name the configuration file that states a wrong key, among the many files of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from superice.errors import InputError
from superice.run.merging import find_include
from superice.utils.command_line import read_settings
from superice.utils.settings import OUTERMOST, SettingsError

COMMAND_LINE = "--config"  # Snakemake's option, which wins over all files
LEADING_KEY = re.compile(r"([\w.]+): ")  # what the sentences of checks begin with


def name_origin(
    error: InputError, content: Mapping[str, Any], files: Sequence[str | Path], folders: Sequence[str | Path]
) -> InputError:
    """Return an error of a configuration that names the file which states its key, where one does.

    Parameters
    ----------
    error
        What was found in the merged configuration.
    content
        The configuration as the files and the command line state it, without what they include.
    files
        The configuration files, a later one on top of an earlier one.
    folders
        Where the files that they include are looked for.
    """
    key: Sequence[int | str] = ()
    if isinstance(error, SettingsError):
        key = error.key
    elif found := LEADING_KEY.match(error.reason):
        key = found[1].split(".")
        if not _is_value(key, content, files, folders):
            return error  # sections that do not go together are of no single file
    origin = _find_origin(key, content, files, folders) if key and error.file is None else None
    return InputError(str(error).removeprefix(f"{OUTERMOST}: "), file=origin) if origin else error


def _is_value(
    key: Sequence[int | str], content: Mapping[str, Any], files: Sequence[str | Path], folders: Sequence[str | Path]
) -> bool:
    """Return whether the key has a value that is no section, in the configuration with all that it includes."""
    contents = [content, *(read_settings(str(path)) for path in _list_files(content, files, folders))]
    found = [value for value in (_look_up(one, key) for one in contents) if value is not None]
    return bool(found) and not isinstance(found[0], Mapping)


def _find_origin(
    key: Sequence[int | str],
    content: Mapping[str, Any],
    files: Sequence[str | Path],
    folders: Sequence[str | Path],
) -> str | None:
    stated = _look_up(content, key)
    for path in _list_files(content, files, folders):
        value = _look_up(read_settings(str(path)), key)
        if value is not None:
            is_overruled = stated is not None and not isinstance(value, Mapping) and str(value) != str(stated)
            return COMMAND_LINE if is_overruled else str(path)
    return COMMAND_LINE if stated is not None else None


def _list_files(
    content: Mapping[str, Any], files: Sequence[str | Path], folders: Sequence[str | Path]
) -> Iterator[str | Path]:
    """Yield the files of a configuration, the one that wins first, and then those that it includes."""
    yield from reversed(files)
    for name in reversed(content.get("include") or []):
        path = find_include(name, folders)
        yield from _list_files(read_settings(str(path)), [path], [path.parent, *folders])


def _look_up(content: Any, key: Sequence[int | str]) -> Any:
    """Return the value under the keys; None where there is none."""
    for part in key:
        if isinstance(content, Mapping):
            content = content.get(part)
        elif isinstance(content, list) and str(part).isdigit() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content
