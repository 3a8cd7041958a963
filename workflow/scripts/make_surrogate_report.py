"""Make the table and the report of the surrogate."""

from pathlib import Path

from superice.utils.command_line import make_parser, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="of each experiment, NetCDF")
    parser.add_argument("--restored", type=Path, required=True, help="table of the restoration, CSV")
    parser.add_argument("--figures", type=Path, nargs="+", required=True, help="PNG and GIF, in order")
    parser.add_argument("--settings", type=read_settings, required=True, help="settings of the surrogate, YAML")
    parser.add_argument("--table", type=Path, required=True, help="a row for each experiment, CSV")
    parser.add_argument("--output", type=Path, required=True, help="the page, HTML")
    args = parser.parse_args()

    import pandas as pd
    import xarray as xr

    from superice.report.surrogate_page import render_surrogate
    from superice.surrogate.scores import tabulate_forecasts
    from superice.utils.files import write_table, write_text

    scores = tabulate_forecasts([xr.load_dataset(path) for path in args.scores])
    write_table(args.table, scores)
    page = render_surrogate(scores, pd.read_csv(args.restored), args.figures, args.settings)
    write_text(args.output, page)


if __name__ == "__main__":
    run_command(main)
