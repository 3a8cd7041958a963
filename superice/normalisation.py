"""Means and deviations of the inputs and of the target, merged from sums of single days (report, section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError

if TYPE_CHECKING:
    from superice.features import Features

SECONDS_PER_DAY = 86400.0
VARIABLES = ("sic", "sit", "log_deformation", "increment")


def log_deformation(deformation: np.ndarray, floor: float) -> np.ndarray:
    """log10 of the deformation in day-1, floored.

    ``deformation`` is in s-1, any shape, NaN where missing; ``floor`` in day-1 keeps the logarithm of ice at rest
    finite.
    """
    with np.errstate(invalid="ignore"):
        return np.log10(np.maximum(deformation * SECONDS_PER_DAY, floor))


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

    def merged(self, other: Moments) -> Moments:
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


def day_statistics(features: Features, floor: float) -> dict[str, dict[str, float]]:
    """The moments of one day over its unmasked pixels, ready for JSON.

    ``features`` has the low-resolution fields and the truth of one day; ``floor`` is that of ``log_deformation``.
    """
    mask = features.mask & np.isfinite(features.truth)
    values = {
        "sic": features.sic[mask],
        "sit": features.sit[mask],
        "log_deformation": log_deformation(features.deformation[mask], floor),
        "increment": (features.truth - features.sit)[mask],
    }
    return {name: asdict(Moments.of(values[name])) for name in VARIABLES}


@dataclass(frozen=True)
class Normalisation:
    """What turns fields into network inputs and back.

    Attributes:
        mean, deviation: by variable (sic, sit in m, log_deformation, increment in m).
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

    @classmethod
    def from_days(cls, statistics: Iterable[dict], floor: float, sic_threshold: float) -> Normalisation:
        """Merge the moments of the training days. Raises InputError when they hold no pixel or do not vary."""
        total = dict.fromkeys(VARIABLES, Moments())
        days = 0
        for day in statistics:
            days += day["sic"]["n"] > 0
            for name in VARIABLES:
                total[name] = total[name].merged(Moments(**day[name]))
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
        return (values - self.mean[name]) / self.deviation[name]

    def inputs(self, features: Features, names: tuple[str, ...]) -> np.ndarray:
        """The network's context, float32 (channel, y, x): the named inputs and the mask, 0 where masked.

        ``names`` are among ``sic``, ``sit`` and ``deformation``; the mask is always the last channel.
        """
        mask = features.mask
        fields = {
            "sic": lambda: self._standard("sic", features.sic),
            "sit": lambda: self._standard("sit", features.sit),
            "deformation": lambda: self._standard("log_deformation", log_deformation(features.deformation, self.floor)),
        }
        channels = [np.where(mask, fields[name](), 0.0) for name in names]
        return np.stack([*channels, mask]).astype(np.float32)

    def target(self, features: Features) -> np.ndarray:
        """The normalised increment of thickness, float32 (y, x), 0 where masked (report, Eq. 3)."""
        known = features.mask & np.isfinite(features.truth)
        increment = self._standard("increment", features.truth - features.sit)
        return np.where(known, increment, 0.0).astype(np.float32)

    def thickness(self, target: np.ndarray, low_resolution: np.ndarray) -> np.ndarray:
        """Thickness in m from a normalised increment and the low-resolution thickness in m, same shapes."""
        return low_resolution + self.mean["increment"] + self.deviation["increment"] * target
