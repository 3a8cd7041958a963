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
    from superice.synthetic import file_names, satellite_files
    from superice.synthetic.arctic import Arctic, SyntheticDay
    from superice.synthetic.nextsim_files import write_moorings
    from superice.synthetic.satellites import Satellites
    from superice.synthetic.settings import SyntheticSettings
    from superice.utils.settings import build_settings

    how = build_settings(SyntheticSettings, args.settings["synthetic"], "synthetic")
    region = load_grid(args.areas, args.area)
    margin = round(how.margin_km * 1000 / region.step)
    inner = (slice(margin, -margin or None),) * 2
    arctic = Arctic(region.pad(margin), how, Season(args.season_start, args.season_end))
    satellites = Satellites(arctic)
    products = {
        "cs2smos": (file_names.cs2smos_name, satellite_files.write_thickness),
        "concentration": (file_names.concentration_name, satellite_files.write_concentration),
        "drift": (file_names.drift_name, satellite_files.write_drift),
    }
    for when in tqdm(sorted({*args.dates, *args.observed_dates}), unit="day"):
        if when in args.dates:
            truth = arctic.simulate_day(when)
            path = args.output / "nextsim" / file_names.moorings_name(when)
            cropped = SyntheticDay(*(getattr(truth, name)[inner] for name in ("sic", "sit", "u", "v")))
            write_moorings(path, region, arctic.scale[inner], when, cropped)
        if when in args.observed_dates:
            for product, (name, write) in products.items():
                if when.isoformat() not in getattr(how.missing, product):
                    write(args.output / product / name(when), satellites, when)


if __name__ == "__main__":
    run_command(main)
