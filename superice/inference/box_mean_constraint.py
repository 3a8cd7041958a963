"""Members whose box mean is the low-resolution thickness that they were drawn for.

The box mean of the model's thickness is known without noise at every pixel, so that it can nearly be inverted: what a
member gains from it on model days (a third of its error and more) it does not gain on observed days, whose thickness is
the box mean of no field. There the constraint adds the product's errors, magnified, to the member.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from superice.fields.box_filter import box_sum

ROUNDS, ITERATIONS = 20, 40
SHARES = (1.0, 0.5, 0.25, 0.125)  # of a step, the first that comes nearer is taken
LEAST = 1e-3  # m: the weight of ice thinner than this


def constrain_box_mean(
    member: np.ndarray, low_resolution: np.ndarray, mask: np.ndarray, width: int, tolerance: float
) -> tuple[np.ndarray, float]:
    """The member moved to where its mask-normalised box mean is the low-resolution thickness, never below 0.

    The change is the smallest one in relation to the thickness: thick ice takes more of it than thin ice, so leads stay
    leads. It is found with conjugate gradients; what that makes negative is set to 0, and the rest is moved again. Where a
    whole step makes so much ice negative that the means become worse, a part of it is taken.

    Args:
        member: thickness in m, (y, x), not negative where ``mask`` is True.
        low_resolution: the box mean that is asked for, in m, (y, x).
        mask: bool (y, x), the pixels that count.
        width: of the box in pixels.
        tolerance: root mean square in m over the mask at which a member's box mean is taken as equal.

    Returns:
        The member, (y, x), NaN off the mask, and the difference of its box mean in m (root mean square) that is left.
        Where no field has that box mean, the nearest that was met.
    """
    means = _BoxMeans(mask, width)
    wanted = low_resolution[mask].astype(np.float64)
    rms = lambda residual: float(np.sqrt(np.mean(residual**2))) if residual.size else 0.0
    thickness = np.maximum(member[mask], 0).astype(np.float64)
    residual = wanted - means.of(thickness)
    for _ in range(ROUNDS):
        if rms(residual) <= tolerance:
            break
        weight = np.maximum(thickness, LEAST)
        step = lambda y, weight=weight: means.of(weight * means.adjoint(y))
        operator = LinearOperator((wanted.size,) * 2, matvec=step, dtype=np.float64)
        multiplier, _ = cg(operator, residual, rtol=0, atol=tolerance / 2 * np.sqrt(wanted.size), maxiter=ITERATIONS)
        change = weight * means.adjoint(multiplier)
        for share in SHARES:
            moved = np.maximum(thickness + share * change, 0)
            left = wanted - means.of(moved)
            if rms(left) < rms(residual):
                break
        else:
            break
        thickness, residual = moved, left
    result = np.full(member.shape, np.nan, np.float32)
    result[mask] = thickness
    return result, rms(residual)


class _BoxMeans:
    """The mask-normalised box mean as a linear map of the pixels of the mask, and its adjoint."""

    def __init__(self, mask: np.ndarray, width: int) -> None:
        self.mask, self.width = mask, width
        self.count = box_sum(mask, width)[mask]

    def _sum(self, values: np.ndarray) -> np.ndarray:
        field = np.zeros(self.mask.shape)
        field[self.mask] = values
        return box_sum(field, self.width)[self.mask]

    def of(self, values: np.ndarray) -> np.ndarray:
        return self._sum(values) / self.count

    def adjoint(self, values: np.ndarray) -> np.ndarray:
        return self._sum(values / self.count)
