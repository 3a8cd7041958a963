"""Digests of the code that makes an output, so that a changed function remakes what it makes and nothing else.

A script's digest covers its own syntax tree and those of all package modules that it imports, directly or not, with the
data files (templates, captions) that these name. Docstrings and comments leave it unchanged.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parents[1]
# What never changes a number in an output.
EXCEPTIONS = frozenset(
    {
        "superice",  # holds the version, which outputs name
        "superice.errors",  # the wording of errors
        "superice.figures.catalogue",  # options and help; a figure's module is named when its digest is asked for
        "superice.utils.command_line",  # options, help and exit codes
        "superice.utils.files",  # temporary names and renaming
        "superice.utils.machine",  # which errors end a job
        "areas.yaml",  # the grid of a run is part of its settings' digests
    }
)


class _Code(NamedTuple):
    """What a digest needs of one file: the modules it imports, and its code and data as text."""

    imports: frozenset[str]
    text: str


@cache
def digest_code(script: str | Path, *modules: str) -> str:
    """Return the digest of the code that a script runs.

    Parameters
    ----------
    script : str or Path
        The Python file.
    *modules : str
        Dotted names of package modules that the script imports by a name known only at run time.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    texts = [_read_code(Path(script)).text]
    texts += [_read_code(_find_file(name)).text for name in list_modules(script, *modules)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def list_modules(script: str | Path, *modules: str) -> list[str]:
    """Return the sorted names of the package modules that a script's digest covers."""
    found: set[str] = set()
    waiting = {*_read_code(Path(script)).imports, *modules}
    while waiting:
        name = waiting.pop()
        if name not in EXCEPTIONS and name not in found:
            found.add(name)
            waiting |= _read_code(_find_file(name)).imports
    return sorted(found)


@cache
def _read_code(path: Path) -> _Code:
    tree = ast.parse(path.read_bytes(), filename=str(path))
    imports = frozenset(name for name in _list_imported_names(tree) if _find_file(name))
    data = [file.read_text(encoding="utf-8") for file in _list_data_files(tree, path.parent)]
    _drop_docstrings(tree)
    return _Code(imports, "\n".join([ast.unparse(tree), *data]))


def _list_imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a file imports from the package, at the top or in a function."""
    for node in _walk_runtime_code(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE.name)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE.name:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _walk_runtime_code(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree, without the blocks under ``if TYPE_CHECKING``."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING"):
            yield from _walk_runtime_code(child)


@cache
def _find_file(name: str) -> Path | None:
    """Return the file of a module; None for the name of anything else."""
    base = PACKAGE.parent.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _list_data_files(tree: ast.AST, folder: Path) -> list[Path]:
    """Return the files beside a module whose names stand in it as text."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = {text for text in texts if text.endswith((".yaml", ".geojson", ".j2")) and "/" not in text}
    return [folder / name for name in sorted(names - EXCEPTIONS) if (folder / name).is_file()]


def _drop_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
