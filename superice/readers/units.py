"""Convert the values of a file to the units that the package uses, by the units that the file states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError
from superice.fields.units import convert_values

if TYPE_CHECKING:
    from superice.readers.product_file import ProductFile


def convert_units(
    file: ProductFile, name: str, values: np.ndarray, unit: str, assumed: str | None = None
) -> np.ndarray:
    """Convert ``values`` of the variable ``name`` from the unit that the file states to ``unit``.

    Parameters
    ----------
    file
        The file.
    name
        The variable whose unit is read.
    values
        Decoded values, any shape; returned as they are when no conversion is needed.
    unit
        The needed unit, as in the values of ``SPELLINGS``.
    assumed
        The unit of a variable without one. None: such a variable is refused.

    Raises
    ------
    InputError
        For a unit that is missing, unknown, or of another quantity than ``unit``.
    """
    written = file.get_units(name) or assumed
    if written is None:
        raise file.error(f"no unit is stated; {unit} or a unit that converts to it is needed", name)
    try:
        return convert_values(values, written, unit)
    except InputError as error:
        raise file.error(error.reason, name, written) from error
