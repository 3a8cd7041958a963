"""Write what a training reads of one day's model features to the training store."""

from pathlib import Path

from superice.commands import command, run
from superice.features import read_model_features
from superice.normalisation import quantities
from superice.store import write_day


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="the day's model features, YYYYMMDD.nc")
    parser.add_argument("--sic-threshold", type=float, required=True, help="concentration above which a pixel is ice")
    parser.add_argument("--output", type=Path, required=True, help="YYYYMMDD.npy")
    args = parser.parse_args()
    write_day(args.output, quantities(read_model_features(args.features, args.sic_threshold)))


if __name__ == "__main__":
    run(main)
