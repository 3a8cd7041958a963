"""What a value of a cell is, by the attribute ``cell_methods`` of its variable (CF conventions, section 7.3).

``area: mean`` is a mean over the cell, ``area: mean where sea_ice`` one over its ice alone. ``where sea_ice over sea``
divides the sum over the ice by the area of the sea, and is a mean over the cell again.
"""

from __future__ import annotations

import re

from superice.readers.product_file import ProductFile

COMMENT = re.compile(r"\([^)]*\)")
ENTRY = re.compile(r"((?:\w+:\s*)+)(\w+)((?:\s+(?:where|over|within)\s+\w+(?!:))*)")
QUALIFIER = re.compile(r"(where|over|within)\s+(\w+)")
AVERAGES = ("mean", "point")
WHOLE_CELL = ("sea", "all_area_types", "all_area")


def is_mean_over_ice(file: ProductFile, name: str) -> bool:
    """Return whether a variable is a mean over the ice of a cell; otherwise it is one over the whole cell.

    A variable without ``cell_methods`` counts as a mean over the cell. Raises InputError for a sum, an extreme or
    another statistic in space or time, and for a mean over another part of the cell, such as its open water.
    """
    stated = str(file.get_attribute(name, "cell_methods", ""))
    over_ice = False
    for axes, method, qualifiers in ENTRY.findall(COMMENT.sub("", stated)):
        if method.isdigit():
            continue
        if method not in AVERAGES:
            raise file.error("neither a mean nor a snapshot, according to its cell_methods", name, stated)
        part = dict(QUALIFIER.findall(qualifiers))
        over = part.get("over", part.get("where", "all_area"))
        if "area" not in axes or over in WHOLE_CELL:
            continue
        if over != "sea_ice":
            raise file.error(
                "a mean neither over the cell nor over its ice, according to its cell_methods", name, stated
            )
        over_ice = True
    return over_ice
