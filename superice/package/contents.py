"""The files of a package, and what each kind of them is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from superice.errors import InputError

KINDS = {
    "model/features": "fields of the model on the target grid and, as *_reprocessed, at the resolution of satellites",
    "model/predictions": "ensembles drawn from the model's fields at the resolution of satellites",
    "model/summaries": "what the members say at each pixel: mean, spread, quantiles, shares by thickness",
    "model/season.zarr": "the summaries of all dates, with means by month",
    "observations/features": "fields of the satellites on the target grid, with the reasons of the mask",
    "observations/predictions": "ensembles drawn from the satellites' fields",
    "observations/summaries": "what the members say at each pixel: mean, spread, quantiles, shares by thickness",
    "observations/season.zarr": "the summaries of all dates, with means by month",
    "volumes": "volumes by region, every member by itself; bands by day and by month",
    "scores": "scores on dates whose truth is known, and comparison with measurements",
    "training": "weights of the network that the ensembles are drawn with, and how they were chosen",
    "weights": "weights of the network that the ensembles are drawn with",
    "settings": "the configuration of the run, with all defaults",
    "workflow": "the workflow and the package that made the files",
}
"""By the folder in the package, without the folder of another feature set."""
FEATURE_SETS = "feature_sets"
"""Holds a folder with those of ``KINDS`` for each feature set but the run's own."""
OBSERVED = "observations"
WITHOUT_INPUTS = ("weights", "settings", "workflow")
REGIONS = "regions.nc"


@dataclass(frozen=True)
class PackagedFile:
    """A file of a package.

    Attributes
    ----------
    source
        Where the run has it.
    name
        Its path in the package.
    """

    source: Path
    name: PurePosixPath

    @property
    def kind(self) -> str:
        """The folder of ``KINDS`` that it lies in; empty for a file beside these folders.

        The first folders of the path decide, behind that of another feature set; a folder of that name further down, such
        as one of the package's own, does not.
        """
        parts = self.name.parts[2:] if self.name.parts[0] == FEATURE_SETS else self.name.parts
        return next((kind for kind in KINDS if f"{kind}/" == "/".join([*parts[: kind.count("/") + 1], ""])), "")

    @property
    def branch(self) -> str:
        """Return the branch that it belongs to; ``observations`` where it holds both, ``model`` for a training."""
        is_model = "model" in (*self.name.parts, self.name.stem) or self.kind == "training"
        return "model" if is_model else OBSERVED

    @property
    def rests_on_inputs(self) -> bool:
        """Whether it is made from inputs of the run: no code, setting or region is, nor are weights that were given."""
        return self.kind not in WITHOUT_INPUTS and self.name.name != REGIONS


def list_files(paths: Iterable[str | Path], folder: str | Path) -> list[PackagedFile]:
    """Return the files of a run at paths, with those of folders among them, in the order of their names.

    A file outside the run's folder, such as given weights, lies in ``weights``. Raises InputError naming one that is not
    there.
    """
    folder = Path(folder)
    found = {}
    for path in map(Path, paths):
        within = path.is_relative_to(folder)
        base = PurePosixPath(path.relative_to(folder).as_posix()) if within else PurePosixPath("weights", path.name)
        for file in _walk(path):
            name = base / file.relative_to(path).as_posix()
            found[name] = PackagedFile(file, name)
    return [found[name] for name in sorted(found)]


def _walk(path: Path) -> Iterator[Path]:
    """Yield a file, or all files of a folder but hidden ones, which are Snakemake's."""
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith("."))
    elif path.is_file():
        yield path
    else:
        raise InputError("is not there: make it before the package", file=path)


CODE = ("Snakefile", "LICENSE", "CITATION.cff", "pyproject.toml", "config", "envs", "superice", "workflow")
"""What of a clone makes the files of a run."""


def list_code(clone: str | Path) -> list[PackagedFile]:
    """Return the files of the workflow and of the package, as they lie below ``workflow`` in a package."""
    clone = Path(clone)
    files = [file for name in CODE if (clone / name).exists() for file in _walk(clone / name)]
    kept = [file for file in files if "__pycache__" not in file.parts and file.suffix != ".sif"]
    return [PackagedFile(file, PurePosixPath("workflow", file.relative_to(clone).as_posix())) for file in kept]
