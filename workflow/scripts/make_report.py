"""Make the report of a run: one HTML file that opens without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from superice.utils.command_line import make_parser, read_settings, run_command

if TYPE_CHECKING:
    import pandas


def read_table(path: Path | None) -> pandas.DataFrame:
    """Return a CSV table; empty where there is none."""
    import pandas

    return pandas.DataFrame() if path is None else pandas.read_csv(path)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--settings", type=read_settings, required=True, help="settings of the run, YAML")
    parser.add_argument("--experiments", nargs="+", required=True, help="experiments that are shown")
    parser.add_argument("--scores", type=Path, help="table of all experiments, comparison.csv")
    parser.add_argument("--all-dates", type=Path, help="table of each experiment on all of its dates, table.csv")
    parser.add_argument(
        "--volumes", type=Path, nargs="*", default=[], help="tables of the volumes, observations first, CSV"
    )
    parser.add_argument("--regions", type=Path, help="table of the scores by region, CSV")
    parser.add_argument("--months", type=Path, help="table of the scores by month, CSV")
    parser.add_argument("--thin-ice", type=Path, help="table of thin ice, CSV")
    parser.add_argument("--leads", type=Path, help="table of leads and shapes, CSV")
    parser.add_argument("--by-scale", type=Path, help="table of the scores by scale, CSV")
    parser.add_argument("--by-thickness", type=Path, help="table of the scores by class of thickness, CSV")
    parser.add_argument("--by-stratum", type=Path, help="table of the scores along the coast and beyond the mask, CSV")
    parser.add_argument("--in-situ", type=Path, help="table of members against measurements, CSV")
    parser.add_argument("--studies", type=Path, help="table of the studies, CSV")
    parser.add_argument("--selection", type=Path, nargs="*", default=[], help="training/<experiment>/selection.csv")
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="weights that members were drawn with")
    parser.add_argument("--missing", type=Path, help="table of missing inputs, CSV")
    parser.add_argument("--coverage", type=Path, help="table of the pixels of the observed days, CSV")
    parser.add_argument("--calendar", type=Path, help="table of the days by season and period, CSV")
    parser.add_argument("--figures", type=Path, nargs="*", default=[], help="figures as PNG or GIF, in order")
    parser.add_argument("--benchmarks", type=Path, required=True, help="folder of Snakemake's benchmark files")
    parser.add_argument("--output", type=Path, required=True, help="report.html")
    args = parser.parse_args()

    from superice.fields.grid import load_grid
    from superice.report.locator import describe_place, draw_locator
    from superice.report.page import Contents, render
    from superice.report.run_facts import add_days_with_values, tabulate_times
    from superice.run.configuration import Configuration
    from superice.run.paths import RunPaths
    from superice.utils.files import write_text

    run, calendar = Configuration(args.settings), read_table(args.calendar)
    grid, paths = load_grid(run.areas, run.area), RunPaths(run)
    volumes = read_table(args.volumes[0] if args.volumes else None)
    if args.volumes:
        volumes = volumes.assign(branch=args.volumes[0].stem)
    contents = Contents(
        name=run.name,
        summary=add_days_with_values(run.summary(args.experiments), calendar),
        scores=read_table(args.scores),
        regions=read_table(args.regions),
        months=read_table(args.months),
        thin_ice=read_table(args.thin_ice),
        studies=read_table(args.studies),
        experiments=[run.describe_experiment(name, paths.read_given(name)) for name in args.experiments],
        weights=args.weights,
        leads=read_table(args.leads),
        by_scale=read_table(args.by_scale),
        by_thickness=read_table(args.by_thickness),
        by_stratum=read_table(args.by_stratum),
        in_situ=read_table(args.in_situ),
        selection={path.parent.name: read_table(path) for path in args.selection},
        missing=None if args.missing is None else read_table(args.missing),
        coverage=read_table(args.coverage),
        calendar=calendar,
        figures=args.figures,
        times=tabulate_times(args.benchmarks),
        configuration=run.content,
        published=run.published,
        place=describe_place(grid),
        locator=draw_locator(grid),
        all_dates=read_table(args.all_dates),
        volumes=volumes,
    )
    write_text(args.output, render(contents))


if __name__ == "__main__":
    run_command(main)
