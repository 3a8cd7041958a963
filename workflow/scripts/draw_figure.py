"""Draw one figure from files that the workflow has made; `draw_figure.py FIGURE --help` tells what each needs."""

from pathlib import Path

from superice.figures.catalogue import KINDS
from superice.utils.command_line import make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    commands = parser.add_subparsers(dest="figure", required=True, metavar="FIGURE")
    for name, kind in KINDS.items():
        command = commands.add_parser(name, help=kind.summary, description=kind.summary)
        for option in kind.options:
            command.add_argument(f"--{option.name}", help=option.meaning, **option.form)
        command.add_argument("--png", type=Path, required=True, help="figure as PNG")
        command.add_argument("--pdf", type=Path, required=True, help="figure as PDF")
    args = parser.parse_args()

    from superice.figures.style import save_figure

    kind = KINDS[args.figure]
    draw = kind.load_function()
    figure = draw(**{option.parameter: getattr(args, option.parameter) for option in kind.options})
    save_figure(figure, args.png, args.pdf)


if __name__ == "__main__":
    run_command(main)
