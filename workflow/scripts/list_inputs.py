"""Gather what is known of every day's inputs.

Three tables: what is missing or refused, the pixels that each product has, and the days of each season and period.
"""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path

from superice.seasons import Calendar
from superice.utils.command_line import make_parser, parse_day, read_settings, run_command
from superice.utils.files import atomic_path, read_json

BRANCHES = ("model", "observations")
MISSING = ("date", "branch", "product", "file", "variable", "value", "reason")
PRODUCTS = ("cs2smos", "osisaf_concentration", "osisaf_drift")
CALENDAR = ("branch", "period", "season", "days", "available")
SUMMER = 7
COVERAGE = (
    "date",
    "ice_pixels",
    *(f"without_{product}" for product in PRODUCTS),
    "kept_pixels",
    "kept_percent",
    "notes",
)


def describe_coverage(record: dict) -> dict:
    """Return the row of a day: pixels of ice at sea, those that a product lacks, and those with all inputs."""
    lacking = {f"without_{product}": record["masked_pixels"].get(product) for product in PRODUCTS}
    ice, kept = record["ice_pixels"], record["kept_pixels"]
    share = round(100 * kept / ice, 2) if ice else None
    counted = {"ice_pixels": ice, **lacking, "kept_pixels": kept, "kept_percent": share}
    return {"date": record["date"], **counted, "notes": "; ".join(record.get("notes", []))}


def tabulate_calendar(records: list[dict], periods: dict[str, list[str]]) -> list[dict]:
    """Return a row for each branch, period and season: the days asked for, and those that the source holds."""
    counted = {}
    for record in records:
        observed = record["branch"] == "observations"
        inside = [name for name, (first, last) in periods.items() if first <= record["date"] <= last]
        period = "observations" if observed else next(name for name in inside if name != "observations")
        year, month = map(int, record["date"].split("-")[:2])
        row = counted.setdefault((record["branch"], period, year - (month < SUMMER)), [0, 0])
        row[0] += 1
        row[1] += record["available"]
    return [dict(zip(CALENDAR, (*key, *days), strict=True)) for key, days in sorted(counted.items())]


def write_table(path: Path, columns: Iterable[str], rows: list[dict]) -> None:
    """Write rows as CSV."""
    with atomic_path(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--records", type=Path, required=True, help="folder of the records, by branch")
    for branch in BRANCHES:
        parser.add_argument(f"--{branch}", type=parse_day, nargs="*", default=[], help=f"days of {branch}, YYYYMMDD")
    parser.add_argument("--missing", type=Path, required=True, help="table of the missing and refused inputs")
    parser.add_argument("--coverage", type=Path, required=True, help="table of the pixels of the observed days")
    parser.add_argument("--settings", type=read_settings, required=True, help="section calendar, YAML")
    parser.add_argument("--calendar", type=Path, required=True, help="table of the days by season and period")
    args = parser.parse_args()
    files = [args.records / b / f"{d:%Y%m%d}.json" for b in BRANCHES for d in getattr(args, b)]
    records = sorted(map(read_json, files), key=lambda record: (record["date"], record["branch"]))
    missing = [
        {"date": record["date"], "branch": record["branch"]} | problem
        for record in records
        for problem in record["problems"]
    ]
    write_table(args.missing, MISSING, missing)
    observed = [record for record in records if record["branch"] == "observations"]
    write_table(args.coverage, COVERAGE, [describe_coverage(record) for record in observed])
    periods = Calendar.from_mapping(args.settings["calendar"]).periods()
    write_table(args.calendar, CALENDAR, tabulate_calendar(records, periods))
    print(f"{len(missing)} inputs missing or refused", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
