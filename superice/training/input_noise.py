"""Observation-like noise for the inputs of a training on neXtSIM fields, which carry no observation errors.

A box mean that is known exactly at every pixel can nearly be inverted. A network that learns to do so mistakes the errors
of observed fields for leads. A network that met such errors in its training relies on no more than observations show.
Products also hold nothing finer than their cells: noisy inputs are smoothed, so that they look like products.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from superice.fields.regridding import smooth_as_product
from superice.network.normalisation import QUANTITIES
from superice.network.settings import INPUTS
from superice.network.smooth_noise import draw_smooth_noise
from superice.seasons import NEIGHBOURS
from superice.training.settings import InputNoise

PIXEL_KM = 3.0  # of the report's grid
LIMITS = {"sic": (0, 1), "sit": (0, np.inf), "log_deformation": (-np.inf, np.inf), **dict.fromkeys(NEIGHBOURS, (0, 1))}
EXACT = InputNoise()


def draw_errors(
    noise: InputNoise,
    shape: tuple[int, int],
    random: np.random.Generator,
    inputs: Iterable[str] = INPUTS,
    pixel_km: float = PIXEL_KM,
) -> dict[str, np.ndarray]:
    """Draw the errors of one sample of ``shape`` (y, x), by quantity; an empty dictionary for a sample that stays exact.

    Concentrations of other days among the ``inputs`` have errors of the concentration's parts, each its own. What is
    smoothed and has no parts has errors of 0. Without any parts and smoothing nothing is taken from ``random``.
    """
    if not (noise.smoothing or any(getattr(noise, name) for name in INPUTS)):
        return {}
    sources = {QUANTITIES[name]: name for name in INPUTS} | {name: "sic" for name in inputs if name in NEIGHBOURS}
    if random.random() >= noise.share:
        return {}

    def draw_white(size: tuple[int, int]) -> Tensor:
        return torch.from_numpy(random.standard_normal(size, np.float32))

    errors = {}
    for quantity, source in sources.items():
        parts = getattr(noise, source)
        if parts or source in noise.smoothing:
            fields = [
                deviation * draw_smooth_noise(shape, length / pixel_km, draw_white) for length, deviation in parts
            ]
            errors[quantity] = sum(fields, start=torch.zeros(shape)).numpy()
    return errors


def perturb(
    quantities: Mapping[str, np.ndarray],
    errors: Mapping[str, np.ndarray],
    smoothing: Mapping[str, float] | None = None,
    pixel_km: float = PIXEL_KM,
) -> dict[str, np.ndarray]:
    """Add ``errors`` to the ``quantities`` of a model day, clipped to their physical limits.

    Those named in ``smoothing`` are then smoothed by Gaussians of these standard deviations (km); concentrations of other
    days as that of the date. A product is clipped in its cells and interpolated later: errors lower the concentration of
    closed ice. The increment is changed so that thickness and increment still add up to the same truth.
    """
    perturbed, smoothing = {}, smoothing or {}
    for name, error in errors.items():
        width = smoothing.get("sic" if name in NEIGHBOURS else name, 0) / pixel_km
        perturbed[name] = smooth_as_product(np.clip(quantities[name] + error, *LIMITS[name]), width)
    sit_change = perturbed.get("sit", quantities["sit"]) - quantities["sit"]
    return {**quantities, **perturbed, "increment": quantities["increment"] - sit_change}
