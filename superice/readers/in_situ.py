"""Read measurements of ice thickness that platforms made: buoys, moored sonars, submarines, aircraft.

The format of a file is found from its ending and its first line: ice-mass-balance buoys in the NetCDF layout of SIMB3
archives, CSV tables, files of the ESA CCI reference data (RRDP), and drafts of moored sonars.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from superice.errors import InputError, MachineError, MissingInput
from superice.fields.point_series import LEVEL_ICE, PRODUCT, PointSeries, merge_series, take_daily_medians
from superice.readers.in_situ_tables import is_reference_file, read_csv, read_reference
from superice.readers.product_file import open_product
from superice.readers.sonar_draft import is_sonar_file, read_sonar
from superice.readers.units import convert_units
from superice.utils.machine import find_fault

ENDINGS = (".nc", ".csv", ".dat", ".txt")
BUOY_VARIABLES = ("lat", "lon", "hi")
DOCUMENTS = ("readme", "license", "licence")  # beside the measurements in many folders


def list_files(folder: str | Path) -> list[Path]:
    """Return the files of measurements in a folder and in its subfolders, sorted.

    Raises MissingInput when there are none, MachineError when the folder cannot be read.
    """
    try:
        files = [path for path in sorted(Path(folder).rglob("*")) if path.is_file() and _may_hold_measurements(path)]
    except OSError as error:
        raise MachineError(find_fault(error) or str(error), file=folder) from error
    if not files:
        there = "in it and its subfolders" if Path(folder).is_dir() else "as there is no such folder"
        raise MissingInput(f"no file {', '.join(ENDINGS)} {there}", product=PRODUCT, file=folder)
    return files


def _may_hold_measurements(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts[-2:])
    return path.suffix.lower() in ENDINGS and not hidden and path.stem.lower() not in DOCUMENTS


def read_all(paths: Iterable[str | Path]) -> list[PointSeries]:
    """Read files of measurements, and those in folders; each platform once.

    Raises InputError as ``read``, ``list_files`` and ``merge_series``.
    """
    files = [file for path in paths for file in (list_files(path) if Path(path).is_dir() else [path])]
    return merge_series([series for file in files for series in read(file)])


def read(path: str | Path) -> list[PointSeries]:
    """Read the platforms of a file.

    Raises
    ------
    InputError
        When the file has none of the formats, lacks a column or variable, or holds a value that is out of range.
    MachineError
        When the machine could not read it.
    """
    path = Path(path)
    if path.suffix.lower() == ".nc":
        return [read_buoy(path)]
    try:
        with open(path, encoding="utf-8-sig") as file:
            first = next((line for line in file if not line.startswith("#")), "")
        if is_reference_file(first):
            all_series = read_reference(path)
        elif is_sonar_file(first):
            all_series = [read_sonar(path)]
        elif path.suffix.lower() == ".csv":
            all_series = read_csv(path)
        else:
            reason = (
                "not a file of measurements: RRDP files begin with obsID date lat lon, those of moored sonars with %;"
                " save another table as .csv, with commas"
            )
            raise InputError(reason, product=PRODUCT, file=path, value=first.strip()[:60])
    except UnicodeDecodeError as error:
        raise InputError("is not text in UTF-8: save it so", product=PRODUCT, file=path) from error
    except OSError as error:
        fault = find_fault(error)
        if fault is None:
            raise InputError(f"cannot be read ({error.strerror})", product=PRODUCT, file=path) from error
        raise MachineError(fault, file=path) from error
    if not all_series:
        raise InputError("no row has a date, a position and a thickness", product=PRODUCT, file=path)
    return all_series


def read_buoy(path: str | Path) -> PointSeries:
    """Read an ice-mass-balance buoy as medians of days; the file's name is that of the buoy.

    The file has ``time``, ``lat``, ``lon`` and the thickness ``hi`` along one dimension.

    Raises InputError when a variable is missing or has another shape, or a value is out of range.
    """
    path = Path(path)
    with open_product(PRODUCT, path) as file:
        for name in ("time", *BUOY_VARIABLES):
            if name not in file.dataset.variables:
                missing = file.missing_variable(name)
                raise file.error(
                    f"{missing.reason}; a buoy's has time, lat, lon and hi, the thickness of the ice", name
                )
        times = file.read_times()
        latitude, longitude, thickness = (np.ravel(file.read_values(name)) for name in BUOY_VARIABLES)
        for name, values in zip(BUOY_VARIABLES, (latitude, longitude, thickness), strict=True):
            if values.size != len(times):
                raise file.error(f"not a value for each of the {len(times)} times", name, values.size)
        thickness = convert_units(file, "hi", thickness, "m", "m")
    series = PointSeries(
        platform=path.stem.replace("__", " #").replace("_", " "),
        measures=LEVEL_ICE,
        days=np.array(times, dtype="datetime64[D]"),
        latitude=latitude,
        longitude=longitude,
        thickness=thickness,
        uncertainty=np.full(thickness.size, np.nan),
        path=path,
    ).keep_complete()
    if not series.size:
        raise InputError("no time has a position and a thickness", product=PRODUCT, file=path, variable="hi")
    return take_daily_medians(series)
