"""The description of a network in its weights file, read without the weights and without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from superice.errors import InputError
from superice.network.settings import NetworkSettings
from superice.utils.renamed_keys import REMOVED_KEYS, RENAMED_KEYS
from superice.utils.settings import build_settings, dump_settings

STEP_TOLERANCE = 1e-3  # relative


def has_other_cells(grid: Mapping[str, Any], step_m: float) -> bool:
    """Return whether cells of ``step_m`` metres are larger or smaller than those of the grid that a weights file states.

    A file that states none fits all.
    """
    stated: float = grid.get("step_m") or step_m
    return abs(step_m - stated) > STEP_TOLERANCE * stated


def read_description(path: str | Path) -> dict[str, Any]:
    """Return what a weights file says of its network: the sections ``network``, ``diffusion``, ``sampler`` and ``origin``.

    ``network`` has all keys, with the defaults of those that the file does not state. Raises InputError for a file that
    cannot be read or has no such description.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            content = json.loads((file.metadata() or {})["superice"])
        sections = {name: rename_keys(name, content.get(name, {})) for name in ("network", "diffusion", "sampler")}
        network = build_settings(NetworkSettings, sections["network"], "network")
        return sections | {"network": dump_settings(network), "origin": content["origin"]}
    except FileNotFoundError as error:
        raise InputError("there is no such weights file", file=path) from error
    except (OSError, SafetensorError) as error:
        raise make_unreadable_error(path, error) from error
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise InputError(f"has invalid metadata for its weights ({error})", file=path) from error


def make_unreadable_error(path: str | Path, error: Exception) -> InputError:
    """Return the error of a file that is no weights file, or a damaged one."""
    remedy = "name a .safetensors file that a training wrote, or a whole copy of it"
    return InputError(f"is not a readable weights file ({error}): {remedy}", file=path)


def rename_keys(section: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return a section of an older file with today's keys. A removed key that did something stays."""
    return {
        RENAMED_KEYS.get(f"{section}.{key}", key): value
        for key, value in values.items()
        if REMOVED_KEYS.get(f"{section}.{key}", ...) != value
    }
