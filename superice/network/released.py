"""Find the weights that come with the package."""

from __future__ import annotations

from pathlib import Path

from superice.errors import InputError

RELEASED = "released"  # in a configuration, in place of a file
FOLDER = Path(__file__).parents[1] / "released"


def find_released() -> Path:
    """Return the file of the released weights. Raises InputError when this version holds none."""
    found = sorted(FOLDER.glob("*.safetensors"))
    if not found:
        raise InputError(
            "this version of the package holds no trained weights: name a weights file (--weights), such as"
            " results/<run>/training/<experiment>/chosen.safetensors of a run"
        )
    return found[-1]
