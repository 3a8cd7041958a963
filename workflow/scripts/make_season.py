"""Gather the summaries of all dates of a branch in a season cube, with means by month."""

from pathlib import Path

from superice.utils.command_line import make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--summaries", type=Path, nargs="+", required=True, help="files sit_summary_YYYYMMDD.nc")
    parser.add_argument("--output", type=Path, required=True, help="folder season.zarr, or one file .nc")
    args = parser.parse_args()

    from superice.dataset.season import write_season

    write_season(args.summaries, args.output, progress=True)


if __name__ == "__main__":
    run_command(main)
