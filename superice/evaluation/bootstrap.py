"""Confidence intervals of means over dates: a bootstrap over blocks of days, since neighbouring days are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

BOUNDS = {"lower": 0.025, "upper": 0.975}


@dataclass(frozen=True)
class IntervalSettings:
    """How dates are redrawn.

    Attributes:
        block_days: length of a block in days; 7 is the week from Monday to Sunday.
        resamples: how often the blocks are redrawn.
        seed: of the drawing.
    """

    block_days: int = 7
    resamples: int = 2000
    seed: int = 0


def bootstrap_means(dates: pd.Series, values: pd.DataFrame, how: IntervalSettings) -> pd.DataFrame:
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
