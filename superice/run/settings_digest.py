"""Digests of settings, which outputs name in their attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from superice.fields.grid import Area, load_grid, read_area
from superice.run.configuration import Configuration
from superice.run.paths import format_stamps
from superice.utils.provenance import compute_digest


def read_cells(areas: str | Path | None, area: Area) -> dict[str, Any]:
    """Read the definition of an area without its description, which decides nothing.

    Raises InputError as `superice.fields.grid.read_area` does.
    """
    return {key: value for key, value in read_area(areas, area).items() if key != "description"}


class SettingsDigests:
    """Digests of the settings that decide features and ensembles.

    Attributes
    ----------
    area
        Digest of the definition of the target grid; its description and the file that it stands in do not count.
    spacing_km
        Spacing of the target grid in km.
    """

    def __init__(self, run: Configuration, folder: Path = Path()) -> None:
        """Take a run, and the folder where Snakemake was started.

        Raises InputError for a grid that is not defined.
        """
        self.run = run
        areas = folder / run.areas
        self._training_days = format_stamps(run.calendar.split_days("training"))
        self._validation_days = format_stamps(run.calendar.split_days("validation"))
        self._area = read_cells(areas, run.area)
        self.area = compute_digest(self._area)
        self.spacing_km = load_grid(areas, run.area).step / 1000

    def digest_features(self, branch: str, feature_set: str | None) -> str:
        """Return the digest of what decides a branch's features."""
        return compute_digest([self._area, self.run.feature_settings(branch, feature_set)])

    def digest_ensemble(self, experiment: str, branch: str, feature_set: str | None) -> str:
        """Return the digest of what decides an ensemble: grid, features, experiment, training days and selection."""
        settings = self.run.experiment(experiment)
        return compute_digest(
            [
                self._area,
                *(self.run.feature_settings(name, feature_set) for name in ("model", branch)),
                {section: values for section, values in settings.items() if section != "ensembles"},
                self._training_days,
                self._validation_days,
                self.run.content["selection"],
            ]
        )
