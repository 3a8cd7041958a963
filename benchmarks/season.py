"""Measure a season cube of the full grid: time, memory, files and bytes.

One synthetic date is drawn and summarised; the other dates are copies of its summary with times of their own. So the
cube is as large as a season's, and drawing the members of each date is not part of the time.
"""

import resource
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import netCDF4
from scores import make_date

from superice.dataset.layout import summaries_name
from superice.dataset.season import find_summaries, write_season
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import MemberStatistics, Summary, write_summary
from superice.features.files import read_model_features
from superice.fields.grid import AREAS, load_grid
from superice.utils.command_line import make_parser, run_command
from superice.utils.netcdf import read_content

FIRST = date(2022, 10, 18)


def make_summaries(folder: Path, area: str, members: int, dates: int) -> None:
    """Write the summaries of successive dates, copies of one."""
    make_date(folder, AREAS, area, members)
    features = read_model_features(folder / "features.nc")
    statistics = MemberStatistics(features.mask, members)
    for member in read_content(f"{folder}/ensemble.nc", ("sit_ai",))["sit_ai"]:
        statistics.add(member)
    first = folder / "one.nc"
    write_summary(Summary(first, SummarySettings()), load_grid(AREAS, area), features, None, statistics, {})
    with netCDF4.Dataset(first) as file:
        shift = (FIRST - features.date).days + int(file["time"][...])
    for number in range(dates):
        copy = folder / summaries_name(FIRST + timedelta(number))
        shutil.copy(first, copy)
        with netCDF4.Dataset(copy, "a") as file:
            file["time"][...] = shift + number


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--area", default="superice", help="name of the grid in the package's areas")
    parser.add_argument("--members", type=int, default=30, help="members of the ensemble")
    parser.add_argument("--dates", type=int, default=180, help="dates of the season")
    args = parser.parse_args()

    with TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own, so that its memory is not taken for that of the cube.
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            other.submit(make_summaries, folder, args.area, args.members, args.dates).result()
        began, cube = time.monotonic(), folder / "season.zarr"
        write_season(find_summaries(folder), cube, progress=True)
        seconds = time.monotonic() - began
        files = [path for path in cube.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{args.dates} dates of {args.members} members: {seconds:.0f} s, {memory / 1e9:.2f} GB of memory")
    print(f"{len(files)} files, {size / 1e9:.2f} GB, {size / args.dates / 1e6:.1f} MB a date")


if __name__ == "__main__":
    run_command(main)
