"""Write a year of the forced synthetic Arctic: thickness in the layout of neXtSIM, weather in a layout of ERA5."""

from pathlib import Path

from superice.utils.command_line import add_grid, make_parser, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    add_grid(parser)
    parser.add_argument("--years", type=int, nargs=2, required=True, metavar=("FIRST", "LAST"), help="of the whole run")
    parser.add_argument("--year", type=int, required=True, help="the year to write")
    parser.add_argument("--hours", type=float, default=12, help="between two states")
    parser.add_argument("--first-hour", type=float, default=0, help="of the first state of each day")
    parser.add_argument(
        "--settings", type=read_settings, required=True, help="section synthetic of the surrogate, YAML"
    )
    parser.add_argument("--before", type=Path, help="state at the end of the year before; none in the first year")
    parser.add_argument("--thickness", type=Path, required=True, help="NetCDF in the Moorings layout")
    parser.add_argument("--forcings", type=Path, required=True, help="NetCDF in a layout of ERA5")
    parser.add_argument("--after", type=Path, required=True, help="state at the end of the year, npy")
    args = parser.parse_args()

    from superice.fields.grid import load_grid
    from superice.synthetic.forced_run import ForcedRun
    from superice.synthetic.settings import ForcedRunSettings
    from superice.utils.settings import build_settings

    region = load_grid(args.areas, args.area)
    how = build_settings(ForcedRunSettings, args.settings["synthetic"], "surrogate.synthetic")
    run = ForcedRun(region, how, *args.years, args.hours, args.first_hour)
    run.write_year(args.year, args.before, args.thickness, args.forcings, args.after)


if __name__ == "__main__":
    run_command(main)
