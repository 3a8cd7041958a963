"""Convert values between units of one quantity.

UDUNITS, the library of the CF conventions, knows the units. It is imported only where a unit is another one than needed.
"""

from __future__ import annotations

import numpy as np

from superice.errors import InputError

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
    "kilometers": "km",  # codespell:ignore
    "meters": "m",  # codespell:ignore
    "metre": "m",
    "metres": "m",
    "m/s": "m s-1",
    "m s**-1": "m s-1",
    "m s^-1": "m s-1",
    "ms-1": "m s-1",
    "meter/second": "m s-1",  # codespell:ignore
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


def convert_values(values: np.ndarray, written: str, unit: str) -> np.ndarray:
    """Convert values from a unit as it is ``written`` to ``unit``; they are returned as they are when both are the same.

    Raises InputError for a unit that is unknown, or of another quantity than ``unit``.
    """
    stated = SPELLINGS.get(written, written)
    if stated == unit:
        return values
    from cf_units import Unit

    try:
        known = Unit(stated)
    except ValueError as error:
        raise InputError(f"an unknown unit; {unit} or a unit that converts to it is needed", value=written) from error
    if not known.is_convertible(unit):
        raise InputError(f"a unit that cannot be converted to {unit}", value=written)
    return known.convert(values, Unit(unit))
