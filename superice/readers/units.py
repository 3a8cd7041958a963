"""Convert the values of a file to the units that the package uses, by the units that the file states.

UDUNITS, the library of the CF conventions, knows the units. It is imported only where a unit is another one than needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from superice.readers.product_file import ProductFile

# Spellings that UDUNITS does not know, or reads as something else (C is the coulomb, and the unit of temperatures in
# neXtSIM), and usual spellings of the units that are needed, for which the library need not be started.
SPELLINGS = {
    "fraction": "1",
    "ratio": "1",
    "unitless": "1",
    "dimensionless": "1",
    "(0 - 1)": "1",
    "(0-1)": "1",
    "0-1": "1",
    "-": "1",
    "percent": "%",
    "Km": "km",
    "kilometers": "km",
    "meters": "m",
    "metre": "m",
    "metres": "m",
    "m/s": "m s-1",
    "m s**-1": "m s-1",
    "m s^-1": "m s-1",
    "ms-1": "m s-1",
    "meter/second": "m s-1",
    "1/s": "s-1",
    "s^-1": "s-1",
    "s**-1": "s-1",
    "seconds": "s",
    "kelvin": "K",
    "Kelvin": "K",
    "C": "degC",
    "degrees_north": "degree",
    "degrees_east": "degree",
    "degrees": "degree",
}


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
    stated = SPELLINGS.get(written, written)
    if stated == unit:
        return values
    from cf_units import Unit

    try:
        known = Unit(stated)
    except ValueError as error:
        raise file.error(f"an unknown unit; {unit} or a unit that converts to it is needed", name, written) from error
    if not known.is_convertible(unit):
        raise file.error(f"a unit that does not convert to {unit}", name, written)
    return known.convert(values, Unit(unit))
