"""Errors of observations, for trainings on a model's low resolution, which has none.

A box mean that is known exactly at every pixel can nearly be inverted. A network that learns to do so takes the errors of
observed fields for leads; one that has met such errors in its training relies on no more than observations tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

PIXEL_KM = 3.0
QUANTITIES = {"sic": "sic", "sit": "sit", "deformation": "log_deformation"}
LIMITS = {"sic": (0, 1), "sit": (0, np.inf), "log_deformation": (-np.inf, np.inf)}

Parts = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class InputNoise:
    """Gaussian errors of each input: independent parts, (length in km, standard deviation), none for an exact input.

    A part is white noise smoothed by a Gaussian of that length.

    Attributes:
        share: of the samples that have errors.
        sic, sit, deformation: parts of the concentration's error (a fraction), of the thickness' (m), and of that of the
            logarithm to base 10 of the deformation.
    """

    share: float = 1.0
    sic: Parts = ()
    sit: Parts = ()
    deformation: Parts = ()

    def draw(self, shape: tuple[int, int], random: np.random.Generator) -> dict[str, np.ndarray]:
        """The errors of one sample of ``shape`` (y, x), by quantity; nothing for a sample without."""
        parts = {quantity: getattr(self, name) for name, quantity in QUANTITIES.items() if getattr(self, name)}
        if not parts or random.random() >= self.share:
            return {}
        return {
            quantity: sum(deviation * _smooth(shape, length / PIXEL_KM, random) for length, deviation in of_quantity)
            for quantity, of_quantity in parts.items()
        }


EXACT = InputNoise()


def _smooth(shape: tuple[int, int], width: float, random: np.random.Generator) -> np.ndarray:
    """Noise of unit variance, float32 (y, x): white, then smoothed by a Gaussian of ``width`` pixels."""
    white = random.standard_normal(shape, dtype=np.float32)
    return 2 * math.sqrt(math.pi) * width * gaussian_filter(white, width, mode="wrap")


def perturb(quantities: Mapping[str, np.ndarray], errors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The ``quantities`` of a model day with ``errors``, each within its limits; the increment leads to the same truth."""
    with_errors = {name: np.clip(quantities[name] + error, *LIMITS[name]) for name, error in errors.items()}
    changed = with_errors.get("sit", quantities["sit"]) - quantities["sit"]
    return {**quantities, **with_errors, "increment": quantities["increment"] - changed}
