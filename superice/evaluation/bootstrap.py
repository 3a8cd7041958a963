"""Confidence intervals of means over dates: a bootstrap over blocks of days, since neighbouring days are alike."""

from __future__ import annotations

import numpy as np
import pandas as pd

from superice.evaluation.settings import BootstrapSettings

BOUNDS = {"lower": 0.025, "upper": 0.975}


def bootstrap_means(dates: pd.Series, values: pd.DataFrame, how: BootstrapSettings) -> pd.DataFrame:
    """Means over the dates of each column of values, one row for each time that the blocks are redrawn.

    dates: YYYY-MM-DD, row by row of ``values``; NaN takes no part in a mean. The same dates are redrawn alike, so that
    differences and ratios of two sets of means are those of pairs. With less than two blocks nothing is known: NaN.
    """
    block = (pd.to_datetime(dates) - pd.Timestamp("1900-01-01")).dt.days // how.block_days
    groups = values.groupby(block)
    sums, counts = groups.sum().to_numpy(), groups.count().to_numpy()
    blocks = len(sums)
    if blocks < 2:
        return pd.DataFrame(np.nan, index=range(how.resamples), columns=values.columns)
    drawn = np.random.default_rng(how.seed).integers(blocks, size=(how.resamples, blocks))
    # How often each block is drawn, so that a resample is a product of matrices.
    times = np.apply_along_axis(np.bincount, 1, drawn, minlength=blocks)
    with np.errstate(invalid="ignore"):
        return pd.DataFrame((times @ sums) / (times @ counts), columns=values.columns)
