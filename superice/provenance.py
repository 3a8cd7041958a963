"""What made a file: kept in the attributes of every output."""

from __future__ import annotations

import hashlib
import json

from superice import __version__


def digest(content: object) -> str:
    """A short digest of JSON-ready content, the same whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def provenance(configuration: str, **details: object) -> dict[str, str]:
    """Attributes that name the workflow's version, the configuration's digest and further details."""
    named = {name: value if isinstance(value, str) else json.dumps(value) for name, value in details.items()}
    return {
        "workflow": f"SuperIce {__version__}",
        "configuration_digest": configuration,
        "source": "SuperIce workflow",
        "references": "SuperIce deliverable D3.1, AI-based generation report, version 2.0; doi:10.11582/2024.00175",
        **named,
    }
