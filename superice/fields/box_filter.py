"""Averages of a field over boxes and blocks of pixels."""

from __future__ import annotations

import numpy as np

from superice.errors import InputError


def count_pixels(width_km: float, step_m: float) -> int:
    """Return the number of pixels of ``step_m`` in a width. Raises InputError when that is not a whole number."""
    width = width_km * 1000 / step_m
    if abs(width - round(width)) > 1e-6 or round(width) < 1:
        raise InputError(f"{width_km:g} km are not a whole number of {step_m / 1000:g} km pixels")
    return round(width)


def box_sum(field: np.ndarray, width: int) -> np.ndarray:
    """Sum a field (..., y, x) over a centred box of ``width`` x ``width`` pixels; it is zero outside the array.

    A box of even width is centred on the pixel as well: it counts half of the pixels on its rim, as the mean of the two
    boxes shifted by half a pixel to either side.
    """
    from scipy.ndimage import uniform_filter1d  # whoever only counts pixels needs no scipy

    total = np.asarray(field, dtype=np.float64)
    for axis in (-2, -1):
        mean = uniform_filter1d(total, width, axis=axis, mode="constant")
        if width % 2 == 0:
            mean = (mean + uniform_filter1d(total, width, axis=axis, mode="constant", origin=-1)) / 2
        total = mean * width
    return total


def box_mean(field: np.ndarray, width: int, mask: np.ndarray | None = None) -> np.ndarray:
    """Average a field over a centred box around each pixel, over the valid pixels: sum(mask * field) / sum(mask).

    Parameters
    ----------
    field
        (y, x), NaN where missing.
    width
        Width of the box in pixels.
    mask
        Bool field (y, x), the valid pixels; a missing pixel is never valid. By default all known pixels are.

    Returns
    -------
    np.ndarray
        (y, x), NaN where the pixel itself is not valid. It never leaves the range of the field.

    """
    counts = np.isfinite(field) if mask is None else mask & np.isfinite(field)
    if not counts.any():
        return np.full(field.shape, np.nan)
    known = field[counts]
    # Running sums carry rounding errors of the largest values along a row: clip what they leave.
    low, high = known.min(), known.max()
    mean = box_sum(np.where(counts, field, 0), width) / np.where(counts, box_sum(counts, width), 1)
    return np.where(counts, np.clip(mean, low, high), np.nan)


def block_mean(field: np.ndarray, side: int) -> np.ndarray:
    """Average a field (y, x) over blocks of ``side`` x ``side`` pixels, which must divide its shape."""
    rows, columns = (size // side for size in field.shape)
    return field.reshape(rows, side, columns, side).mean(axis=(1, 3))
