"""Means and standard deviations of the inputs and of the target, merged from those of single days (report, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError
from superice.fields.quantities import SECONDS_PER_DAY
from superice.seasons import NEIGHBOURS

if TYPE_CHECKING:
    from superice.features.day import Features

VARIABLES = ("sic", "sit", "log_deformation", "increment")
# By the network's name of the input; concentrations of other days are normalised as that of the date.
INPUT_VARIABLES = {"sic": "sic", "sit": "sit", "deformation": "log_deformation", **dict.fromkeys(NEIGHBOURS, "sic")}
QUANTITIES = INPUT_VARIABLES | {name: name for name in NEIGHBOURS}


def compute_quantities(features: Features, mask: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Return the fields of a day that the network reads and makes, before normalisation.

    Each is float32 (y, x), NaN where masked, and where unknown within a mask of inputs that are partly missing. The keys
    are those of ``VARIABLES``: sic (fraction), sit (m), log_deformation (log10 of the deformation in day-1, -inf for ice
    at rest) and, for a model day, increment (truth minus low resolution, m), which is also NaN where the truth is unknown;
    and those of the concentrations of other days that the features hold.

    ``mask``, bool (y, x), is where they are wanted; by default it is that of the features.
    """
    with np.errstate(divide="ignore"):
        log_deformation = np.log10(features.deformation * SECONDS_PER_DAY)
    fields = {"sic": features.sic, "sit": features.sit, "log_deformation": log_deformation, **features.neighbours}
    if features.truth is not None:
        fields["increment"] = features.truth - features.sit
    mask = features.mask if mask is None else mask
    return {name: np.where(mask, values, np.float32(np.nan)) for name, values in fields.items()}


def floor_log_deformation(log_deformation: np.ndarray, floor: float) -> np.ndarray:
    """Raise log10 of the deformation in day-1, any shape, to that of ``floor`` in day-1; NaN stays."""
    return np.maximum(log_deformation, np.log10(floor))


@dataclass(frozen=True)
class Moments:
    """The count, the mean and the sum of squared differences from the mean of a set of numbers."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0

    @classmethod
    def from_values(cls, values: np.ndarray) -> Moments:
        """Compute the moments of ``values``, any shape, without NaN."""
        values = np.asarray(values, dtype=np.float64)
        if values.size == 0:
            return cls()
        mean = values.mean()
        return cls(int(values.size), float(mean), float(((values - mean) ** 2).sum()))

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both sets together (Chan et al., 1979)."""
        n = self.n + other.n
        if n == 0:
            return Moments()
        difference = other.mean - self.mean
        mean = self.mean + difference * other.n / n
        return Moments(n, mean, self.m2 + other.m2 + difference**2 * self.n * other.n / n)

    @property
    def deviation(self) -> float:
        """The standard deviation of the set."""
        return float(np.sqrt(self.m2 / self.n)) if self.n else 0.0


def compute_moments(features: Features, floor: float) -> dict[str, dict[str, float]]:
    """Compute the moments of one day over its unmasked pixels, by variable, ready for JSON.

    ``features`` holds the low-resolution fields and the truth; ``floor`` is the smallest deformation in day-1.
    """
    values = compute_quantities(features)
    values["log_deformation"] = floor_log_deformation(values["log_deformation"], floor)
    known = np.isfinite(values["increment"])
    return {name: asdict(Moments.from_values(values[name][known])) for name in VARIABLES}


@dataclass(frozen=True)
class Normalisation:
    """Means and standard deviations that turn fields into network inputs and back.

    Attributes
    ----------
    mean, deviation
        By variable, among those of ``VARIABLES``: of the inputs that a network reads, and of its output. Units are
        those of ``compute_quantities``.
    floor
        The smallest deformation in day-1.
    sic_threshold
        The concentration above which a pixel is ice.
    days, pixels
        How many days and pixels the numbers are computed from.
    """

    mean: dict[str, float]
    deviation: dict[str, float]
    floor: float
    sic_threshold: float
    days: int
    pixels: int

    def __post_init__(self) -> None:
        for what, numbers in (("mean", self.mean), ("deviation", self.deviation)):
            if unknown := set(numbers) - set(VARIABLES):
                raise InputError(f"normalisation.{what}: known are {', '.join(VARIABLES)}", value=sorted(unknown))
        for name in self.mean:
            if not (np.isfinite(self.mean[name]) and 0 < self.deviation.get(name, 1) < np.inf):
                raise InputError("normalisation: a mean and a deviation above 0 are needed", variable=name)

    @classmethod
    def from_moments(
        cls, moments: Mapping[str, Moments], floor: float, sic_threshold: float, days: int, pixels: int
    ) -> Normalisation:
        """Take means and standard deviations from moments by variable. Raises InputError where one does not vary."""
        for name, moment in moments.items():
            if moment.deviation == 0:
                raise InputError("the training days hold no ice, or a constant field", variable=name)
        return cls(
            mean={name: moment.mean for name, moment in moments.items()},
            deviation={name: moment.deviation for name, moment in moments.items()},
            floor=floor,
            sic_threshold=sic_threshold,
            days=days,
            pixels=pixels,
        )

    @classmethod
    def from_days(cls, statistics: Iterable[dict], floor: float, sic_threshold: float) -> Normalisation:
        """Merge the moments of the training days, those of ``compute_moments``.

        Raises InputError when they hold no pixel or a variable does not vary.
        """
        total = dict.fromkeys(VARIABLES, Moments())
        days = 0
        for day in statistics:
            days += day["sic"]["n"] > 0
            for name in VARIABLES:
                total[name] = total[name].merge(Moments(**day[name]))
        if not days:
            raise InputError("no training day holds ice with all inputs: missing.csv of the run names the reasons")
        return cls.from_moments(total, floor, sic_threshold, days, pixels=total["sic"].n)

    def require(self, inputs: tuple[str, ...]) -> None:
        """Raise InputError unless there are numbers for the inputs of a network and for its target."""
        needed = [*(INPUT_VARIABLES[name] for name in inputs), "increment"]
        for what, numbers in (("mean", self.mean), ("deviation", self.deviation)):
            if not set(needed) <= set(numbers):
                raise InputError(f"normalisation.{what}: of {', '.join(needed)} is needed", value=sorted(numbers))

    def _standardise(self, name: str, values: np.ndarray) -> np.ndarray:
        """Return the values less their mean, in standard deviations, and 0 where they are NaN."""
        return np.where(np.isnan(values), np.float32(0), (values - self.mean[name]) / self.deviation[name])

    def normalise_inputs(
        self, quantities: Mapping[str, np.ndarray], names: tuple[str, ...], partly_missing: bool = False
    ) -> np.ndarray:
        """Return the network's context, float32 (channel, y, x): the named inputs, then the mask; 0 where masked.

        With ``partly_missing``, a channel for each input stands before the mask: 1 where that input is known, else 0.
        An unknown input is 0, as one of average value.

        ``quantities`` are those of a day or of a part of it, (y, x), NaN where masked or unknown; ``names`` are among
        those of ``INPUT_VARIABLES``. A concentration of another day that is not among them is unknown everywhere.
        """
        unknown = {name: np.full_like(quantities["sit"], np.nan) for name in names if name in NEIGHBOURS}
        fields = [{**unknown, **quantities}[QUANTITIES[name]] for name in names]
        channels = []
        for name, values in zip(names, fields, strict=True):
            floored = floor_log_deformation(values, self.floor) if name == "deformation" else values
            channels.append(self._standardise(INPUT_VARIABLES[name], floored))
        if partly_missing:
            channels += [~np.isnan(values) for values in fields]
        mask = ~np.isnan(quantities["sit"])  # known wherever anything is drawn
        return np.stack([*channels, mask]).astype(np.float32, copy=False)

    def normalise_target(self, quantities: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the normalised increment of thickness, float32 (y, x), 0 where it is unknown (report, Eq. 3)."""
        return self._standardise("increment", quantities["increment"]).astype(np.float32, copy=False)

    def compute_thickness(self, target: np.ndarray, low_resolution: np.ndarray) -> np.ndarray:
        """Return thickness in m from a normalised increment and the low-resolution thickness in m, same shapes."""
        return low_resolution + (self.mean["increment"] + self.deviation["increment"] * target)
