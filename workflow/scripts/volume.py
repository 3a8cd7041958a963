"""Gather the ice volumes of all dates: every member as NetCDF, and bands by day and by month with their check as CSV."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import add_publication, make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--dates", type=Path, nargs="+", required=True, help="sums of single dates")
    parser.add_argument("--regions", type=Path, required=True, help="regions of the grid, regions.nc")
    add_publication(parser)
    parser.add_argument("--branch", choices=("model", "observations"), required=True, help="what was drawn from")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--table", type=Path, required=True, help="table to write (CSV)")
    parser.add_argument("--output", type=Path, required=True, help="volumes of every member (NetCDF)")
    args = parser.parse_args()

    from superice.dataset.publication import describe_publication
    from superice.evaluation.volume_table import PLACED, collect_content, read_volumes, tabulate_volumes
    from superice.fields.regions import read_region_places
    from superice.utils.files import write_table
    from superice.utils.netcdf import write_content

    volumes = read_volumes(args.dates)
    write_table(args.table, tabulate_volumes(volumes))
    publication, places = describe_publication(args.publication), read_region_places(args.regions)
    content = collect_content(volumes, args.experiment, args.branch, places, publication)
    write_content(args.output, content, complete=("time", "region", "thin_ice", *PLACED))


if __name__ == "__main__":
    run_command(main)
