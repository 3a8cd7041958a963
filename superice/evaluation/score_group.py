"""What every variable of a score file is, and how the variables that belong together are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from superice.evaluation.scored_date import ScoredDate
from superice.utils import netcdf


@dataclass(frozen=True)
class Variable:
    """The metadata of a variable in a score file.

    Attributes
    ----------
    name
        Name of the variable.
    dimensions
        Names of its dimensions.
    long_name
        What the variable is; a word before a colon names the field for which the rest holds.
    units
        "1" for a pure number, None for text.
    """

    name: str
    dimensions: tuple[str, ...]
    long_name: str
    units: str | None = "1"

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of the variable in the file."""
        long_name = {"long_name": self.long_name}
        return long_name if self.units is None else long_name | {"units": self.units}


@dataclass(frozen=True)
class ScoreGroup:
    """Variables that are computed together.

    Attributes
    ----------
    variables
        The variables, in the order in which they stand in the file.
    compute
        Function that returns the values of all the variables by name.
    """

    variables: Sequence[Variable]
    compute: Callable[[ScoredDate], Mapping[str, ArrayLike]]

    def evaluate(self, scored: ScoredDate) -> dict[str, netcdf.Variable]:
        """Return dimensions, values and attributes of each variable by name."""
        values = self.compute(scored)
        return {
            variable.name: netcdf.Variable(variable.dimensions, values[variable.name], variable.attributes)
            for variable in self.variables
        }


def stack_regions(by_region: Sequence[Mapping[str, ArrayLike]]) -> dict[str, np.ndarray]:
    """Return arrays (region, ...) by name from one mapping of values by name for each region."""
    return {name: np.array([values[name] for values in by_region]) for name in by_region[0]}


def reduce_to_fields(values: ArrayLike) -> np.ndarray:
    """Average over the members: values (n + 1, ...) of the members and the low-resolution field become (2, ...)."""
    stacked = np.asarray(values)
    return np.array([stacked[:-1].mean(axis=0), stacked[-1]])


def reduce_to_sources(values: ArrayLike) -> np.ndarray:
    """Average over the members: values (n + 2, ...) of truth, members and low-resolution field become (3, ...)."""
    stacked = np.asarray(values)
    return np.array([stacked[0], stacked[1:-1].mean(axis=0), stacked[-1]])
