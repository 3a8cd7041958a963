"""The figures of a run: what each shows, the options that name its files, and the function that draws it.

A figure's module is imported by its name when the figure is drawn, so that the others cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILES = {"type": Path, "nargs": "+", "required": True}
FILES_OR_NONE = {"type": Path, "nargs": "*", "default": []}
FILE = {"type": Path, "required": True}
TEXT = {"required": True}
SWITCH = {"action": "store_true"}


@dataclass(frozen=True)
class Option:
    """An option of the command that draws a figure, and a parameter of the function.

    Attributes
    ----------
    name
        Its name, with hyphens.
    meaning
        What it is, for the help.
    form
        How it is read: arguments of ``add_argument``.
    """

    name: str
    meaning: str
    form: dict[str, Any]

    @property
    def parameter(self) -> str:
        """Name of the function's parameter."""
        return self.name.replace("-", "_")


@dataclass(frozen=True)
class FigureKind:
    """One kind of figure.

    Attributes
    ----------
    file
        Name of the module that draws it, beside this one.
    summary
        What the figure shows.
    options
        Its options.
    function
        Name of the function that draws it: it takes the options and returns the figure.
    """

    file: str
    summary: str
    options: tuple[Option, ...]
    function: str = "draw_from_files"

    @property
    def module(self) -> str:
        """Full name of the module that draws the figure."""
        return f"{__package__}.{self.file}"

    def load_function(self) -> Callable[..., Figure]:
        """Import the function that draws the figure."""
        return getattr(import_module(self.module), self.function)


def find_kind(figure: str) -> FigureKind:
    """Return the kind of a figure by the name of its file, such as ``season_model``."""
    return KINDS[figure.split("_", maxsplit=1)[0]]


KINDS = {
    "training": FigureKind(
        "training_curves",
        "Losses of the trainings in every epoch; files are training/<experiment>/seed<k>/history.csv.",
        (Option("histories", "history.csv of every training", FILES),),
    ),
    "members": FigureKind(
        "ensemble_maps",
        "The inputs of one date, the truth and three members.",
        (
            Option("features", "model features of the date", FILES),
            Option("predictions", "its ensemble", FILES),
            Option("zoom", "only the middle of the largest square of ice", SWITCH),
        ),
        function="draw_members_from_files",
    ),
    "maps": FigureKind(
        "ensemble_maps",
        "Low-resolution field, truth, ensemble mean and one member of some dates.",
        (
            Option("features", "model features of the dates", FILES),
            Option("predictions", "their ensembles", FILES),
        ),
        function="draw_maps_from_files",
    ),
    "observed": FigureKind(
        "ensemble_maps",
        "Observed input, ensemble mean, one member and spread of some dates, and the truth where it is known.",
        (
            Option("features", "observed features (.npz) of the dates", FILES),
            Option("predictions", "their ensembles", FILES),
            Option("truth", "model features of the same dates", FILES_OR_NONE),
        ),
        function="draw_observed_from_files",
    ),
    "inputs": FigureKind(
        "observed_inputs",
        "Observed features of one date, and why the rest is masked; the file is the features' NetCDF.",
        (Option("features", "observed features (.nc) of the date", FILES),),
    ),
    "smoothing": FigureKind(
        "smoothing",
        "Laplacian of the input, a member and spectra, for the same date out of several feature sets.",
        (
            Option("features", "observed features (.npz) of the date, of each set", FILES),
            Option("predictions", "their ensembles", FILES),
        ),
    ),
    "shift": FigureKind(
        "input_shift",
        "Distributions and spectra of the inputs, of the model by feature set and of the observations.",
        (
            Option("model", "model features of the dates, of each set", FILES),
            Option("observed", "observed features (.nc) of the dates", FILES),
        ),
    ),
    "comparison": FigureKind(
        "score_comparison",
        "The scores of all experiments and baselines side by side.",
        (Option("table", "table of the experiments, comparison.csv", FILE),),
    ),
    "scores": FigureKind(
        "scores_over_dates",
        "The scores of every date.",
        (Option("daily", "table of the dates, daily.csv", FILE),),
    ),
    "spectra": FigureKind(
        "spectra",
        "Spectra of some dates.",
        (Option("scores", "scores of the dates", FILES),),
    ),
    "calibration": FigureKind(
        "calibration",
        "Rank histograms, reliability, and error against spread.",
        (Option("scores", "scores of all dates", FILES),),
    ),
    "parts": FigureKind(
        "by_region_and_month",
        "Scores of every experiment by region and by month.",
        (
            Option("regions", "table of the scores by region, CSV", FILES),
            Option("months", "by month, CSV", FILES),
        ),
    ),
    "classes": FigureKind(
        "by_part",
        "Scores of every experiment by class of thickness, along the coast and beyond the mask.",
        (
            Option("by-thickness", "table of the scores by class of thickness, CSV", FILE),
            Option("by-stratum", "by stratum, CSV", FILE),
        ),
    ),
    "thin": FigureKind(
        "thin_ice",
        "Fractions skill of thin ice, the thin end of the thickness, and leads, of every experiment.",
        (Option("thin-ice", "table of thin ice and leads, CSV", FILES),),
    ),
    "scales": FigureKind(
        "by_wavelength",
        "Power, coherence and error of every experiment at every wavelength.",
        (Option("scores", "scores of all dates", FILES),),
    ),
    "spread": FigureKind(
        "by_scale",
        "Spread and error of means over boxes of growing width, of every experiment.",
        (Option("by-scale", "table of the scores by scale, by_scale.csv", FILE),),
    ),
    "volume": FigureKind(
        "volume",
        "Ice volume of the regions through the last season, with the band of the members.",
        (Option("volumes", "table of the volumes of a branch, CSV", FILES),),
    ),
    "months": FigureKind(
        "monthly_maps",
        "Mean thickness and spread of the members in the months of the last season.",
        (Option("season", "season cube of a branch, season.zarr", FILES),),
    ),
    "season": FigureKind(
        "season_overview",
        "Every date of a season on a page: what is known of it beside one member.",
        (
            Option("features", "features of a season's dates, .nc or .npz", FILES),
            Option("predictions", "their ensembles", FILES),
        ),
    ),
    "measurements": FigureKind(
        "in_situ",
        "Members, low-resolution field and measurement along the way of each platform.",
        (Option("collocations", "members at the positions of measurements, in_situ.nc", FILES),),
        function="draw_ways_from_file",
    ),
    "positions": FigureKind(
        "in_situ",
        "Positions of the measurements on the grid.",
        (
            Option("collocations", "members at the positions of measurements, in_situ.nc", FILES),
            Option("predictions", "an ensemble, for its grid", FILES),
        ),
        function="draw_positions_from_files",
    ),
    "study": FigureKind(
        "sensitivity",
        "The scores of a study's experiments against what varies between them.",
        (
            Option("studies", "table of the studies, studies.csv", FILE),
            Option("study", "name of the study", TEXT),
            Option("final", "the experiment that is marked", TEXT),
        ),
    ),
}
