"""The table of leads and texture: how many leads, how long, in which directions, and the shape of the fine scales."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from superice.evaluation.scored_date import ICE
from superice.evaluation.tables import RUN_KEYS

if TYPE_CHECKING:
    import xarray as xr

KEYS = [*RUN_KEYS, "source"]
TEXTURE = ["increment_skewness", "increment_kurtosis", "scale_coherence"]


def tabulate_leads(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """Return a row for each branch, split, experiment and source (truth, generated, low resolution).

    Most are means over the ``dates``, whose number is given; lengths over those on which truth and members have leads.
    `anisotropy` (0 for all directions alike, 1 for a single one) and `direction_degrees`, from the x axis of the grid, are
    those of the leads of all dates. `directions_shared` is the overlap, 0 to 1, of the distribution of the leads over the
    directions with that in the truth.
    """
    scored = [scores for scores in days if int(scores.n_pixels.sel(region=ICE))]
    if not scored:
        return pd.DataFrame(columns=KEYS)
    sources = pd.concat([tabulate_sources(scores) for scores in scored]).groupby(KEYS, sort=False)
    result = sources.mean()
    result.insert(0, "dates", sources.size())
    lengths = pd.concat([list_lengths(scores) for scores in scored]).groupby(KEYS, sort=False).sum()
    directions = [summarise_directions(of_source) for of_source in lengths.to_numpy()]
    result["anisotropy"] = [anisotropy for anisotropy, _ in directions]
    result["direction_degrees"] = [degrees for _, degrees in directions]
    result["directions_shared"] = overlap_with_truth(lengths)
    return result.reset_index()


def tabulate_sources(scores: xr.Dataset) -> pd.DataFrame:
    """Return a row for each source of one date; lengths of leads only where truth and members both have some."""
    lengths = scores.lead_length.values.astype(float)
    has_leads = np.isfinite(lengths[np.isin(scores.source.values, ("truth", "generated"))]).all()
    lengths = lengths if has_leads else np.full_like(lengths, np.nan)
    table = pd.DataFrame(
        {
            "lead_fraction_percent": 100 * scores.lead_fraction.sel(region=ICE).values.astype(float),
            "leads_per_10000_km2": scores.lead_number.values,
            "lead_km_per_1000_km2": scores.lead_density.sum("direction").values.astype(float),
            "median_length_km": lengths[:, 0],
            "longest_tenth_km": lengths[:, 1],
        }
        | {name: scores[name].values for name in TEXTURE}
    )
    return label_sources(table, scores)


def list_lengths(scores: xr.Dataset) -> pd.DataFrame:
    """Return a row for each source of one date with the length of leads by direction, one column for each direction."""
    return label_sources(pd.DataFrame(scores.lead_density.values), scores)


def label_sources(table: pd.DataFrame, scores: xr.Dataset) -> pd.DataFrame:
    """Add the keys to a table with a row for each source."""
    return table.assign(**{key: scores.attrs[key] for key in RUN_KEYS}, source=scores.source.values)


def summarise_directions(length_by_direction: np.ndarray) -> tuple[float, float]:
    """Return how much the leads share a direction, 0 to 1, and that direction in degrees; NaN without leads.

    length_by_direction: (classes,), as `lead_lines.Leads.sum_by_direction` returns it. Directions are axes: 180 degrees
    are a full circle.
    """
    total, classes = length_by_direction.sum(), length_by_direction.size
    if not total > 0:
        return float("nan"), float("nan")
    turns = np.exp(2j * np.pi * np.arange(classes) / classes)
    resultant = (length_by_direction * turns).sum() / total
    return float(np.abs(resultant)), float(np.degrees(np.angle(resultant) / 2) % 180)


def overlap_with_truth(lengths: pd.DataFrame) -> pd.Series:
    """Return the overlap, 0 to 1, of the distribution over directions with that in the truth of the same experiment.

    lengths: by `KEYS` and direction. NaN without leads in either.
    """
    shares = lengths.div(lengths.sum(axis=1), axis=0)
    truth = shares.xs("truth", level="source").reindex(shares.index.droplevel("source"))
    return np.minimum(shares, truth.to_numpy()).sum(axis=1, skipna=False)
