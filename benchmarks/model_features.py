"""Measure time and memory of one day's model features: a synthetic Moorings file is read, filtered and written on one core.

The floor is the time of copying the same number of bytes.
"""

import os
import resource
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import netCDF4
import numpy as np
from scipy.ndimage import gaussian_filter

from superice.dataset.layout import write_model_features
from superice.features.model import make_model_day, measure_floored_fraction
from superice.features.settings import FeatureSettings
from superice.fields.grid import AREAS, Grid, load_grid, make_land_mask
from superice.network.normalisation import compute_moments
from superice.readers import nextsim_moorings
from superice.synthetic.arctic import SyntheticDay, map_scale
from superice.synthetic.nextsim_files import write_moorings
from superice.utils.command_line import make_parser, run_command

DAY = date(2022, 4, 1)


def make_file(path: Path, areas: Path, area: str, days: int) -> None:
    """Write a file of smooth random fields, the same for each of its ``days``, with the land of the grid."""
    grid = load_grid(areas, area)
    land, random = make_land_mask(grid), np.random.default_rng(0)
    field = lambda width: width * gaussian_filter(random.standard_normal(grid.shape), width)
    fields = np.clip(0.9 + 0.2 * field(3), 0, 1), np.clip(1.5 + field(5), 0, 8), 0.1 * field(30), 0.1 * field(30)
    truth = SyntheticDay(*(np.where(land, np.nan, values) for values in fields))
    write_moorings(path, grid, map_scale(grid), DAY, truth)
    with netCDF4.Dataset(path, "a") as file:
        file.set_auto_maskandscale(False)
        for step in range(1, days):
            for name in ("time", "time_bnds"):
                file[name][step] = file[name][0] + step
            for name in nextsim_moorings.VARIABLES.values():
                file[name][step] = file[name][0]


def time_stages(source: Path, output: Path, grid: Grid, day: date) -> dict[str, float]:
    """Return the seconds of every stage."""
    how, marks = FeatureSettings(), [perf_counter()]
    model = nextsim_moorings.read(nextsim_moorings.find(source, day), day, grid)
    marks.append(perf_counter())
    fields = make_model_day(model, grid, how)
    features = fields.as_features(day, how.sic_threshold)
    compute_moments(features, how.deformation_floor)
    measure_floored_fraction(features, how.deformation_floor)
    marks.append(perf_counter())
    write_model_features(output, grid, day, fields.high, fields.low, {})
    marks.append(perf_counter())
    return dict(zip(("read", "filter", "write"), np.diff(marks), strict=True))


def measure_copy_rate(path: Path) -> float:
    """Return the bytes read and written per second by the fastest of five plain copies."""
    seconds = []
    for _ in range(5):
        start = perf_counter()
        shutil.copyfile(path, path.with_suffix(".copy"))
        seconds.append(perf_counter() - start)
    return 2 * path.stat().st_size / min(seconds)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--areas", type=Path, default=AREAS, help="file of area definitions")
    parser.add_argument("--area", default="superice", help="name of the grid in it")
    parser.add_argument("--days", type=int, default=1, help="days in the file; the last one is read")
    args = parser.parse_args()

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "Moorings.nc", Path(folder) / "features.nc"
        # In a process of its own, so that its memory is not taken for that of the features.
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            other.submit(make_file, source, args.areas, args.area, args.days).result()
        grid = load_grid(args.areas, args.area)
        seconds = time_stages(source.parent, output, grid, DAY + timedelta(args.days - 1))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        read, written = source.stat().st_size / args.days, output.stat().st_size
        floor = (read + written) / measure_copy_rate(output)
    print(f"{grid.shape[0]} x {grid.shape[1]} cells, file of {args.days} days, one core")
    for stage, value in seconds.items():
        print(f"{stage:<8}{value:8.2f} s")
    print(f"{'all':<8}{sum(seconds.values()):8.2f} s   target 4 s")
    print(f"{'floor':<8}{floor:8.2f} s   {read / 1e6:.1f} MB read, {written / 1e6:.1f} MB written")
    print(f"{'memory':<8}{memory:8.0f} MB  target 1500 MB")


if __name__ == "__main__":
    run_command(main)
