"""Gather the scores of the studies in one table: a row for each experiment of each study."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import make_parser, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="scores of single dates")
    parser.add_argument(
        "--settings", type=read_settings, required=True, help="what is compared, and the bootstrap, YAML"
    )
    parser.add_argument("--output", type=Path, required=True, help="table to write (CSV)")
    args = parser.parse_args()

    from superice.evaluation.sensitivity import make_study_table
    from superice.evaluation.settings import BootstrapSettings
    from superice.evaluation.study import Study
    from superice.evaluation.tables import read_scores
    from superice.utils.files import write_table
    from superice.utils.settings import build_settings

    scores = [read_scores(path) for path in args.scores]
    studies = {name: Study(**study) for name, study in args.settings["studies"].items()}
    frame = make_study_table(
        scores, studies, build_settings(BootstrapSettings, args.settings["bootstrap"], "bootstrap")
    )
    write_table(args.output, frame)


if __name__ == "__main__":
    run_command(main)
