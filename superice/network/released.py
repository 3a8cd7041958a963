"""Find the weights that come with the package, and say of what is drawn with them what they are good for."""

from __future__ import annotations

from pathlib import Path

from superice.errors import InputError
from superice.utils.provenance import digest_file

RELEASED = "released"  # in a configuration, instead of a file
FOLDER = Path(__file__).parents[1] / "released"
LIMITS = "trained on the synthetic Arctic alone, for trying out: how wrong their members are on real ice is not known"


def find_released() -> Path:
    """Return the file of the released weights. Raises InputError when this version holds none."""
    found = sorted(FOLDER.glob("*.safetensors"))
    if not found:
        raise InputError(
            "this version of the package holds no trained weights: name a weights file (--weights), such as"
            " results/<run>/training/<experiment>/chosen.safetensors of a run"
        )
    return found[-1]


def describe_limits(weights: str | Path | None) -> dict[str, str]:
    """Return the attribute ``weights_note`` of what is drawn with released weights, copies included; nothing for others."""
    if weights is None or digest_file(weights) not in map(digest_file, FOLDER.glob("*.safetensors")):
        return {}
    return {"weights_note": LIMITS}
