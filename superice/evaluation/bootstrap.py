"""Confidence intervals of means over dates: a bootstrap over blocks of days, because neighbouring days are alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from superice.evaluation.settings import BootstrapSettings

BOUNDS = {"lower": 0.025, "upper": 0.975}


def bootstrap_means(dates: pd.Series, values: pd.DataFrame, intervals: BootstrapSettings) -> pd.DataFrame:
    """Resample blocks of dates and return the means of each column of values, one row for each resample.

    The same dates are resampled alike, so that differences and ratios of two sets of means are those of pairs. With less
    than two blocks, all means are NaN.

    Parameters
    ----------
    dates
        YYYY-MM-DD, one for each row of ``values``.
    values
        Scores of the dates; NaN is left out of a mean.
    intervals
        How blocks are resampled.
    """
    groups = values.groupby(number_blocks(dates, intervals))
    sums, counts = groups.sum().to_numpy(), groups.count().to_numpy()
    blocks = len(sums)
    if blocks < 2:
        return pd.DataFrame(np.nan, index=range(intervals.resamples), columns=values.columns)
    drawn = np.random.default_rng(intervals.seed).integers(blocks, size=(intervals.resamples, blocks))
    # With the number of times that each block is drawn, the sums of all resamples are one product of matrices.
    times_drawn = np.apply_along_axis(np.bincount, 1, drawn, minlength=blocks)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame((times_drawn @ sums) / (times_drawn @ counts), columns=values.columns)


def number_blocks(dates: pd.Series, intervals: BootstrapSettings) -> pd.Series:
    """Return the number of the block that each date belongs to."""
    days = (pd.to_datetime(dates) - pd.Timestamp("1900-01-01")).dt.days  # a Monday
    return days // intervals.block_days


def compute_expansion(blocks: int) -> float:
    """Return the factor that makes percentiles of few blocks as wide as they must be; NaN for fewer than two.

    A bootstrap of n blocks spreads by n - 1 over n of their variance, and takes it for the true one: the factor is that
    of Student's interval over the normal one (Hesterberg 2015, doi:10.1080/00031305.2015.1089789).
    """
    if blocks < 2:
        return np.nan
    from scipy.special import ndtri, stdtrit

    upper = BOUNDS["upper"]
    return float(np.sqrt(blocks / (blocks - 1)) * stdtrit(blocks - 1, upper) / ndtri(upper))
