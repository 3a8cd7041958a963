"""Merge configuration files: what a file includes lies under it, and a later file wins over an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from superice.errors import InputError
from superice.utils.command_line import read_settings
from superice.utils.settings import merge_sections

PLACED = (("grid", "areas"), ("volume", "regions"))
"""Keys that name a file which is looked for beside the configuration file that names it."""


def read_includes(content: Mapping[str, Any], *folders: str | Path) -> dict[str, Any]:
    """Return a configuration with the files that its key ``include`` names under it.

    A name stands for ``<folder>/<name>.yaml`` in the first of the folders that has it. What the configuration states
    wins over its includes, a later include over an earlier one. Keys of Snakemake itself are left out. Raises InputError
    naming a file that is missing or holds no mapping.
    """
    under: dict[str, Any] = {}
    for name in content.get("include") or []:
        path = find_include(name, folders)
        included = place_files(read_settings(str(path)), path.parent)
        under = merge_sections(under, read_includes(included, path.parent, *folders))
    under = merge_sections(under, content)
    return {key: value for key, value in under.items() if key not in ("include", "pathvars")}


def place_files(content: Mapping[str, Any], folder: str | Path) -> dict[str, Any]:
    """Return a configuration that was read from a folder with the files of `PLACED` beside it, where they are.

    Otherwise a file is looked for from where Snakemake is started, as all other files and folders are.
    """
    placed = dict(content)
    for section, key in PLACED:
        named = _find_named(content, section, key)
        if isinstance(named, str) and (path := Path(folder, named)).is_file():
            placed[section] = {**content[section], key: str(path)}
    return placed


def place_merged_files(content: Mapping[str, Any], files: Sequence[str | Path]) -> dict[str, Any]:
    """Return a merged configuration with each file of `PLACED` beside the last configuration file that names it."""
    placed = dict(content)
    for section, key in PLACED:
        named = _find_named(content, section, key)
        for path in reversed(files):
            if named and _find_named(read_settings(str(path)), section, key) == named:
                folder = Path(path).absolute().parent
                within = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
                placed[section] = place_files({section: placed[section]}, within)[section]
                break
    return placed


def _find_named(content: Mapping[str, Any], section: str, key: str) -> Any:
    """Return what a section of a configuration gives for a key; None where there is no such section."""
    values = content.get(section)
    return values.get(key) if isinstance(values, Mapping) else None


def find_include(name: str, folders: Sequence[str | Path]) -> Path:
    """Return the file of a name in ``include``. Raises InputError when no folder has it."""
    for folder in folders:
        path = Path(folder) / f"{name}.yaml"
        if path.is_file():
            return path
    raise InputError(f"include: there is no file {name}.yaml in {', '.join(map(str, folders))}", value=name)


def merge_configurations(*contents: Mapping[str, Any]) -> dict[str, Any]:
    """Return configurations merged section by section; a later one wins over an earlier one."""
    return reduce(merge_sections, contents, {})
