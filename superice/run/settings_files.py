"""Files of merged settings, which rules hand to their scripts: every command of a run can be repeated by hand.

Each file holds what decides one kind of output and nothing else, so a change of the file is the reason to make that output
again, and a change of another key is none.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import yaml

from superice.run.configuration import Configuration
from superice.run.paths import BRANCHES
from superice.run.providers import describe_publication_settings
from superice.surrogate.configuration import SurrogateConfiguration

SECTIONS = ("calendar", "synthetic", "scores", "bootstrap")


def collect_settings(run: Configuration, surrogate: SurrogateConfiguration) -> dict[str, dict[str, Any]]:
    """Return the content of every settings file by its name, such as ``reference/training``."""
    files = {"configuration": run.content} | {name: {name: run.content[name]} for name in SECTIONS}
    studies = {name: asdict(study) for name, study in run.studies.items()}
    files["studies"] = {"studies": studies, "bootstrap": run.content["bootstrap"]}
    threshold = run.features(run.feature_set(run.published))["sic_threshold"]
    files["volume"] = {"sic_threshold": threshold, "thin_ice_m": run.content["volume"]["thin_ice_m"]}
    files["publication"] = describe_publication_settings(run)
    for feature_set in (None, *run.content["feature_sets"]):
        for branch in BRANCHES:
            files[feature_settings_name(branch, feature_set)] = run.feature_settings(branch, feature_set)
    for name in run.content["experiments"]:
        files |= {f"{name}/{stage}": content for stage, content in _collect_stages(run, name).items()}
    return files | {f"surrogate/{name}": content for name, content in _collect_surrogate_files(surrogate).items()}


def format_settings(content: dict[str, Any]) -> str:
    """Return the text of a settings file, YAML."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def feature_settings_name(branch: str, feature_set: str | None) -> str:
    """Return the name of the settings file of a branch's features; a set of None is the run's own."""
    return f"features/{feature_set or 'default'}/{branch}"


def _collect_stages(run: Configuration, name: str) -> dict[str, dict[str, Any]]:
    """Return what decides each stage of an experiment."""
    experiment = run.experiment(name)
    if run.is_baseline(name):
        threshold = run.features(run.feature_set(name))["sic_threshold"]
        members = experiment["sampler"]["members"]
        return {"ensembles": {"baseline": experiment["baseline"], "sic_threshold": threshold, "members": members}}
    sampler = {"sampler": run.sampler_to_draw(name)}
    # How many members choose among the trainings, selection.members says.
    judged = {"sampler": {key: value for key, value in experiment["sampler"].items() if key != "members"}}
    named_seed = {"seed": experiment["seed"]} if "seed" in experiment else {}
    return {
        "training": {section: experiment[section] for section in ("network", "diffusion", "training")},
        "selection": judged
        | named_seed
        | {"input_noise": experiment["training"]["input_noise"]}
        | {"features": run.feature_settings("model", run.feature_set(name))}
        | {section: run.content[section] for section in ("scores", "selection")},
        "ensembles": sampler | named_seed | _describe_summary(run, name),
    }


def _describe_summary(run: Configuration, name: str) -> dict[str, Any]:
    """Return what the summaries of an experiment's ensembles tell; nothing where there are none."""
    if name != run.published or not run.writes_summaries:
        return {}
    return {"summary": run.experiment(name)["ensembles"]["summary"]}


def _collect_surrogate_files(surrogate: SurrogateConfiguration) -> dict[str, dict[str, Any]]:
    content = surrogate.content
    restoration = content["restoration"]
    files = {"configuration": content} | {name: {name: content[name]} for name in ("synthetic", "forecasts")}
    files["restoration/training"] = surrogate.restoration_network
    files["restoration/ensembles"] = {"restoration": surrogate.restoration, "sampler": restoration["sampler"]}
    for name in content["experiments"]:
        experiment = surrogate.experiment(name)
        files[f"{name}/training"] = {key: experiment[key] for key in ("inputs", "network", "loss", "training")}
    return files
