"""The season cube: the summaries of many dates in one Zarr store or one NetCDF file, with means by month.

Dates are read once and in blocks, so that memory does not grow with them. In a Zarr store a chunk holds some dates of a
small square, which serves both a map and the time series of a pixel; a shard, one file, holds many chunks.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray
from tqdm import tqdm

from superice.dataset.layout import EPOCH
from superice.dataset.months import summarise_months
from superice.dataset.publication import describe_creation
from superice.errors import InputError
from superice.utils.file_format import explain_unreadable
from superice.utils.files import atomic_folder, atomic_path

CHUNK: dict[Hashable, int] = {"time": 16, "y": 128, "x": 128}
SHARD: dict[Hashable, int] = {"time": 48, "y": 640, "x": 768}
PARTS = {"dates": None, "monthly": "monthly", "climatology": "climatology"}  # groups of the store or file
TIMES = {"units": f"days since {EPOCH} 12:00:00", "calendar": "proleptic_gregorian", "dtype": "f8"}
STORE, FILE = ".zarr", ".nc"
BOUNDS = "class_bounds"  # limits of the classes of thickness


def open_season(path: str | Path, part: str = "dates") -> xarray.Dataset:
    """Open a season lazily: its arrays are read with dask when they are computed.

    Parameters
    ----------
    path
        A season cube (a folder ``.zarr`` or a file ``.nc``), or a folder of summaries.
    part
        ``dates``; of a cube also ``monthly``, the means of each month, and ``climatology``, those of each month of the year
        over all years.

    Returns
    -------
    xarray.Dataset
        With coordinates, the grid mapping ``crs``, cell areas and attributes.

    Raises
    ------
    InputError
        When there is no season at the path, or no such part of it.
    """
    path = Path(path)
    if part not in PARTS:
        raise InputError(f"a season has the parts {', '.join(PARTS)}", value=part)
    if path.is_dir() and path.suffix != STORE:
        if part != "dates":
            raise InputError(
                "is a folder of summaries, which hold no means: make a cube of them with `superice season`", file=path
            )
        return open_summaries(find_summaries(path))
    if not path.exists():
        raise InputError("there is no such season", file=path)
    engine = {"engine": "zarr", "consolidated": False} if path.is_dir() else {"engine": "netcdf4"}
    try:
        with warnings.catch_warnings():
            # Snakemake marks every folder that a rule makes; zarr warns of each file that is not its own.
            warnings.filterwarnings("ignore", r"Object at \.snakemake_timestamp")
            season = xarray.open_dataset(path, group=PARTS[part], chunks={}, decode_coords="all", **engine)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot be read as a season ({error})", file=path) from error
    for name in {BOUNDS, "time_bounds"} & set(season.coords):
        season[name].load()  # its chunks are not those of the fields
    return season


def find_summaries(folder: str | Path) -> list[Path]:
    """Return the summaries in a folder by date. Raises InputError when there is none, or no such folder."""
    if not Path(folder).is_dir():
        raise InputError("there is no such folder: name the one with the summaries of a branch", file=folder)
    found = sorted(Path(folder).glob("sit_summary_????????.nc"))
    if not found:
        raise InputError(
            "holds no summary sit_summary_YYYYMMDD.nc: draw with defaults.ensembles.keep: both, or generate --summary",
            file=folder,
        )
    return found


def open_summaries(paths: Sequence[Path]) -> xarray.Dataset:
    """Open summaries lazily as one dataset with the dimension ``time``, in the order of their times.

    Raises InputError naming a file that cannot be read, is on another grid, tells other quantiles, thresholds or classes
    than the first, or is of the same day as another.
    """
    if not paths:
        raise InputError("a season needs at least one summary")
    with _without_chunk_caches():
        days = [_open_summary(path) for path in paths]
    for path, day in zip(paths, days):
        _require_same_axes(path, day, paths[0], days[0])
    order = sorted(range(len(days)), key=lambda number: days[number].time.values)
    for earlier, later in pairwise(order):
        if days[earlier].time == days[later].time:
            raise InputError(f"is of the same day as {paths[earlier]}", file=paths[later])
    # What some dates lack, such as the reasons of the mask, the season lacks.
    names = [name for name in days[0].data_vars if all(name in day for day in days)]
    parts = [days[number][names] for number in order]
    season = xarray.concat(
        parts, "time", data_vars="all", coords="minimal", compat="override", combine_attrs="drop_conflicts"
    )
    season = season.assign_coords({BOUNDS: days[0][BOUNDS].variable.compute()})  # no field has its second dimension
    season.attrs |= _describe_period(season, days[0])
    return season.transpose(..., "time", "y", "x", missing_dims="ignore")


@contextmanager
def _without_chunk_caches() -> Iterator[None]:
    """Let files that are opened keep nothing that was read, which by default is up to 64 MB of every variable."""
    before = netCDF4.get_chunk_cache()
    netCDF4.set_chunk_cache(size=0)
    try:
        yield
    finally:
        netCDF4.set_chunk_cache(*before)


def _open_summary(path: Path) -> xarray.Dataset:
    try:
        reason = explain_unreadable(path)
        if reason:
            raise InputError(f"cannot be read: {reason}", file=path)
        layers = {"quantile": 1, "threshold": 1, "class": 1}
        day = xarray.open_dataset(path, engine="netcdf4", decode_coords="all")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", file=path) from error
    if "sit_quantile" not in day or "time" not in day.coords:
        raise InputError("is not a summary of an ensemble: variable missing", file=path, variable="sit_quantile")
    return day.chunk({axis: size for axis, size in layers.items() if axis in day.dims})


def _require_same_axes(path: Path, day: xarray.Dataset, first_path: Path, first: xarray.Dataset) -> None:
    """Raise InputError when a summary has other axes than the first."""
    for name in ("x", "y", "quantile", "threshold", "class"):
        if not np.array_equal(day[name].values, first[name].values):
            raise InputError(f"differs from that of {first_path}", file=path, variable=name)
    if day["crs"].attrs != first["crs"].attrs:
        raise InputError(f"differs from that of {first_path}", file=path, variable="crs")


def _describe_period(season: xarray.Dataset, day: xarray.Dataset) -> dict[str, str]:
    first, last = (season.time.values[at].astype("M8[D]").item() for at in (0, -1))
    title = "SuperIce season of summaries of ensembles of sea ice thickness"
    return {
        "title": title,
        "summary": day.attrs.get("summary", "").replace("of one day", "of each day"),
        **describe_creation(title, first, last, season.attrs),
    }


def write_season(paths: Sequence[Path], output: Path, progress: bool = False) -> None:
    """Write the summaries of many dates to one Zarr store (``.zarr``) or one NetCDF file (``.nc``), with means by month.

    The output appears under its name when it is complete, and not at all otherwise. Raises InputError for summaries that
    do not belong together, and for an output of another kind.
    """
    if output.suffix not in (STORE, FILE):
        raise InputError(f"a season is written to a store {STORE} or a file {FILE}", file=output)
    season = open_summaries(paths)
    complete = atomic_folder if output.suffix == STORE else atomic_path
    write = _write_store if output.suffix == STORE else _write_file
    with complete(output) as temporary, _without_chunk_caches():
        write(season, temporary, progress)
        for group, means in summarise_months(season).items():
            _write_group(means, temporary, group, output.suffix)


def _write_store(season: xarray.Dataset, folder: Path, progress: bool) -> None:
    """Write the dates to a Zarr store, block by block of a shard's dates."""
    import zarr

    encoding = {name: _lay_out(variable) for name, variable in season.data_vars.items()}
    maps = {name: _lay_out(variable) for name, variable in season.coords.items() if "y" in variable.dims[:-1]}
    encoding |= {name: maps.get(name, {}) | {"_FillValue": None} for name in season.coords}
    encoding["time"] |= TIMES
    bare = _forget_files(season)
    # Only the metadata and what is not lazy, such as coordinates; dask blocks of one date would be slow to write.
    bare.to_zarr(
        folder, mode="w", compute=False, encoding=encoding, zarr_format=3, consolidated=False, safe_chunks=False
    )
    store: Any = zarr.open_group(folder, mode="r+")  # every item of it is an array here, and none a group
    blocks = range(0, season.sizes["time"], SHARD["time"])
    jobs = [(name, layer) for name, variable in season.data_vars.items() for layer in _list_layers(variable)]
    for start, (name, layer) in tqdm(list(product(blocks, jobs)), unit="block", disable=not progress):
        dates = slice(start, start + SHARD["time"])
        store[name][(*layer, dates)] = season[name][(*layer, dates)].to_numpy()


def _forget_files(season: xarray.Dataset) -> xarray.Dataset:
    """Return the season without what its files say of their storage, except of the places of its fields."""
    bare = season.drop_encoding()
    for coordinate in bare.coords.values():
        coordinate.load()  # what is lazy is not written with the metadata
    bare["class"].attrs["bounds"] = BOUNDS
    for variable in bare.data_vars.values():
        if "y" in variable.dims:
            variable.attrs |= {"grid_mapping": "crs", "cell_measures": "area: cell_area"}
    return bare


def _list_layers(variable: xarray.DataArray) -> Iterator[tuple[int, ...]]:
    """Return the indices along the dimensions before the time, one map at a time."""
    before = [variable.sizes[axis] for axis in variable.dims if axis not in CHUNK]
    return product(*map(range, before))


def _lay_out(variable: xarray.DataArray) -> dict[str, object]:
    """Return chunks, shards and compression of a variable with a map."""
    from zarr.codecs import BloscCodec

    chunks, shards = [], []
    for axis, size in variable.sizes.items():
        chunk = min(CHUNK.get(axis, 1), size)
        chunks.append(chunk)
        needed = -(-size // chunk)
        shards.append(chunk * min(needed, SHARD.get(axis, 1) // CHUNK.get(axis, 1)))
    layout = {"chunks": tuple(chunks), "shards": tuple(shards), "compressors": BloscCodec(cname="zstd", clevel=3)}
    return layout | ({"_FillValue": np.nan} if variable.dtype.kind == "f" else {})


def _write_file(season: xarray.Dataset, temporary: Path, _progress: bool) -> None:
    """Write the dates to a NetCDF file, date by date."""
    encoding = {}
    for name, variable in season.data_vars.items():
        sizes = [variable.sizes[axis] if axis in ("y", "x") else 1 for axis in variable.dims]
        encoding[name] = {"zlib": True, "complevel": 1, "shuffle": True, "chunksizes": tuple(sizes)}
        encoding[name]["_FillValue"] = np.float32(np.nan) if variable.dtype.kind == "f" else None
    encoding |= {name: {"_FillValue": None} for name in season.coords}
    encoding["time"] |= TIMES
    _forget_files(season).to_netcdf(temporary, engine="netcdf4", encoding=encoding)


def _write_group(means: xarray.Dataset, temporary: Path, group: str, suffix: str) -> None:
    encoding: dict[Hashable, dict[str, Any]] = (
        dict.fromkeys(("time", "time_bounds"), TIMES) if "time" in means.dims else {}
    )
    if suffix == STORE:
        means.to_zarr(temporary, group=group, mode="a", encoding=encoding, zarr_format=3, consolidated=False)
    else:
        encoding |= {name: {"zlib": True, "complevel": 1, "shuffle": True} for name in means.data_vars}
        means.to_netcdf(temporary, group=group, mode="a", engine="netcdf4", encoding=encoding)
