"""Print the scores of a run, all experiments side by side, in Markdown, then those of one, its picture and its report."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--comparison", type=Path, required=True, help="table of all experiments, comparison.csv")
    parser.add_argument("--experiment", help="whose scores are printed last")
    parser.add_argument("--picture", type=Path, help="a picture to look at first")
    parser.add_argument("--report", type=Path, required=True, help="the report (HTML)")
    args = parser.parse_args()

    import pandas as pd

    from superice.evaluation.tables import format_headline, format_summary

    compared = pd.read_csv(args.comparison)
    print(format_summary(compared), end="\n\n")
    if args.experiment:
        print(format_headline(compared, args.experiment))
    if args.picture:
        print(f"picture: {args.picture.resolve()}")
    print(f"report: {args.report.resolve()}")


if __name__ == "__main__":
    run_command(main)
