"""Write what virtual buoys and a virtual submarine measure in a season of the synthetic Arctic, as CSV."""

from pathlib import Path

from superice.utils.command_line import add_grid, make_parser, parse_day, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    add_grid(parser)
    parser.add_argument("--season-start", type=parse_day, required=True, help="first day of the season, YYYY-MM-DD")
    parser.add_argument("--season-end", type=parse_day, required=True, help="last day of the season")
    parser.add_argument("--dates", type=parse_day, nargs="+", required=True, help="days of the measurements, YYYYMMDD")
    parser.add_argument("--settings", type=read_settings, required=True, help="section synthetic, YAML")
    parser.add_argument("--output", type=Path, required=True, help="folder of the files")
    args = parser.parse_args()

    from superice.fields.grid import load_grid
    from superice.seasons import Season
    from superice.synthetic.arctic import Arctic
    from superice.synthetic.platforms import write_measurements
    from superice.synthetic.settings import SyntheticSettings
    from superice.utils.settings import build_settings

    how = build_settings(SyntheticSettings, args.settings["synthetic"], "synthetic")
    region = load_grid(args.areas, args.area)
    margin = round(how.margin_km * 1000 / region.step)
    arctic = Arctic(region.pad(margin), how, Season(args.season_start, args.season_end))
    write_measurements(args.output, arctic, region, args.dates)


if __name__ == "__main__":
    run_command(main)
