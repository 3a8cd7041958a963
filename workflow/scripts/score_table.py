"""Gather the scores of all dates in two tables: one row per date, and one per branch, split, experiment and field."""

from __future__ import annotations

from pathlib import Path

from superice.commands import command, run, settings
from superice.files import whole
from superice.score_tables import daily, table


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="scores of single dates")
    parser.add_argument(
        "--details",
        type=settings,
        default={},
        help="more columns by experiment, JSON or a YAML file: {experiment: {passes: 6, seconds_per_member: 0.4}}",
    )
    parser.add_argument("--daily", type=Path, required=True, help="table of the dates to write (CSV)")
    parser.add_argument("--output", type=Path, required=True, help="table of the means to write (CSV)")
    args = parser.parse_args()

    days = daily(args.scores)
    for path, frame in ((args.daily, days), (args.output, table(days, args.details))):
        with whole(path) as temporary:
            frame.to_csv(temporary, index=False, float_format="%.6g")


if __name__ == "__main__":
    run(main)
