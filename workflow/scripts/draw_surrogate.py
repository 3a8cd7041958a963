"""Draw one figure of the surrogate; `draw_surrogate.py FIGURE --help` tells what each needs."""

from pathlib import Path

from superice.utils.command_line import add_grid, make_parser, run_command

KINDS = {
    "training": "Losses of the trainings; files are <experiment>/history.csv.",
    "skill": "Error, bias and spectral exponent against lead time; files are the scores of the experiments.",
    "maps": "Model and surrogate at some leads.",
    "season": "The long run: mean thickness and error.",
    "restoration": "Restored fine scales.",
    "animation": "The long run, as a GIF.",
}


def main() -> None:
    parser = make_parser(__doc__)
    commands = parser.add_subparsers(dest="figure", required=True, metavar="FIGURE")
    for name, meaning in KINDS.items():
        command = commands.add_parser(name, help=meaning, description=meaning)
        command.add_argument("--files", type=Path, nargs="+", required=True, help="what it is drawn from")
        add_grid(command)
        command.add_argument("--output", type=Path, required=True, help="PNG, beside which a PDF is written; or GIF")
    args = parser.parse_args()

    import pandas as pd
    import xarray as xr

    from superice.fields.grid import load_grid
    from superice.figures import surrogate
    from superice.figures.style import save_figure

    if args.figure == "training":
        figure = surrogate.draw_surrogate_losses({path.parent.name: pd.read_csv(path) for path in args.files})
    elif args.figure == "skill":
        figure = surrogate.draw_skill([xr.load_dataset(path) for path in args.files])
    else:
        fields, grid = xr.load_dataset(args.files[0]), load_grid(args.areas, args.area)
        if args.figure == "animation":
            surrogate.animate_season(fields, args.output)
            return
        draw = {
            "maps": lambda: surrogate.draw_forecast_maps(fields, grid),
            "season": lambda: surrogate.draw_season(fields),
            "restoration": lambda: surrogate.draw_restoration(fields, grid),
        }
        figure = draw[args.figure]()
    save_figure(figure, args.output, args.output.with_suffix(".pdf"))


if __name__ == "__main__":
    run_command(main)
