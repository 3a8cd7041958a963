"""Print the scores of a run, all experiments side by side, in Markdown, and the path of its report."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--comparison", type=Path, required=True, help="table of all experiments, comparison.csv")
    parser.add_argument("--report", type=Path, required=True, help="the report (HTML)")
    args = parser.parse_args()

    import pandas as pd

    from superice.evaluation.tables import format_summary

    print(format_summary(pd.read_csv(args.comparison)))
    print(f"report: {args.report.resolve()}")


if __name__ == "__main__":
    run_command(main)
