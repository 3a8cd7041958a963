"""What made a file: kept in the attributes of every output."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from superice import __version__


def compute_digest(content: object) -> str:
    """Return a short digest of JSON-ready content, the same whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def digest_file(path: str | Path) -> str:
    """Return a short digest of a file's bytes (SHA-256, 12 digits)."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def describe_origin(**details: str | float) -> dict[str, str | float]:
    """Return attributes that name the workflow, its version, and further details."""
    return {
        "workflow": f"SuperIce {__version__}",
        "source": "SuperIce workflow",
        "references": "SuperIce deliverable D3.1, AI-based generation report, version 2.0; doi:10.11582/2024.00175",
        **details,
    }
