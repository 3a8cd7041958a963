"""Merge the statistics of the training days into the normalisation."""

from dataclasses import asdict
from pathlib import Path

from superice.network.normalisation import Normalisation
from superice.utils.command_line import make_parser, parse_day, run_command
from superice.utils.files import read_json, write_json


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--records", type=Path, required=True, help="folder of the days' records")
    parser.add_argument("--dates", type=parse_day, nargs="+", required=True, help="training days, YYYYMMDD")
    parser.add_argument("--floor", type=float, required=True, help="smallest deformation in day-1")
    parser.add_argument("--sic-threshold", type=float, required=True, help="concentration above which a pixel is ice")
    parser.add_argument("--output", type=Path, required=True, help="normalisation.json")
    args = parser.parse_args()
    records = (read_json(args.records / f"{date:%Y%m%d}.json") for date in args.dates)
    statistics = (record["statistics"] for record in records if record["available"])
    normalisation = Normalisation.from_days(statistics, args.floor, args.sic_threshold)
    write_json(args.output, asdict(normalisation))


if __name__ == "__main__":
    run_command(main)
