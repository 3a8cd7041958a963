"""Write days of neXtSIM thickness and their box averages to a training store, and compute their normalisation."""

from dataclasses import asdict
from pathlib import Path

from superice.utils.command_line import add_grid, make_parser, parse_day, run_command


def main() -> None:
    parser = make_parser(__doc__)
    for split in ("training", "validation"):
        stored = f"{split} years of the surrogate's store, in order"
        parser.add_argument(f"--{split}-years", type=Path, nargs="+", required=True, help=stored)
        parser.add_argument(f"--{split}", type=parse_day, nargs="+", required=True, help=f"{split} days, YYYYMMDD")
    add_grid(parser)
    parser.add_argument("--box-km", type=float, required=True, help="width of the average")
    parser.add_argument("--store", type=Path, required=True, help="folder of the days to write")
    parser.add_argument("--normalisation", type=Path, required=True, help="of the training days, JSON")
    args = parser.parse_args()

    from tqdm import tqdm

    from superice.fields.grid import load_grid
    from superice.network.normalisation import compute_quantities
    from superice.surrogate.restoration import compute_normalisation, make_features
    from superice.surrogate.store import Record
    from superice.training.store import store_name, write_day
    from superice.utils.files import write_json

    training, validation = Record(args.training_years), Record(args.validation_years)
    validation.require_sea_of(training)
    step = load_grid(args.areas, args.area).step
    days = [(training, when) for when in args.training] + [(validation, when) for when in args.validation]
    seen = []
    for record, when in tqdm(days, unit="day"):
        truth = record.read_field("sit", record.find_day(when))
        features = make_features(when, truth, step, args.box_km, truth)
        write_day(args.store / store_name(when), compute_quantities(features))
        if record is training:
            seen.append(features)
    write_json(args.normalisation, asdict(compute_normalisation(seen)))


if __name__ == "__main__":
    run_command(main)
