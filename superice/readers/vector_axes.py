"""Which way the components of a vector run: along the axes of the grid, or to the east and north, as the file says.

CF standard names tell the two apart: ``sea_ice_x_velocity`` runs along the grid, ``eastward_sea_ice_velocity`` to the
east. neXtSIM's own writer always writes the first name. It says what it did in its projection variable instead:
``false_easting`` is 1 where the components run along the grid, and 0 where they run to the east and north
(``moorings.false_easting`` in model/options.cpp, ``createProjectionVariable`` and ``rotateVectors`` in
model/gridoutput.cpp of github.com/nansencenter/nextsim). Elsewhere ``false_easting`` is an offset of the axis x in m.
"""

from __future__ import annotations

from superice.readers.product_file import ProductFile

DIRECTIONS = {
    "eastward_sea_ice_velocity": "east",
    "northward_sea_ice_velocity": "north",
    "sea_ice_x_velocity": "x",
    "sea_ice_y_velocity": "y",
    "eastward_sea_ice_displacement": "east",
    "northward_sea_ice_displacement": "north",
    "sea_ice_x_displacement": "x",
    "sea_ice_y_displacement": "y",
    "eastward_wind": "east",
    "northward_wind": "north",
    "x_wind": "x",
    "y_wind": "y",
}
WORDS = {"eastward": "east", "zonal": "east", "northward": "north", "meridional": "north"}  # in a long_name
PAIRS = {("x", "y"): False, ("east", "north"): True}


def are_geographic(file: ProductFile, u: str, v: str) -> bool | None:
    """Return whether the components ``u`` and ``v`` run to the east and north, by their names and attributes.

    Returns False when they run along the grid's axes, and None when the file does not say. Raises InputError when the
    two are no pair.
    """
    found = read_direction(file, u), read_direction(file, v)
    if found == (None, None):
        return None
    for pair, geographic in PAIRS.items():
        if all(direction in (None, expected) for direction, expected in zip(found, pair, strict=True)):
            return geographic
    raise file.error(
        "the components do not belong together, according to their standard names",
        f"{u}, {v}",
        " and ".join(map(str, found)),
    )


def read_direction(file: ProductFile, name: str) -> str | None:
    """Return the direction of a component, x, y, east or north; None when the file does not say."""
    direction = DIRECTIONS.get(str(file.get_attribute(name, "standard_name", "")))
    if direction is None:
        words = str(file.get_attribute(name, "long_name", "")).lower().split()
        direction = next((WORDS[word] for word in words if word in WORDS), None)
    return direction


def are_geographic_in_nextsim(file: ProductFile, u: str, v: str) -> bool | None:
    """Return whether ``u`` and ``v`` run to the east and north, in a file of neXtSIM's own writer.

    Returns as ``are_geographic`` does. Raises InputError when projection variable and names contradict each other, or
    when ``false_easting`` can mean both the orientation and an offset.
    """
    by_names = are_geographic(file, u, v)
    projection = _find_projection(file)
    if projection is None:
        return by_names
    false_easting = float(file.get_attribute(projection, "false_easting"))
    if false_easting == 1:
        if by_names:
            raise file.error(f"eastward and northward, against the false_easting of {projection}", f"{u}, {v}", 1)
        return False
    if false_easting != 0 or by_names:
        return by_names
    if _has_projected_axes(file):
        raise file.error(
            f"unclear whether {u} and {v} run along the grid or, as neXtSIM's writer means it, to the east and north: "
            "remove the attribute in the first case, name them eastward_sea_ice_velocity and "
            "northward_sea_ice_velocity in the second",
            f"false_easting of {projection}",
            0,
        )
    return True


def _find_projection(file: ProductFile) -> str | None:
    """Return the name of the projection variable that states ``false_easting``, None when there is none."""
    needed = {"grid_mapping_name", "false_easting"}
    names = (name for name, variable in file.dataset.variables.items() if needed <= set(variable.ncattrs()))
    return next(names, None)


def _has_projected_axes(file: ProductFile) -> bool:
    """Return whether a file has axes of the projection, to which an offset could belong; neXtSIM writes none."""
    names = (getattr(variable, "standard_name", "") for variable in file.dataset.variables.values())
    return "projection_x_coordinate" in names
