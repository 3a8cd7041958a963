"""Fit the correlated noise of the baseline to the training days."""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from superice.inference.baselines import CorrelatedNoise, Quantities
from superice.training.store import decoded, open_day, store_name
from superice.utils.command_line import command, day, run


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--store", type=Path, required=True, help="folder of the training store")
    parser.add_argument("--training", type=day, nargs="+", required=True, help="training days, YYYYMMDD")
    parser.add_argument("--spacing-km", type=float, required=True, help="grid spacing in km")
    parser.add_argument("--output", type=Path, required=True, help="noise.json")
    args = parser.parse_args()

    def days() -> Iterator[Quantities]:
        for date in tqdm(args.training, unit="day"):
            yield decoded(open_day(args.store / store_name(date)))

    CorrelatedNoise.fit(days, args.spacing_km).save(args.output)


if __name__ == "__main__":
    run(main)
