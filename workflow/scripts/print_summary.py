"""Print the scores of a run, all experiments side by side, in Markdown, and the path of its report."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from superice.evaluation.tables import summary
from superice.utils.command_line import command, run


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--comparison", type=Path, required=True, help="table of all experiments, comparison.csv")
    parser.add_argument("--report", type=Path, required=True, help="the report (HTML)")
    args = parser.parse_args()

    print(summary(pd.read_csv(args.comparison)))
    print(f"report: {args.report.resolve()}")


if __name__ == "__main__":
    run(main)
