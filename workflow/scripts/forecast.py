"""Roll the surrogate out from every start of the test years, and score it."""

from pathlib import Path

from superice.utils.command_line import (
    add_grid,
    add_threads,
    make_parser,
    read_settings,
    run_command,
    use_threads,
)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--years", type=Path, nargs="+", required=True, help="test years of the store, npy, in order")
    parser.add_argument("--weights", type=Path, required=True, help="of the surrogate, safetensors")
    parser.add_argument("--climatology", type=Path, required=True, help="of the training years, npy")
    add_grid(parser)
    parser.add_argument(
        "--settings", type=read_settings, required=True, help="section forecasts of the surrogate, YAML"
    )
    add_threads(parser)
    parser.add_argument("--scores", type=Path, required=True, help="by forecast, lead and start, NetCDF")
    parser.add_argument("--fields", type=Path, required=True, help="some forecasts and their truths, NetCDF")
    args = parser.parse_args()

    import numpy as np

    from superice.dataset.layout import add_cell_area
    from superice.fields.grid import load_grid
    from superice.surrogate.rollout import RollOut, Surrogate
    from superice.surrogate.scores import score_forecasts
    from superice.surrogate.settings import ForecastSettings
    from superice.surrogate.store import Record
    from superice.utils.device import keep_freed_memory
    from superice.utils.files import write_dataset
    from superice.utils.settings import build_settings

    use_threads(args.threads)
    keep_freed_memory()
    how = build_settings(ForecastSettings, args.settings["forecasts"], "surrogate.forecasts")
    roll_out = RollOut(Surrogate.load(args.weights), Record(args.years), how.precision)
    grid = load_grid(args.areas, args.area)
    tally = score_forecasts(roll_out, np.load(args.climatology, mmap_mode="r"), grid.step / 1000, how)
    write_dataset(args.scores, tally.to_scores())
    fields = tally.to_fields()
    add_cell_area(fields, grid)
    write_dataset(args.fields, fields)


if __name__ == "__main__":
    run_command(main)
