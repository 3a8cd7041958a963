"""Write the land mask of a grid: bool (y, x), True on land."""

from pathlib import Path

import numpy as np

from superice.fields.grid import land_mask, load_grid
from superice.utils.command_line import command, run
from superice.utils.files import whole


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--areas", type=Path, required=True, help="file of area definitions")
    parser.add_argument("--area", required=True, help="name of the grid in it")
    parser.add_argument("--output", type=Path, required=True, help="land.npy")
    args = parser.parse_args()
    with whole(args.output) as temporary:
        np.save(temporary, land_mask(load_grid(args.areas, args.area)))


if __name__ == "__main__":
    run(main)
