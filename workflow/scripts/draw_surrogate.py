"""Draw one figure of the surrogate; `draw_surrogate.py FIGURE --help` tells what each needs."""

import argparse
from pathlib import Path

import pandas as pd
import xarray as xr

from superice.fields.grid import Grid, load_grid
from superice.figures import surrogate
from superice.figures.style import save_figure
from superice.utils.command_line import add_grid, make_parser, run_command


def _read_fields(args: argparse.Namespace) -> tuple[xr.Dataset, Grid]:
    return xr.load_dataset(args.files[0]), load_grid(args.areas, args.area)


FIGURES = {
    "training": (
        lambda args: surrogate.draw_surrogate_losses({path.parent.name: pd.read_csv(path) for path in args.files}),
        "Losses of the trainings; files are <experiment>/history.csv.",
    ),
    "skill": (
        lambda args: surrogate.draw_skill([xr.load_dataset(path) for path in args.files]),
        "Error, bias and spectral exponent against lead time; files are the scores of the experiments.",
    ),
    "maps": (lambda args: surrogate.draw_forecast_maps(*_read_fields(args)), "Model and surrogate at some leads."),
    "season": (lambda args: surrogate.draw_season(_read_fields(args)[0]), "The long run: mean thickness and error."),
    "restoration": (
        lambda args: surrogate.draw_restoration(*_read_fields(args)),
        "Restored fine scales.",
    ),
}


def main() -> None:
    parser = make_parser(__doc__)
    kinds = parser.add_subparsers(dest="figure", required=True, metavar="FIGURE")
    meanings = {name: text for name, (_, text) in FIGURES.items()} | {"animation": "The long run, as a GIF."}
    for name, meaning in meanings.items():
        kind = kinds.add_parser(name, help=meaning, description=meaning)
        kind.add_argument("--files", type=Path, nargs="+", required=True, help="what it is drawn from")
        add_grid(kind)
        kind.add_argument("--output", type=Path, required=True, help="PNG, beside which a PDF is written; or GIF")
    args = parser.parse_args()
    if args.figure == "animation":
        surrogate.animate_season(_read_fields(args)[0], args.output)
    else:
        save_figure(FIGURES[args.figure][0](args), args.output, args.output.with_suffix(".pdf"))


if __name__ == "__main__":
    run_command(main)
