"""Scores of one date's ensemble against the truth, beside those of the low-resolution field it was drawn from.

The report's scores (section 5) are the RMSE of the ensemble mean, the ratio of spatial variability and the fine-scale
bias; fair CRPS, spread–skill ratio, rank histogram, reliability, error spectra and coherence say what the report leaves
open: whether the spread of the members is the error of their mean. Everything is computed on the pixels where truth,
low-resolution field and every member are present. Accuracy is that of the mean, realism that of each member.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import xarray as xr

from superice.errors import InputError
from superice.spectra import band_ratio, largest_ice_square, radial_coherence, radial_spectrum

FIELDS = ("generated", "low_resolution")


@dataclass(frozen=True)
class ScoreSettings:
    """How dates are scored.

    Attributes:
        fine_band_km, medium_band_km: wavelengths [shortest, longest) of the two spectral ratios.
        window: "hann" or None, applied to the all-ice square of every spectrum.
        smallest_window_km: a smaller all-ice square gives no spectrum.
        thickness_thresholds_m: thicknesses whose exceedance is tested for reliability.
        rank_thinning: every how many pixels, in y and x, one enters the rank histogram.
        spread_edges_m: borders of the classes of spread in which the error is looked at.
        seed: of the ranks given at random among ties.
    """

    fine_band_km: tuple[float, float] = (6.0, 20.0)
    medium_band_km: tuple[float, float] = (20.0, 80.0)
    window: str | None = "hann"
    smallest_window_km: float = 120.0
    thickness_thresholds_m: tuple[float, ...] = (0.5, 1.0, 2.0)
    rank_thinning: int = 5
    spread_edges_m: tuple[float, ...] = (0, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 2.0)
    seed: int = 0


def score_date(
    members: np.ndarray,
    truth: np.ndarray,
    low_resolution: np.ndarray,
    day: date,
    spacing_km: float,
    settings: ScoreSettings = ScoreSettings(),
) -> xr.Dataset:
    """All scores of one date.

    members: thickness (n, y, x) in m; truth, low_resolution: thickness (y, x) in m; NaN where missing.
    Returns a dataset of sums and scores; with no common pixel the scores are NaN, the counts 0 and the spectra empty.
    Raises InputError when the shapes differ.
    """
    if members.ndim != 3 or not members.shape[1:] == truth.shape == low_resolution.shape:
        shapes = f"{members.shape}, {truth.shape}, {low_resolution.shape}"
        raise InputError("members, truth and low-resolution field have different shapes", value=shapes)
    mask = common_mask(members, truth, low_resolution)
    scores = xr.Dataset(
        {"n_pixels": ((), int(mask.sum()), {"long_name": "pixels scored", "units": "1"})},
        coords={"field": list(FIELDS)},
    )
    scores = scores.merge(_pixel_scores(members[:, mask], truth[mask], low_resolution[mask], settings))
    scores["rmse_domain"] = scores.rmse * np.sqrt(mask.mean())
    scores = scores.merge(_rank_histogram(members, truth, mask, day, settings))
    scores = scores.merge(_spectral_scores(members, truth, low_resolution, mask, spacing_km, settings))
    scores.attrs = {"date": day.isoformat(), "members": members.shape[0], "spacing_km": spacing_km}
    return _described(scores)


def common_mask(members: Iterable[np.ndarray], truth: np.ndarray, low_resolution: np.ndarray) -> np.ndarray:
    """Pixels (y, x) where the truth, the low-resolution field and every member are present."""
    mask = np.isfinite(truth) & np.isfinite(low_resolution)
    for member in members:
        mask &= np.isfinite(member)
    return mask


def fair_crps(members: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score (...) of members (n, ...), unbiased by their number (Ferro 2014).

    mean |x_i - y| - sum_ij |x_i - x_j| / (2 n (n - 1)); for a single member the absolute error.
    """
    n = members.shape[0]
    error = sum(np.abs(member - truth, dtype=np.float64) for member in members) / n
    if n == 1:
        return error
    # In ascending order x_(i), the i-th of n, stands above i - 1 members and below n - i.
    weight = 2 * np.arange(1, n + 1) - n - 1
    differences = np.tensordot(weight, np.sort(members, axis=0).astype(np.float64), axes=1)
    return error - differences / (n * (n - 1))


def spread_skill(mean_variance: float, mean_square_error: float, n: int) -> float:
    """Spread over error, 1 for an ensemble of n members drawn like the truth (Fortin et al. 2014).

    mean_variance: mean of the unbiased variance of the members; mean_square_error: of their mean; same unit.
    """
    return float(np.sqrt((n + 1) / n * mean_variance / mean_square_error)) if mean_square_error > 0 else float("nan")


def rank_counts(members: np.ndarray, truth: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """How often the truth (p,) has each rank among the members (n, p): counts (n + 1,); ties are ranked at random."""
    below = (members < truth).sum(axis=0)
    ties = (members == truth).sum(axis=0)
    return np.bincount(below + random.integers(0, ties + 1), minlength=members.shape[0] + 1)


def reliability_counts(members: np.ndarray, truth: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (n + 1,) where k of the n members (n, p) exceed the threshold, and those of them where the truth does."""
    exceeding = (members > threshold).sum(axis=0)
    bins = members.shape[0] + 1
    return np.bincount(exceeding, minlength=bins), np.bincount(exceeding[truth > threshold], minlength=bins)


def _pixel_scores(members: np.ndarray, truth: np.ndarray, low: np.ndarray, settings: ScoreSettings) -> dict[str, tuple]:
    """Scores that look at one pixel at a time: members (n, p), truth and low (p,)."""
    n = members.shape[0]
    mean = members.mean(axis=0, dtype=np.float64)
    variance = sum((member - mean) ** 2 for member in members) / (n - 1) if n > 1 else np.full(mean.shape, np.nan)
    square_error = (mean - truth) ** 2
    mse = np.array([_mean(square_error), _mean((low.astype(np.float64) - truth) ** 2)])
    deviation = _deviation(truth)
    counts, hits = zip(*(reliability_counts(members, truth, t) for t in settings.thickness_thresholds_m))
    edges = np.asarray(settings.spread_edges_m, dtype=float)
    spread_class = np.clip(np.searchsorted(edges, np.sqrt(variance), side="right") - 1, 0, edges.size - 2)

    def in_class(weights: np.ndarray | None) -> np.ndarray:
        return np.bincount(spread_class, weights=weights, minlength=edges.size - 1)

    return {
        "rmse": ("field", np.sqrt(mse)),
        "mean_square_error": ("field", mse),
        "bias": ("field", [_mean(mean - truth), _mean(low - truth)]),
        "crps": ("field", [_mean(fair_crps(members, truth)), _mean(np.abs(low - truth))]),
        "variability": (
            "field",
            [np.mean([_ratio(_deviation(m), deviation) for m in members]), _ratio(_deviation(low), deviation)],
        ),
        "rmse_member": ((), float(np.sqrt(np.mean([_mean((m - truth) ** 2) for m in members])))),
        "mean_variance": ((), _mean(variance)),
        "spread": ((), float(np.sqrt(_mean(variance)))),
        "spread_skill": ((), spread_skill(_mean(variance), mse[0], n)),
        "reliability_pixels": (("threshold", "members_above"), np.array(counts)),
        "reliability_hits": (("threshold", "members_above"), np.array(hits)),
        "threshold": ("threshold", np.asarray(settings.thickness_thresholds_m, dtype=float)),
        "spread_class_pixels": ("spread_class", in_class(None)),
        "spread_class_variance": ("spread_class", in_class(variance)),
        "spread_class_square_error": ("spread_class", in_class(square_error)),
    }


def _rank_histogram(
    members: np.ndarray, truth: np.ndarray, mask: np.ndarray, day: date, settings: ScoreSettings
) -> dict[str, tuple]:
    """Ranks of the truth on a lattice of pixels far enough apart to be nearly independent."""
    lattice = np.zeros_like(mask)
    lattice[:: settings.rank_thinning, :: settings.rank_thinning] = True
    chosen = mask & lattice
    random = np.random.default_rng([settings.seed, day.toordinal()])
    return {"rank_count": ("rank", rank_counts(members[:, chosen], truth[chosen], random))}


def _spectral_scores(
    members: np.ndarray,
    truth: np.ndarray,
    low: np.ndarray,
    mask: np.ndarray,
    spacing_km: float,
    settings: ScoreSettings,
) -> dict[str, tuple]:
    """Spectra on the largest all-ice square, one for all fields, and the ratios read from them."""
    rows, columns = largest_ice_square(mask)
    if (rows.stop - rows.start) * spacing_km < settings.smallest_window_km:
        rows = columns = slice(0, 0)
    members, truth, low = (field[..., rows, columns] for field in (members, truth, low))
    empty = np.empty(0)
    wavenumber, of_truth = _spectrum(truth, spacing_km, settings) if truth.size else (empty, empty)

    def power(field: np.ndarray) -> np.ndarray:
        return _spectrum(field, spacing_km, settings)[1] if field.size else empty

    def coherence(field: np.ndarray) -> np.ndarray:
        return radial_coherence(field, truth, spacing_km, settings.window)[1] if field.size else empty

    of_members, of_low = np.array([power(member) for member in members]), power(low)

    def ratios(band: tuple[float, float]) -> list[float]:
        of_each = [band_ratio(p, of_truth, wavenumber, *band) for p in (*of_members, of_low)]
        return [np.mean(of_each[:-1]), of_each[-1]]

    return {
        "wavenumber": ("wavenumber", wavenumber),
        "fine_scale": ("field", ratios(settings.fine_band_km)),
        "medium_scale": ("field", ratios(settings.medium_band_km)),
        "power_truth": ("wavenumber", of_truth),
        "power_low_resolution": ("wavenumber", of_low),
        "power_members": (("member", "wavenumber"), of_members),
        "power_error": (("field", "wavenumber"), np.array([power(members.mean(axis=0) - truth), power(low - truth)])),
        "coherence": (
            ("field", "wavenumber"),
            np.array([np.mean([coherence(member) for member in members], axis=0), coherence(low)]),
        ),
        "window": ("window_edge", [rows.start, rows.stop, columns.start, columns.stop]),
    }


def _spectrum(field: np.ndarray, spacing_km: float, settings: ScoreSettings) -> tuple[np.ndarray, np.ndarray]:
    return radial_spectrum(field, spacing_km, settings.window)


_MEANINGS = {
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
}


def _described(scores: xr.Dataset) -> xr.Dataset:
    for name, (meaning, unit) in _MEANINGS.items():
        scores[name].attrs = {"long_name": meaning, "units": unit}
    return scores


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values, dtype=np.float64)) if values.size else float("nan")


def _deviation(values: np.ndarray) -> float:
    return float(np.std(values, dtype=np.float64)) if values.size else float("nan")


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
