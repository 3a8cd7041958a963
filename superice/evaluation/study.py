"""What a sensitivity study compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Study:
    """Experiments that differ in one key of the configuration and are compared on the same days.

    Attributes
    ----------
    varies
        The key in which they differ.
    values
        The value of that key, by experiment.
    dates
        The days on which all are scored, YYYY-MM-DD.
    """

    varies: str
    values: Mapping[str, Any]
    dates: Sequence[str]
