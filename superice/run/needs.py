"""Say in one sentence what a plan lacks: folders and weights that are not there, and targets of which nothing is made."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

from superice.errors import InputError
from superice.network.description import has_other_cells
from superice.network.released import RELEASED
from superice.run.configuration import Configuration
from superice.run.paths import BRANCHES, RunPaths
from superice.run.settings import InSituSource, SourceSettings, SurrogateSource
from superice.utils.settings import dump_settings

DEFAULTS: dict[str, Any] = {
    "sources": dump_settings(SourceSettings()) | {"in_situ": dump_settings(InSituSource())},
    "surrogate": {"source": dump_settings(SurrogateSource())},
}
OF_A_RUN = re.compile(r"results/([^/]+)/training/[^/]+/(chosen|seed\d+/model)\.safetensors")
NO_ENSEMBLES = (
    "no day has an ensemble; defaults.ensembles.splits names splits of the calendar, and calendar.observations with"
    " defaults.ensembles.observations: true the days that are drawn from observations"
)
NOTHING = {
    "downloads": "synthetic sources have no providers; sources.observations.kind: download fetches the products",
    "trainings": "every experiment of `run` names its weights; one without experiments.<name>.weights is trained",
    "seasons": "no summaries are kept; defaults.ensembles.keep: both keeps them beside the members, summary in their place",
    "scores": (
        "no ensemble has a truth; defaults.ensembles.splits names splits of the calendar, and of observations only those of"
        " the synthetic Arctic have a truth (sources.observations.kind: synthetic)"
    ),
    "in_situ": (
        "no ensemble is drawn from observations; calendar.observations names their days, defaults.ensembles.observations:"
        " true draws them"
    ),
    "figures": "there is none to draw; figures.model, figures.observations and others name their days",
    "studies": (
        "there is none that can be made; studies.compared names studies, calendar.training and calendar.{split} the days"
        " that they need"
    ),
}
NO_MEASUREMENTS = "no measurements are named; sources.in_situ: {folder: …} names their folder"
"""Why a target has no files, and the keys that give it some."""


def find_absent_folders(folders: Mapping[str, str]) -> dict[str, str]:
    """Return those of the folders, by their keys, that are not there."""
    return {key: folder for key, folder in folders.items() if not os.path.isdir(folder)}


def require_named_folders(absent: Mapping[str, str]) -> None:
    """Raise InputError for folders that are not there and that somebody named, which is likely to be a typing error.

    Without those that stand in the workflow's own configuration a run can still be planned, as in continuous integration.
    """
    named = {key: folder for key, folder in absent.items() if folder != reduce(getitem, key.split("."), DEFAULTS)}
    for key, folder in named.items():
        others = "".join(f", nor {named[other]} ({other})" for other in named if other != key)
        raise InputError(
            f"{key}: there is no folder {folder}{others}; name the folder of the files, or make it: an empty one is enough"
            " for a plan"
        )


def describe_absent_folders(absent: Mapping[str, str]) -> str:
    """Return the last line of a plan that was made without its folders."""
    folders = ", ".join(f"{folder} ({key})" for key, folder in absent.items())
    return f"planned without data: no run starts until these folders exist: {folders}"


def describe_empty_plan(branch: str, days: int, folders: Collection[str]) -> str:
    """Return the last line of a plan in which no day of a branch has its files."""
    planned = "the only day that is planned lacks" if days == 1 else f"all {days} days that are planned lack"
    if branch == "model":
        return f"model: {planned} the model's file in {', '.join(folders)}: what is made of them holds no values"
    return (
        f"observations: {planned} a file of a product in {', '.join(folders)}: without the thickness, or with a network that"
        " needs all inputs, what is made of them holds no values"
    )


def require_weights(run: Configuration, paths: RunPaths, experiment: str, spacing_km: float) -> None:
    """Raise InputError when an experiment names weights that the run does not make itself and cannot draw with.

    There are none, or their network was trained on larger or smaller cells than those of ``spacing_km``, the grid's.
    """
    named, path = run.experiment(experiment).get("weights"), paths.weights(experiment)
    if not named or path.startswith(f"{paths.folder}/training/"):
        return
    key = f"experiments.{experiment}.weights"
    released = f"write `weights: {RELEASED}` for those that come with the package"
    if os.path.isfile(path):
        content = _read_metadata(path)
        if content is None:
            raise InputError(
                f"{key}: {path} holds no weights of SuperIce; name a file chosen.safetensors or"
                f" model.safetensors of a run, or {released}"
            )
        grid = content.get("grid") or {}
        if has_other_cells(grid, 1000 * spacing_km):
            step = f"{grid['step_m'] / 1000:g} km"
            raise InputError(
                f"{key}: the network in {path} was trained on cells of {step}, and those of the grid are {spacing_km:g} km;"
                f" name a grid of {step}, or weights of one of {spacing_km:g} km"
            )
        return
    found = OF_A_RUN.fullmatch(os.path.normpath(path))
    if found and found[1] == "demo":
        remedy = "`make demo` makes it, or "
    elif found:
        remedy = f"the run {found[1]} makes it (snakemake --configfile <its file> -- {path}), or "
    else:
        remedy = "name a file that is there, or "
    raise InputError(f"{key}: there is no file {path}; {remedy}{released}")


def _read_metadata(path: str) -> dict[str, Any] | None:
    """Return what a file of weights says of its network; None where a file is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            content = json.loads((file.metadata() or {})["superice"])
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def require_files(run: Configuration, target: str, files: Sequence[str]) -> Sequence[str]:
    """Return the files of a target. Raises InputError, which names the key to set, where there are none."""
    if not files:
        raise InputError(f"nothing is made of the target {target}: {_explain_nothing(run, target)}")
    return files


def _explain_nothing(run: Configuration, target: str) -> str:
    if target == "in_situ" and not run.content["sources"]["in_situ"]:
        return NO_MEASUREMENTS
    needs_ensembles = target not in ("downloads", "trainings", "in_situ", "studies")
    if needs_ensembles and not any(run.ensemble_days(run.published, branch) for branch in BRANCHES):
        return NO_ENSEMBLES
    return NOTHING.get(target, NO_ENSEMBLES).replace("{split}", run.content["studies"]["split"])
