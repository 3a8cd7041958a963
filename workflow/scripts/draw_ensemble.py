"""Draw the ensemble of one day from its low-resolution features."""

from pathlib import Path

from superice.fields.grid import load_grid
from superice.inference.day import generate_day
from superice.inference.settings import SamplerSettings
from superice.utils.command_line import (
    add_threads,
    make_parser,
    parse_day,
    read_settings,
    run_command,
    use_threads,
)
from superice.utils.settings import build_settings


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="model features (.nc) or observed ones (.npz)")
    parser.add_argument("--weights", type=Path, required=True, help="weights file of the chosen training")
    parser.add_argument("--areas", type=Path, required=True, help="file of area definitions")
    parser.add_argument("--area", required=True, help="name of the grid in it")
    parser.add_argument("--date", type=parse_day, required=True, help="YYYY-MM-DD")
    parser.add_argument("--sampler", type=read_settings, required=True, help="sampler: JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the ensemble")
    add_threads(parser)
    parser.add_argument("--details", type=read_settings, default={}, help="further attributes: JSON")
    parser.add_argument(
        "--missing-if-diverged", action="store_true", help="missing members, not an error, where the training diverged"
    )
    parser.add_argument("--output", type=Path, required=True, help="sit_hrai_YYYYMMDD.nc")
    args = parser.parse_args()

    use_threads(args.threads)
    generate_day(
        args.features,
        args.weights,
        load_grid(args.areas, args.area),
        build_settings(SamplerSettings, args.sampler, "sampler"),
        args.seed,
        args.output,
        day=args.date,
        details=args.details,
        missing_if_diverged=args.missing_if_diverged,
    )


if __name__ == "__main__":
    run_command(main)
