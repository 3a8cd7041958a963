"""Compare members with measurements of buoys, sonars and others: members at their positions, and a table by platform."""

import sys
from pathlib import Path

from superice.utils.command_line import add_publication, make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--measurements", type=Path, nargs="+", required=True, help="files of measurements")
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="observed features (npz) of the dates")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="ensembles of the same dates")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    add_publication(parser)
    parser.add_argument("--output", type=Path, required=True, help="members at the measurements (NetCDF)")
    parser.add_argument("--table", type=Path, required=True, help="table by platform, CSV")
    args = parser.parse_args()

    from superice.dataset.layout import POINTS_NOTE
    from superice.dataset.publication import describe_publication
    from superice.evaluation.in_situ import collocate, describe_points, find_run_days, write_collocations
    from superice.evaluation.in_situ_table import tabulate
    from superice.readers.in_situ import read_all
    from superice.utils.files import write_table

    days = find_run_days(args.predictions, args.features)
    measured = read_all(args.measurements)
    found = collocate(measured, days)
    note = describe_points(measured, days, found)
    details = {"experiment": args.experiment, POINTS_NOTE: note, **describe_publication(args.publication)}
    write_collocations(args.output, found, details)
    table = tabulate(found)
    write_table(args.table, table)
    print(f"{len(table)} platforms with {int(table['points'].sum())} points where the run has values", file=sys.stderr)
    print(note, file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
