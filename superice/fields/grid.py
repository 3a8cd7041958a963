"""The target grid: a regular lattice on a map projection, y ascending."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from superice.errors import InputError

if TYPE_CHECKING:
    import pyproj
    import pyresample


AREAS = Path(__file__).with_name("areas.yaml")
"""The package's own area definitions."""
PLAIN_KEYS = {"description", "projection", "shape", "area_extent"}
PLAIN_EXTENT = {"lower_left_xy", "upper_right_xy", "units"}
SMALLEST_STEP, LARGEST_STEP = 100.0, 100_000.0  # m; a step beyond is one in other units
EARTH = "EPSG:4326"
"""The system whose ellipsoid areas are measured on, WGS 84."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A regular grid of cell centres.

    Attributes
    ----------
    name
        The name of the area definition.
    crs
        The map projection.
    x, y
        Coordinates of the cell centres in m, ascending, shapes (nx,) and (ny,).
    """

    name: str
    crs: pyproj.CRS
    x: np.ndarray
    y: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)."""
        return self.y.size, self.x.size

    @property
    def step(self) -> float:
        """The distance between neighbouring cell centres in m."""
        return float(self.x[1] - self.x[0])

    @property
    def spacing(self) -> str:
        """The grid spacing in words, such as ``3 km``."""
        return f"{self.step / 1000:g} km"

    @cached_property
    def _lonlat(self) -> tuple[np.ndarray, np.ndarray]:
        import pyproj

        to_geographic = pyproj.Transformer.from_crs(self.crs, self.crs.geodetic_crs, always_xy=True)
        return to_geographic.transform(*np.meshgrid(self.x, self.y))

    def describe_projection(self) -> dict[str, object]:
        """Return the attributes of the CF grid mapping. For a polar stereographic projection, CF requires its pole."""
        attributes = {"long_name": "projection of the grid", **self.crs.to_cf()}
        if attributes.get("grid_mapping_name") == "polar_stereographic":
            pole = 90.0 if self.lonlat()[1].mean() > 0 else -90.0
            attributes = {"latitude_of_projection_origin": pole, **attributes}
        return attributes

    def lonlat(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the longitude and latitude of the cell centres in degrees, each (y, x), float64."""
        return self._lonlat

    def compute_cell_area(self) -> np.ndarray:
        """Return the area of the cells on the Earth, WGS 84, in m2, (y, x).

        The square of the step is an area on the map, which a projection enlarges: that of the package's own areas by
        1 % at 80 degrees north and by 14 % at 60. The longitudes and latitudes of a grid are taken for those of the
        Earth wherever products meet on it. The area is therefore that of WGS 84 even if the projection is one of a
        sphere, whose own areas are up to 0.7 % smaller.
        """
        import pyproj

        longitude, latitude = self.lonlat()
        factors = pyproj.Proj(self.crs).get_factors(longitude, latitude)
        on_earth = _compute_curvature_area(pyproj.CRS(EARTH), latitude)
        enlarged = on_earth / _compute_curvature_area(self.crs, latitude)
        return self.step**2 / factors.areal_scale * enlarged

    def pad(self, cells: int) -> Grid:
        """Return the same lattice with ``cells`` more on every side."""
        margin = self.step * np.arange(1, cells + 1)

        def grow(axis: np.ndarray) -> np.ndarray:
            return np.concatenate([axis[0] - margin[::-1], axis, axis[-1] + margin])

        return Grid(self.name, self.crs, grow(self.x), grow(self.y))

    def describe(self) -> dict[str, Any]:
        """Return the grid as plain numbers and text, from which ``from_description`` makes it again."""
        first = [float(self.x[0]), float(self.y[0])]
        return {
            "name": self.name,
            "step_m": self.step,
            "shape": list(self.shape),
            "first_cell_m": first,
            "crs": self.crs.to_wkt(),
        }

    @classmethod
    def from_description(cls, described: dict[str, Any]) -> Grid:
        """Make the grid that ``describe`` describes."""
        import pyproj

        (rows, columns), (x, y), step = described["shape"], described["first_cell_m"], described["step_m"]
        crs = pyproj.CRS(described["crs"])
        return cls(described["name"], crs, x + step * np.arange(columns), y + step * np.arange(rows))

    def extent(self) -> tuple[float, float, float, float]:
        """Return the outer edges (left, bottom, right, top) in m."""
        half = self.step / 2
        return self.x[0] - half, self.y[0] - half, self.x[-1] + half, self.y[-1] + half

    def as_area(self) -> pyresample.AreaDefinition:
        """Return the pyresample area. Its rows run from the top, ours from the bottom: arrays must be flipped."""
        from pyresample import AreaDefinition

        rows, columns = self.shape
        return AreaDefinition(self.name, self.name, self.name, self.crs, columns, rows, self.extent())


def _compute_curvature_area(crs: pyproj.CRS, latitude: np.ndarray) -> np.ndarray:
    """Return the product of the two radii of curvature in m2; an area on an ellipsoid is that times the solid angle.

    Raises InputError when the system has no ellipsoid.
    """
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise InputError("a projection without an ellipsoid has no areas; choose another", value=crs.name)
    flattening = 1 / ellipsoid.inverse_flattening if ellipsoid.inverse_flattening else 0.0
    eccentricity_squared = flattening * (2 - flattening)
    sine = np.sin(np.radians(latitude))
    return ellipsoid.semi_major_metre**2 * (1 - eccentricity_squared) / (1 - eccentricity_squared * sine**2) ** 2


Area = str | Mapping[str, Any]
"""The name of an area, or what ``fields.area_around`` makes one of: its centre, its size and its step."""


def read_area(areas: str | Path | None, area: Area) -> dict[str, Any]:
    """Read the definition of an area from a file of pyresample area definitions, or else the package's own.

    Raises InputError when the file cannot be read, or has no such area and neither has the package; and when an area that
    is no name lacks a centre or a size.
    """
    return _find_area(areas, area)[1]


def name_area(area: Area) -> str:
    """Return the name of an area, of one without a name the place that it lies around."""
    return area if isinstance(area, str) else read_area(None, area)["description"]


def _find_area(areas: str | Path | None, name: Area) -> tuple[Path | None, dict[str, Any]]:
    """Return the file that defines an area, the package's own last, and the definition."""
    if isinstance(name, Mapping):
        # Its settings need pydantic, which jobs on areas with a name do not import.
        from superice.fields.area_around import define_area

        return None, define_area(name)
    known: dict[str, Any] = {}
    for path in (areas, AREAS):
        if not path:
            continue
        definitions = _read_areas(path)
        if name in definitions:
            return Path(path), definitions[name]
        known |= definitions
    raise InputError(f"no area {name!r}; there are {', '.join(map(str, known))}", file=areas or AREAS)


def _read_areas(path: str | Path) -> dict[str, Any]:
    import yaml

    try:
        definitions = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file=path) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"not a YAML file ({' '.join(str(error).split())})", file=path) from error
    if not isinstance(definitions, dict):
        raise InputError("not a file of area definitions: each begins with the name of its area", file=path)
    return definitions


def load_grid(areas: str | Path | None, area: Area) -> Grid:
    """Read the grid of an area from a file of pyresample area definitions; None for the package's own file.

    Raises InputError when the file cannot be read or has no such area, pyresample cannot read the area or needs data to
    complete it, its projection is not one in metres, or its cells are not squares of 100 m to 100 km; and when an area
    that is no name lacks a centre or a size.
    """
    path, definition = _find_area(areas, area)
    name = name_area(area)
    crs, (rows, columns), (left, bottom, right, top) = _read_plain(definition) or _read_with_pyresample(path, name)
    if not crs.is_projected or crs.axis_info[0].unit_conversion_factor != 1:
        reason = "its projection is not one to a map in metres"
        raise InputError(reason, file=path, variable=name, value=f"{crs.name}, in {crs.axis_info[0].unit_name}")
    step_x, step_y = (right - left) / columns, (top - bottom) / rows
    found = f"{step_x:.6g} m by {step_y:.6g} m"
    if not np.isclose(step_x, step_y):
        raise InputError(
            "its cells are not square; give it another extent or shape", file=path, variable=name, value=found
        )
    if not SMALLEST_STEP <= step_x <= LARGEST_STEP:
        reason = "its cells are not of 100 m to 100 km; look at the units of its extent"
        raise InputError(reason, file=path, variable=name, value=found)
    return Grid(
        name=name,
        crs=crs,
        x=left + step_x * (np.arange(columns) + 0.5),
        y=bottom + step_y * (np.arange(rows) + 0.5),
    )


Definition = tuple["pyproj.CRS", tuple[int, int], tuple[float, float, float, float]]


def _read_plain(definition: Any) -> Definition | None:
    """Return projection, shape and extent of an area that states the numbers themselves, in metres; None for another.

    It spares the start of pyresample, which takes longer than all else that the planning of a run does with a grid.
    """
    import pyproj

    try:
        shape, extent = definition["shape"], definition["area_extent"]
        numbers = (*extent["lower_left_xy"], *extent["upper_right_xy"])
        is_plain = set(definition) <= PLAIN_KEYS and set(extent) <= PLAIN_EXTENT and extent.get("units", "m") == "m"
        if not is_plain or "units" in definition["projection"]:
            return None
        rows, columns = shape["height"], shape["width"]
        left, bottom, right, top = map(float, numbers)
        return pyproj.CRS(definition["projection"]), (int(rows), int(columns)), (left, bottom, right, top)
    except (KeyError, TypeError, ValueError, AttributeError, pyproj.exceptions.CRSError):
        return None


def _read_with_pyresample(path: Path | None, name: str) -> Definition:
    """Return projection, shape and extent in metres of an area in any form that pyresample reads."""
    if path is None:
        raise InputError("no map can be made of this centre and size; choose others", variable=name)
    import pyresample

    try:
        with warnings.catch_warnings(record=True) as given:
            warnings.simplefilter("always")
            area = pyresample.load_area(str(path), name)
    except Exception as error:  # of pyresample and of the libraries that it builds on
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"not an area that pyresample can read ({reason})", file=path, variable=name) from error
    if not isinstance(area, pyresample.AreaDefinition):
        raise InputError("its projection, shape or extent is missing", file=path, variable=name)
    for warning in given:
        if "unexpected" in str(warning.message):  # a key that it ignores, such as a rotation
            raise InputError(" ".join(str(warning.message).split()), file=path, variable=name)
    return area.crs, area.shape, area.area_extent


def make_land_mask(grid: Grid) -> np.ndarray:
    """Return the land at the cell centres, bool (y, x), from the offline GLOBE mask of 1/120 degree."""
    from superice.fields.land_mask import find_land

    longitude, latitude = grid.lonlat()
    return find_land((longitude + 180) % 360 - 180, np.clip(latitude, -89.99, 89.99))
