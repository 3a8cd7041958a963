"""Scores of one date's ensemble against the truth, beside those of the low-resolution field it was drawn from.

The report's scores (section 5) are the RMSE of the ensemble mean, the ratio of spatial variability and the fine-scale
bias; what stands beside them says what the report leaves open: whether the spread of the members is the error of their
mean, whether thin ice and leads are as many and where they are, and down to which scale the members follow the truth.
Everything is computed on the pixels where truth, low-resolution field and every member are present. Accuracy is that of
the mean, realism that of each member.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import xarray as xr

from superice.errors import InputError
from superice.evaluation.calibration import count_ranks, count_reliability, sum_by_spread
from superice.evaluation.lead_lines import Leads, find_lead_lines, find_lead_pixels, increment_shape, scale_coherence
from superice.evaluation.pointwise import PixelStatistics, accuracy, pixel_statistics
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.ssim import structural_similarity
from superice.evaluation.thin_ice import sum_fractions, thickness_quantiles
from superice.fields.box_filter import box_sum, count_pixels
from superice.fields.spectra import band_ratio, find_ice_square, radial_coherence, radial_spectrum

FIELDS = ("generated", "low_resolution")
SOURCES = ("truth", *FIELDS)
ICE = "ice"
DIRECTIONS = 12


@dataclass(frozen=True)
class Fields:
    """What is scored: thicknesses in m, members (n, y, x), truth and low (y, x), NaN where missing."""

    members: np.ndarray
    truth: np.ndarray
    low: np.ndarray
    spacing_km: float

    @cached_property
    def mask(self) -> np.ndarray:
        """Pixels (y, x) where the truth, the low-resolution field and every member are present."""
        return common_mask(self.members, self.truth, self.low)

    @property
    def every(self) -> tuple[np.ndarray, ...]:
        """Truth, members and low-resolution field, each (y, x)."""
        return self.truth, *self.members, self.low

    @cached_property
    def members_on_ice(self) -> np.ndarray:
        """The members' thickness on the pixels of the mask, (n, p)."""
        return self.members[:, self.mask]


def score_date(
    members: np.ndarray,
    truth: np.ndarray,
    low_resolution: np.ndarray,
    day: date,
    spacing_km: float,
    settings: ScoreSettings = ScoreSettings(),
    concentration: np.ndarray | None = None,
) -> xr.Dataset:
    """All scores of one date.

    members: thickness (n, y, x) in m; truth, low_resolution: thickness (y, x) in m; NaN where missing; concentration:
    low-resolution fraction (y, x) that tells pack and marginal zone, None to score all ice alone.
    Returns a dataset of sums and scores; with no common pixel the scores are NaN, the counts 0 and the spectra empty.
    Raises InputError when the shapes differ.
    """
    if members.ndim != 3 or not members.shape[1:] == truth.shape == low_resolution.shape:
        shapes = f"{members.shape}, {truth.shape}, {low_resolution.shape}"
        raise InputError("members, truth and low-resolution field have different shapes", value=shapes)
    fields = Fields(members, truth, low_resolution, spacing_km)
    regions = ice_regions(fields.mask, concentration, settings)
    statistics = pixel_statistics(fields.members_on_ice, truth[fields.mask])
    spectra = {name: spectra_within(fields, region, settings) for name, region in regions.items()}
    scores = xr.Dataset(
        _accuracy(fields, regions, statistics)
        | _calibration(fields, regions, statistics, day, settings)
        | _band_ratios(spectra, settings)
        | _spectral_scores(fields, spectra[ICE], settings)
        | _thin_ice(fields, regions, settings)
        | _leads(fields, regions, settings)
        | _shapes(fields, spectra[ICE], settings)
        | _fractions(fields, regions, settings)
        | (_similarity(fields) if settings.ssim else {}),
        coords={
            "region": list(regions),
            "field": list(FIELDS),
            "source": list(SOURCES),
            "threshold": np.asarray(settings.thickness_thresholds_m, dtype=float),
            "probability": np.asarray(settings.quantiles, dtype=float),
            "thin_ice": np.asarray(settings.thin_ice_m, dtype=float),
            "width": np.asarray(settings.fractions_widths_km, dtype=float),
        },
        attrs={"date": day.isoformat(), "members": members.shape[0], "spacing_km": spacing_km},
    )
    return _described(scores)


def common_mask(members: Iterable[np.ndarray], truth: np.ndarray, low_resolution: np.ndarray) -> np.ndarray:
    """Pixels (y, x) where the truth, the low-resolution field and every member are present."""
    mask = np.isfinite(truth) & np.isfinite(low_resolution)
    for member in members:
        mask &= np.isfinite(member)
    return mask


def ice_regions(mask: np.ndarray, concentration: np.ndarray | None, settings: ScoreSettings) -> dict[str, np.ndarray]:
    """Masks (y, x) by name: all ice and, where the concentration is given, pack and marginal zone."""
    if concentration is None:
        return {ICE: mask}
    pack = mask & (concentration > settings.pack_concentration)
    return {ICE: mask, "pack": pack, "marginal": mask & (concentration > settings.marginal_concentration) & ~pack}


def _accuracy(fields: Fields, regions: dict[str, np.ndarray], statistics: PixelStatistics) -> dict[str, tuple]:
    on_ice = {name: region[fields.mask] for name, region in regions.items()}
    truth, low = fields.truth[fields.mask], fields.low[fields.mask]
    scores = accuracy(fields.members_on_ice, truth, low, statistics, on_ice)
    share = scores["n_pixels"] / fields.mask.size
    scores["rmse_domain"] = scores["rmse"] * np.sqrt(share)[:, None]
    return {name: (("region", "field")[: values.ndim], values) for name, values in scores.items()}


def _calibration(
    fields: Fields, regions: dict[str, np.ndarray], statistics: PixelStatistics, day: date, settings: ScoreSettings
) -> dict[str, tuple]:
    each = [_calibration_within(fields, region, statistics, day, settings) for region in regions.values()]
    ranks, pixels_above, hits, classes, variances, errors = (np.array(of_regions) for of_regions in zip(*each))
    return {
        "rank_count": (("region", "rank"), ranks),
        "reliability_pixels": (("region", "threshold", "members_above"), pixels_above),
        "reliability_hits": (("region", "threshold", "members_above"), hits),
        "spread_class_pixels": (("region", "spread_class"), classes),
        "spread_class_variance": (("region", "spread_class"), variances),
        "spread_class_square_error": (("region", "spread_class"), errors),
    }


def _calibration_within(
    fields: Fields, region: np.ndarray, statistics: PixelStatistics, day: date, settings: ScoreSettings
) -> tuple[np.ndarray, ...]:
    """Counts by rank; by threshold and members above it all pixels and hits; by class of spread pixels and sums."""
    within = region[fields.mask]
    members, truth, here = fields.members_on_ice[:, within], fields.truth[region], statistics.of(within)
    # Ranks are taken on a lattice of pixels far enough apart to be nearly independent.
    lattice = np.zeros_like(region)
    lattice[:: settings.rank_thinning, :: settings.rank_thinning] = True
    thinned = lattice[region]
    random = np.random.default_rng([settings.seed, day.toordinal()])
    return (
        count_ranks(members[:, thinned], truth[thinned], random),
        *zip(*(count_reliability(members, truth, t) for t in settings.thickness_thresholds_m)),
        *sum_by_spread(here.variance, (here.mean - truth) ** 2, settings.spread_edges_m),
    )


@dataclass(frozen=True)
class Spectra:
    """Power in m2 of the fields on one square of ice; all empty where there is none.

    window: the rows and columns of the square; wavenumber (k,) in km-1; truth, low: (k,); members: (n, k).
    """

    window: tuple[slice, slice]
    wavenumber: np.ndarray
    truth: np.ndarray
    low: np.ndarray
    members: np.ndarray

    def ratios(self, band: tuple[float, float]) -> list[float]:
        """Mean spectral ratio to the truth in the band of wavelengths in km: of the members, of the low resolution."""
        of_each = [band_ratio(power, self.truth, self.wavenumber, *band) for power in (*self.members, self.low)]
        return [np.mean(of_each[:-1]), of_each[-1]]


def spectra_within(fields: Fields, region: np.ndarray, settings: ScoreSettings) -> Spectra:
    """Spectra on the largest square that lies in the region (y, x), the same for all fields."""
    rows, columns = find_ice_square(region)
    if (rows.stop - rows.start) * fields.spacing_km < settings.smallest_window_km:
        nothing = np.empty(0)
        return Spectra((slice(0, 0),) * 2, nothing, nothing, nothing, np.empty((len(fields.members), 0)))
    power = lambda field: radial_spectrum(field[rows, columns], fields.spacing_km, settings.window)
    wavenumber, truth = power(fields.truth)
    members = np.array([power(member)[1] for member in fields.members])
    return Spectra((rows, columns), wavenumber, truth, power(fields.low)[1], members)


def _band_ratios(spectra: dict[str, Spectra], settings: ScoreSettings) -> dict[str, tuple]:
    bands = {"fine_scale": settings.fine_band_km, "medium_scale": settings.medium_band_km}
    return {name: (("region", "field"), [s.ratios(band) for s in spectra.values()]) for name, band in bands.items()}


def _spectral_scores(fields: Fields, spectra: Spectra, settings: ScoreSettings) -> dict[str, tuple]:
    """The spectra themselves, and what remains of the errors and of the agreement at every scale."""
    rows, columns = spectra.window
    members, truth, low = (values[..., rows, columns] for values in (fields.members, fields.truth, fields.low))

    def of_pairs(measure, *pairs):
        if not truth.size:
            return np.empty((len(pairs), 0))
        return np.array([measure(*pair, fields.spacing_km, settings.window)[1] for pair in pairs])

    coherence = of_pairs(radial_coherence, *((field, truth) for field in (*members, low)))
    return {
        "wavenumber": ("wavenumber", spectra.wavenumber),
        "power_truth": ("wavenumber", spectra.truth),
        "power_low_resolution": ("wavenumber", spectra.low),
        "power_members": (("member", "wavenumber"), spectra.members),
        "power_error": (
            ("field", "wavenumber"),
            of_pairs(radial_spectrum, (members.mean(axis=0) - truth,), (low - truth,)),
        ),
        "coherence": (("field", "wavenumber"), np.array([coherence[:-1].mean(axis=0), coherence[-1]])),
        "window": ("window_edge", [rows.start, rows.stop, columns.start, columns.stop]),
    }


def _thin_ice(fields: Fields, regions: dict[str, np.ndarray], settings: ScoreSettings) -> dict[str, tuple]:
    """Thin ice of the truth, of each member, then the mean, and of the low-resolution field."""
    thin = [_shares(field < settings.lead_thickness_m, regions) for field in fields.every]
    quantiles = [
        [thickness_quantiles(field[mask], settings.quantiles) for mask in regions.values()] for field in fields.every
    ]
    return {
        "thickness_quantile": (("source", "region", "probability"), _by_source(quantiles)),
        "thin_fraction": (("source", "region"), _by_source(thin)),
    }


def _shares(where: np.ndarray, regions: dict[str, np.ndarray]) -> list[float]:
    """Share of each region's pixels where the mask (y, x) is True; NaN for a region without a pixel."""
    return [np.mean(where[region]) if region.any() else np.nan for region in regions.values()]


def _leads(fields: Fields, regions: dict[str, np.ndarray], settings: ScoreSettings) -> dict[str, tuple]:
    """Leads of the truth, of all members together, and of the low-resolution field."""
    mask, width = fields.mask, count_pixels(settings.lead_window_km, 1000 * fields.spacing_km)
    around, ice = box_sum(mask, width), np.count_nonzero(mask)
    lines, shares = [], []
    for field in fields.every:
        found = find_lead_pixels(field, mask, around, width, settings.lead_share)
        lines.append(find_lead_lines(found, fields.spacing_km, settings.lead_shortest_km))
        shares.append(_shares(found, regions))
    by_source = [lines[0], Leads.join(lines[1:-1]), lines[-1]]
    # Ice that was looked at, in 1000 km2.
    area = np.array([1, len(fields.members), 1]) * (ice * fields.spacing_km**2 / 1000 or np.nan)
    return {
        "lead_fraction": (("source", "region"), _by_source(shares)),
        "lead_number": ("source", 10 * np.array([leads.length_km.size for leads in by_source]) / area),
        "lead_length": (("source", "exceeding"), [leads.length_quantiles for leads in by_source]),
        "exceeding": ("exceeding", [0.5, 0.1]),
        "lead_density": (
            ("source", "direction"),
            np.array([leads.length_by_direction(DIRECTIONS) for leads in by_source]) / area[:, None],
        ),
        "direction": ("direction", np.arange(DIRECTIONS) * 180 / DIRECTIONS),
    }


def _shapes(fields: Fields, spectra: Spectra, settings: ScoreSettings) -> dict[str, tuple]:
    """Skewness and kurtosis of the increments, and how coherent the scales are on the window of the spectra."""
    low = fields.low[fields.mask]
    shapes = [increment_shape(field[fields.mask] - low) for field in fields.every]
    # Relative to the thickness, since whatever grows with it is coherent.
    thickness = np.maximum(fields.low[spectra.window], settings.lead_thickness_m)
    bands = settings.fine_band_km, settings.medium_band_km
    width = count_pixels(settings.coherence_window_km, 1000 * fields.spacing_km)
    relative = (field[spectra.window] / thickness for field in fields.every)
    coherence = [scale_coherence(field, fields.spacing_km, bands, width) for field in relative]
    skewness, kurtosis = _by_source(shapes).T
    return {
        "increment_skewness": ("source", skewness),
        "increment_kurtosis": ("source", kurtosis),
        "scale_coherence": ("source", _by_source(coherence)),
    }


def _by_source(values: list) -> np.ndarray:
    """Values of truth, members and low-resolution field (n + 2, ...) with those of the members averaged (3, ...)."""
    values = np.asarray(values)
    return np.array([values[0], values[1:-1].mean(axis=0), values[-1]])


def _fractions(fields: Fields, regions: dict[str, np.ndarray], settings: ScoreSettings) -> dict[str, tuple]:
    """Fractions skill of thin ice: of the members' probability, and of the low-resolution field."""
    widths, masks = (
        [count_pixels(w, 1000 * fields.spacing_km) for w in settings.fractions_widths_km],
        list(regions.values()),
    )
    sums = np.zeros((len(settings.thin_ice_m), len(widths), len(FIELDS), len(masks), 2))
    for i, thickness in enumerate(settings.thin_ice_m):
        event = fields.truth < thickness
        probability = sum((member < thickness).astype(np.float32) for member in fields.members) / len(fields.members)
        for j, width in enumerate(widths):
            for k, forecast in enumerate((probability, fields.low < thickness)):
                sums[i, j, k] = sum_fractions(forecast, event, fields.mask, width, masks)
    difference, worst = np.moveaxis(sums, (-2, -1), (1, 0))
    dimensions = ("region", "thin_ice", "width", "field")
    with np.errstate(invalid="ignore"):
        skill = 1 - difference / worst
    return {
        "fractions_skill": (dimensions, skill),
        "fractions_difference": (dimensions, difference),
        "fractions_worst": (dimensions, worst),
    }


def _similarity(fields: Fields) -> dict[str, tuple]:
    of_each = [structural_similarity(field, fields.truth, fields.mask) for field in (*fields.members, fields.low)]
    return {"ssim": ("field", [np.mean(of_each[:-1]), of_each[-1]])}


_MEANINGS = {
    "n_pixels": ("pixels scored", "1"),
    "rmse": ("root mean square error over ice; generated: of the ensemble mean", "m"),
    "rmse_domain": ("root mean square error over the whole domain, no error outside the ice", "m"),
    "mean_square_error": ("mean square error over ice; generated: of the ensemble mean", "m2"),
    "bias": ("mean error over ice; generated: of the ensemble mean", "m"),
    "crps": ("fair continuous ranked probability score; low_resolution: mean absolute error", "m"),
    "variability": ("spatial standard deviation over that of the truth; generated: mean over the members", "1"),
    "rmse_member": ("root mean square error of single members", "m"),
    "mean_variance": ("mean over ice of the unbiased variance of the members", "m2"),
    "spread": ("root of mean_variance", "m"),
    "spread_skill": ("spread over the RMSE of the mean, with the factor for finitely many members", "1"),
    "fine_scale": ("mean spectral ratio to the truth in the fine band; generated: mean over the members", "1"),
    "medium_scale": ("mean spectral ratio to the truth in the medium band; generated: mean over the members", "1"),
    "rank_count": ("thinned pixels by the rank of the truth among the members", "1"),
    "reliability_pixels": ("pixels by the number of members above the threshold", "1"),
    "reliability_hits": ("of reliability_pixels, those where the truth is above the threshold", "1"),
    "threshold": ("thickness threshold", "m"),
    "spread_class_pixels": ("pixels by class of the members' standard deviation", "1"),
    "spread_class_variance": ("sum of the variance over the pixels of the class", "m2"),
    "spread_class_square_error": ("sum of the square error of the mean over the pixels of the class", "m2"),
    "wavenumber": ("radial wavenumber", "km-1"),
    "power_truth": ("ring-averaged power of the truth", "m2"),
    "power_low_resolution": ("ring-averaged power of the low-resolution field", "m2"),
    "power_members": ("ring-averaged power of each member", "m2"),
    "power_error": ("ring-averaged power of the error; generated: of the ensemble mean", "m2"),
    "coherence": ("squared spectral coherence with the truth; generated: mean over the members", "1"),
    "window": ("first and past-the-last row, first and past-the-last column of the spectra's window", "1"),
    "thickness_quantile": ("quantile of the thickness over ice; generated: mean over the members", "m"),
    "probability": ("probability of not exceeding the quantile", "1"),
    "thin_fraction": ("share of the ice below the thickness of a lead; generated: mean over the members", "1"),
    "lead_fraction": ("share of the ice much thinner than the ice around it; generated: mean over the members", "1"),
    "lead_number": ("leads per 10,000 km2 of ice; generated: mean over the members", "1"),
    "lead_length": ("length of a lead that a share of the leads exceeds; generated: of all members together", "km"),
    "exceeding": ("share of the leads", "1"),
    "lead_density": ("length of the leads per 1000 km2 of ice by direction; generated: mean over the members", "km"),
    "direction": ("of a lead, from the x axis of the grid towards its y axis", "degrees"),
    "increment_skewness": ("skewness of the difference to the low-resolution field; generated: mean over members", "1"),
    "increment_kurtosis": ("its excess kurtosis; generated: mean over the members", "1"),
    "scale_coherence": ("rank correlation of the two bands' local energies, relative to the low resolution", "1"),
    "thin_ice": ("thickness below which ice is thin", "m"),
    "width": ("width of the boxes in which fractions are taken", "km"),
    "fractions_skill": ("fractions skill score of thin ice; generated: of the members' probability", "1"),
    "fractions_difference": ("sum of the square differences of the fractions", "1"),
    "fractions_worst": ("sum of the squares of the fractions", "1"),
    "ssim": ("structural similarity with the truth; generated: mean over the members", "1"),
    "region": ("all ice, and what the low-resolution concentration makes of it", None),
    "field": ("what is scored", None),
    "source": ("what is described", None),
}


def _described(scores: xr.Dataset) -> xr.Dataset:
    for name in scores.variables:
        meaning, unit = _MEANINGS[name]
        scores[name].attrs = {"long_name": meaning} | ({"units": unit} if unit else {})
    return scores
