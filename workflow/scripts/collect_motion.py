"""Collect the motion of the ice on the days of a season, for members whose memory follows the drift.

A day whose file is missing or refused has none: motion is interpolated between the days around it, and a warning says why.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from superice.errors import InputError
from superice.utils.command_line import add_grid, make_parser, parse_day, run_command

if TYPE_CHECKING:
    import numpy as np

    from superice.fields.grid import Grid


def read_velocity(
    folder: Path, kind: str, day: date, grid: Grid, resample: bool
) -> tuple[np.ndarray, np.ndarray, Grid]:
    """Read the velocity of a day, m s-1 on the map along its axes, (y, x), and the grid that it is on."""
    import numpy as np

    from superice.readers import nextsim_cmems, nextsim_moorings, osisaf_drift

    if kind == "drift":
        drift = osisaf_drift.read(osisaf_drift.find(folder, day), day)
        return drift.u, drift.v, drift.grid
    reader = nextsim_cmems if kind == "cmems" else nextsim_moorings
    model = reader.read(reader.find(folder, day), day, grid, resample)
    to_map = np.sqrt(grid.step**2 / grid.compute_cell_area())
    return model.u * to_map, model.v * to_map, grid


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder of the files, flat or YYYY/MM/")
    parser.add_argument(
        "--kind",
        choices=("drift", "moorings", "cmems", "archive"),
        required=True,
        help="OSI SAF drift, or a model layout",
    )
    parser.add_argument("--dates", type=parse_day, nargs="+", required=True, help="days of the season, YYYYMMDD")
    add_grid(parser)
    parser.add_argument("--resample", action="store_true", help="interpolate files of another grid, else refuse them")
    parser.add_argument("--output", type=Path, required=True, help="motion of the season (NetCDF)")
    args = parser.parse_args()

    from superice.fields.grid import load_grid
    from superice.fields.motion import join_motion, place_velocity, write_motion

    if args.kind == "archive":
        raise InputError("holds no velocities, which sampler.memory_follows_drift needs", file=args.source)
    grid = load_grid(args.areas, args.area)
    velocities = {}
    for day in args.dates:
        try:
            placed = place_velocity(*read_velocity(args.source, args.kind, day, grid, args.resample), grid)
        except InputError as error:
            print(f"warning: no motion on {day}: {error}", file=sys.stderr)
            continue
        if placed is not None:
            velocities[day] = placed
    write_motion(args.output, join_motion(grid, velocities))
    print(f"motion on {len(velocities)} of {len(args.dates)} days", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
