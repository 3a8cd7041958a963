"""Gather the days that could not be made into one table."""

import csv
import sys
from pathlib import Path

from superice.commands import command, day, run
from superice.files import read_json, whole

BRANCHES = ("model", "observations")
COLUMNS = ("date", "branch", "product", "file", "variable", "value", "reason")


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--records", type=Path, required=True, help="folder of the records, by branch")
    for branch in BRANCHES:
        parser.add_argument(f"--{branch}", type=day, nargs="*", default=[], help=f"days of {branch}, YYYYMMDD")
    parser.add_argument("--output", type=Path, required=True, help="missing.csv")
    args = parser.parse_args()
    rows = []
    files = [args.records / b / f"{d:%Y%m%d}.json" for b in BRANCHES for d in getattr(args, b)]
    for record in map(read_json, files):
        rows += [{"date": record["date"], "branch": record["branch"]} | problem for problem in record["problems"]]
    rows.sort(key=lambda row: (row["date"], row["branch"]))
    with whole(args.output) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} inputs missing or refused", file=sys.stderr)


if __name__ == "__main__":
    run(main)
