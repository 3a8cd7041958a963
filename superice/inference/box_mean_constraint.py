"""Constrain the box mean of a member to the low-resolution thickness that it was drawn for.

On model days the box mean of the thickness is known without noise at every pixel, so that it can nearly be inverted: the
constraint takes away a third of a member's error or more. On observed days it does not. Observed thickness is the box mean
of no field, and the constraint adds the product's errors, amplified, to the member.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from superice.fields.box_filter import box_sum

MAX_ROUNDS = 20
MAX_ITERATIONS = 40  # of the conjugate gradients in one round
STEP_FRACTIONS = (1.0, 0.5, 0.25, 0.125)  # tried in this order
MIN_WEIGHT = 1e-3  # m: thinner ice changes as much as ice of this thickness


def constrain_box_mean(
    member: np.ndarray, low_resolution: np.ndarray, mask: np.ndarray, width: int, tolerance: float
) -> tuple[np.ndarray, float]:
    """Change the member so that its box mean over the mask is the low-resolution thickness; never below 0.

    The change is the smallest one relative to the thickness: thick ice changes more than thin ice, so leads stay leads.
    Each round finds it with conjugate gradients and sets what becomes negative to 0. Where this makes so much ice negative
    that the box means become worse, only a fraction of the change is made.

    Args:
        member: thickness in m, (y, x), not negative where ``mask`` is True.
        low_resolution: the box mean to reach in m, (y, x).
        mask: bool (y, x), the pixels that count.
        width: of the box in pixels.
        tolerance: difference of the box means in m (root mean square over the mask) at which the rounds end.

    Returns:
        The member, float32 (y, x), NaN outside the mask, and the remaining difference of its box mean in m (root mean
        square). If no field has the low-resolution thickness as its box mean, this is the nearest member found.
    """
    box_means = _BoxMeans(mask, width)
    wanted = low_resolution[mask].astype(np.float64)
    thickness = np.maximum(member[mask], 0).astype(np.float64)
    residual = wanted - box_means.apply(thickness)
    for _ in range(MAX_ROUNDS):
        if _root_mean_square(residual) <= tolerance:
            break
        change = _solve_change(box_means, thickness, residual, tolerance)
        step = _take_step(box_means, wanted, thickness, change, _root_mean_square(residual))
        if step is None:
            break
        thickness, residual = step
    result = np.full(member.shape, np.nan, np.float32)
    result[mask] = thickness
    return result, _root_mean_square(residual)


def _solve_change(box_means: _BoxMeans, thickness: np.ndarray, residual: np.ndarray, tolerance: float) -> np.ndarray:
    """Solve for the smallest change relative to the thickness with ``residual`` as its box means, all (pixel,) in m."""
    weight = np.maximum(thickness, MIN_WEIGHT)

    def apply(multiplier: np.ndarray) -> np.ndarray:
        return box_means.apply(weight * box_means.apply_adjoint(multiplier))

    count = residual.size
    operator = LinearOperator((count, count), matvec=apply, dtype=np.float64)
    atol = tolerance / 2 * np.sqrt(count)
    multiplier, _ = cg(operator, residual, rtol=0, atol=atol, maxiter=MAX_ITERATIONS)
    return weight * box_means.apply_adjoint(multiplier)


def _take_step(
    box_means: _BoxMeans, wanted: np.ndarray, thickness: np.ndarray, change: np.ndarray, error: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """Make the largest fraction of the change that reduces the error of the box means, without negative ice.

    Returns the new thickness and residual, all (pixel,) in m, or None if no fraction reduces the error.
    """
    for fraction in STEP_FRACTIONS:
        changed = np.maximum(thickness + fraction * change, 0)
        residual = wanted - box_means.apply(changed)
        if _root_mean_square(residual) < error:
            return changed, residual
    return None


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


class _BoxMeans:
    """The box mean over the mask as a linear map of the mask's pixels (pixel,), and its adjoint."""

    def __init__(self, mask: np.ndarray, width: int) -> None:
        self.mask, self.width = mask, width
        self.count = box_sum(mask, width)[mask]

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Return the box means of the values."""
        return self._sum_boxes(values) / self.count

    def apply_adjoint(self, values: np.ndarray) -> np.ndarray:
        """Return what the adjoint of the box mean makes of the values."""
        return self._sum_boxes(values / self.count)

    def _sum_boxes(self, values: np.ndarray) -> np.ndarray:
        field = np.zeros(self.mask.shape)
        field[self.mask] = values
        return box_sum(field, self.width)[self.mask]
