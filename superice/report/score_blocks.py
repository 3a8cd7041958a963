"""Choose the rows and columns of the tables of scores that the report shows."""

from __future__ import annotations

from calendar import month_name
from dataclasses import replace

import numpy as np
import pandas as pd

from superice.evaluation.by_scale import BOX
from superice.evaluation.calibration import judge_spread
from superice.evaluation.tables import describe_differences
from superice.evaluation.thin_ice_table import parse_quantiles
from superice.fields.regions import ALL
from superice.report.tables import GAIN, Block, Column, TextTable, format_table, make_blocks

_OF_SCORES = (
    Column("value", "value"),
    Column("experiment", "experiment"),
    Column("region", "region"),
    Column("month", "month"),
    Column("dates", "dates"),
    Column("members", "members"),
    Column("passes", "network evaluations (per member)"),
    Column("seconds_per_member", "time (s per member)"),
    Column("rmse", "RMSE (m)"),
    Column(GAIN, "gain (%)", most_decimals=1),
    Column("rmse_unlimited", "RMSE∞ (m)"),
    Column("crps", "CRPS (m)"),
    Column("spread_skill", "spread–skill (ratio)"),
    Column("coverage_50_percent", "within 50 % (%)", most_decimals=0),
    Column("coverage_90_percent", "within 90 % (%)", most_decimals=0),
    Column("reliability_index", "rank index (0–2)"),
    Column("variability", "variability (ratio)"),
    Column("fine_scale", "fine scale (ratio)"),
    Column("medium_scale", "medium scale (ratio)"),
    Column("fine_variance_ratio", "fine variance (ratio)"),
    Column("medium_variance_ratio", "medium variance (ratio)"),
    Column("bias", "bias (m)"),
)


def _choose_columns(names: str) -> list[Column]:
    """Return the columns of scores with the given names, which are separated by blanks."""
    by_name = {column.name: column for column in _OF_SCORES}
    return [by_name[name] for name in names.split()]


SCORE_COLUMNS = _choose_columns(
    "experiment dates members passes seconds_per_member rmse rmse_gain_percent rmse_unlimited crps spread_skill"
    " coverage_50_percent coverage_90_percent reliability_index"
    " variability fine_scale medium_scale fine_variance_ratio medium_variance_ratio bias"
)
PART_COLUMNS = _choose_columns(
    "experiment region month dates rmse rmse_gain_percent crps spread_skill coverage_50_percent"
    " coverage_90_percent variability fine_scale fine_variance_ratio bias"
)
STUDY_COLUMNS = _choose_columns(
    "value experiment dates members passes seconds_per_member rmse rmse_gain_percent crps spread_skill"
    " coverage_90_percent fine_scale fine_variance_ratio bias"
)
LEAD_COLUMNS = (
    Column("experiment", "experiment"),
    Column("source", "source"),
    Column("dates", "dates"),
    Column("lead_fraction_percent", "lead fraction (%)"),
    Column("leads_per_10000_km2", "leads (per 10,000 km²)"),
    Column("lead_km_per_1000_km2", "leads (km per 1000 km²)"),
    Column("median_length_km", "median length (km)"),
    Column("longest_tenth_km", "longest tenth (km)"),
    Column("anisotropy", "anisotropy (0–1)"),
    Column("direction_degrees", "direction (°)"),
    Column("directions_shared", "directions shared (0–1)"),
    Column("increment_skewness", "skewness"),
    Column("increment_kurtosis", "kurtosis"),
    Column("scale_coherence", "coherence of scales"),
)
SCALE_COLUMNS = (
    Column("experiment", "experiment"),
    Column("scale", "mean over"),
    Column("days", "days"),
    Column("means", "means"),
    Column("members", "members"),
    Column("rmse", "error of the mean (m)"),
    Column("spread", "spread (m)"),
    Column("spread_skill", "spread–skill (ratio)"),
    Column("coverage_50_percent", "within 50 % (%)", most_decimals=0),
    Column("coverage_90_percent", "within 90 % (%)", most_decimals=0),
    Column("reliability_index", "rank index (0–2)"),
    Column("crps", "CRPS (m)"),
    Column("bias", "bias (m)"),
    Column("rmse_low_resolution", "low resolution: error (m)"),
)
SUM_COLUMNS = (
    Column("experiment", "experiment"),
    Column("thickness", "low-resolution thickness"),
    Column("stratum", "stratum"),
    Column("inputs", "pixels with"),
    Column("dates", "dates"),
    Column("area_percent", "area (%)", most_decimals=1),
    Column("rmse", "RMSE (m)"),
    Column(GAIN, "gain (%)", most_decimals=1),
    Column("crps", "CRPS (m)"),
    Column("spread", "spread (m)"),
    Column("spread_skill", "spread–skill (ratio)"),
    Column("coverage_50_percent", "within 50 % (%)", most_decimals=0),
    Column("coverage_90_percent", "within 90 % (%)", most_decimals=0),
    Column("reliability_index", "rank index (0–2)"),
    Column("bias", "bias (m)"),
)
IN_SITU_COLUMNS = (
    Column("platform", "platform"),
    Column("measures", "measures"),
    Column("points", "points"),
    Column("first", "first"),
    Column("last", "last"),
    Column("measured", "measured (m)"),
    Column("members_mean", "members (m)"),
    Column("low_resolution_mean", "low resolution (m)"),
    Column("bias", "bias (m)"),
    Column("low_resolution_bias", "low resolution: bias (m)"),
    Column("anomaly_rmse", "RMSE of anomalies (m)"),
    Column("low_resolution_anomaly_rmse", "low resolution: RMSE of anomalies (m)"),
    Column("growth_measured", "growth (m in 30 days)"),
    Column("growth_members", "members: growth (m in 30 days)"),
    Column("growth_low_resolution", "low resolution: growth (m in 30 days)"),
    Column("growth_rmse", "RMSE of growth (m)"),
    Column("low_resolution_growth_rmse", "low resolution: RMSE of growth (m)"),
    Column("rank_percent", "rank (%)", most_decimals=0),
    Column("lower_half_percent", "in the lower half (%)", most_decimals=0),
    Column("below_all_percent", "below all (%)", most_decimals=0),
    Column("coverage_50_percent", "within 50 % (%)", most_decimals=0),
    Column("coverage_90_percent", "within 90 % (%)", most_decimals=0),
)

# What a wide table shows before it is unfolded.
SHORT_SCORES = (
    "value", "experiment", "region", "month", "thickness", "stratum", "inputs", "rmse", GAIN, "crps", "spread_skill",
    "coverage_90_percent", "fine_variance_ratio",
)  # fmt: skip
SHORT_COMPARISON = (*SHORT_SCORES, "dates")
SHORT_LEADS = (
    "experiment", "source", "lead_fraction_percent", "lead_km_per_1000_km2", "median_length_km", "anisotropy",
    "directions_shared", "scale_coherence",
)  # fmt: skip
SHORT_SCALES = (
    "experiment", "scale", "days", "rmse", "spread", "spread_skill", "coverage_90_percent", "rmse_low_resolution",
)  # fmt: skip
SHORT_IN_SITU = (
    "platform", "measures", "points", "measured", "members_mean", "low_resolution_mean", "rank_percent",
    "coverage_90_percent",
)  # fmt: skip
SHORT_THIN_ICE = 7  # columns, the first ones


def make_score_blocks(scores: pd.DataFrame) -> list[Block]:
    """Return the scores of all experiments, ``comparison.csv``, by branch and split."""
    if scores.empty:
        return []
    notes = [describe_differences(rows) for _, rows in scores.groupby(["branch", "split"], sort=False)]
    return [
        replace(block, note=note)
        for block, note in zip(make_blocks(scores, SCORE_COLUMNS, SHORT_COMPARISON), notes, strict=True)
    ]


def make_part_blocks(parts: pd.DataFrame) -> list[Block]:
    """Return the scores of the ensembles by region or by month, by branch and split."""
    if parts.empty:
        return []
    rows = parts[parts.field == "generated"]
    if "month" in rows:
        rows = rows.assign(month=rows.month.map(lambda number: month_name[number]))
    return make_blocks(rows, PART_COLUMNS, SHORT_SCORES)


def make_sum_blocks(table: pd.DataFrame) -> list[Block]:
    """Return the scores by class of thickness or by stratum, by branch and split."""
    return make_blocks(table, SUM_COLUMNS, SHORT_SCORES)


def make_study_blocks(studies: pd.DataFrame) -> list[Block]:
    """Return a block for each study, with the study's name and what varies as its title."""
    if studies.empty:
        return []
    titled = studies.assign(branch=studies.study.str.replace("_", " "), split=studies.varies)
    return make_blocks(titled, STUDY_COLUMNS, SHORT_SCORES)


def make_thin_ice_blocks(table: pd.DataFrame) -> list[Block]:
    """Return the table of thin ice for all months together, by branch and split."""
    if table.empty:
        return []
    all_months = table[table.month.isna()]
    columns = _name_thin_ice_columns(table)
    short = [column.name for column in columns[:SHORT_THIN_ICE]]
    return make_blocks(_remove_repeats(all_months), columns, short)


def make_lead_blocks(table: pd.DataFrame) -> list[Block]:
    """Return the table of leads, by branch and split, without the low-resolution field, which has none."""
    if table.empty:
        return []
    may_have_leads = table[table.source != "low_resolution"]
    return make_blocks(_remove_repeats(may_have_leads), LEAD_COLUMNS, SHORT_LEADS)


def make_scale_blocks(table: pd.DataFrame) -> list[Block]:
    """Return the scores of means over boxes and over the whole grid, by branch and split, each with its reading."""
    if table.empty:
        return []
    shown = table[(table.kind == BOX) | (table.scale == ALL)]
    readings = [_read_scales(rows) for _, rows in shown.groupby(["branch", "split"], sort=False)]
    named = shown.assign(scale=shown.scale.replace(ALL, "the whole grid"))
    blocks = make_blocks(named, SCALE_COLUMNS, SHORT_SCALES)
    return [replace(block, note=note) for block, note in zip(blocks, readings, strict=True)]


def _read_scales(rows: pd.DataFrame) -> str:
    """Return two sentences on the ensemble with the best CRPS at a pixel: its ratios, and what they mean for sums."""
    known = rows[(rows.days == 1) & rows.spread_skill.notna()].sort_values("width_km", kind="stable")
    if known.empty:
        return ""
    best = known.experiment[known.crps[known.width_km == known.width_km.min()].idxmin()]
    of_best = known[known.experiment == best]
    first, last = of_best.iloc[0], of_best.iloc[-1]
    judged = [judge_spread(row.spread_skill, int(row.means)) for _, row in of_best.iterrows()]
    name = lambda row: "the whole grid" if row.scale == ALL else f"boxes of {row.scale}"
    ratios = f"{first.spread_skill:.2f} in {name(first)} and {last.spread_skill:.2f} in {name(last)}"
    reading = f"The members of {best.replace('_', ' ')} spread by {ratios} of the error of their mean. "
    wrong = of_best[[judgement in ("narrow", "wide") for judgement in judged]]
    if wrong.empty:
        limit = "" if all(judged) else ", as far as so few dates can tell"
        return f"{reading}Their band can be used for means over every scale of this table{limit}."
    worst = wrong.loc[np.abs(np.log(wrong.spread_skill.clip(lower=1e-6))).idxmax()]
    factor, word = (1 / worst.spread_skill, "narrow") if worst.spread_skill < 1 else (worst.spread_skill, "wide")
    band = f"Their band of means over {name(worst)} is {factor:.1f} times too {word}"
    return f"{reading}{band}: do not use it as an uncertainty."


def make_in_situ_table(table: pd.DataFrame) -> TextTable:
    """Return the table of members against measurements, ``in_situ.csv``, without columns that are empty throughout."""
    return format_table(table.dropna(axis="columns", how="all"), IN_SITU_COLUMNS)


def make_in_situ_blocks(table: pd.DataFrame) -> list[Block]:
    """Return the table of members against measurements for the report, with its most important columns in view."""
    if table.empty:
        return []
    short = [column for column in IN_SITU_COLUMNS if column.name in SHORT_IN_SITU]
    return [Block("", format_table(table, short), full=make_in_situ_table(table))]


def _remove_repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with each shared source once and first in its branch, split and region.

    The truth and the low-resolution field are the same for all experiments on the same dates. Their rows have no experiment;
    those of an experiment on fewer dates keep its name.
    """
    of_place = table.groupby([name for name in ("branch", "split", "region") if name in table], sort=False)
    on_all_dates = table.dates == of_place.dates.transform("max") if "dates" in table else True
    shared = (table.source != "generated") & on_all_dates
    rows = table.assign(experiment=table.experiment.mask(shared, ""), of_experiment=~shared)
    rows = rows[~(shared & rows.duplicated())]
    keys = ["branch", "split", "region"] if "region" in rows else ["branch", "split"]
    rows = rows.assign(place=rows.groupby(keys, sort=False).ngroup())
    return rows.sort_values(["place", "of_experiment"], kind="stable")


def _name_thin_ice_columns(table: pd.DataFrame) -> list[Column]:
    """Return the columns of the table of thin ice. Their names hold the configured thresholds."""
    columns, quantiles = [], set(parse_quantiles(table).column)
    for name in table.columns.drop(["branch", "split", "month"], errors="ignore"):
        head = name.replace("fractions_skill", "FSS").replace("_percent", " %").replace("_", " ")
        if name in quantiles:
            head += " (m)"
        columns.append(Column(name, head))
    return columns
