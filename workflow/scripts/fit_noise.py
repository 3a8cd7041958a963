"""Fit the correlated noise of the baseline to the training days."""

from collections.abc import Iterator
from pathlib import Path

from superice.utils.command_line import make_parser, parse_day, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--store", type=Path, required=True, help="folder of the training store")
    parser.add_argument("--training", type=parse_day, nargs="+", required=True, help="training days, YYYYMMDD")
    parser.add_argument("--spacing-km", type=float, required=True, help="grid spacing in km")
    parser.add_argument("--output", type=Path, required=True, help="noise.json")
    args = parser.parse_args()

    from tqdm import tqdm

    from superice.inference.baselines import CorrelatedNoise, Quantities
    from superice.training.store import decode_day, open_day, store_name

    def read_days() -> Iterator[Quantities]:
        for date in tqdm(args.training, unit="day"):
            yield decode_day(open_day(args.store / store_name(date)))

    CorrelatedNoise.fit(read_days, args.spacing_km).save(args.output)


if __name__ == "__main__":
    run_command(main)
