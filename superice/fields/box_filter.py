"""What a satellite would see of a high-resolution field: averages over boxes, taken over the valid pixels alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from superice.errors import InputError

METHODS = ("boxes", "satellites")


@dataclass(frozen=True)
class LowResolution:
    """How the model's fields lose their resolution.

    Attributes:
        method: ``boxes`` (report, section 2) or ``satellites``: over the products' own grids and back.
        concentration_km, thickness_km, deformation_km: widths of the boxes, the resolutions of the input features.

    """

    method: str = "boxes"
    concentration_km: float = 15.0
    thickness_km: float = 90.0
    deformation_km: float = 120.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"features.low_resolution.method: known are {', '.join(METHODS)}", value=self.method)
        for name, width in vars(self).items():
            if name != "method" and not width > 0:
                raise InputError("a width must be above 0 km", variable=name, value=width)


def count_pixels(width_km: float, step_m: float) -> int:
    """The width in pixels of ``step_m``. Raises InputError when it is not a whole number of them."""
    width = width_km * 1000 / step_m
    if abs(width - round(width)) > 1e-6 or round(width) < 1:
        raise InputError(f"{width_km:g} km are not a whole number of {step_m / 1000:g} km pixels")
    return round(width)


def box_sum(field: np.ndarray, width: int) -> np.ndarray:
    """Sum over a centred box of ``width`` x ``width`` pixels, by running sums; zero outside the array.

    An even box is centred on the pixel: it reaches half into the pixels of its rim, that is, it is the mean of the two
    boxes that are shifted by half a pixel to either side.
    """
    total = np.asarray(field, dtype=np.float64)
    for axis in (-2, -1):
        mean = uniform_filter1d(total, width, axis=axis, mode="constant")
        if width % 2 == 0:
            mean = (mean + uniform_filter1d(total, width, axis=axis, mode="constant", origin=-1)) / 2
        total = mean * width
    return total


def box_mean(field: np.ndarray, width: int, mask: np.ndarray | None = None) -> np.ndarray:
    """Mask-normalised box mean, sum(mask * field) / sum(mask).

    Args:
        field: (y, x), NaN where missing.
        width: of the box in pixels.
        mask: bool (y, x), the pixels that count; those where ``field`` is missing never do. None: all that are known.

    Returns:
        (y, x), NaN where a pixel does not count itself. It never leaves the range of the field.

    """
    counts = np.isfinite(field) if mask is None else mask & np.isfinite(field)
    if not counts.any():
        return np.full(field.shape, np.nan)
    known = field[counts]
    # Running sums carry the rounding of the largest values along a row: what they leave of it is cut off.
    low, high = known.min(), known.max()
    mean = box_sum(np.where(counts, field, 0), width) / np.where(counts, box_sum(counts, width), 1)
    return np.where(counts, np.clip(mean, low, high), np.nan)
