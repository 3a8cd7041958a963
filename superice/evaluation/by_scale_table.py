"""The table of the scores by scale: means over boxes, regions and the whole grid, of single days and of several.

Periods of several days follow each other from a Monday, as the blocks of the bootstrap do. The mean of a member over a
period is that of its own means on the dates of the period, which need not be consecutive: a run that has every twelfth day
has two or three dates in 30 days, and none of its periods of 7 days has more than one. A period with a single date is no
mean over several days and does not count. An area counts in a period if it is known on at least half of its dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from superice.errors import InputError
from superice.evaluation.by_scale import SUMS, AreaMeans
from superice.evaluation.calibration import COVERAGES, INTERVALS, compute_coverage, reliability_index
from superice.evaluation.tables import RUN_KEYS
from superice.utils.netcdf import FileContent, read_content

FIRST_MONDAY = date(1900, 1, 1).toordinal()
FEWEST_DATES = 2  # of a period of several days
LEAST_KNOWN = 0.5  # of the dates of a period, for an area to count
SCALE_KEYS = ["kind", "scale", "width"]
KEPT = ("mean_members", "mean_truth", "mean_low_resolution", "mean_area_km2")
NAMES = (*SCALE_KEYS, *SUMS, "rank_count", "scale_of_mean", *KEPT)
COLUMNS = [
    *RUN_KEYS, "days", "kind", "scale", "width_km", "periods", "dates_per_period", "means", "members", "rmse", "spread",
    "spread_skill", *COVERAGES, "reliability_index", "crps", "bias", "rmse_low_resolution",
]  # fmt: skip


def read_scales(paths: Iterable[Path]) -> Iterator[FileContent]:
    """Read the sums and means of single dates, one after the other and in the order of the dates of each folder."""
    for path in sorted(paths):
        yield read_content(path, NAMES)


def tabulate_scales(dates: Iterable[FileContent]) -> pd.DataFrame:
    """Return a row for each branch, split, experiment, length of the periods and scale.

    ``rmse`` is the root mean square error of the ensemble mean, and ``spread`` the root of the mean variance, both in m and
    weighted by area. ``spread_skill`` is their ratio with the factor for finitely many members. ``width_km`` of a region is
    the side of a square of its known area.

    Parameters
    ----------
    dates
        Sums and means as ``compute_by_scale`` returns them, with the attributes branch, split and experiment; the dates of
        an experiment in ascending order. They are not kept in memory.

    Raises
    ------
    InputError
        When the dates of an experiment are not in ascending order.
    """
    rows: list[dict[str, object]] = []
    running: dict[tuple[object, ...], _Period] = {}
    for content in dates:
        rows += _list_day_rows(content)
        for days in np.ravel(content.attributes["mean_days"]).tolist():
            period = _Period(content, days)
            key = tuple(period.labels.values())
            if key in running and running[key].number > period.number:
                raise InputError("is not in the order of the dates", variable="date", value=content.attributes["date"])
            if key in running and running[key].number < period.number:
                rows += running.pop(key).score_means()
            running.setdefault(key, period).add(content)
    for period in running.values():
        rows += period.score_means()
    return _add_up(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=COLUMNS)


class _Period:
    """Sums of the means of the fields over the dates of a period.

    Attributes
    ----------
    labels
        Branch, split, experiment and length of the period.
    number
        Its number, counted from the first Monday.
    """

    def __init__(self, content: FileContent, days: int) -> None:
        """Begin the period of a date, without adding the date."""
        self.labels = _label_run(content) | {"days": days}
        self.number = (date.fromisoformat(content.attributes["date"]).toordinal() - FIRST_MONDAY) // days
        self._scales, self._scale_of_mean = _list_scales(content), content["scale_of_mean"]
        self._dates, self._known_dates = 0, np.zeros(self._scale_of_mean.shape)
        self._sums = {name: np.zeros(content[name].shape) for name in KEPT}

    def add(self, content: FileContent) -> None:
        """Add the means of a date. Raises InputError when they are of other areas or members."""
        names = [scale["scale"] for scale in self._scales]
        if content["mean_members"].shape != self._sums["mean_members"].shape or content["scale"].tolist() != names:
            reason = (
                "has other areas or another number of members than the dates before; score all with one configuration"
            )
            raise InputError(reason, variable="mean_members", value=content.attributes["date"])
        known = np.isfinite(content["mean_truth"])
        self._dates += 1
        self._known_dates += known
        for name in KEPT:
            self._sums[name] += np.where(known, content[name], 0)

    def score_means(self) -> list[dict[str, object]]:
        """Return the sums of the scores of each scale; nothing for a period with too few dates."""
        if self._dates < FEWEST_DATES:
            return []
        enough = self._known_dates >= max(LEAST_KNOWN * self._dates, 1)
        count = np.where(enough, self._known_dates, np.nan)
        means = AreaMeans(*(self._sums[name] / count for name in KEPT))
        random = np.random.default_rng([self.labels["days"], self.number])
        rows = []
        for place in np.unique(self._scale_of_mean):
            of_scale = means.select(self._scale_of_mean == place)
            labels = (
                self.labels | self._scales[place] | {"members": len(means.members), "dates_per_period": self._dates}
            )
            rows.append(labels | of_scale.sum_scores(random))
        return rows


def _label_run(content: FileContent) -> dict[str, object]:
    return {key: content.attributes[key] for key in RUN_KEYS}


def _list_scales(content: FileContent) -> list[dict[str, object]]:
    """Return kind, name and width of each scale."""
    columns = (content[name].tolist() for name in SCALE_KEYS)
    return [dict(zip(SCALE_KEYS, values, strict=True)) for values in zip(*columns, strict=True)]


def _list_day_rows(content: FileContent) -> list[dict[str, object]]:
    """Return the sums of the scores of a single date, a row for each scale."""
    run = _label_run(content) | {"days": 1, "members": int(content.attributes["members"]), "dates_per_period": 1}
    return [
        run | scale | {name: content[name][place] for name in (*SUMS, "rank_count")}
        for place, scale in enumerate(_list_scales(content))
    ]


def _add_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the sums (row for each date or period, and scale) added up over dates or periods."""
    rows = rows[rows.areas > 0]
    groups = rows.groupby([*RUN_KEYS, "days", *SCALE_KEYS, "members"], sort=False, dropna=False)
    sums = groups[list(SUMS)].sum(min_count=1).rename(columns={"areas": "means"})
    ranks = groups.rank_count.agg(sum)
    sums["periods"], sums["dates_per_period"] = groups.size(), groups.dates_per_period.mean()
    table = sums.assign(ranks=ranks).reset_index()
    mean = {name: table[name] / table.area for name in ("variance", "square_error", "low_resolution_square_error")}
    region_width = np.sqrt(table.area / table.means)
    table = table.assign(
        width_km=table.width.fillna(region_width),
        rmse=np.sqrt(mean["square_error"]),
        spread=np.sqrt(mean["variance"]),
        spread_skill=np.sqrt((table.members + 1) / table.members * mean["variance"] / mean["square_error"]),
        reliability_index=table.ranks.map(reliability_index),
        crps=table.crps / table.area,
        bias=table.error / table.area,
        rmse_low_resolution=np.sqrt(mean["low_resolution_square_error"]),
    )
    for name, percent in zip(COVERAGES, INTERVALS, strict=True):
        table[name] = [float(compute_coverage(counts, percent)) for counts in table.ranks]
    return table.sort_values([*RUN_KEYS, "days"], kind="stable", ignore_index=True)[COLUMNS]
