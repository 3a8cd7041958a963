"""The command superice: what can be done beside the workflow, with a trained network or a run that is under way."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from superice import __version__
from superice.errors import InputError
from superice.inference.settings import SamplerSettings
from superice.utils import command_line
from superice.utils.command_line import add_renamed_options, add_threads, make_parser, parse_day, use_threads
from superice.utils.renamed_keys import RENAMED_OPTIONS

GENERATE = """Draw an ensemble of 3 km sea-ice thickness for one day.

Needed are a weights file and the day's low-resolution fields. The fields are those of the published data: a model day
YYYYMMDD.nc with sic_reprocessed (fraction), sit_reprocessed (m), divergence_reprocessed and shear_reprocessed (s-1), or an
observed day sic_sit_e1_e2_YYYYMMDD.npz with the arrays sic, sit, divergence and shear. Nothing else is drawn from.

The date is that of the variable time, or of the file's name; without either, name it with --date.
The grid is that of the variables x, y and crs; for an .npz file, those of the .nc file of the same name beside it. Without
them it is the grid that the network was trained on, if that has as many cells; otherwise name it with --area. Longitude
and latitude in a file must be those of the grid.

Weights that a run has chosen (training/<experiment>/chosen.safetensors) say how to draw from them: sampler, steps and factor
of the noise, which options overrule, and on which cells and features they were trained: others are refused. Weights of a
single training, and of older versions, do not: name the sampler then.
"""


def make_generate_parser() -> argparse.ArgumentParser:
    """Return the options of ``superice generate``."""
    parser = make_parser(GENERATE)
    parser.prog = "superice generate"
    parser.add_argument("--weights", type=Path, required=True, help="weights file (.safetensors) of a training")
    parser.add_argument("--features", type=Path, required=True, help="model features (.nc) or observed ones (.npz)")
    parser.add_argument("--output", type=Path, help="file of the members to write (.nc)")
    parser.add_argument(
        "--summary", type=Path, help="file of their mean, spread, quantiles and shares by thickness to write (.nc)"
    )
    own = argparse.SUPPRESS  # absent unless it is given: the file of weights or of features says it
    parser.add_argument("--date", type=parse_day, help="day of the fields, YYYY-MM-DD, if their file does not say it")
    parser.add_argument("--area", help="name of the fields' grid, if their file does not say it")
    parser.add_argument(
        "--areas", type=Path, help="file of area definitions, from where you are; without it, the package's"
    )
    sampler = SamplerSettings()
    parser.add_argument(
        "--members", type=int, default=own, help=f"size of the ensemble (default: {sampler.members}, of one field 1)"
    )
    parser.add_argument("--seed", type=int, default=2024, help="seed of the ensemble")
    parser.add_argument("--sampler", dest="name", default=own, help="ddim, multistep, stochastic_multistep or one_pass")
    parser.add_argument(
        "--steps", type=int, default=own, help="steps from noise to a member, one network evaluation each"
    )
    parser.add_argument(
        "--noise-scale", type=float, default=own, help="factor of the noise of stochastic_multistep or one_pass"
    )
    parser.add_argument(
        "--shared-first-step",
        action=argparse.BooleanOptionalAction,
        default=own,
        help="make the first estimate once for all members",
    )
    parser.add_argument("--precision", default="auto", help="fp32, bf16, or auto for bf16 where the machine has it")
    parser.add_argument(
        "--batch", type=int, default=sampler.batch, help="most members that go through the network together"
    )
    parser.add_argument(
        "--tile", type=int, nargs=2, metavar=("ROWS", "COLUMNS"), help="evaluate in parts, for little memory"
    )
    add_threads(parser)
    add_renamed_options(parser, RENAMED_OPTIONS)
    return parser


def generate(arguments: list[str]) -> None:
    """Run ``superice generate``."""
    parser = make_generate_parser()
    args = parser.parse_args(arguments)
    if not (args.output or args.summary):
        parser.error("name a file to write: --output for the members, --summary for their statistics, or both")

    # The heavy imports come after --help.
    from superice.dataset.settings import SummarySettings
    from superice.dataset.summaries import Summary
    from superice.inference.compatibility import find_grid
    from superice.inference.day import generate_day
    from superice.inference.stored_sampler import complete_sampler, describe_difference
    from superice.network.weights import TrainedNetwork

    stated = {key: value for key, value in vars(args).items() if key in SamplerSettings.model_fields}
    trained = TrainedNetwork.load(args.weights)
    sampler = complete_sampler(stated, trained)
    if not trained.sampler:
        _note(
            f"{args.weights} is of a single training or of an older version: it says neither its grid nor its features"
        )
    elif difference := describe_difference(sampler, trained):
        _note(f"drawing with {difference}, which was chosen on validation days")
    grid = find_grid(args.features, trained, args.area, args.areas)
    use_threads(args.threads)
    summary = Summary(args.summary, SummarySettings()) if args.summary else None
    generate_day(args.features, trained, grid, sampler, args.seed, args.output, args.date, summary=summary)


def _note(sentence: str) -> None:
    print(f"note: {sentence}", file=sys.stderr)


STATUS = """Report the progress of runs: finished, running, failed and remaining dates, and the time left.

It reads files only, so it can be called at any time, from the folder where Snakemake was started. Without --configfile it
reports every run whose settings are in the results; a run that has not been started is named by its configuration files.
"""


def make_status_parser() -> argparse.ArgumentParser:
    """Return the options of ``superice status``."""
    parser = make_parser(STATUS)
    parser.prog = "superice status"
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        default=[],
        help="configuration files of one run, on top of config/config.yaml",
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="where Snakemake was started")
    parser.add_argument("--results", default="results", help="folder of the results in it")
    return parser


def report_status(arguments: list[str]) -> None:
    """Run ``superice status``."""
    args = make_status_parser().parse_args(arguments)

    from superice.run.configuration import Configuration
    from superice.run.paths import RunPaths
    from superice.run.status import describe_progress

    for content in _find_runs(args.folder, args.results, args.configfile):
        run = Configuration(content)
        print(f"{run.name}:\n{describe_progress(run, args.folder, RunPaths(run, f'{args.results}/{run.name}'))}\n")


def _find_runs(folder: Path, results: str, configfiles: list[Path]) -> list[dict]:
    """Return the configurations of the runs in a folder, or of the one that the files name."""
    from superice.run.configuration import merge_configurations, place_files, read_includes

    settings = sorted((folder / results).glob("*/settings/configuration.yaml"))
    if settings and not configfiles:
        return [command_line.read_settings(str(path)) for path in settings]
    own = folder / "config/config.yaml"
    files = [own, *configfiles] if own.is_file() else configfiles
    if not files:
        raise InputError("no run and no config/config.yaml is there; name its files with --configfile", file=folder)
    contents = [place_files(command_line.read_settings(str(path)), path.parent.resolve()) for path in files]
    content = merge_configurations(*contents)
    return [read_includes(content, *(path.parent for path in files))]


SEASON = """Gather the summaries of many dates in a season cube: one Zarr store, or one NetCDF file.

It holds the summaries by date, the means by month with their spread, and those by month of the year over all years. In
Python, superice.open_season(path) opens it, or a folder of summaries, lazily.
"""


def make_season_parser() -> argparse.ArgumentParser:
    """Return the options of ``superice season``."""
    parser = make_parser(SEASON)
    parser.prog = "superice season"
    parser.add_argument("--summaries", type=Path, required=True, help="folder of files sit_summary_YYYYMMDD.nc")
    parser.add_argument("--output", type=Path, required=True, help="folder to write (.zarr), or one file (.nc)")
    return parser


def make_season(arguments: list[str]) -> None:
    """Run ``superice season``."""
    args = make_season_parser().parse_args(arguments)

    from superice.dataset.season import find_summaries, write_season

    write_season(find_summaries(args.summaries), args.output, progress=True)


COMMANDS = {"generate": generate, "season": make_season, "status": report_status}


def main() -> None:
    """Run the command named by the first argument."""
    parser = make_parser(__doc__)
    parser.prog = "superice"
    parser.add_argument("--version", action="version", version=f"SuperIce {__version__}")
    parser.add_argument(
        "command",
        choices=list(COMMANDS),
        help="generate: draw an ensemble for one day; season: gather summaries of many days; status: report the progress of"
        " runs",
    )
    args = parser.parse_args(sys.argv[1:2])
    command_line.run_command(lambda: COMMANDS[args.command](sys.argv[2:]))
