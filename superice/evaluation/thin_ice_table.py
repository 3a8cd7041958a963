"""The table of thin ice: shares, quantiles of the thickness and fractions skill, by region, month and source.

Quantiles and skill are gathered in long tables, a row for each probability or for each threshold and width, and stand
side by side in the columns of the final table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from superice.evaluation.scored_date import ICE
from superice.evaluation.tables import RUN_KEYS, order_months

if TYPE_CHECKING:
    import xarray as xr

KEYS = [*RUN_KEYS, "region", "month", "source"]
ALL_MONTHS = 0
SHARES = {"thin_fraction": "thin_fraction_percent", "lead_fraction": "lead_fraction_percent"}
QUANTILE = re.compile(r"quantile_(?P<percent>[\d.e+-]+)_percent")
SKILL = re.compile(r"fractions_skill_(?P<thickness_m>[\d.e+-]+)_m_(?P<width_km>[\d.e+-]+)_km")


def tabulate_thin_ice(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """Return a row for each branch, split, experiment, region, month and source (truth, generated, low resolution).

    The month is empty for all months together. Shares in percent and quantiles in m are means over the ``dates``, whose
    number is given. The fractions skill scores are computed from sums over the dates, so that a date with more thin ice has
    more weight; the truth has none.
    """
    shares, quantiles, fractions = [], [], []
    for scores in days:
        scored = scores.isel(region=scores.n_pixels.values > 0)
        if not scored.sizes["region"]:
            continue
        labels = {key: scores.attrs[key] for key in RUN_KEYS} | {"month": int(scores.attrs["date"][5:7])}
        shares.append(list_shares(scored).assign(**labels))
        quantiles.append(list_quantiles(scored).assign(**labels))
        fractions.append(list_fractions(scored).assign(**labels))
    if not shares:
        return pd.DataFrame(columns=KEYS)

    mean_shares = average_by_month(pd.concat(shares), [])
    mean_shares.insert(0, "dates", pd.concat([group.size() for group in group_by_month(pd.concat(shares), [])]))
    mean_quantiles = average_by_month(pd.concat(quantiles), ["probability"]).reset_index("probability")
    mean_fractions = average_by_month(pd.concat(fractions), ["thin_ice", "width"]).reset_index(["thin_ice", "width"])
    mean_quantiles["column"] = [name_quantile(probability) for probability in mean_quantiles.probability]
    mean_fractions["column"] = [
        name_skill(*box) for box in zip(mean_fractions.thin_ice, mean_fractions.width, strict=True)
    ]
    mean_fractions["skill"] = 1 - mean_fractions.difference / mean_fractions.worst
    result = mean_shares.join(widen(mean_quantiles, "thickness")).join(widen(mean_fractions, "skill")).reset_index()
    result["month"] = result.month.where(result.month != ALL_MONTHS).astype("Int64")
    return result


def list_shares(scores: xr.Dataset) -> pd.DataFrame:
    """Return a row for each region and source with the shares of thin ice and of leads in percent."""
    shares = scores[list(SHARES)].to_dataframe(dim_order=["region", "source"]).astype(float)
    return (100 * shares).rename(columns=SHARES).reset_index()


def list_quantiles(scores: xr.Dataset) -> pd.DataFrame:
    """Return a row for each region, source and probability with the quantile of the thickness in m."""
    quantiles = scores.thickness_quantile.to_dataframe("thickness", dim_order=["region", "source", "probability"])
    return quantiles.astype(float).reset_index()


def list_fractions(scores: xr.Dataset) -> pd.DataFrame:
    """Return a row for each region, source but the truth, threshold and width with the sums of the fractions."""
    sums = scores[["fractions_difference", "fractions_worst"]].rename(
        fractions_difference="difference", fractions_worst="worst", field="source"
    )
    return sums.to_dataframe(dim_order=["region", "source", "thin_ice", "width"]).astype(float).reset_index()


def average_by_month(table: pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """Return means over the dates by `KEYS` and ``parts``: all months for every region, then each month for all ice."""
    return pd.concat([group.mean() for group in group_by_month(table, parts)])


def group_by_month(table: pd.DataFrame, parts: list[str]) -> list[Any]:
    """Group dates by `KEYS` and ``parts``: all months for every region, then each month for all ice."""
    by_month = table[table.region == ICE].sort_values("month", key=order_months, kind="stable")
    return [rows.groupby([*KEYS, *parts], sort=False) for rows in (table.assign(month=ALL_MONTHS), by_month)]


def widen(table: pd.DataFrame, values: str) -> pd.DataFrame:
    """Spread the ``values`` of a long table over columns named by its ``column``, in the order of their appearance."""
    columns = table.column.unique()
    return table.pivot(columns="column", values=values)[columns]


def name_quantile(probability: float) -> str:
    """Name the column of a quantile of the thickness."""
    return f"quantile_{100 * probability:g}_percent"


def name_skill(thickness_m: float, width_km: float) -> str:
    """Name the column of the fractions skill of ice below a thickness, in boxes of a width."""
    return f"fractions_skill_{thickness_m:g}_m_{width_km:g}_km"


def parse_quantiles(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each column of quantiles in the table of thin ice: ``column`` and ``percent``."""
    return parse_columns(table, QUANTILE)


def parse_skills(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each column of skill in the table of thin ice: ``column``, ``thickness_m``, ``width_km``."""
    return parse_columns(table, SKILL)


def parse_columns(table: pd.DataFrame, pattern: re.Pattern[str]) -> pd.DataFrame:
    """Return a row for each column with a matching name: ``column``, and the numbers in the named groups of the pattern."""
    rows = []
    for name in table.columns:
        match = pattern.fullmatch(name)
        if match:
            rows.append({"column": name} | {key: float(text) for key, text in match.groupdict().items()})
    return pd.DataFrame(rows, columns=["column", *pattern.groupindex])
