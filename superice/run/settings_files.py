"""Files of merged settings, so that every command of a run can be repeated by hand."""

from __future__ import annotations

from typing import Any

import yaml

from superice.run.configuration import Configuration
from superice.run.paths import RunPaths
from superice.surrogate.configuration import SurrogateConfiguration
from superice.utils.files import write_text


def collect_settings(run: Configuration, surrogate: SurrogateConfiguration) -> dict[str, dict[str, Any]]:
    """Return the content of every settings file by its name: of the whole run, its feature sets and experiments.

    An experiment's file holds its own sections and the features that it draws from, whole.
    """
    files = {"configuration": run.content, "feature_sets/default": run.features()}
    files |= {f"feature_sets/{name}": run.features(name) for name in run.content["feature_sets"]}
    for name in run.content["experiments"]:
        files[name] = run.experiment(name) | {"features": run.features(run.feature_set(name))}
    files["surrogate/configuration"] = surrogate.content
    files["surrogate/restoration"] = surrogate.restoration_network
    files |= {f"surrogate/{name}": surrogate.experiment(name) for name in surrogate.content["experiments"]}
    return files


def write_settings(paths: RunPaths, files: dict[str, dict[str, Any]]) -> None:
    """Write the settings files of a run, as YAML."""
    for name, content in files.items():
        write_text(paths.settings(name), yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
