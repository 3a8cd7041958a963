"""The tables of scores that are added up: by scale, by class of thickness, and by stratum.

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
from superice.evaluation.area_scores import SUMS, AreaMeans
from superice.evaluation.by_part import ALL_INPUTS, SOME_INPUTS, THICKNESS
from superice.evaluation.by_scale import BOX, REGION
from superice.evaluation.calibration import COVERAGES, INTERVALS, compute_coverage, reliability_index
from superice.evaluation.scored_date import ICE
from superice.evaluation.tables import RUN_KEYS
from superice.utils.netcdf import FileContent, read_content

FIRST_MONDAY = date(1900, 1, 1).toordinal()
FEWEST_DATES = 2  # of a period of several days
LEAST_KNOWN = 0.5  # of the dates of a period, for an area to count
PART_KEYS = ["kind", "part", "width"]
ROW_COLUMNS = ["members", "dates_per_period", *SUMS, "rank_count"]
KEPT = ("mean_members", "mean_truth", "mean_low_resolution", "mean_area_km2")
NAMES = (*PART_KEYS, *SUMS, "rank_count", "part_of_mean", *KEPT)
SCORES = [
    "members", "rmse", "rmse_gain_percent", "crps", "spread", "spread_skill", *COVERAGES, "reliability_index", "bias",
    "rmse_low_resolution",
]  # fmt: skip
SCALE_COLUMNS = [*RUN_KEYS, "days", "kind", "scale", "width_km", "periods", "dates_per_period", "means", *SCORES]
THICKNESS_COLUMNS = [*RUN_KEYS, "thickness", "dates", "area_km2", "area_percent", *SCORES]
STRATUM_COLUMNS = [*RUN_KEYS, "stratum", "inputs", "dates", "area_km2", "area_percent", *SCORES]


def read_sums(paths: Iterable[Path]) -> Iterator[FileContent]:
    """Read the sums and means of single dates, one after the other and in the order of the dates of each folder."""
    for path in sorted(paths):
        yield read_content(path, NAMES)


def tabulate_sums(dates: Iterable[FileContent]) -> pd.DataFrame:
    """Return a row for each branch, split, experiment, length of period and part; the tables are made from these rows.

    ``rmse`` is the root mean square error of the ensemble mean, and ``spread`` the root of the mean variance, both in m and
    weighted by area. ``spread_skill`` is their ratio with the factor for finitely many members. The gain is that of the
    ``rmse`` over the low-resolution field's.

    Parameters
    ----------
    dates
        Sums and means as ``compute_sums`` returns them, with the attributes branch, split and experiment; the dates of an
        experiment in ascending order. They are not kept in memory.

    Raises
    ------
    InputError
        When the dates of an experiment are not in ascending order, or have other areas or members in one period.
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
    return _add_up(pd.DataFrame(rows, columns=[*RUN_KEYS, "days", *PART_KEYS, *ROW_COLUMNS]))


def select_scales(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of means over boxes and regions; ``width_km`` of a region is the side of a square of its area."""
    rows = table[table.kind.isin((BOX, REGION))].rename(columns={"part": "scale"})
    of_region = np.sqrt(rows.area / rows.means)
    return rows.assign(width_km=rows.width.fillna(of_region))[SCALE_COLUMNS].reset_index(drop=True)


def select_thicknesses(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of pixels by class of the low-resolution thickness."""
    rows = _compare_areas(table[table.kind == THICKNESS], table)
    return rows.rename(columns={"part": "thickness"})[THICKNESS_COLUMNS]


def select_strata(table: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of strata of the pixels, of those with all inputs and of those with some."""
    rows = _compare_areas(table[table.kind.isin((ALL_INPUTS, SOME_INPUTS))], table)
    return rows.rename(columns={"part": "stratum", "kind": "inputs"})[STRATUM_COLUMNS]


def _compare_areas(rows: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add the mean area of a date, and its share of the area with all inputs."""
    whole = table[(table.kind == ALL_INPUTS) & (table.part == ICE)].set_index(RUN_KEYS).area
    of_run = pd.MultiIndex.from_frame(rows[RUN_KEYS])
    shares = {"area_km2": rows.area / rows.periods, "area_percent": 100 * rows.area / whole.reindex(of_run).to_numpy()}
    return rows.assign(dates=rows.periods, **shares).reset_index(drop=True)


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
        self._days = days
        self.number = (date.fromisoformat(content.attributes["date"]).toordinal() - FIRST_MONDAY) // days
        self._parts, self._part_of_mean = _list_parts(content), content["part_of_mean"]
        self._dates, self._known_dates = 0, np.zeros(self._part_of_mean.shape)
        self._sums = {name: np.zeros(content[name].shape) for name in KEPT}

    def add(self, content: FileContent) -> None:
        """Add the means of a date. Raises InputError when they are of other areas or members."""
        names = [part["part"] for part in self._parts]
        if content["mean_members"].shape != self._sums["mean_members"].shape or content["part"].tolist() != names:
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
        """Return the sums of the scores of each part; nothing for a period with too few dates."""
        if self._dates < FEWEST_DATES:
            return []
        enough = self._known_dates >= max(LEAST_KNOWN * self._dates, 1)
        count = np.where(enough, self._known_dates, np.nan)
        means = AreaMeans(*(self._sums[name] / count for name in KEPT))
        random = np.random.default_rng([self._days, self.number])
        rows = []
        for place in np.unique(self._part_of_mean):
            of_part = means.select(self._part_of_mean == place)
            labels = self.labels | self._parts[place] | {"members": len(means.members), "dates_per_period": self._dates}
            rows.append(labels | of_part.score(random).add_up())
        return rows


def _label_run(content: FileContent) -> dict[str, object]:
    return {key: content.attributes[key] for key in RUN_KEYS}


def _list_parts(content: FileContent) -> list[dict[str, object]]:
    """Return kind, name and width of each part."""
    columns = (content[name].tolist() for name in PART_KEYS)
    return [dict(zip(PART_KEYS, values, strict=True)) for values in zip(*columns, strict=True)]


def _list_day_rows(content: FileContent) -> list[dict[str, object]]:
    """Return the sums of the scores of a single date, a row for each part."""
    run = _label_run(content) | {"days": 1, "members": int(content.attributes["members"]), "dates_per_period": 1}
    return [
        run | part | {name: content[name][place] for name in (*SUMS, "rank_count")}
        for place, part in enumerate(_list_parts(content))
    ]


def _add_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of sums, a row for each date or period and part, added up over the dates or periods."""
    # Every date lists all parts in the order of the configuration, those without a value too.
    rows = rows.assign(place=rows.groupby(PART_KEYS, sort=False, dropna=False).ngroup())
    known = rows[rows.areas > 0]
    groups = known.groupby([*RUN_KEYS, "days", *PART_KEYS, "members"], sort=False, dropna=False)
    table = groups[list(SUMS)].sum(min_count=1).rename(columns={"areas": "means"})
    table["ranks"], table["place"] = groups.rank_count.agg(sum), groups.place.first()
    table["periods"], table["dates_per_period"] = groups.size(), groups.dates_per_period.mean()
    table = table.reset_index()
    variance, square_error = table.variance / table.area, table.square_error / table.area
    table["rmse"], table["spread"] = np.sqrt(square_error), np.sqrt(variance)
    table["rmse_low_resolution"] = np.sqrt(table.low_resolution_square_error / table.area)
    table["rmse_gain_percent"] = 100 * (1 - table.rmse / table.rmse_low_resolution)
    table["spread_skill"] = np.sqrt((table.members + 1) / table.members * variance / square_error)
    table["crps"], table["bias"] = table.crps / table.area, table.error / table.area
    table["reliability_index"] = [reliability_index(counts) for counts in table.ranks]
    for name, percent in zip(COVERAGES, INTERVALS, strict=True):
        table[name] = [float(compute_coverage(counts, percent)) for counts in table.ranks]
    return table.sort_values([*RUN_KEYS, "days", "place"], kind="stable", ignore_index=True)
