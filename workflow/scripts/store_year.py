"""Bring a year of thickness and forcings to the model's grid, as the surrogate reads them."""

from pathlib import Path

from superice.readers.era5 import METHODS, read_forcings
from superice.utils.command_line import add_grid, make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--thickness", type=Path, required=True, help="folder of neXtSIM files")
    parser.add_argument("--forcings", type=Path, required=True, help="folder of ERA5 files")
    add_grid(parser)
    parser.add_argument("--resample", action="store_true", help="interpolate thickness of another lattice")
    parser.add_argument("--interpolation", choices=METHODS, default="nearest", help="of the forcings")
    parser.add_argument("--year", type=int, required=True, help="the year")
    parser.add_argument("--hours", type=float, default=6, help="between two moments")
    parser.add_argument("--first-hour", type=float, default=0, help="of the first moment of each day")
    parser.add_argument("--output", type=Path, required=True, help="the year's array, npy; its description beside it")
    args = parser.parse_args()

    from tqdm import tqdm

    from superice.fields.grid import load_grid
    from superice.readers.nextsim_thickness import read_thickness
    from superice.readers.time_series import list_moments_of_year
    from superice.surrogate.store import write_year

    grid, moments = load_grid(args.areas, args.area), list_moments_of_year(args.year, args.hours, args.first_hour)
    ice = tqdm(read_thickness(args.thickness, moments, grid, args.resample), total=len(moments), unit="step")
    weather = read_forcings(args.forcings, moments, grid, args.interpolation)
    write_year(args.output, moments, ice, weather)


if __name__ == "__main__":
    run_command(main)
