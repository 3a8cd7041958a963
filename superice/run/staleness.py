"""Tell which outputs of a run are stale: made by other code, or with other settings, than the present ones.

Snakemake records the params of each job, in which digests of code and settings are, and the checksums of its small inputs,
which files of settings are. A plan finds the same by them, and more (a newer input), at the cost of the whole plan.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from superice.run.code_digest import digest_code
from superice.run.configuration import Configuration
from superice.run.job_records import read_record
from superice.run.paths import RunPaths
from superice.run.settings_files import collect_settings, format_settings
from superice.surrogate.configuration import SurrogateConfiguration

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"


class Maker(NamedTuple):
    """What makes the outputs of a stage.

    Attributes
    ----------
    script
        Name of the script.
    settings
        Name of the file of settings that it is given.
    digest
        Digest of settings that is a param of the job; empty where none is.
    """

    script: str
    settings: str
    digest: str = ""


class Present:
    """The present code and settings of a run."""

    def __init__(self, run: Configuration, paths: RunPaths, folder: Path) -> None:
        """Take a run, its files, and the folder where Snakemake was started."""
        self.run = run
        self.paths = paths
        self.folder = folder

    @cached_property
    def _settings(self) -> dict[str, dict[str, Any]]:
        return collect_settings(self.run, SurrogateConfiguration(self.run.surrogate))

    def is_stale(self, output: str, maker: Maker) -> bool:
        """Return whether an output was made by other code or with other settings.

        An output without a record of Snakemake's counts as made by the present ones, as a plan takes it.
        """
        record = read_record(self.folder, output)
        params = record.get("params")
        if params is not None and not self._list_digests(maker) <= set(params):
            return True
        recorded = (record.get("input_checksums") or {}).get(self.paths.settings(maker.settings))
        return recorded is not None and recorded.removeprefix("sha256:") != self._compute_checksum(maker.settings)

    def _list_digests(self, maker: Maker) -> set[str]:
        """Return the digests that stand among the params of a job, as Snakemake writes them."""
        digests = {maker.digest} if maker.digest else set()
        script = SCRIPTS / f"{maker.script}.py"
        if script.exists():  # an installed package has none
            digests.add(digest_code(script))
        return {repr(digest) for digest in digests}

    def _compute_checksum(self, name: str) -> str:
        return hashlib.sha256(format_settings(self._settings[name]).encode()).hexdigest()
