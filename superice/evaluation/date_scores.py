"""Scores of one date's ensemble against the truth, and those of the low-resolution field it was drawn from.

The report's scores (section 5) are the RMSE of the ensemble mean, the ratio of spatial variability and the fine-scale
bias. The other groups answer what these leave open: whether the spread of the members equals the error of their mean,
whether thin ice and leads have the right amount and place, and down to which wavelength the members follow the truth.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from superice.errors import InputError
from superice.evaluation.calibration import CALIBRATION
from superice.evaluation.lead_lines import LEADS
from superice.evaluation.pointwise import POINTWISE
from superice.evaluation.score_group import ScoreGroup, Variable
from superice.evaluation.scored_date import FIELDS, SOURCES, ScoredDate
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.spectral import SPECTRAL
from superice.evaluation.ssim import SSIM
from superice.evaluation.texture import TEXTURE
from superice.evaluation.thin_ice import FRACTIONS, THIN_ICE
from superice.utils import netcdf
from superice.utils.netcdf import FileContent

if TYPE_CHECKING:
    import xarray


def list_coordinates(scored: ScoredDate) -> dict[str, list | np.ndarray]:
    """Return the values of the dimensions that several groups of scores share, by name."""
    settings = scored.settings
    return {
        "region": list(scored.regions),
        "field": list(FIELDS),
        "source": list(SOURCES),
        "threshold": np.asarray(settings.thickness_thresholds_m, dtype=float),
        "probability": np.asarray(settings.quantiles, dtype=float),
        "thin_ice": np.asarray(settings.thin_ice_m, dtype=float),
        "width": np.asarray(settings.fractions_widths_km, dtype=float),
    }


GROUPS = (POINTWISE, CALIBRATION, SPECTRAL, THIN_ICE, LEADS, TEXTURE, FRACTIONS)
COORDINATES = ScoreGroup(
    (
        Variable("region", ("region",), "all ice, and what the low-resolution concentration makes of it", None),
        Variable("field", ("field",), "what is scored", None),
        Variable("source", ("source",), "what is described", None),
        Variable("threshold", ("threshold",), "thickness threshold", "m"),
        Variable("probability", ("probability",), "probability of not exceeding the quantile"),
        Variable("thin_ice", ("thin_ice",), "thickness below which ice is thin", "m"),
        Variable("width", ("width",), "width of the boxes in which fractions are taken", "km"),
    ),
    list_coordinates,
)


def compute_scores(
    members: np.ndarray,
    truth: np.ndarray,
    low_resolution: np.ndarray,
    day: date,
    spacing_km: float,
    settings: ScoreSettings = ScoreSettings(),
    concentration: np.ndarray | None = None,
    cell_area: np.ndarray | None = None,
) -> FileContent:
    """Compute all scores of one date, in the form of its file.

    Parameters
    ----------
    members
        Thickness (n, y, x) in m, NaN where missing.
    truth
        Thickness (y, x) in m, NaN where missing.
    low_resolution
        Thickness (y, x) in m, NaN where missing.
    day
        The date.
    spacing_km
        Grid spacing.
    settings
        How the date is scored.
    concentration
        Low-resolution fraction (y, x), which separates pack from marginal zone; None to score all ice
        as one region.
    cell_area
        Area of the cells on the Earth in m2, (y, x), which areas and shares of them are measured by; None for the
        square of the spacing.

    Returns
    -------
    FileContent
        Sums and scores. Without a common pixel the scores are NaN, the counts 0 and the spectra empty.

    Raises
    ------
    InputError
        When the shapes of the fields differ.
    """
    scored = ScoredDate(members, truth, low_resolution, day, spacing_km, settings, concentration, cell_area)
    return compute_date_scores(scored)


def compute_date_scores(scored: ScoredDate) -> FileContent:
    """Compute all scores of a date, as ``compute_scores`` does of its fields."""
    members, settings = scored.members, scored.settings
    if members.ndim != 3 or not members.shape[1:] == scored.truth.shape == scored.low_resolution.shape:
        shapes = f"{members.shape}, {scored.truth.shape}, {scored.low_resolution.shape}"
        raise InputError("members, truth and low-resolution field have different shapes", value=shapes)
    variables: dict[str, netcdf.Variable] = {}
    for group in (*GROUPS, SSIM) if settings.ssim else GROUPS:
        variables |= group.evaluate(scored)
    attributes = {"date": scored.day.isoformat(), "members": members.shape[0], "spacing_km": scored.spacing_km}
    coordinates = COORDINATES.evaluate(scored)
    return FileContent(variables | coordinates, tuple(coordinates), attributes)


def score_date(
    members: np.ndarray,
    truth: np.ndarray,
    low_resolution: np.ndarray,
    day: date,
    spacing_km: float,
    settings: ScoreSettings = ScoreSettings(),
    concentration: np.ndarray | None = None,
    cell_area: np.ndarray | None = None,
) -> xarray.Dataset:
    """Return what ``compute_scores`` computes as xarray holds it."""
    scores = compute_scores(members, truth, low_resolution, day, spacing_km, settings, concentration, cell_area)
    return scores.as_dataset()
