"""Read the uncertainty that a product states of its field: one standard deviation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from superice.fields.units import convert_values
from superice.readers.units import convert_units

if TYPE_CHECKING:
    from superice.readers.product_file import ProductFile


def read_uncertainty(
    file: ProductFile, names: Sequence[str], field: np.ndarray, unit: str, highest: float, stated: str | None = None
) -> np.ndarray | None:
    """Read the uncertainty of a field, float64 (y, x), y ascending, in ``unit``; None where the file has none.

    It is NaN where the field is missing, and where no number of it makes sense: not above 0, or above ``highest``. The
    field is of use without it, so that nothing of it refuses a file but another shape or unit.

    Parameters
    ----------
    file
        The file.
    names
        Names of the variable in the layouts of the product; the first one that the file holds is read.
    field
        The field, (y, x), NaN where missing.
    unit
        The needed unit.
    highest
        The largest uncertainty that makes sense, in ``unit``.
    stated
        The unit that it has, where that of the variable is known to be wrong.
    """
    name = next((name for name in names if name in file), None)
    if name is None:
        return None
    values = file.decode(name, file.orient(file.read_stored(name)))
    if values.shape != field.shape:
        raise file.error("does not have the shape of the field", name, values.shape)
    values = convert_values(values, stated, unit) if stated else convert_units(file, name, values, unit, assumed=unit)
    with np.errstate(invalid="ignore"):
        is_known = np.isfinite(field) & (values > 0) & (values <= highest)
    return np.where(is_known, values, np.nan) if is_known.any() else None
