"""Gather the scores of all dates in tables: by date, region, month, scale, thickness and stratum; experiments compared."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import make_parser, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="scores of single dates")
    parser.add_argument("--sums", type=Path, nargs="+", required=True, help="sums of scores of single dates")
    parser.add_argument("--settings", type=read_settings, default={}, help="section bootstrap, YAML")
    parser.add_argument("--daily", type=Path, required=True, help="table of the dates to write (CSV)")
    parser.add_argument("--regions", type=Path, required=True, help="table of the means by region to write (CSV)")
    parser.add_argument("--months", type=Path, required=True, help="table of the means by month to write (CSV)")
    parser.add_argument("--thin-ice", type=Path, required=True, help="table of thin ice to write (CSV)")
    parser.add_argument("--leads", type=Path, required=True, help="table of leads and shapes to write (CSV)")
    parser.add_argument("--by-scale", type=Path, required=True, help="table of the scores by scale to write (CSV)")
    parser.add_argument("--by-thickness", type=Path, required=True, help="by class of thickness (CSV)")
    parser.add_argument("--by-stratum", type=Path, required=True, help="along the coast, and beyond the mask (CSV)")
    parser.add_argument("--comparison", type=Path, required=True, help="table of all experiments to write (CSV)")
    parser.add_argument("--output", type=Path, required=True, help="table of the means to write (CSV)")
    args = parser.parse_args()

    from superice.evaluation.lead_table import tabulate_leads
    from superice.evaluation.settings import BootstrapSettings
    from superice.evaluation.sums_table import (
        read_sums,
        select_scales,
        select_strata,
        select_thicknesses,
        tabulate_sums,
    )
    from superice.evaluation.tables import (
        read_scores,
        tabulate_comparison,
        tabulate_days,
        tabulate_ensembles,
        tabulate_months,
        tabulate_regions,
        tabulate_scores,
    )
    from superice.evaluation.thin_ice_table import tabulate_thin_ice
    from superice.utils.files import write_table
    from superice.utils.settings import build_settings

    scores = [read_scores(path) for path in args.scores]
    days, ensembles = tabulate_days(scores), tabulate_ensembles(scores)
    sums = tabulate_sums(read_sums(args.sums))
    intervals = build_settings(BootstrapSettings, args.settings.get("bootstrap", {}), "bootstrap")
    tables = {
        args.daily: days,
        args.regions: tabulate_regions(days),
        args.months: tabulate_months(days),
        args.thin_ice: tabulate_thin_ice(scores),
        args.leads: tabulate_leads(scores),
        args.by_scale: select_scales(sums),
        args.by_thickness: select_thicknesses(sums),
        args.by_stratum: select_strata(sums),
        args.comparison: tabulate_comparison(scores, intervals),
        args.output: tabulate_scores(days, intervals, ensembles),
    }
    for path, frame in tables.items():
        write_table(path, frame)


if __name__ == "__main__":
    run_command(main)
