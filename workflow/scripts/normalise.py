"""Merge the statistics of the training days into the normalisation."""

from dataclasses import asdict
from pathlib import Path

from superice.utils.command_line import make_parser, parse_day, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--records", type=Path, required=True, help="folder of the days' records")
    parser.add_argument("--dates", type=parse_day, nargs="+", required=True, help="training days, YYYYMMDD")
    parser.add_argument("--settings", type=read_settings, required=True, help="settings of the features, YAML")
    parser.add_argument("--output", type=Path, required=True, help="normalisation.json")
    args = parser.parse_args()

    from superice.network.normalisation import Normalisation
    from superice.utils.files import read_json, write_json

    records = (read_json(args.records / f"{date:%Y%m%d}.json") for date in args.dates)
    statistics = (record["statistics"] for record in records if record["available"])
    normalisation = Normalisation.from_days(
        statistics, args.settings["deformation_floor"], args.settings["sic_threshold"]
    )
    write_json(args.output, asdict(normalisation))


if __name__ == "__main__":
    run_command(main)
