"""Write a season of the synthetic Arctic: neXtSIM files of its days, satellite products of its observed days."""

from pathlib import Path

from superice.utils.command_line import add_grid, make_parser, parse_day, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    add_grid(parser)
    parser.add_argument("--season-start", type=parse_day, required=True, help="first day of the season, YYYY-MM-DD")
    parser.add_argument("--season-end", type=parse_day, required=True, help="last day of the season")
    parser.add_argument(
        "--dates", type=parse_day, nargs="*", default=[], help="days to write as neXtSIM files, YYYYMMDD"
    )
    parser.add_argument("--observed-dates", type=parse_day, nargs="*", default=[], help="days to write as products")
    parser.add_argument("--settings", type=read_settings, required=True, help="section synthetic, YAML")
    parser.add_argument("--output", type=Path, required=True, help="folder of the season's files")
    args = parser.parse_args()

    from tqdm import tqdm

    from superice.fields.grid import load_grid
    from superice.seasons import Season
    from superice.synthetic.season_files import SeasonFiles
    from superice.synthetic.settings import SyntheticSettings
    from superice.utils.settings import build_settings

    how = build_settings(SyntheticSettings, args.settings["synthetic"], "synthetic")
    season = Season(args.season_start, args.season_end)
    files = SeasonFiles(load_grid(args.areas, args.area), how, season, args.output)
    days = sorted({*args.dates, *args.observed_dates})
    files.write_days(tqdm(days, unit="day"), args.dates, args.observed_dates)


if __name__ == "__main__":
    run_command(main)
