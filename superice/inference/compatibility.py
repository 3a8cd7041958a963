"""What a network can draw: with which samplers, on which cells, from which features. All else is refused by name.

A weights file of a training that was chosen by a run says on which grid and from which features the network was trained.
A file of a single training, or of an older version, does not; then only the sampler is checked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyproj

from superice.errors import InputError
from superice.features.files import is_observed, read_own_grid, read_shape
from superice.fields.grid import Grid, load_grid
from superice.network.description import has_other_cells
from superice.network.formulations import OnePass
from superice.network.weights import TrainedNetwork


def require_sampler(trained: TrainedNetwork, name: str, steps: int) -> None:
    """Raise InputError when a sampler does not draw from the network's formulation.

    A network that is trained at many noise levels has no member after one evaluation, but a smooth expectation.
    """
    formulation = trained.diffusion["formulation"]
    one_pass = isinstance(trained.formulation, OnePass)
    if name == "one_pass" and not one_pass:
        raise InputError(
            f"sampler.name: one_pass does not draw from a network of the formulation {formulation}, which needs several"
            " steps (ddim, multistep or stochastic_multistep)",
            file=trained.file,
        )
    if one_pass and (name, steps) != ("one_pass", 1):
        raise InputError(
            f"sampler: a network of the formulation {formulation} makes its field in one evaluation: name one_pass, steps 1",
            file=trained.file,
            value=f"{name}, {steps}",
        )


def find_grid(path: Path, trained: TrainedNetwork, area: str | None, areas: Path | None) -> Grid:
    """Return the grid of the fields in a feature file.

    It is the ``area`` that is named, or else what the file describes, or else the grid that the network was trained on if
    it has as many cells. Raises InputError when there is none of them.
    """
    own = read_own_grid(path)
    if area:
        named = load_grid(areas, area)
        if own and not _have_same_cells(own, named):
            raise InputError(
                f"says by x, y and crs that its fields are on other cells than --area {named.name}", file=path
            )
        return named
    if own:
        return own
    if trained.grid and tuple(trained.grid["shape"]) == read_shape(path):
        return Grid.from_description(trained.grid)
    raise InputError("does not say which cells its fields are on (x, y, crs): name their grid with --area", file=path)


def _have_same_cells(one: Grid, other: Grid) -> bool:
    """Return whether the corners of two grids of one shape lie at the same places, to a hundredth of a cell."""
    if one.shape != other.shape:
        return False
    corners = [np.array(grid.lonlat())[:, [0, 0, -1, -1], [0, -1, 0, -1]] for grid in (one, other)]
    project = pyproj.Proj(one.crs)
    places = [np.array(project(longitude, latitude)) for longitude, latitude in corners]
    return bool(np.abs(places[0] - places[1]).max() < 0.01 * one.step)


def require_step(trained: TrainedNetwork, grid: Grid) -> None:
    """Raise InputError when the cells of the grid are larger or smaller than those that the network was trained on."""
    if has_other_cells(trained.grid, grid.step):
        raise InputError(
            f"its network was trained on cells of {trained.grid['step_m'] / 1000:g} km, not of {grid.step / 1000:g} km,"
            f" which those of the grid {grid.name!r} are",
            file=trained.file,
        )


def require_features(trained: TrainedNetwork, path: Path) -> None:
    """Raise InputError when a file of model features says that it was made in another way than the network's own.

    Observed features are made in another way than the model's in any case, and files of other origin do not say how.
    Neighbouring days are as far in both; of observed arrays, the NetCDF file of their name says how far.
    """
    described = path.with_suffix(".nc")
    if not described.exists() or not trained.features:
        return
    import netCDF4

    try:
        with netCDF4.Dataset(described) as file:
            stated = json.loads(getattr(file, "feature_settings", "{}"))
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=described) from error
    if not is_observed(path):
        require_feature_settings(trained, stated, path)
    require_distance(trained, stated, path)


def require_distance(trained: TrainedNetwork, stated: Mapping[str, Any], path: Path | None) -> None:
    """Raise InputError when the neighbouring days of features are not as far as those that the network was trained on."""
    wanted, found = (section.get("neighbouring_days") for section in (trained.features, stated))
    if trained.network.settings.neighbours and wanted and found and wanted != found:
        raise InputError(
            f"its neighbouring days are at another distance than those of the network's training (features.neighbouring_days"
            f" {wanted})",
            file=path,
            value=found,
        )


def describe_unknown_inputs(trained: TrainedNetwork, held: Collection[str]) -> dict[str, str]:
    """Return the attribute of an ensemble that names the concentrations of other days which its features do not hold."""
    unknown = [name for name in trained.network.settings.neighbours if name not in held]
    return {"unknown_inputs": ", ".join(unknown)} if unknown else {}


def require_feature_settings(trained: TrainedNetwork, stated: Mapping[str, Any], path: Path | None) -> None:
    """Raise InputError when features that were made as ``stated`` differ from those that the network was trained on."""
    for section in ("low_resolution", "observations"):
        _compare(stated.get(section, {}), trained.features.get(section, {}), f"features.{section}", path)


def _compare(stated: Mapping[str, Any], trained: Mapping[str, Any], section: str, path: Path | None) -> None:
    for key in stated.keys() & trained.keys():
        if stated[key] != trained[key]:
            raise InputError(
                f"its features are of another set than those that the network was trained on, which have {section}.{key}"
                f" {trained[key]}",
                file=path,
                value=stated[key],
            )
