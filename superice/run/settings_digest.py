"""Digests of the settings that decide an output, so that a change of another key remakes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from superice.fields.grid import load_grid, read_area
from superice.run.configuration import Configuration
from superice.run.paths import stamps
from superice.surrogate.configuration import SurrogateConfiguration
from superice.utils.provenance import compute_digest


class SettingsDigests:
    """Digests of what decides each kind of output of a run."""

    def __init__(self, run: Configuration) -> None:
        """Take a run; the definition of its grid counts, and not the file that it stands in."""
        self.run = run
        self.grid = read_area(run.content["grid"]["areas"], run.content["grid"]["area"])
        self.spacing_km = load_grid(run.content["grid"]["areas"], run.content["grid"]["area"]).step / 1000

    def of_sections(self, *sections: str) -> str:
        """Return the digest of whole sections of the configuration, and of the grid."""
        return compute_digest([self.grid, *(self.run.content[section] for section in sections)])

    def of_features(self, branch: str, feature_set: str | None) -> str:
        """Return the digest of what decides a branch's features."""
        return compute_digest([self.grid, self.run.feature_settings(branch, feature_set)])

    def of_training(self, experiment: str) -> str:
        """Return the digest of what decides a training, beside its seed and its days."""
        return compute_digest(self._sections_of(experiment, "network", "diffusion", "training"))

    def of_selection(self, experiment: str) -> str:
        """Return the digest of what decides the choice among an experiment's trainings."""
        scoring = {key: self.run.content[key] for key in ("scores", "selection")}
        return compute_digest([self.grid, self._sections_of(experiment, "sampler"), scoring])

    def of_ensemble(self, experiment: str, branch: str, feature_set: str | None) -> str:
        """Return the digest of what decides an ensemble: grid, features, experiment and training days."""
        settings = self.run.experiment(experiment)
        return compute_digest(
            [
                self.grid,
                *(self.run.feature_settings(name, feature_set) for name in ("model", branch)),
                {section: values for section, values in settings.items() if section != "ensembles"},
                stamps(self.run.calendar.split_days("training")),
            ]
        )

    def _sections_of(self, experiment: str, *sections: str) -> dict[str, Any]:
        settings = self.run.experiment(experiment)
        return {section: settings[section] for section in sections}

    def of_studies(self) -> str:
        """Return the digest of what is compared in the studies, and of the bootstrap."""
        studies = {name: asdict(study) for name, study in self.run.studies.items()}
        return compute_digest([studies, self.run.content["bootstrap"]])


class SurrogateDigests:
    """Digests of what decides each kind of output of the surrogate."""

    def __init__(self, run: Configuration, surrogate: SurrogateConfiguration) -> None:
        """Take the surrogate's configuration; the definition of its grid counts, and not the file that it stands in."""
        self.surrogate = surrogate
        self.grid = read_area(run.content["grid"]["areas"], surrogate.content["area"])

    def of_keys(self, *keys: str) -> str:
        """Return the digest of whole keys of the section ``surrogate``, and of its grid."""
        return compute_digest([self.grid, *(self.surrogate.content[key] for key in keys)])

    def of_training(self, experiment: str) -> str:
        """Return the digest of what decides a training, beside its seed."""
        settings = self.surrogate.experiment(experiment)
        return compute_digest({key: settings[key] for key in ("inputs", "network", "loss", "training")})

    def of_restoration(self) -> str:
        """Return the digest of what decides the training of the restoration's network, beside its seed."""
        return compute_digest(self.surrogate.restoration_network)

    def of_all(self) -> str:
        """Return the digest of the whole section."""
        return compute_digest(self.surrogate.content)
