"""The command superice: draw without the workflow, and follow or check what the workflow makes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from superice import __version__
from superice.errors import InputError
from superice.inference.settings import DEFAULT_SEED, SamplerSettings
from superice.utils import command_line
from superice.utils.command_line import (
    AREA,
    add_input,
    add_output,
    add_publication,
    add_renamed_options,
    add_threads,
    make_parser,
    parse_area,
    parse_day,
    require_apart,
    use_threads,
)
from superice.utils.renamed_keys import RENAMED_OPTIONS

if TYPE_CHECKING:
    from superice.run.configuration import Configuration

QUICKLOOK = """Make the first picture: the products of one day, its features, 30 members, their summary, and a figure.

Without files it is a day of the synthetic Arctic, whose truth is known, on the grid demo: about half a minute.

  superice quicklook
  superice quicklook --date 2023-02-15 --area '{centre: [84, 10], size_km: [600, 450]}'

With the files of three products, or the folders that they lie in, it is a real day on the full grid: a minute or two.

  superice quicklook --cs2smos FILE --concentration FILE --drift FILE --date 2022-04-12

The folder of the output then holds the features (sic_sit_e1_e2_D.npz and .nc), the members (sit_hrai_D.nc), their summary
(sit_summary_D.nc), the picture (quicklook_D.png) and, of a synthetic day, its products and its truth. The last line names
the picture. Open the files with xarray.open_dataset(file, decode_coords="all"); docs/python.md continues from there.
"""
CLONE = Path(__file__).parents[1]  # an installed package has none
CONFIGURATION = "config/config.yaml"
WEIGHTS = "weights file (.safetensors) of a training; without it, those that come with the package"
CHOSEN = "results/<run>/training/<experiment>/chosen.safetensors"
PRODUCTS = {
    "--cs2smos": "CS2SMOS thickness of the week around the day",
    "--concentration": "OSI SAF concentration of the day",
    "--drift": "OSI SAF drift around the day",
}


def _add_weights(parser: argparse.ArgumentParser) -> None:
    remedy = f"name that of a run, {CHOSEN}, or leave the option out for the weights of the package"
    add_input(parser, "--weights", remedy=remedy, help=WEIGHTS)


def _add_areas(parser: argparse.ArgumentParser) -> None:
    add_input(
        parser,
        "--areas",
        remedy="name a file of area definitions, or leave the option out for the package's own",
        help="file of area definitions, from the current folder; without it, the package's",
    )


def make_quicklook_parser() -> argparse.ArgumentParser:
    """Return the options of ``superice quicklook``."""
    parser = make_parser(QUICKLOOK)
    parser.prog = "superice quicklook"
    real = parser.add_argument_group("a real day; all three are needed, and --date")
    for option, product in PRODUCTS.items():
        remedy = f"name the file of the {product}, or the folder that it lies in"
        add_input(real, option, kind="file or folder", remedy=remedy, help=f"{product}, a file or a folder")
    parser.add_argument(
        "--date", type=parse_day, help="the day, YYYY-MM-DD; without it 2023-01-10 of the synthetic Arctic"
    )
    _add_weights(parser)
    parser.add_argument("--output", type=Path, default=Path("quicklook"), help="folder of what is made")
    parser.add_argument("--area", type=parse_area, help=f"{AREA}; without it demo, for a real day superice")
    _add_areas(parser)
    own = argparse.SUPPRESS  # absent unless it is given: the file of weights says it
    parser.add_argument("--members", type=int, default=own, help="size of the ensemble (default: 30)")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the ensemble")
    add_threads(parser)
    return parser


def quicklook(arguments: list[str]) -> None:
    """Run ``superice quicklook``."""
    parser = make_quicklook_parser()
    args = parser.parse_args(arguments)
    given = {"thickness": args.cs2smos, "concentration": args.concentration, "drift": args.drift}
    products = given if any(given.values()) else None
    if products and not (all(given.values()) and args.date):
        parser.error("a real day needs --cs2smos, --concentration, --drift and --date")
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", "10")  # a bar in a log file

    # The heavy imports come after --help, and the weights before anything that takes long.
    from superice.fields.grid import load_grid
    from superice.inference.stored_sampler import complete_sampler
    from superice.network.released import describe_limits, find_released
    from superice.network.weights import TrainedNetwork

    trained = TrainedNetwork.load(args.weights or find_released())
    if products:
        _note_limits(trained.file, describe_limits(trained.file))
    stated = {"precision": "auto"} | {key: value for key, value in vars(args).items() if key == "members"}
    sampler = complete_sampler(stated, trained)
    grid = load_grid(args.areas, args.area or ("superice" if products else "demo"))

    from superice.api.quicklook import make_quicklook

    use_threads(args.threads)
    day = args.date or date(2023, 1, 10)
    made = make_quicklook(args.output, trained, sampler, grid, day, args.seed, products)
    print("\n".join(made.facts))
    print(f"picture: {made.picture.resolve()}")


GENERATE = """Draw an ensemble of 3 km sea-ice thickness for one day.

Needed are the day's low-resolution fields and, unless the package has its own, a weights file. The fields are those of the
published data: a model day YYYYMMDD.nc with sic_reprocessed (fraction), sit_reprocessed (m), divergence_reprocessed and
shear_reprocessed (s-1), or an observed day sic_sit_e1_e2_YYYYMMDD.nc or .npz with sic, sit, divergence and shear.
Nothing else is drawn from.

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
    _add_weights(parser)
    add_input(
        parser,
        "--features",
        remedy="name a day of a run, model/features/YYYYMMDD.nc or observations/features/sic_sit_e1_e2_YYYYMMDD.npz in"
        " results/<run>, or a file of your own with these variables (superice generate --help)",
        required=True,
        help="features of the model (.nc) or of observations (.nc or .npz)",
    )
    add_output(parser, "--output", suffixes=[".nc"], help="file of the members to write (.nc)")
    about_summary = "file of their mean, spread, quantiles and shares by thickness to write (.nc)"
    add_output(parser, "--summary", suffixes=[".nc"], help=about_summary)
    own = argparse.SUPPRESS  # absent unless it is given: the file of weights or of features says it
    parser.add_argument("--date", type=parse_day, help="day of the fields, YYYY-MM-DD, if their file does not say it")
    parser.add_argument("--area", type=parse_area, help=f"the fields' grid, if their file does not say it: {AREA}")
    _add_areas(parser)
    sampler = SamplerSettings()
    parser.add_argument(
        "--members",
        type=int,
        default=own,
        help=f"size of the ensemble (default: {sampler.members}; 1 with a deterministic network)",
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="seed of the ensemble")
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
    add_publication(parser)
    add_threads(parser)
    add_renamed_options(parser, RENAMED_OPTIONS)
    return parser


def generate(arguments: list[str]) -> None:
    """Run ``superice generate``."""
    parser = make_generate_parser()
    args = parser.parse_args(arguments)
    if not (args.output or args.summary):
        parser.error("name a file to write: --output for the members, --summary for their statistics, or both")
    require_apart(
        {"--output": args.output, "--summary": args.summary},
        # Beside arrays lies the file that describes them.
        {
            "--features, beside it": args.features.with_suffix(".nc"),
            "--features": args.features,
            "--weights": args.weights,
        },
    )

    # The heavy imports come after --help.
    from superice.dataset.publication import describe_publication
    from superice.dataset.settings import PublicationSettings, SummarySettings
    from superice.dataset.summaries import Summary
    from superice.inference.compatibility import find_grid
    from superice.inference.day import generate_day
    from superice.inference.stored_sampler import complete_sampler, describe_difference
    from superice.network.released import describe_limits, find_released
    from superice.network.weights import TrainedNetwork
    from superice.utils.settings import build_settings, dump_settings

    given = {key: value for key, value in vars(args).items() if key in SamplerSettings.model_fields}
    trained = TrainedNetwork.load(args.weights or find_released())
    limits = describe_limits(trained.file)
    _note_limits(trained.file, limits)
    sampler = complete_sampler(given, trained)
    if not trained.sampler:
        _note(
            f"{trained.file} is of a single training or of an older version: it says neither its grid nor its features"
        )
    elif difference := describe_difference(sampler, trained):
        _note(f"drawing with {difference}, which was chosen on validation days")
    grid = find_grid(args.features, trained, args.area, args.areas)
    use_threads(args.threads)
    summary = Summary(args.summary, SummarySettings()) if args.summary else None
    stated = build_settings(PublicationSettings, args.publication, "publication")
    details = describe_publication(dump_settings(stated)) | limits
    generate_day(args.features, trained, grid, sampler, args.seed, args.output, args.date, details, summary=summary)


def _note_limits(weights: Path | None, limits: Mapping[str, str]) -> None:
    for sentence in limits.values():
        _note(f"{weights}: {sentence}")


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
    add_input(
        parser,
        "--configfile",
        remedy="name the configuration files of a run, such as config/demo.yaml",
        nargs="+",
        default=[],
        help="configuration files of one run, on top of config/config.yaml of the folder, or else of the clone",
    )
    add_input(
        parser,
        "--folder",
        kind="folder",
        remedy="name the one in which Snakemake was started",
        default=Path(),
        help="where Snakemake was started",
    )
    parser.add_argument("--results", default="results", help="folder of the results in it")
    return parser


def report_status(arguments: list[str]) -> None:
    """Run ``superice status``."""
    args = make_status_parser().parse_args(arguments)

    from superice.run.paths import RunPaths
    from superice.run.status import describe_progress

    for files in _find_runs(args.folder, args.results, args.configfile):
        run = _read_run(files, args.folder)
        print(f"{run.name}:\n{describe_progress(run, args.folder, RunPaths(run, f'{args.results}/{run.name}'))}\n")


def _find_runs(folder: Path, results: str, configfiles: list[Path]) -> list[list[Path]]:
    """Return the configuration files of the runs in a folder, or of the one that they name."""
    started = {} if configfiles else _find_started(folder / results)
    if started:
        return [[started[name]] for name in sorted(started)]
    # Snakemake takes the configuration of its folder, or else that of the clone.
    bases = [own for own in (folder / CONFIGURATION, CLONE / CONFIGURATION) if own.is_file()]
    if not configfiles and not (folder / CONFIGURATION).is_file():
        raise InputError(
            f"holds no run, as there is neither {results}/<run> nor config/config.yaml; name the folder in which Snakemake"
            " was started with --folder, or the files of a run with --configfile",
            file=folder.resolve(),
        )
    return [[*bases[:1], *configfiles]]


def _find_started(results: Path) -> dict[str, Path]:
    """Return the configuration of each run in the folder of the results: that with which it was last started."""
    from superice.run.paths import STARTED

    older = results.glob("*/settings/configuration.yaml")  # where a run was made before that was kept
    kept = results.glob(f"*/settings/{STARTED}.yaml")
    return {path.parts[-3]: path for path in (*older, *kept)}


def _read_run(files: list[Path], folder: Path) -> Configuration:
    """Return the configuration of a run in a folder; an error names the file.

    What it includes is looked for where Snakemake does so, and beside its files.
    """
    from superice.run.configuration import Configuration
    from superice.run.merging import merge_configurations, place_files, read_includes
    from superice.run.origins import name_origin

    contents = [place_files(command_line.read_settings(str(path)), path.parent.resolve()) for path in files]
    content = merge_configurations(*contents)
    folders = [own.parent for own in (folder / CONFIGURATION, CLONE / CONFIGURATION)]
    folders += [path.parent for path in files if path.parent not in folders]
    try:
        return Configuration(read_includes(content, *folders))
    except InputError as error:
        raise name_origin(error, content, files, folders) from error


SEASON = """Gather the summaries of many dates in a season cube: one Zarr store, or one NetCDF file.

It holds the summaries by date, the means by month with their spread, and those by month of the year over all years. In
Python, superice.open_season(path) opens it, or a folder of summaries, lazily.
"""


def make_season_parser() -> argparse.ArgumentParser:
    """Return the options of ``superice season``."""
    parser = make_parser(SEASON)
    parser.prog = "superice season"
    add_input(
        parser,
        "--summaries",
        kind="folder",
        remedy="name the one with the summaries of a branch, results/<run>/<branch>/summaries",
        required=True,
        help="folder of files sit_summary_YYYYMMDD.nc",
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to write (.zarr), or one file (.nc)")
    return parser


def make_season(arguments: list[str]) -> None:
    """Run ``superice season``."""
    args = make_season_parser().parse_args(arguments)

    from superice.dataset.season import find_summaries, write_season

    write_season(find_summaries(args.summaries), args.output, progress=True)


VERIFY = """Compare a copy of a package with its manifest, and name what differs.

A file is missing, additional, of another size, or of another digest (SHA-256). The exit status is 1 when anything differs.
By hand: sha256sum -c manifest-sha256.txt in the folder of the package.
"""


def make_verify_parser() -> argparse.ArgumentParser:
    """Return the options of ``superice verify``."""
    parser = make_parser(VERIFY)
    parser.prog = "superice verify"
    add_input(
        parser,
        "package",
        kind="folder",
        remedy="name the package that `snakemake package` makes, results/<run>/package, or a copy of it",
        help="folder of the package, which holds manifest-sha256.txt",
    )
    return parser


def verify(arguments: list[str]) -> None:
    """Run ``superice verify``."""
    args = make_verify_parser().parse_args(arguments)

    from superice.package.verify import find_differences

    differences, count = find_differences(args.package, progress=True)
    for difference in differences:
        print(f"{difference.reason}: {difference.name}")
    if differences:
        raise InputError(f"{len(differences)} files differ from the manifest of {count}", file=args.package)
    print(f"{args.package}: all {count} files are as in the manifest")


COMMANDS = {
    "quicklook": quicklook,
    "generate": generate,
    "season": make_season,
    "status": report_status,
    "verify": verify,
}


def main() -> None:
    """Run the command named by the first argument."""
    parser = make_parser(__doc__)
    parser.prog = "superice"
    parser.add_argument("--version", action="version", version=f"SuperIce {__version__}")
    parser.add_argument(
        "command",
        choices=list(COMMANDS),
        help="quicklook: the first picture of a day; generate: draw an ensemble for one day; season: gather summaries of"
        " many days; status: report the progress of runs; verify: compare a copy of a package with its manifest",
    )
    args = parser.parse_args(sys.argv[1:2])
    command_line.run_command(lambda: COMMANDS[args.command](sys.argv[2:]))
