"""What the pages of a package tell: taken from the configuration of the run and from its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from superice.dataset.publication import DEFAULTS, read_today
from superice.fields.grid import Grid, load_grid, name_area
from superice.package.contents import KINDS, PackagedFile
from superice.run.configuration import Configuration
from superice.run.paths import BRANCHES, RunPaths
from superice.run.providers import Provider, describe_publication_settings, list_providers


@dataclass(frozen=True)
class PackageFacts:
    """What is known of a package.

    Attributes
    ----------
    run
        The configuration.
    paths
        The files of the run.
    publication
        Who publishes: the section of the configuration with its defaults and the sentences of the providers.
    providers
        The providers of the inputs.
    files
        The files of the package.
    sizes
        Their bytes by name.
    today
        The day on which the package is made.
    """

    run: Configuration
    paths: RunPaths
    publication: Mapping[str, str]
    providers: Sequence[Provider]
    files: Sequence[PackagedFile]
    sizes: Mapping[str, int]
    today: date

    @property
    def grid(self) -> str:
        """Name of the target grid, or the place that it lies around."""
        return name_area(self.run.area)

    @cached_property
    def target(self) -> Grid:
        """The target grid."""
        return load_grid(self.run.areas, self.run.area)

    @property
    def periods(self) -> dict[str, tuple[date, date]]:
        """First and last day of the published ensembles of each branch that has some."""
        days = {branch: self.run.ensemble_days(self.run.published, branch) for branch in BRANCHES}
        return {branch: (found[0], found[-1]) for branch, found in days.items() if found}

    @property
    def abstract(self) -> str:
        """What the data set is, in a few sentences."""
        experiment = self.run.experiment(self.run.published)
        members = experiment["sampler"]["members"]
        branches = " and ".join(
            f"{_tell_period(self.count_days(branch), first, last)} "
            + ("from fields of the model at the resolution of satellites" if branch == "model" else "from satellites")
            for branch, (first, last) in self.periods.items()
        )
        return (
            f"Ensembles of {members} fields of sea ice thickness at {self.target.spacing} in the Arctic (grid {self.grid}),"
            f" drawn by a neural network (experiment {self.run.published}) for {branches}."
        )

    @property
    def times(self) -> list[float]:
        """When the files of the run were made, seconds since 1970; neither its code nor given weights are."""
        given = ("workflow", "weights")
        return [file.source.stat().st_mtime for file in self.files if file.kind not in given]

    def count_days(self, branch: str) -> int:
        """Return the number of days of the published ensembles of a branch."""
        return len(self.run.ensemble_days(self.run.published, branch))

    def count_bytes(self) -> int:
        """Return the bytes of all files."""
        return sum(self.sizes.values())

    def count_kinds(self) -> list[tuple[str, int, int, str]]:
        """Return folder, number of files, bytes and meaning of each kind of files that the package has."""
        count: Counter[str] = Counter()
        size: Counter[str] = Counter()
        for file in self.files:
            count[file.kind] += 1
            size[file.kind] += self.sizes[str(file.name)]
        return [(kind, count[kind], size[kind], text) for kind, text in KINDS.items() if count[kind]]

    def read_table(self, path: str) -> pd.DataFrame:
        """Return a CSV table of the run; empty where the run has none."""
        return pd.read_csv(path) if Path(path).is_file() else pd.DataFrame()


def _tell_period(days: int, first: date, last: date) -> str:
    return str(first) if days == 1 else f"{days} days from {first} to {last}"


def collect_facts(run: Configuration, paths: RunPaths, files: Sequence[PackagedFile]) -> PackageFacts:
    """Return the facts of a package with these files."""
    return PackageFacts(
        run=run,
        paths=paths,
        publication=DEFAULTS | describe_publication_settings(run),
        providers=list_providers(run),
        files=files,
        sizes={str(file.name): file.source.stat().st_size for file in files},
        today=read_today(),
    )
