"""Means and deviations of the inputs and of the target, merged from sums of single days (report, section 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError
from superice.fields.quantities import SECONDS_PER_DAY

if TYPE_CHECKING:
    from superice.features.day import Features

VARIABLES = ("sic", "sit", "log_deformation", "increment")
OUTPUTS = ("increment", "unbounded_increment")  # what a network can be asked for
NORMALISED = (*VARIABLES, "unbounded_increment")
SOFTNESS = 0.1  # m: well above it, the unbounded thickness is the thickness
THINNEST = 1e-3  # m


def network_quantities(features: Features) -> dict[str, np.ndarray]:
    """What the network reads and makes of a day, before normalisation: float32 (y, x), NaN where masked.

    The keys are those of ``VARIABLES``: sic (fraction), sit (m), log_deformation (log10 of the deformation in day-1,
    -inf for ice at rest) and, of a model day, increment (truth less low resolution, m), NaN also where the truth is
    unknown.
    """
    with np.errstate(divide="ignore"):
        log_deformation = np.log10(features.deformation * SECONDS_PER_DAY)
    fields = {"sic": features.sic, "sit": features.sit, "log_deformation": log_deformation}
    if features.truth is not None:
        fields["increment"] = features.truth - features.sit
    mask = features.mask
    return {name: np.where(mask, values, np.float32(np.nan)) for name, values in fields.items()}


def inverse_softplus(thickness: np.ndarray) -> np.ndarray:
    """Thickness in m, any shape, on a scale without a lower bound: the inverse of the softplus of ``SOFTNESS``.

    Ice of less than ``THINNEST`` is taken to be of that.
    """
    thickness = np.maximum(thickness, THINNEST)
    return thickness + SOFTNESS * np.log(-np.expm1(-thickness / SOFTNESS))


def softplus(values: np.ndarray) -> np.ndarray:
    """The thickness in m, above 0 whatever the ``values``: the inverse of ``unbounded``."""
    return np.maximum(values, 0) + SOFTNESS * np.log1p(np.exp(-np.abs(values) / SOFTNESS))


def _increment(quantities: Mapping[str, np.ndarray], output: str) -> np.ndarray:
    """What the network is to make of a day, in m, NaN where it is unknown."""
    if output == "increment":
        return quantities["increment"]
    low_resolution = quantities["sit"]
    return inverse_softplus(low_resolution + quantities["increment"]) - inverse_softplus(low_resolution)


def floor_log_deformation(log_deformation: np.ndarray, floor: float) -> np.ndarray:
    """log10 of the deformation in day-1, any shape, not below that of ``floor`` in day-1; NaN stays."""
    return np.maximum(log_deformation, np.log10(floor))


@dataclass(frozen=True)
class Moments:
    """The count, the mean and the sum of squared differences from the mean of a set of numbers."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0

    @classmethod
    def of(cls, values: np.ndarray) -> Moments:
        """The moments of ``values``, any shape, without NaN."""
        values = np.asarray(values, dtype=np.float64)
        if values.size == 0:
            return cls()
        mean = values.mean()
        return cls(int(values.size), float(mean), float(((values - mean) ** 2).sum()))

    def merge(self, other: Moments) -> Moments:
        """The moments of both sets together (Chan et al., 1979)."""
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


def day_moments(features: Features, floor: float) -> dict[str, dict[str, float]]:
    """The moments of one day over its unmasked pixels, ready for JSON.

    ``features`` has the low-resolution fields and the truth of one day; ``floor`` is the smallest deformation in day-1.
    """
    values = network_quantities(features)
    values["log_deformation"] = floor_log_deformation(values["log_deformation"], floor)
    known = np.isfinite(values["increment"])
    values["unbounded_increment"] = _increment(values, "unbounded_increment")
    return {name: asdict(Moments.of(values[name][known])) for name in NORMALISED}


@dataclass(frozen=True)
class Normalisation:
    """What turns fields into network inputs and back.

    Attributes:
        mean, deviation: by variable (sic, sit in m, log_deformation, increment in m, and unbounded_increment in m, which
            only a network of that output needs).
        floor: the smallest deformation in day-1.
        sic_threshold: the concentration above which a pixel is ice.
        days, pixels: how many the numbers rest on.
    """

    mean: dict[str, float]
    deviation: dict[str, float]
    floor: float
    sic_threshold: float
    days: int
    pixels: int

    def __post_init__(self) -> None:
        for what, numbers in (("mean", self.mean), ("deviation", self.deviation)):
            if not set(VARIABLES) <= set(numbers) <= set(NORMALISED):
                raise InputError(f"normalisation.{what}: of {', '.join(VARIABLES)} is needed", value=sorted(numbers))
        for name in self.mean:
            if not (np.isfinite(self.mean[name]) and 0 < self.deviation[name] < np.inf):
                raise InputError("normalisation: a mean and a deviation above 0 are needed", variable=name)

    @classmethod
    def from_days(cls, statistics: Iterable[dict], floor: float, sic_threshold: float) -> Normalisation:
        """Merge the moments of the training days. Raises InputError when they hold no pixel or do not vary."""
        total = dict.fromkeys(NORMALISED, Moments())
        days = 0
        for day in statistics:
            days += day["sic"]["n"] > 0
            for name in NORMALISED:
                total[name] = total[name].merge(Moments(**day[name]))
        for name, moments in total.items():
            if moments.deviation == 0:
                raise InputError("the training days hold no ice or a constant field", variable=name)
        return cls(
            mean={name: moments.mean for name, moments in total.items()},
            deviation={name: moments.deviation for name, moments in total.items()},
            floor=floor,
            sic_threshold=sic_threshold,
            days=days,
            pixels=total["sic"].n,
        )

    def _standard(self, name: str, values: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(values), np.float32(0), (values - self.mean[name]) / self.deviation[name])

    def inputs(self, quantities: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray:
        """The network's context, float32 (channel, y, x): the named inputs and the mask, 0 where masked.

        ``quantities`` are those of a day or of a part of it, (y, x), NaN where masked; ``names`` are among ``sic``,
        ``sit`` and ``deformation``. The mask is always the last channel.
        """
        fields = {
            "sic": lambda: self._standard("sic", quantities["sic"]),
            "sit": lambda: self._standard("sit", quantities["sit"]),
            "deformation": lambda: self._standard(
                "log_deformation", floor_log_deformation(quantities["log_deformation"], self.floor)
            ),
        }
        mask = ~np.isnan(quantities["sic"])
        return np.stack([*(fields[name]() for name in names), mask]).astype(np.float32, copy=False)

    def target(self, quantities: Mapping[str, np.ndarray], output: str = "increment") -> np.ndarray:
        """The normalised increment of thickness, float32 (y, x), 0 where it is unknown (report, Eq. 3).

        ``output`` is one of ``OUTPUTS``: the increment is of the thickness, or of the unbounded thickness.
        """
        return self._standard(output, _increment(quantities, output)).astype(np.float32, copy=False)

    def thickness(self, target: np.ndarray, low_resolution: np.ndarray, output: str = "increment") -> np.ndarray:
        """Thickness in m from a normalised increment and the low-resolution thickness in m, same shapes."""
        increment = self.mean[output] + self.deviation[output] * target
        return (
            low_resolution + increment
            if output == "increment"
            else softplus(inverse_softplus(low_resolution) + increment)
        )
