"""One long run of the surrogate under the true forcings, beside the model's."""

from datetime import date
from pathlib import Path

from superice.utils.command_line import add_grid, add_threads, make_parser, run_command, use_threads


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--years", type=Path, nargs="+", required=True, help="test years of the store, npy, in order")
    parser.add_argument("--weights", type=Path, required=True, help="of the surrogate, safetensors")
    parser.add_argument("--start", type=date.fromisoformat, required=True, help="the first day, YYYY-MM-DD")
    parser.add_argument("--steps", type=int, default=720, help="of the run")
    parser.add_argument("--every", type=int, default=4, help="steps from one state that is kept to the next")
    parser.add_argument("--precision", default="fp32", help="fp32, bf16 or auto")
    add_grid(parser)
    add_threads(parser)
    parser.add_argument("--output", type=Path, required=True, help="forecast and truth, NetCDF")
    args = parser.parse_args()

    import numpy as np
    import xarray as xr

    from superice.dataset.layout import add_cell_area
    from superice.fields.grid import load_grid
    from superice.surrogate.rollout import RollOut, Surrogate
    from superice.surrogate.scores import forecast_season
    from superice.surrogate.store import Record
    from superice.utils.files import write_dataset

    use_threads(args.threads)
    roll_out = RollOut(Surrogate.load(args.weights), Record(args.years), args.precision)
    moments, forecast, truth = zip(*forecast_season(roll_out, args.start, args.steps, args.every), strict=True)
    axes = ("time", "y", "x")
    values = {"forecast": (axes, np.stack(forecast)), "truth": (axes, np.stack(truth))}
    fields = xr.Dataset(values, {"time": np.array(moments, "datetime64[ns]")})
    add_cell_area(fields, load_grid(args.areas, args.area))
    write_dataset(args.output, fields)


if __name__ == "__main__":
    run_command(main)
