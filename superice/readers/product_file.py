"""The products that are read, one module per provider, and here what all their files have in common.

A provider's module knows the names, variables, flags and dates of its files; this one knows how a file is
found, opened, decoded and refused. The two layouts of the model share ``model_days`` and ``lattice``.
"""

from __future__ import annotations

import filecmp
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
import pyproj

from superice.errors import InputError, MissingInput
from superice.fields.grid import Grid

UNREADABLE = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    OverflowError,
    MemoryError,
)
MOST_CELLS = 5_000
LATEST = 1e11
METRES = {"km": 1000.0, "kilometers": 1000.0, "m": 1.0, "meters": 1.0, "metre": 1.0}


def list_files(folder: str | Path, days: Iterable[date]) -> list[Path]:
    """The NetCDF files of ``folder``, of its subfolders, and of its ``YYYY/MM`` for the months of ``days``, sorted.

    No deeper, since a store of many years on a parallel file system is listed for every date.
    """
    folder = Path(folder)
    months = {folder / f"{day:%Y}" / f"{day:%m}" for day in days}
    return sorted(
        {*folder.glob("*.nc"), *folder.glob("*/*.nc"), *(path for month in months for path in month.glob("*.nc"))}
    )


EASE2 = "+proj=laea +lon_0=0 +datum=WGS84 +ellps=WGS84 +lat_0=90.0"
POLAR_STEREOGRAPHIC = "+proj=stere +a=6378273 +b=6356889.44891 +lat_0=90 +lat_ts=70 +lon_0=-45"

# A date in a name, whatever stands for its month.
STAMP = re.compile(r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)")
Rank = Callable[[str, date], tuple | None]
Holds = Callable[[Path, date], bool]


def find_best_file(
    product: str, folder: str | Path, day: date, days: Iterable[date], rank: Rank, holds: Holds = lambda *_: True
) -> Path:
    """The file of ``day`` in ``folder``, in its subfolders, or in its ``YYYY/MM`` for the months of ``days``.

    ``rank`` says of a file's name how good it is for a day, None for not at all; ``holds`` looks into a file whose
    name leaves that open. Raises MissingInput when no file is for the day, and InputError when two of the highest
    rank differ in what they hold.
    """
    files = list_files(folder, days)
    ranked = sorted((key, path) for path in files if (key := rank(path.name, day)) is not None and holds(path, day))
    if not ranked:
        raise MissingInput(_why_missing(files, day, rank), product=product, file=folder)
    highest, chosen = ranked[-1]
    for key, path in ranked[:-1]:
        if key == highest and not filecmp.cmp(path, chosen, shallow=False):
            raise InputError(f"two files for {day} that differ; keep one", product=product, file=chosen, value=path)
    return chosen


def _why_missing(files: list[Path], day: date, rank: Rank) -> str:
    """No file, or one whose name is of the day once its YYYYDDMM is read as such and not as YYYYMMDD."""
    for path in files:
        if any(int(month) > 12 for _, month, _ in STAMP.findall(path.name)) and rank(
            STAMP.sub(r"\1\3\2", path.name), day
        ):
            return f"no file for {day}; {path.name} may be it, with the day before the month in its name (YYYYDDMM)"
    return f"no file for {day} among the {len(files)} NetCDF files there and in its subfolders"


def days_around(day: date, days: int) -> list[date]:
    """The dates within ``days`` of ``day``."""
    return [day + timedelta(offset) for offset in range(-days, days + 1)]


class ProductFile:
    """One open file of a product: decoded variables, its grid and dates, and the errors that name it."""

    def __init__(self, product: str, path: Path, dataset: netCDF4.Dataset) -> None:
        self.product, self.path, self.dataset = product, path, dataset
        dataset.set_auto_maskandscale(False)

    def error(self, reason: str, variable: str | None = None, value: object = None) -> InputError:
        """The refusal of this file, to be raised."""
        return InputError(reason, product=self.product, file=self.path, variable=variable, value=value)

    def __contains__(self, name: str) -> bool:
        return name in self.dataset.variables

    def variable(self, name: str) -> netCDF4.Variable:
        """The variable as it is stored. Raises InputError when it is not there."""
        if name not in self.dataset.variables:
            raise self.error("variable missing", name)
        return self.dataset.variables[name]

    def attribute(self, name: str, attribute: str, default: object = None) -> object:
        """An attribute of a variable, or ``default``."""
        return getattr(self.variable(name), attribute, default)

    def units(self, name: str) -> str:
        """The unit that the file states, or an empty text."""
        return str(self.attribute(name, "units", "")).strip()

    def read_stored(self, name: str, where: tuple = ()) -> np.ndarray:
        """The stored numbers of the last two dimensions, or of ``where``; leading dimensions must have one entry."""
        variable = self.variable(name)
        if variable.ndim < 2 or any(size != 1 for size in variable.shape[:-2]):
            raise self.error("not one (y, x) field", name, dict(zip(variable.dimensions, variable.shape, strict=True)))
        if max(variable.shape) > MOST_CELLS:
            raise self.error("larger than any known grid", name, variable.shape)
        return self.read_part(name, (0,) * (variable.ndim - 2) + (where or (slice(None), slice(None))))

    def read_part(self, name: str, where: tuple) -> np.ndarray:
        """The stored numbers of a part of a variable. Raises InputError when that part is damaged."""
        try:
            return self.variable(name)[where]
        except UNREADABLE as error:
            raise self.error(f"damaged: cannot be read ({error})", name) from error

    def decode(self, name: str, stored: np.ndarray) -> np.ndarray:
        """Stored numbers to float64 values: fill values become NaN, then scale and offset apply.

        The limits ``valid_min`` and ``valid_max`` are left alone: a value outside them is to be refused, not hidden.
        """
        fill = [self.attribute(name, key) for key in ("_FillValue", "missing_value")]
        fill = [value for value in fill if value is not None]
        if not fill and stored.dtype.itemsize > 1:
            fill = [netCDF4.default_fillvals[stored.dtype.str[1:]]]
        missing = np.isin(stored, np.asarray(fill, dtype=stored.dtype))
        scale, offset = (
            float(self.attribute(name, key, unit)) for key, unit in (("scale_factor", 1), ("add_offset", 0))
        )
        with np.errstate(invalid="ignore", over="ignore"):
            return np.where(missing, np.nan, stored * np.float64(scale) + offset)

    def read_field(self, name: str) -> np.ndarray:
        """The values of a (y, x) field, float64, NaN where missing, y ascending. InputError when all are missing."""
        values = self.decode(name, self.orient(self.read_stored(name)))
        if not np.isfinite(values).any():
            raise self.error("no valid value in the whole field", name)
        return values

    def orient(self, field: np.ndarray) -> np.ndarray:
        """``field`` with y ascending."""
        return field[::-1] if self._axis("yc")[0] > self._axis("yc")[-1] else field

    def read_flags(self, name: str, meanings: set[str]) -> np.ndarray | None:
        """Cells whose flag has one of ``meanings``, bool (y, x), y ascending; None when the file tells no meanings.

        Bits (``flag_masks``), values (``flag_values``) and values within bits are read as CF section 3.5 says.
        """
        told = str(self.attribute(name, "flag_meanings", "")).split()
        masks, values = (np.atleast_1d(self.attribute(name, f"flag_{kind}", [])) for kind in ("masks", "values"))
        if not told or len(told) not in (masks.size, values.size):
            return None
        flags = self.orient(self.read_stored(name)).astype(np.int64)
        hit = np.zeros(flags.shape, bool)
        for index, meaning in enumerate(told):
            if meaning in meanings:
                part = flags & int(masks[index]) if masks.size == len(told) else flags
                hit |= part == int(values[index]) if values.size == len(told) else part != 0
        return hit

    def require_range(
        self, name: str, values: np.ndarray, low: float, high: float, unit: str, rounding: float = 0.0
    ) -> None:
        """Raise InputError naming the worst value outside [low, high] by more than ``rounding``; NaN is allowed."""
        with np.errstate(invalid="ignore"):
            outside = values[(values < low - rounding) | (values > high + rounding)]
        if outside.size:
            worst = outside[np.argmax(np.abs(outside))]
            raise self.error(
                f"{outside.size} values outside {low:g} to {high:g} {unit}".rstrip(),
                name,
                f"{worst:.6g} {unit}".rstrip(),
            )

    def _axis(self, name: str) -> np.ndarray:
        factor = METRES.get(self.units(name))
        if factor is None:
            raise self.error("an axis in neither km nor m", name, self.units(name) or "no unit")
        axis = np.asarray(self.variable(name)[:], dtype=np.float64) * factor
        if axis.ndim != 1 or not 2 <= axis.size <= MOST_CELLS:
            raise self.error("not a one-dimensional axis", name, axis.shape)
        return axis

    def _regular(self, name: str) -> np.ndarray:
        """An axis in m, ascending, freed from the rounding of float32."""
        axis = np.sort(self._axis(name))
        exact = np.linspace(axis[0], axis[-1], axis.size)
        step = exact[1] - exact[0]
        stored = self._axis(name)
        monotonic = np.all(np.diff(stored) > 0) or np.all(np.diff(stored) < 0)
        if not (monotonic and np.abs(axis - exact).max() < 1e-3 * step):
            raise self.error("the axis is not regular", name, f"{stored[0]:.6g} ... {stored[-1]:.6g} m")
        return exact

    def read_grid(self, name: str, steps_km: tuple[float, ...]) -> Grid:
        """The native grid of the variable ``name``, in the northern hemisphere, y ascending.

        Raises InputError when the axes are not regular, their step is none of ``steps_km``, the grid lies in the south,
        or the file's longitude and latitude contradict its projection.
        """
        x, y = self._regular("xc"), self._regular("yc")
        grid = Grid(self.product, self._crs(name), x, y)
        for axis, values in (("xc", x), ("yc", y)):
            step = (values[1] - values[0]) / 1000
            if not np.isclose(step, steps_km, rtol=1e-4).any():
                raise self.error(f"the step is none of {', '.join(map(str, steps_km))} km", axis, f"{step:.6g} km")
        if self.variable(name).shape[-2:] != grid.shape:
            raise self.error("the field has not the shape of its axes", name, self.variable(name).shape)
        to_lonlat = pyproj.Proj(grid.crs)
        _, middle = to_lonlat(x[x.size // 2], y[y.size // 2], inverse=True)
        if not middle > 0:
            raise self.error(
                "wrong hemisphere: the grid lies in the south", name, f"latitude {middle:.1f} at its middle"
            )
        self._agrees_with_lonlat(grid, to_lonlat)
        return grid

    def _crs(self, name: str) -> pyproj.CRS:
        """The projection that the variable names, or the only one of the file."""
        named = self.attribute(name, "grid_mapping")
        if named is None:
            marks = {"grid_mapping_name", "proj4_string"}
            mappings = [n for n, v in self.dataset.variables.items() if marks & set(v.ncattrs())]
            if len(mappings) != 1:
                raise self.error("names no grid mapping", name)
            named = mappings[0]
        mapping = self.variable(str(named))
        attributes = {key: getattr(mapping, key) for key in mapping.ncattrs()}
        if "proj4_string" in attributes:
            return pyproj.CRS(str(attributes["proj4_string"]))
        return pyproj.CRS.from_cf({k: v if isinstance(v, str) else float(v) for k, v in attributes.items()})

    def _agrees_with_lonlat(self, grid: Grid, to_lonlat: pyproj.Proj) -> None:
        """Compare the file's latitude and longitude with the projection's at some 50 x 50 cells, edges included."""
        if "lat" not in self or "lon" not in self:
            return
        rows, columns = (np.unique(np.linspace(0, n - 1, 50).astype(int)) for n in grid.shape)
        where = np.ix_(rows, columns)
        latitude, longitude = (self.decode(n, self.orient(self.read_stored(n)))[where] for n in ("lat", "lon"))
        x, y = to_lonlat(longitude, latitude, errcheck=False)
        distance = np.hypot(x - grid.x[columns], y - grid.y[rows, None])
        if not np.all(distance < 0.1 * grid.step):
            worst = np.unravel_index(np.argmax(np.where(np.isfinite(distance), distance, np.inf)), distance.shape)
            raise self.error(
                "latitude and longitude contradict the projection",
                "lat, lon",
                f"{latitude[worst]:.6g}, {longitude[worst]:.6g}",
            )

    def read_times(self, name: str = "time") -> list[datetime]:
        """A time variable as datetimes, flattened."""
        units = self.units(name) or self.units("time")
        calendar = self.attribute(name, "calendar") or self.attribute("time", "calendar", "standard")
        numbers = np.ravel(np.asarray(self.variable(name)[:], dtype=np.float64))
        if numbers.size == 0 or not (np.abs(numbers) < LATEST).all():
            raise self.error("a time is missing or absurd", name, numbers[:1])
        times = netCDF4.num2date(
            numbers, units, calendar, only_use_cftime_datetimes=False, only_use_python_datetimes=True
        )
        return list(np.atleast_1d(times))


@contextmanager
def open_product(product: str, path: str | Path) -> Iterator[ProductFile]:
    """Open a product's file; whatever cannot be read in it is told as InputError."""
    path = Path(path)
    try:
        _refuse_truncated(product, path)
        with netCDF4.Dataset(path) as dataset:
            yield ProductFile(product, path, dataset)
    except UNREADABLE as error:
        raise InputError(f"cannot be read ({error or type(error).__name__})", product=product, file=path) from error


def _refuse_truncated(product: str, path: Path) -> None:
    """Refuse a classic NetCDF file that ends before its last variable: the library would read on and return junk."""
    with path.open("rb") as file:
        classic = file.read(4) in (b"CDF\x01", b"CDF\x02")
    if not classic:
        return
    from scipy.io import netcdf_file

    try:
        netcdf_file(path, mmap=True).close()
    except UNREADABLE as error:
        size = path.stat().st_size
        raise InputError(
            "truncated: shorter than its header says", product=product, file=path, value=f"{size} bytes"
        ) from error
