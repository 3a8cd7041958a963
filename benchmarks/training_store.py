"""Measure samples per second from the published days, from the training store and from compressed chunks (needs zarr).

Every sample is read, decoded and normalised by one process, as a worker of the training does. Cold: the files' pages
are dropped from the system's cache before each sample. The last columns are the size of a day and of the reference
run's days.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import zarr

from superice.features.files import read_model_features
from superice.network.normalisation import Normalisation, compute_moments, compute_quantities
from superice.training.store import decode_day, open_day, write_day
from superice.utils.command_line import make_parser, run_command

FLOOR, THRESHOLD = 1e-4, 0.15
CHUNK = 256
REFERENCE_DAYS = 1800

Window = tuple[slice, slice, slice]
Read = Callable[[Path, Window], dict[str, np.ndarray]]


def write_chunks(path: Path, stored: np.ndarray) -> None:
    """Write the same integers as compressed chunks of all variables."""
    codec = zarr.codecs.BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")
    array = zarr.create_array(path, shape=stored.shape, chunks=(4, CHUNK, CHUNK), dtype="int16", compressors=codec)
    array[:] = stored


def read_published(path: Path, window: Window) -> dict[str, np.ndarray]:
    """Return the quantities of a window from the published day, which is read whole."""
    return {name: values[window[1:]] for name, values in compute_quantities(read_model_features(path)).items()}


FORMS: dict[str, Read] = {
    "published NetCDF": read_published,
    "store, mapped .npy": lambda path, window: decode_day(open_day(path)[window]),
    "store, .npy read whole": lambda path, window: decode_day(np.load(path)[window]),
    "chunks, zarr and blosc": lambda path, window: decode_day(zarr.open_array(path, mode="r")[window]),
}


def drop_cache(path: Path) -> None:
    """Drop a file's or a folder's pages from the system's cache."""
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def count_bytes(path: Path) -> int:
    """Return the bytes of a file or of a folder's files."""
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def choose_windows(shape: tuple[int, int], side: int | None, count: int) -> list[Window]:
    """Return the full grid, or patches of ``side`` x ``side`` at random places."""
    if side is None:
        return [(slice(None),) * 3] * count
    corners = np.random.default_rng(0).integers(np.array(shape) - side + 1, size=(count, 2))
    return [(slice(None), slice(y, y + side), slice(x, x + side)) for y, x in corners.tolist()]


def measure_speed(
    read: Read, files: list[Path], places: list[Window], normalisation: Normalisation, cold: bool
) -> float:
    """Return the normalised samples per second of one process; dropping the cache does not count."""
    seconds = 0.0
    for n, window in enumerate(places):
        path = files[n % len(files)]
        if cold:
            drop_cache(path)
        began = time.perf_counter()
        values = read(path, window)
        normalisation.normalise_inputs(values, ("sic", "sit", "deformation")), normalisation.normalise_target(values)
        seconds += time.perf_counter() - began
    return len(places) / seconds


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="published model days, YYYYMMDD.nc")
    parser.add_argument("--patch", type=int, default=256, help="side of a patch in pixels")
    parser.add_argument("--samples", type=int, default=60, help="samples of a measurement")
    args = parser.parse_args()

    days = [read_model_features(path, THRESHOLD) for path in args.features]
    normalisation = Normalisation.from_days((compute_moments(day, FLOOR) for day in days), FLOOR, THRESHOLD)
    with TemporaryDirectory(dir=args.features[0].parent) as folder:
        store = [Path(folder) / f"{path.stem}.npy" for path in args.features]
        chunks = [path.with_suffix(".zarr") for path in store]
        for day, path, chunked in zip(days, store, chunks):
            write_day(path, compute_quantities(day))
            write_chunks(chunked, open_day(path))
        shape = days[0].sic.shape
        del days
        print(f"{'samples per second':24s}{'full grid':>20s}{f'{args.patch} x {args.patch}':>20s}")
        print(f"{'':24s}" + f"{'cold':>10s}{'warm':>10s}" * 2 + f"{'MB a day':>10s}{f'GB, {REFERENCE_DAYS}':>10s}")
        for (name, read), files in zip(FORMS.items(), (args.features, store, store, chunks), strict=True):
            speeds = [
                measure_speed(read, files, choose_windows(shape, side, args.samples), normalisation, cold)
                for side in (None, args.patch)
                for cold in (True, False)
            ]
            size = np.mean([count_bytes(path) for path in files])
            columns = (*speeds, size / 1e6, size * REFERENCE_DAYS / 1e9)
            print(f"{name:24s}" + "".join(f"{value:10.1f}" for value in columns), flush=True)


if __name__ == "__main__":
    run_command(main)
