"""Compare a copy of a package with its manifest."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import bagit
from tqdm import tqdm

from superice.errors import InputError

TABLE = "files.csv"  # in the payload: what each file is, and its bytes
PAYLOAD = "data"
ALGORITHM = "sha256"
BLOCK = 2**20  # bytes that are read at once


@dataclass(frozen=True)
class Difference:
    """A file that differs from the manifest.

    Attributes
    ----------
    name
        Its path in the package.
    reason
        What is wrong with it.
    """

    name: str
    reason: str


def find_differences(folder: str | Path, progress: bool = False) -> tuple[list[Difference], int]:
    """Return the files of a package that differ from its manifest, and the number of files in the manifest.

    A file of another size is not read further. Raises InputError for a folder that is no package.
    """
    folder = Path(folder)
    digests = _read_manifests(folder)
    sizes = _read_sizes(folder / PAYLOAD / TABLE)
    present = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    found = [Difference(name, "missing") for name in digests if name not in present]
    found += [Difference(name, "additional") for name in present if name not in digests and not _is_tag(name)]
    found += _compare_files(present, digests, sizes, progress)
    return sorted(found, key=lambda one: one.name), len(digests)


def _is_tag(name: str) -> bool:
    """Return whether a file is in no manifest: the list of the manifests, and Snakemake's mark of a folder that it made."""
    return name in (f"tagmanifest-{ALGORITHM}.txt", ".snakemake_timestamp")


def _read_manifests(folder: Path) -> dict[str, str]:
    """Return the digest of every file by its name."""
    if not (folder / "bagit.txt").is_file():
        raise InputError(
            "is not a package, since it holds no bagit.txt: name the folder that `snakemake package` makes, or a copy of it",
            file=folder,
        )
    try:
        bag = bagit.Bag(str(folder))
    except bagit.BagError as error:
        raise InputError(f"is not a package that can be verified ({error})", file=folder) from error
    digests = {name: of_file[ALGORITHM] for name, of_file in bag.entries.items() if ALGORITHM in of_file}
    if not any(name.startswith(f"{PAYLOAD}/") for name in digests):
        raise InputError(f"its manifest-{ALGORITHM}.txt is missing or lists no file", file=folder)
    return digests


def _read_sizes(table: Path) -> dict[str, int]:
    """Return the bytes of files by name as a package tells them; of none where the table is missing or was changed."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            return {f"{PAYLOAD}/{row['file']}": int(row["bytes"]) for row in csv.DictReader(file)}
    except (OSError, KeyError, ValueError, TypeError):
        return {}


def _compare_files(
    present: Mapping[str, Path], digests: Mapping[str, str], sizes: Mapping[str, int], progress: bool
) -> Iterator[Difference]:
    listed = {name: present[name] for name in digests if name in present}
    total = sum(path.stat().st_size for path in listed.values())
    with tqdm(total=total, unit="B", unit_scale=True, disable=not progress) as bar:
        for name, path in listed.items():
            size, expected = path.stat().st_size, sizes.get(name)
            if expected is not None and size != expected:
                bar.update(size)
                yield Difference(name, f"other size ({size} bytes, {expected} are expected)")
            elif _digest(path, bar) != digests[name]:
                yield Difference(name, "other digest")


def _digest(path: Path, bar: tqdm) -> str:
    digest = hashlib.new(ALGORITHM)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            bar.update(len(block))
    return digest.hexdigest()
