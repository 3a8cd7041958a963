"""An area by its centre, its size and its step, for who has a region in mind and no area definition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import pyproj
from pydantic import Field

from superice.utils.settings import Number, RuleBroken, Settings, build_settings, declare

# The lattice of the public neXtSIM output, in m: cells of 3 km of an area are then cells of the model's files.
PROJECTION = {"proj": "stere", "lat_0": 90, "lat_ts": 90, "lon_0": -45, "R": 6378273}
LATTICE_M = -3_600_000.0, -4_300_000.0  # centre of its first cell
FEWEST_CELLS = 32  # along a side: below it a network of four levels has next to nothing to see
MOST_CELLS = 5_000
SOUTHERNMOST = 30.0  # degrees: the projection is one of the Arctic

Degrees = Annotated[Number, Field(ge=-180, le=360)]
Kilometres = Annotated[Number, Field(gt=0)]


class AreaAround(Settings):
    """A rectangle of square cells around a place, on the polar stereographic projection of neXtSIM's lattice."""

    section: ClassVar[str] = "grid.around"

    centre: tuple[Annotated[Number, Field(ge=SOUTHERNMOST, le=90)], Degrees] = declare(
        ..., "Latitude and longitude of the middle.", "degrees"
    )
    size_km: tuple[Kilometres, Kilometres] = declare(
        ..., "Width and height, along the axes of the map, on which 45° W runs down from the pole.", "km"
    )
    step_km: Number = declare(3, "Side of a cell; this project's networks need 3.", "km", ge=0.1, le=100)

    def check_rules(self) -> None:
        """Raise RuleBroken for too few or too many cells."""
        for cells in self.count_cells():
            if not FEWEST_CELLS <= cells <= MOST_CELLS:
                sentence = (
                    f"{cells} cells of {self.step_km:g} km along a side, {FEWEST_CELLS} to {MOST_CELLS} are needed"
                )
                raise RuleBroken("size_km", sentence)

    def count_cells(self) -> tuple[int, int]:
        """Return the numbers of columns and rows that cover the size."""
        width, height = (math.ceil(round(side / self.step_km, 6)) for side in self.size_km)
        return width, height


def define_area(stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of an area by centre, size and step, in the form of ``areas.yaml``.

    The cells are those of one lattice for each step: areas that overlap share their cells.

    Raises InputError that names the key.
    """
    area = build_settings(AreaAround, stated, AreaAround.section)
    latitude, longitude = area.centre
    columns, rows = area.count_cells()
    crs, step = pyproj.CRS(PROJECTION), 1000.0 * area.step_km
    middle = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(longitude, latitude)
    left, bottom = (
        first + step * (round((place - first) / step - (cells - 1) / 2) - 0.5)
        for place, first, cells in zip(middle, LATTICE_M, (columns, rows), strict=True)
    )
    return {
        "description": f"around {latitude:g}° N, {abs(longitude):g}° {'W' if longitude < 0 else 'E'}",
        "projection": PROJECTION,
        "shape": {"height": rows, "width": columns},
        "area_extent": {
            "lower_left_xy": [left, bottom],
            "upper_right_xy": [left + step * columns, bottom + step * rows],
            "units": "m",
        },
    }
