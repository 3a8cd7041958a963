"""Draw one figure from files that the workflow has made; `draw_figure.py FIGURE --help` tells what each needs."""

import argparse
from pathlib import Path

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from superice.evaluation.tables import read_scores
from superice.features.files import read_model_features, read_observed_features
from superice.figures.by_region_and_month import draw_scores_by_part
from superice.figures.by_wavelength import draw_scales
from superice.figures.calibration import draw_calibration
from superice.figures.ensemble_file import FRAME, find_date, make_grid, read_ensemble
from superice.figures.ensemble_maps import (
    choose_zoom,
    draw_features_and_members,
    draw_maps_against_truth,
    draw_observed_maps,
)
from superice.figures.input_shift import draw_input_shift
from superice.figures.observed_inputs import draw_observed_inputs
from superice.figures.score_comparison import draw_score_comparison
from superice.figures.scores_over_dates import draw_scores_over_dates
from superice.figures.season_overview import draw_film_strip, read_frames
from superice.figures.sensitivity import draw_study
from superice.figures.smoothing import Treatment, draw_smoothing
from superice.figures.spectra import draw_spectra
from superice.figures.style import save_figure
from superice.figures.thin_ice import draw_thin_ice
from superice.figures.training_curves import draw_training_losses
from superice.utils.command_line import make_parser, run_command
from superice.utils.netcdf import read_content


def plot_training(args: argparse.Namespace) -> Figure:
    """Losses of the trainings in every epoch; files are training/<experiment>/seed<k>/history.csv."""
    histories = {
        (path.parents[1].name, int(path.parent.name.removeprefix("seed"))): pd.read_csv(path) for path in args.histories
    }
    return draw_training_losses(histories)


def plot_members(args: argparse.Namespace) -> Figure:
    """The inputs of one date, the truth and three members."""
    features, ensemble = read_model_features(args.features[0]), read_ensemble(args.predictions[0])
    return draw_features_and_members(features, ensemble, choose_zoom(features.mask) if args.zoom else None)


def plot_maps(args: argparse.Namespace) -> Figure:
    """Low-resolution field, truth, ensemble mean and one member of some dates."""
    pairs = zip(args.features, args.predictions, strict=True)
    return draw_maps_against_truth([(read_model_features(f), read_ensemble(p)) for f, p in pairs])


def plot_observed(args: argparse.Namespace) -> Figure:
    """Observed input, ensemble mean, one member and spread of some dates, and the truth where it is known."""
    truths = [read_model_features(path).truth for path in args.truth] or [None] * len(args.features)
    rows = zip(args.features, args.predictions, truths, strict=True)
    return draw_observed_maps([(read_observed_features(f), read_ensemble(p), truth) for f, p, truth in rows])


def plot_inputs(args: argparse.Namespace) -> Figure:
    """Observed features of one date, and why the rest is masked; the file is the features' NetCDF."""
    names = ("sic", "sit", "divergence", "shear", "mask_reason")
    content = read_content(args.features[0], (*names, *FRAME))
    fields = {name: content[name] for name in names}
    return draw_observed_inputs(find_date(content), make_grid(content), fields)


def plot_smoothing(args: argparse.Namespace) -> Figure:
    """Laplacian of the input, a member and spectra, for the same date out of several feature sets."""
    pairs = zip(args.features, args.predictions, strict=True)
    return draw_smoothing(
        [Treatment(name_feature_set(f), read_observed_features(f), read_ensemble(p)) for f, p in pairs]
    )


def plot_shift(args: argparse.Namespace) -> Figure:
    """Distributions and spectra of the inputs, of the model by feature set and of the observations."""
    sources = {}
    for path in args.model:
        sources.setdefault(f"model, {name_feature_set(path)}", []).append(path)
    days = {
        name: (read_spacing_km(paths[0]), [read_model_features(path) for path in paths])
        for name, paths in sources.items()
    }
    if args.observed:
        observed = [read_observed_features(path.with_suffix(".npz")) for path in args.observed]
        days["observations"] = (read_spacing_km(args.observed[0]), observed)
    return draw_input_shift(days)


def read_spacing_km(path: Path) -> float:
    """Return the pixel spacing of a published NetCDF file."""
    return make_grid(read_content(path, FRAME)).step / 1000


def name_feature_set(path: Path) -> str:
    """Return the feature set that a path <...>/feature_sets/<set>/observations/features/<file> belongs to."""
    folder = path.resolve().parents[2]
    return folder.name.replace("_", ", ") if folder.parent.name == "feature_sets" else "as configured"


def plot_comparison(args: argparse.Namespace) -> Figure:
    """The scores of all experiments and baselines side by side."""
    return draw_score_comparison(pd.read_csv(args.table))


def plot_scores(args: argparse.Namespace) -> Figure:
    """The scores of every date."""
    return draw_scores_over_dates(pd.read_csv(args.daily))


def plot_spectra(args: argparse.Namespace) -> Figure:
    """Spectra of some dates."""
    return draw_spectra([read_scores(path) for path in args.scores])


def plot_calibration(args: argparse.Namespace) -> Figure:
    """Rank histograms, reliability, and error against spread."""
    return draw_calibration(group_scores(args.scores))


def group_scores(paths: list[Path]) -> dict[tuple[str, str], list[xr.Dataset]]:
    """Read scores of dates, grouped by (branch, experiment); files are scores/<branch>/<experiment>/YYYYMMDD.nc."""
    groups = {}
    for path in paths:
        groups.setdefault((path.parents[1].name, path.parent.name), []).append(read_scores(path))
    return groups


def plot_scales(args: argparse.Namespace) -> Figure:
    """Power, coherence and error of every experiment at every wavelength."""
    return draw_scales(group_scores(args.scores))


def plot_parts(args: argparse.Namespace) -> Figure:
    """Scores of every experiment by region and by month."""
    return draw_scores_by_part(pd.read_csv(args.regions[0]), pd.read_csv(args.months[0]))


def plot_thin_ice(args: argparse.Namespace) -> Figure:
    """Fractions skill of thin ice, the thin end of the thickness, and leads, of every experiment."""
    return draw_thin_ice(pd.read_csv(args.thin_ice[0]))


def plot_season(args: argparse.Namespace) -> Figure:
    """Every date of a season on a page: what is known of it beside one member."""
    return draw_film_strip(*read_frames(args.features, args.predictions))


def plot_study(args: argparse.Namespace) -> Figure:
    """The scores of a study's experiments against what varies between them."""
    table = pd.read_csv(args.studies, dtype={"value": str})
    return draw_study(table[table.study == args.study], args.final)


FIGURES = {
    "training": (plot_training, {"histories": "history.csv of every training"}),
    "members": (plot_members, {"features": "model features of the date", "predictions": "its ensemble"}),
    "maps": (plot_maps, {"features": "model features of the dates", "predictions": "their ensembles"}),
    "observed": (
        plot_observed,
        {"features": "observed features (.npz) of the dates", "predictions": "their ensembles"},
    ),
    "inputs": (plot_inputs, {"features": "observed features (.nc) of the date"}),
    "smoothing": (
        plot_smoothing,
        {"features": "observed features (.npz) of the date, of each set", "predictions": "their ensembles"},
    ),
    "shift": (
        plot_shift,
        {"model": "model features of the dates, of each set", "observed": "observed features (.nc) of the dates"},
    ),
    "comparison": (plot_comparison, {}),
    "scores": (plot_scores, {}),
    "spectra": (plot_spectra, {"scores": "scores of the dates"}),
    "calibration": (plot_calibration, {"scores": "scores of all dates"}),
    "parts": (plot_parts, {"regions": "table of the scores by region, CSV", "months": "by month, CSV"}),
    "thin": (plot_thin_ice, {"thin-ice": "table of thin ice and leads, CSV"}),
    "scales": (plot_scales, {"scores": "scores of all dates"}),
    "season": (
        plot_season,
        {"features": "features of a season's dates, .nc or .npz", "predictions": "their ensembles"},
    ),
    "study": (plot_study, {}),
}


def main() -> None:
    parser = make_parser(__doc__)
    kinds = parser.add_subparsers(dest="figure", required=True, metavar="FIGURE")
    for name, (draw, files) in FIGURES.items():
        kind = kinds.add_parser(name, help=draw.__doc__, description=draw.__doc__)
        for option, meaning in files.items():
            kind.add_argument(f"--{option}", type=Path, nargs="+", required=True, help=meaning)
        if name == "members":
            kind.add_argument("--zoom", action="store_true", help="only the middle of the largest square of ice")
        if name == "observed":
            kind.add_argument("--truth", type=Path, nargs="*", default=[], help="model features of the same dates")
        if name == "comparison":
            kind.add_argument("--table", type=Path, required=True, help="table of the experiments, comparison.csv")
        if name == "scores":
            kind.add_argument("--daily", type=Path, required=True, help="table of the dates, daily.csv")
        if name == "study":
            kind.add_argument("--studies", type=Path, required=True, help="table of the studies, studies.csv")
            kind.add_argument("--study", required=True, help="name of the study")
            kind.add_argument("--final", required=True, help="the experiment that is marked")
        kind.add_argument("--png", type=Path, required=True, help="figure as PNG")
        kind.add_argument("--pdf", type=Path, required=True, help="figure as PDF")
    args = parser.parse_args()
    save_figure(FIGURES[args.figure][0](args), args.png, args.pdf)


if __name__ == "__main__":
    run_command(main)
