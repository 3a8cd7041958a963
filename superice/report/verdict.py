"""Say what a run found: its verdict in three sentences, its headline numbers, and a verdict on each experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from superice.evaluation.calibration import NARROW, WIDE, judge_spread
from superice.evaluation.volume_table import DAY, UNKNOWN_TRUTH
from superice.fields.regions import ALL
from superice.report.tables import TextTable

SPLITS = ("test", "validation")  # a verdict is given on the first that has scores
SOURCES = {"model": "model fields", "observations": "observations"}
LOW = "low_resolution"
FEWEST_MEMBERS = 19  # fewer have no interval of 90 %: their 5 and 95 % are the lowest and the highest
TOO_SHORT = " With a network, the usual reason is too short a training: see whether its losses still fall."
LEAST_LACKING = 0.5  # percent of the ice; less is none when it is rounded
UNKNOWN = (
    "No date of this run has both members and a known truth, so nothing can be said of their skill: "
    "look at the maps, and at the scores of the weights where they were trained."
)


@dataclass(frozen=True)
class Headline:
    """A number at the head of the report, with its unit, and its meaning in a sentence."""

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Result:
    """Scores of an ensemble and of the low-resolution field that it was drawn from, on the same dates and pixels."""

    branch: str
    split: str
    ensemble: pd.Series
    low: pd.Series


def find_results(table: pd.DataFrame, published: str) -> list[Result]:
    """Return the results of the published experiment, one a branch, from ``table.csv``.

    Each is of the test season where it was scored, and of the validation season otherwise.
    """
    results = []
    for branch in SOURCES:
        for split in SPLITS:
            rows = _select(table, branch=branch, split=split, experiment=published)
            ensembles, low = (_select(rows, field=field) for field in ("generated", LOW))
            if len(ensembles) and len(low):
                results.append(Result(branch, split, ensembles.iloc[0], low.iloc[0]))
                break
    return results


def judge(row: pd.Series) -> str:
    """Return whether an ensemble is better than its input: RMSE of its mean and CRPS against the low-resolution field.

    A gain counts as zero where its 95 % interval contains zero.
    """
    mean, crps = (_find_sign(row, f"{score}_gain_percent") for score in ("rmse", "crps"))
    if pd.isna(mean) or pd.isna(crps):
        return ""
    if mean == crps == 0:
        return "no different from its input, as far as so few dates can tell"
    if mean >= 0 and crps >= 0:
        return "better than its input"
    if mean <= 0 and crps <= 0:
        return "worse than its input"
    if crps > 0:
        return "better than its input as an ensemble, but worse in its mean"
    return "better than its input in its mean, but worse as an ensemble"


def _find_sign(row: pd.Series, gain: str) -> float:
    """Return the sign of a gain, 0 where its interval contains zero; NaN where it is not known."""
    value = row.get(gain, np.nan)
    if row.get(f"{gain}_lower", value) <= 0 <= row.get(f"{gain}_upper", value):
        return 0.0
    return float(np.sign(value))


def summarise(results: list[Result]) -> str:
    """Return the verdict on the published experiment in a few words, nothing where it was not scored."""
    return f"{_spell(results[0].ensemble.experiment)}: {judge(results[0].ensemble)}" if results else ""


def write_sentences(results: list[Result], by_scale: pd.DataFrame) -> list[str]:
    """Return the result: a sentence on each branch, and one on the uncertainty. Nothing was scored: one that says so."""
    if not results:
        return [UNKNOWN]
    return [*map(_describe_gain, results), _describe_uncertainty(results[0], by_scale)]


def _describe_gain(result: Result) -> str:
    row, low = result.ensemble, result.low
    return (
        f"Drawn from {SOURCES[result.branch]}, {_spell(row.experiment)} is {judge(row)}: on {_count(row.dates, 'date')} of "
        f"the {result.split} season the RMSE of the mean of {_count(row.members, 'member')} is {row.rmse:.3f} m, "
        f"{_compare(row.rmse_gain_percent)} that of the low-resolution field ({low.rmse:.3f} m), and the fair CRPS is "
        f"{row.crps:.3f} m, {_compare(row.crps_gain_percent)} that of the field ({low.crps:.3f} m)."
    )


def _describe_uncertainty(result: Result, by_scale: pd.DataFrame) -> str:
    """Return a sentence on the spread at a pixel, and on that of the sum over the whole grid where it was checked."""
    row = result.ensemble
    if row.members < 2:
        return "A single field has no spread and therefore no estimate of its uncertainty."
    at_pixel = (
        f"Drawn from {SOURCES[result.branch]}, the spread of its members at a pixel is {row.spread_skill:.2f} of the error "
        f"of their mean, and {row.coverage_90_percent:.0f} % of the true values lie in their central 90 %: "
        f"as an uncertainty it is {_describe_spread(row.spread_skill, _judge_at_pixel(row))}"
    )
    sums = _select(by_scale, branch=result.branch, split=result.split, experiment=row.experiment, scale=ALL, days=1)
    if sums.empty or pd.isna(sums.iloc[0].spread_skill):
        return at_pixel + "."
    ratio, count = sums.iloc[0].spread_skill, int(sums.iloc[0].means)
    reading = _describe_spread(ratio, judge_spread(ratio, count))
    return f"{at_pixel}. For the mean over the whole area the ratio is {ratio:.2f}: there it is {reading}."


def _judge_at_pixel(row: pd.Series) -> str:
    """Return whether the spread is narrow, wide or right; nothing where its 95 % interval holds 1."""
    if NARROW <= row.spread_skill <= WIDE:
        return "right"
    if row.get("spread_skill_lower", np.nan) <= 1 <= row.get("spread_skill_upper", np.nan):
        return ""
    return "narrow" if row.spread_skill < 1 else "wide"


def _describe_spread(ratio: float, judgement: str) -> str:
    if judgement == "narrow":
        return f"{1 / max(ratio, 1e-6):.1f} times too narrow"
    return {"right": "right", "wide": f"{ratio:.1f} times too wide"}.get(judgement, "not known, from so few dates")


def list_headlines(results: list[Result], volumes: pd.DataFrame, calendar: pd.DataFrame) -> list[Headline]:
    """Return the headline numbers of the first result, of the last day's volume and of the days, where they are known."""
    return [
        *(_list_scores(results[0]) if results else ()),
        *_describe_volume(volumes),
        *_count_days(calendar),
    ]


def _list_scores(result: Result) -> Iterator[Headline]:
    row, low = result.ensemble, result.low
    yield Headline("RMSE of the mean", f"{row.rmse:.3f} m", f"The input has {low.rmse:.3f} m. Smaller is better.")
    yield Headline(
        "fair CRPS",
        f"{row.crps:.3f} m",
        f"Error of the whole ensemble. The input has {low.crps:.3f} m, its mean absolute error. Smaller is better.",
    )
    if row.members > 1:
        yield Headline(
            "spread–skill ratio",
            f"{row.spread_skill:.2f}",
            "Spread of the members over the error of their mean. 1 is right; below 1 they are too sure.",
        )
        yield Headline(
            "in the 90 % interval",
            f"{row.coverage_90_percent:.0f} %",
            "Share of the true values within the central 90 % of the members. 90 % is right.",
        )
    yield Headline(
        "variance at 6–20 km",
        f"{row.fine_variance_ratio:.2f}",
        "Fine-scale variance of a member over that of the truth, all dates together. 1 is right. "
        f"The input has {low.fine_variance_ratio:.2f}.",
    )


def _describe_volume(volumes: pd.DataFrame) -> Iterator[Headline]:
    """Yield the volume of the whole area on the last day, from ``volumes/<branch>.csv``."""
    days = _select(volumes, period=DAY, region=ALL, quantity="volume")
    days = days.dropna(subset=["mean"]) if len(days) else days
    if days.empty:
        return
    last = days.sort_values("date").iloc[-1]
    few = "members" in days and last.members < FEWEST_MEMBERS
    members = f"All {last.members:.0f} members" if few else "Central 90 % of the members"
    band = f"{members}: {last.q05:,.0f} to {last.q95:,.0f} km³, on {last.date}"
    source = f", from {SOURCES[last.branch]}" if "branch" in days else ""
    lacking = last.get("without_ensemble_percent", 0.0)
    part = f" Without the {lacking:.0f} % of the ice that has no ensemble." if lacking >= LEAST_LACKING else ""
    yield Headline(f"ice volume{source}", f"{last['mean']:,.0f} km³", _add_check(band, last.calibration) + part)


def _add_check(band: str, calibration: object) -> str:
    """Return a band with the check of its width; that there was none stands first."""
    if pd.isna(calibration):
        return f"{band}."
    if calibration == UNKNOWN_TRUTH:
        return f"Not checked against a truth. {band}."
    return f"{band}; {calibration}."


def _count_days(calendar: pd.DataFrame) -> Iterator[Headline]:
    """Yield the number of days with all inputs of each branch, from ``calendar.csv``."""
    for branch, name in (("model", "model days"), ("observations", "observed days")):
        days = _select(calendar, branch=branch)
        if len(days):
            planned, available = int(days.days.sum()), int(days.available.sum())
            lacking = planned - available
            meaning = "None lacks a product." if not lacking else f"{_count(lacking, 'day')} without all of them."
            yield Headline(f"{name} with all inputs", f"{available} of {planned}", meaning)


def tabulate_verdicts(scores: pd.DataFrame) -> TextTable:
    """Return a verdict on each experiment and branch of the test season, from ``comparison.csv``."""
    head = ["experiment", "drawn from", "dates", "RMSE gain (%)", "CRPS gain (%)", "verdict"]
    rows = []
    for row in _list_ensembles(scores):
        gains = (f"{row.get(name, float('nan')):+.1f}" for name in ("rmse_gain_percent", "crps_gain_percent"))
        cells = (_spell(row.experiment), SOURCES.get(row.branch, row.branch), f"{row.dates:.0f}", *gains, judge(row))
        rows.append(cells)
    return TextTable(head, rows)


def write_warnings(scores: pd.DataFrame, published: str) -> list[str]:
    """Return a sentence on the experiments that are worse than their input, and one on each single field."""
    found = list(_list_ensembles(scores))
    worse = [row for row in found if judge(row) == "worse than its input"]
    sentences = []
    if worse:
        sources: dict[str, list[str]] = {}
        for row in worse:
            sources.setdefault(_spell(row.experiment), []).append(SOURCES.get(row.branch, row.branch))
        listed = ", ".join(f"{name} (drawn from {' and '.join(found)})" for name, found in sources.items())
        sentences.append(
            f"Worse than the low-resolution field in CRPS, and not better in RMSE: {listed}. Do not use these members."
            + (TOO_SHORT if any(row.get("passes", 0) > 0 for row in worse) else "")
        )
    best = {(row.branch, row.split): row for row in found if row.experiment == published}
    for row in found:
        other = best.get((row.branch, row.split))
        is_one_field = row.get("members") == 1 and row.get("passes", 0) > 0
        if is_one_field and other is not None and row.rmse < other.rmse:
            sentences.append(_explain_single(row, other))
    return sentences


def _explain_single(row: pd.Series, other: pd.Series) -> str:
    """Return why a network that gives one field is not the answer although its RMSE is lower."""
    return (
        f"From {SOURCES.get(row.branch, row.branch)}, {_spell(row.experiment)} has a lower RMSE than the mean of "
        f"{_spell(other.experiment)} ({row.rmse:.3f} against {other.rmse:.3f} m), but it is one smooth field: it has "
        f"{row.fine_variance_ratio:.2f} of the truth's variance at 6–20 km (a member of {_spell(other.experiment)}: "
        f"{other.fine_variance_ratio:.2f}), no uncertainty, and a CRPS of {row.crps:.3f} against {other.crps:.3f} m."
    )


def _list_ensembles(scores: pd.DataFrame) -> Iterator[pd.Series]:
    """Yield the rows of ``comparison.csv`` that are of the test season and of no low-resolution field."""
    for _, row in _select(scores, split="test").iterrows():
        if row.experiment != LOW:
            yield row


def _select(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Return the rows with these values; none of a table that lacks a column."""
    for name, value in values.items():
        if name not in table:
            return pd.DataFrame()
        table = table[table[name] == value]
    return table


def _compare(gain: float) -> str:
    return f"{abs(gain):.0f} % {'below' if gain >= 0 else 'above'}"


def _count(number: float, noun: str) -> str:
    return f"{number:.0f} {noun}" if number == 1 else f"{number:.0f} {noun}s"


def _spell(experiment: str) -> str:
    return experiment.replace("_", " ")
