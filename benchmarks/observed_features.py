"""Measure time on one core, by step, and memory, from three product files of a day to its observed features.

The first round computes the positions of the target pixels in the native grids; later rounds find them cached.
"""

import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np

from superice.dataset.layout import write_observed_features
from superice.features import observed
from superice.features.settings import FeatureSettings
from superice.fields.grid import AREAS, Grid, load_grid
from superice.readers import cs2smos, osisaf_concentration, osisaf_drift
from superice.utils.command_line import make_parser, run_command

STEPS = {
    "_average_concentration": "concentration on the thickness grid",
    "drift_deformation": "deformation",
    "regrid": "regridding, 4 fields",
    "smooth_gaussian": "smoothing, 4 fields",
    "_mask_fields": "mask",
}


class Clock:
    """Seconds by step of one round."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began

    def watch(self, module: ModuleType, function: str, name: str, original: Callable) -> None:
        """Replace a function of a module by one that counts its seconds as a step."""

        def timed(*arguments, **options):
            with self.step(name):
                return original(*arguments, **options)

        setattr(module, function, timed)


def time_day(folders: list[Path], day: date, grid: Grid, land: np.ndarray, output: Path, originals: dict) -> dict:
    """Make the features of a day, and return the seconds of each step."""
    clock = Clock()
    for function, name in STEPS.items():
        clock.watch(observed, function, name, originals[function])
    began = time.process_time()
    products = []
    for product, folder in zip((cs2smos, osisaf_concentration, osisaf_drift), folders, strict=True):
        with clock.step(f"read {product.PRODUCT}"):
            products.append(product.read(product.find(folder, day), day))
    made = observed.make_observed_day(*products, grid, land, FeatureSettings())
    with clock.step("write npz and NetCDF"):
        write_observed_features(output / "day.npz", output / "day.nc", grid, day, made.fields, made.mask_reason, {})
    return clock.seconds | {"whole day": time.process_time() - began}


def measure_copy_rate() -> float:
    """Return the bytes per second that this machine copies."""
    source = np.ones(2**25)
    began = time.perf_counter()
    for _ in range(5):
        source.copy()
    return 5 * 2 * source.nbytes / (time.perf_counter() - began)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--cs2smos", type=Path, required=True, help="folder of CS2SMOS files")
    parser.add_argument("--concentration", type=Path, required=True, help="folder of OSI SAF concentration files")
    parser.add_argument("--drift", type=Path, required=True, help="folder of OSI SAF drift files")
    parser.add_argument("--date", type=date.fromisoformat, default=date(2022, 4, 12), help="YYYY-MM-DD")
    parser.add_argument("--areas", type=Path, default=AREAS, help="file of area definitions")
    parser.add_argument("--area", default="superice", help="name of the grid in it")
    parser.add_argument("--rounds", type=int, default=5, help="rounds after the first one")
    args = parser.parse_args()
    grid = load_grid(args.areas, args.area)
    land = np.zeros(grid.shape, bool)  # a file of the workflow, made once
    originals = {name: getattr(observed, name) for name in STEPS}
    folders = [args.cs2smos, args.concentration, args.drift]
    with tempfile.TemporaryDirectory() as output:
        rounds = [time_day(folders, args.date, grid, land, Path(output), originals) for _ in range(args.rounds + 1)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        written = sum(path.stat().st_size for path in Path(output).iterdir())
    print(f"{args.area}, {grid.shape[0]} x {grid.shape[1]}, seconds: first round, median of {args.rounds} more")
    for step in rounds[0]:
        print(f"  {step:38s} {rounds[0][step]:6.2f} {statistics.median(r[step] for r in rounds[1:]):6.2f}")
    fields = 4 * 4 * grid.shape[0] * grid.shape[1]
    print(f"  floor: copying the four fields once     {'':6s} {2 * fields / measure_copy_rate():6.3f}")
    print(f"  written: {written / 1e6:.1f} MB; peak memory {peak:.0f} MB")


if __name__ == "__main__":
    run_command(main)
