"""Score members against a truth, with the scores and the means of the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import xarray

from superice.api.datasets import TIME, order_dimensions, read_days, read_unit
from superice.errors import InputError
from superice.evaluation.calibration import COVERAGES, reliability_index
from superice.evaluation.date_scores import score_date
from superice.evaluation.scored_date import ICE
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.tables import COLUMNS, RUN_KEYS, average_days, tabulate_day
from superice.fields.units import convert_values
from superice.utils.settings import build_settings

Fields = xarray.DataArray | xarray.Dataset
# Variables of a dataset that can be meant, the first that is there counts.
MEMBERS = ("sit_ai",)
TRUTH = ("sit_truth", "sit")
LOW_RESOLUTION = ("sit_low_resolution", "sit_reprocessed", "sit")
MEMBER_AXES = ("member", "n")
ALL = "all"
GAINS, INPUTS = ("rmse_gain_percent", "crps_gain_percent"), ("rmse_low_resolution", "crps_low_resolution")
OF_LOW_RESOLUTION = (*GAINS, *INPUTS)
IN_METRES = ("rmse", "crps", "bias", "rmse_unlimited", "rmse_domain", "rmse_member", "spread", *INPUTS)
UNITS = {
    **dict.fromkeys(IN_METRES, "m"),
    **dict.fromkeys(GAINS, "%"),
    **dict.fromkeys(COVERAGES, "%"),
}


def score(
    members: Fields,
    truth: Fields,
    low_resolution: Fields | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Score members against the truth, where both are known.

    The scores are those of the workflow's tables, computed by the same code: the same fields give the same numbers.

    Parameters
    ----------
    members
        Thickness (member, y, x), with a dimension or a coordinate ``time``; of a dataset ``sit_ai``. Lazy members are drawn
        or read date by date.
    truth
        Thickness (y, x) on the same cells, of the same dates or of more; of a dataset ``sit_truth``, or else ``sit``.
    low_resolution
        The field that the members were drawn from, to be better than; of a dataset ``sit_low_resolution``,
        ``sit_reprocessed`` or ``sit``. None to have no gains.
    **settings
        Keys of the section ``scores``, as far as they differ from the defaults.

    Returns
    -------
    pandas.DataFrame
        A row a date and, of several dates, one of all: ``members``, ``n_pixels``, and the scores. ``rmse``, ``bias`` and
        ``crps`` (fair) in m, also of the low resolution, and gains over it in %. At best ``reliability_index`` is 0, the
        coverages are 50 and 90 %, and ``spread_skill``, ``variability``, ``fine_scale`` (6 to 20 km), ``medium_scale``
        (20 to 80 km) and the ratios of variance in these two bands are 1. Their units are in ``table.attrs["units"]``.

    Raises
    ------
    InputError
        For fields that are not on the same cells, have other units or dimensions, or lack a date.

    Examples
    --------
    >>> features = xarray.open_dataset("20200101.nc", decode_coords="all")
    >>> drawn = superice.load("chosen.safetensors").draw(features, members=5)
    >>> table = superice.score(drawn, truth=features, low_resolution=features)
    >>> table.index.tolist(), table.members.tolist(), table.attrs["units"]["rmse"]
    (['2020-01-01'], [5], 'm')
    >>> bool(table.crps.iloc[0] < table.rmse.iloc[0])
    True
    """
    chosen = build_settings(ScoreSettings, settings, "scores")
    drawn, true = _choose(members, MEMBERS, "members"), _choose(truth, TRUTH, "truth")
    low = None if low_resolution is None else _choose(low_resolution, LOW_RESOLUTION, "low_resolution")
    for other in (true,) if low is None else (true, low):
        _require_same_cells(drawn, other)
    drawn_axis = next((axis for axis in MEMBER_AXES if axis in drawn.dims), None)
    if drawn_axis is None:
        raise InputError(
            "the dimension member is needed", variable=str(drawn.name), value=", ".join(map(str, drawn.dims))
        )
    spacing_km = _measure_spacing(drawn)
    area = _find_cell_area(members)
    dates = read_days(drawn)
    if len(set(dates)) < len(dates):
        repeated = next(day for day in dates if dates.count(day) > 1)
        raise InputError("has several times of one day; score each by itself", variable=str(drawn.name), value=repeated)
    days, ranks = [], []
    for day in dates:
        values = _take_day(drawn, day, drawn_axis)
        truth_of_day = _take_day(true, day)
        # Scores of a low resolution that there is not are dropped below; pixels where it is missing would not be scored.
        low_of_day = np.where(np.isfinite(truth_of_day), 0, np.nan) if low is None else _take_day(low, day)
        scores = score_date(values, truth_of_day, low_of_day, day, spacing_km, chosen, None, area)
        days.append(tabulate_day(scores.assign_attrs(dict.fromkeys(RUN_KEYS, ""))))
        ranks.append(scores.rank_count.sel(region=ICE).values)
    return _make_table(pd.concat(days), ranks, low is not None)


def _make_table(days: pd.DataFrame, ranks: Sequence[np.ndarray], has_low: bool) -> pd.DataFrame:
    """Return the rows of the dates and of all; ``ranks`` are the rank histograms of the dates."""
    days = days[days.region == ICE]
    dates = list(dict.fromkeys(days.date))
    parts = [average_days(days, ["date"])]
    if len(dates) > 1:
        parts.append(average_days(days, []).assign(date=ALL))
    rows = pd.concat(parts)
    rows = rows[rows.field == "generated"].set_index("date")
    rows["n_pixels"] = days[days.field == "generated"].groupby("date").n_pixels.sum()
    rows["n_pixels"] = rows.n_pixels.fillna(rows.n_pixels.sum()).astype(int)
    indices = dict(zip(dates, map(reliability_index, ranks))) | {ALL: reliability_index(np.sum(ranks, axis=0))}
    rows["reliability_index"] = [indices[day] for day in rows.index]
    kept = [name for name in COLUMNS if has_low or name not in OF_LOW_RESOLUTION]
    kept.insert(kept.index("spread_skill") + 1, "reliability_index")
    table = rows[["members", "n_pixels", *kept]]
    table.attrs["units"] = {name: UNITS.get(name, "1") for name in table.columns}
    return table


def _choose(fields: Fields, names: Sequence[str], what: str) -> xarray.DataArray:
    """Return a field, of a dataset the first of the names that it has."""
    if isinstance(fields, xarray.DataArray):
        return fields
    if not isinstance(fields, xarray.Dataset):
        raise InputError("an xarray.DataArray or Dataset is needed", variable=what, value=type(fields).__name__)
    found = next((name for name in names if name in fields), None)
    if found is None:
        raise InputError(
            f"the dataset holds none of {', '.join(names)}", variable=what, value=", ".join(map(str, fields.variables))
        )
    return fields[found]


def _require_same_cells(drawn: xarray.DataArray, other: xarray.DataArray) -> None:
    for axis in ("y", "x"):
        if axis not in drawn.coords or axis not in other.coords:
            raise InputError("has no coordinate of cell centres in m on the map", variable=axis)
        if drawn[axis].size != other[axis].size or not np.allclose(drawn[axis].values, other[axis].values):
            raise InputError(
                "is on another grid than the members",
                variable=f"{other.name}, {axis}",
                value=f"{other[axis].size} cells",
            )


def _take_day(field: xarray.DataArray, day: date, member_axis: str | None = None) -> np.ndarray:
    """Return the values of a day in m, (y, x) or (member, y, x). Raises InputError when the field has no such day."""
    if TIME in field.dims or TIME in field.coords:
        known = read_days(field)
        if day not in known:
            raise InputError(f"has no field of {day}", variable=str(field.name))
        if TIME in field.dims:
            field = field.isel({TIME: known.index(day)})
    unit = read_unit(field, "m")
    values = field.isel({member_axis: 0}) if member_axis else field
    order_dimensions(values, [day], has_time=False)  # refuses other dimensions
    ordered = field.transpose(*filter(None, [member_axis]), "y", "x")
    return convert_values(np.asarray(ordered.values, np.float64 if unit != "m" else None), unit, "m")


def _measure_spacing(drawn: xarray.DataArray) -> float:
    x = convert_values(drawn["x"].values[:2].astype(float), str(drawn["x"].attrs.get("units", "m")), "m")
    return float(x[1] - x[0]) / 1000


def _find_cell_area(members: Fields) -> np.ndarray | None:
    return members["cell_area"].values if "cell_area" in members.coords or "cell_area" in members else None
