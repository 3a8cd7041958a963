"""Regions of the sea: polygons in a GeoJSON file, and the cells of a grid that lie in each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superice.errors import InputError
from superice.utils.netcdf import FileContent, Variable, read_content, write_content

if TYPE_CHECKING:
    from superice.fields.grid import Grid

REGIONS = Path(__file__).with_name("regions.geojson")
"""The package's own regions, the seas of the Arctic."""
ALL, ELSEWHERE = "all", "elsewhere"
SHAPES = ("Polygon", "MultiPolygon")
HIGHEST_LATITUDE = 89.9999  # a cell at the pole itself would lie on the side of every region around it


@dataclass(frozen=True)
class RegionMasks:
    """The cells of a grid by region.

    Attributes
    ----------
    names
        Names of the regions: ``all`` cells first, cells ``elsewhere`` than in any polygon last.
    inside
        Whether a cell belongs to a region, bool (region, y, x).
    """

    names: tuple[str, ...]
    inside: np.ndarray


@dataclass(frozen=True)
class RegionPlaces:
    """Where regions lie, in degrees.

    Attributes
    ----------
    latitude, longitude
        Means over the cells, (region,); longitudes are averaged on the circle.
    south, north, west, east
        The outermost cell centres, (region,). A longitude beyond 180 is that of a region across the date line.
    """

    latitude: np.ndarray
    longitude: np.ndarray
    south: np.ndarray
    north: np.ndarray
    west: np.ndarray
    east: np.ndarray


def make_region_masks(grid: Grid, path: str | Path | None = None, name_key: str = "name") -> RegionMasks:
    """Find the cells of a grid whose centres lie in the polygons of a GeoJSON file.

    Polygons of one name are one region. A centre on the side that two polygons share belongs to one of them. Regions
    without a cell on the grid are left out.

    Parameters
    ----------
    grid
        The grid.
    path
        File of polygons in degrees of longitude and latitude (RFC 7946), whose sides are straight in these; None for the
        package's own.
    name_key
        The property of the polygons that names their region.

    Raises
    ------
    InputError
        When the file cannot be read, holds anything but named polygons, or uses a name that is taken.
    """
    path = path or REGIONS
    names, polygons = _read_polygons(path, name_key)
    found = _rasterise(grid, polygons, path)
    inside = {name: np.zeros(grid.shape, bool) for name in names}
    for name, cells in zip(names, found, strict=True):
        inside[name] |= cells
    kept = {name: cells for name, cells in inside.items() if cells.any()}
    everywhere = np.ones(grid.shape, bool)
    elsewhere = ~np.logical_or.reduce([*kept.values(), ~everywhere])
    masks = {ALL: everywhere, **kept} | ({ELSEWHERE: elsewhere} if elsewhere.any() else {})
    return RegionMasks(tuple(masks), np.stack(list(masks.values())))


def _rasterise(grid: Grid, polygons: list[Any], path: str | Path) -> np.ndarray:
    """Return the cells in each polygon, bool (polygon, y, x)."""
    import regionmask

    longitude, latitude = grid.lonlat()
    try:
        regions = regionmask.Regions(polygons, overlap=True)
        cells = regions.mask_3D(longitude, np.minimum(latitude, HIGHEST_LATITUDE), drop=False)
    except ValueError as error:
        raise InputError(f"its polygons cannot be used ({error})", file=path) from error
    return cells.values


def _read_polygons(path: str | Path, name_key: str) -> tuple[list[str], list[Any]]:
    """Return the name of the region of each polygon, and the polygons as shapely holds them."""
    import shapely

    names: list[str] = []
    polygons: list[Any] = []
    for feature in _read_features(path):
        geometry, name = feature.get("geometry") or {}, (feature.get("properties") or {}).get(name_key)
        where = f"feature {len(names) + 1}"
        if geometry.get("type") not in SHAPES:
            reason = f"is none of {', '.join(SHAPES)}; give each region as one"
            raise InputError(reason, file=path, variable=where, value=geometry.get("type"))
        if not isinstance(name, str) or not name:
            reason = f"has no property {name_key!r} that names its region as text"
            raise InputError(reason, file=path, variable=where, value=name)
        if name in (ALL, ELSEWHERE):
            reason = f"{ALL!r} and {ELSEWHERE!r} are names of the package; choose another"
            raise InputError(reason, file=path, variable=where, value=name)
        polygons.append(_make_polygon(geometry, path, name, shapely))
        names.append(name)
    if not names:
        raise InputError("holds no polygon; a FeatureCollection of named polygons is needed", file=path)
    return names, polygons


def _make_polygon(geometry: dict[str, Any], path: str | Path, name: str, shapely: Any) -> Any:
    """Return a polygon. Raises InputError for one that is broken, or whose numbers are no longitudes and latitudes."""
    try:
        polygon = shapely.geometry.shape(geometry)
    except (ValueError, TypeError, KeyError, IndexError, shapely.errors.ShapelyError) as error:
        raise InputError(f"its coordinates do not form a polygon ({error})", file=path, variable=name) from error
    if polygon.is_empty or not polygon.is_valid:
        reason = shapely.is_valid_reason(polygon) if not polygon.is_empty else "it is empty"
        raise InputError(
            "its outline is not a valid polygon; correct its corners", file=path, variable=name, value=reason
        )
    left, bottom, right, top = polygon.bounds
    if left < -180 or right > 360 or bottom < -90 or top > 90:
        found = f"{left:g} to {right:g} and {bottom:g} to {top:g}"
        reason = "its corners are no longitudes and latitudes in degrees; transform them to EPSG:4326"
        raise InputError(reason, file=path, variable=name, value=found)
    return polygon


def _read_features(path: str | Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=path) from error
    except ValueError as error:
        raise InputError(f"not a GeoJSON file ({error})", file=path) from error
    kind = content.get("type") if isinstance(content, dict) else type(content).__name__
    features = content.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise InputError("is not a FeatureCollection, the only form of GeoJSON that is read", file=path, value=kind)
    return features


def write_region_masks(
    path: str | Path, masks: RegionMasks, grid: Grid, attributes: Mapping[str, object] | None = None
) -> None:
    """Write the cells of every region as NetCDF, with attributes of the file."""
    longitude, latitude = grid.lonlat()
    of_longitude = {"standard_name": "longitude", "long_name": "longitude of the cell centre", "units": "degrees_east"}
    of_latitude = {"standard_name": "latitude", "long_name": "latitude of the cell centre", "units": "degrees_north"}
    of_region = {"long_name": "region; of all cells, of a polygon, or of no polygon"}
    of_cells = {"long_name": "whether the cell centre lies in the region", "flag_values": np.array([0, 1], np.int8)}
    variables = {
        "region": Variable(("region",), np.array(masks.names), of_region),
        "x": Variable(("x",), grid.x, {"standard_name": "projection_x_coordinate", "units": "m"}),
        "y": Variable(("y",), grid.y, {"standard_name": "projection_y_coordinate", "units": "m"}),
        "longitude": Variable(("y", "x"), longitude, of_longitude),
        "latitude": Variable(("y", "x"), latitude, of_latitude),
        "crs": Variable((), np.int32(0), grid.describe_projection()),
        "inside": Variable(
            ("region", "y", "x"),
            masks.inside.astype(np.int8),
            {**of_cells, "flag_meanings": "outside inside", "grid_mapping": "crs"},
        ),
    }
    coordinates = ("region", "x", "y", "longitude", "latitude")
    write_content(path, FileContent(variables, coordinates, dict(attributes or {})), complete=coordinates)


def read_region_masks(path: str | Path) -> RegionMasks:
    """Read the cells of every region. Raises InputError when the file cannot be read."""
    content = read_content(path, ("region", "inside"))
    return RegionMasks(tuple(map(str, content["region"])), content["inside"] == 1)


def read_region_places(path: str | Path) -> RegionPlaces:
    """Read where every region lies. Raises InputError when the file cannot be read."""
    content = read_content(path, ("inside", "longitude", "latitude"))
    longitude, latitude = content["longitude"].astype(np.float64), content["latitude"].astype(np.float64)
    places = [_locate(longitude[inside == 1], latitude[inside == 1]) for inside in content["inside"]]
    return RegionPlaces(*(np.array(column) for column in zip(*places, strict=True)))


def _locate(longitude: np.ndarray, latitude: np.ndarray) -> tuple[float, ...]:
    """Return mean latitude and longitude of cells, then their south, north, west and east."""
    middle = np.degrees(np.angle(np.exp(1j * np.radians(longitude)).mean()))
    east_of_middle = (longitude - middle + 180) % 360 - 180
    west, east = middle + east_of_middle.min(), middle + east_of_middle.max()
    return latitude.mean(), middle, latitude.min(), latitude.max(), west, east
