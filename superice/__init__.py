"""SuperIce: 30-member ensembles of 3 km Arctic sea-ice thickness from coarse fields."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import what users call by its short name when it is asked for, as the libraries behind it start slowly."""
    if name == "open_season":
        return import_module("superice.dataset.season").open_season
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
