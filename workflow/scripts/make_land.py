"""Write the land mask of a grid: bool (y, x), True on land."""

from pathlib import Path

from superice.utils.command_line import add_grid, make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    add_grid(parser)
    parser.add_argument("--output", type=Path, required=True, help="land.npy")
    args = parser.parse_args()

    import numpy as np

    from superice.fields.grid import load_grid, make_land_mask
    from superice.utils.files import atomic_path

    with atomic_path(args.output) as temporary:
        np.save(temporary, make_land_mask(load_grid(args.areas, args.area)))


if __name__ == "__main__":
    run_command(main)
