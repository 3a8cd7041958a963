"""Write files atomically: a file has its final name only when it is complete."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from superice.errors import OutputError

if TYPE_CHECKING:
    import pandas
    import xarray

FULL_DISK_BYTES = 2**20  # a write that failed with less free space than this failed because the disk is full


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, to be written in a ``with`` block.

    When the block succeeds, the temporary file is renamed to ``path``; when it raises, the file is deleted. Raises
    OSError (ENOSPC) when the disk is full, whatever error the writing library reports, and OutputError when ``path``
    cannot be written for another reason.
    """
    path = Path(path)
    with _name_in_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_read_umask())
        with _name_in_errors(path):
            temporary.replace(path)
    except Exception as error:
        no_space = os.strerror(errno.ENOSPC)
        if no_space in str(error) or shutil.disk_usage(path.parent).free < FULL_DISK_BYTES:
            raise OSError(errno.ENOSPC, no_space, str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``, to be filled in a ``with`` block.

    When the block succeeds, the temporary folder is renamed to ``path``, in the place of a folder that was there; when it
    raises, it is deleted. Raises OutputError when ``path`` cannot be written.
    """
    path = Path(path)
    with _name_in_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent))
    content = temporary / path.name
    content.mkdir()
    try:
        yield content
        with _name_in_errors(path):
            if path.is_dir():
                path.rename(temporary / "before")
            content.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _name_in_errors(path: Path) -> Iterator[None]:
    """Let an error of the operating system name the file that was to be written, instead of a temporary one."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise OutputError(error.strerror, file=path) from error


def _read_umask() -> int:
    """Return the file mode mask of the process, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` in UTF-8."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_text_if_changed(path: str | Path, text: str) -> None:
    """Write UTF-8 text to ``path``, and make its folder, unless the file holds that text already."""
    path = Path(path)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    write_text(path, text)


def write_json(path: str | Path, content: object) -> None:
    """Write ``content`` as indented JSON."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_table(path: str | Path, table: pandas.DataFrame) -> None:
    """Write a table as CSV with six significant digits."""
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def read_json(path: str | Path) -> dict:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_dataset(path: str | Path, dataset: xarray.Dataset, encoding: dict | None = None) -> None:
    """Write an xarray dataset as compressed NetCDF-4; floating-point variables of two or more dimensions as float32.

    ``encoding``, by variable, extends the encoding chosen here and takes precedence over it.
    """
    chosen: dict[Hashable, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        chosen[name] = {}
        if variable.ndim >= 2:
            chosen[name] |= {"zlib": True, "complevel": 1, "shuffle": True}
            if variable.dtype.kind == "f":
                chosen[name] |= {"dtype": "float32"}
        chosen[name] |= (encoding or {}).get(name, {})
    with atomic_path(path) as temporary:
        dataset.to_netcdf(temporary, engine="netcdf4", format="NETCDF4", encoding=chosen)
