"""Make the package of a run: its files with manifest, data card, licences, citation and descriptions for machines."""

import sys
from pathlib import Path

from superice.utils.command_line import make_parser, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--settings", type=read_settings, required=True, help="settings of the run, YAML")
    parser.add_argument("--folder", required=True, help="folder of the run, such as results/demo")
    parser.add_argument(
        "--workflow", type=Path, required=True, help="folder of the workflow, which goes into the package"
    )
    parser.add_argument("--threads", type=int, default=1, help="processes that compute digests")
    parser.add_argument("--output", type=Path, required=True, help="folder of the package")
    args = parser.parse_args()

    from superice.package.build import write_package
    from superice.run.configuration import Configuration
    from superice.run.paths import RunPaths

    run = Configuration(args.settings)
    for note in write_package(run, RunPaths(run, args.folder), args.workflow, args.output, args.threads):
        print(f"note: {note}", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
