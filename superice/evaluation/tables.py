"""Tables of the scores of many dates: one row a date, and means by branch, split, experiment and field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from superice.errors import InputError
from superice.evaluation.bootstrap import BOUNDS, bootstrap_means, compute_expansion, number_blocks
from superice.evaluation.calibration import COVERAGES, INTERVALS, compute_coverage, reliability_index
from superice.evaluation.scored_date import COSTS, ICE
from superice.evaluation.settings import BootstrapSettings

if TYPE_CHECKING:
    import xarray as xr

RUN_KEYS = ["branch", "split", "experiment"]
FIELD_SCORES = ["rmse", "rmse_domain", "mean_square_error", "bias", "crps", "variability", "fine_scale", "medium_scale"]
VARIANCES = ["fine_variance", "medium_variance"]
OF_TRUTH = "truth_"
AVERAGED = [*FIELD_SCORES, "rmse_unlimited", *VARIANCES, *(OF_TRUTH + name for name in VARIANCES)]
WRITTEN_ENSEMBLE_SCORES = ["spread", "mean_variance", "rmse_member", "spread_skill"]
ENSEMBLE_SCORES = [*WRITTEN_ENSEMBLE_SCORES, *COVERAGES]
COLUMNS = [
    "rmse", "rmse_gain_percent", "crps", "crps_gain_percent", "spread_skill", *COVERAGES, "variability", "fine_scale",
    "medium_scale", "fine_variance_ratio", "medium_variance_ratio", "bias", "rmse_unlimited", "rmse_domain",
    "rmse_member", "spread", "rmse_low_resolution", "crps_low_resolution",
]  # fmt: skip
WITH_INTERVAL = [
    "rmse", "rmse_gain_percent", "crps", "crps_gain_percent", "spread_skill", *COVERAGES, "variability", "fine_scale",
    "medium_scale", "fine_variance_ratio", "medium_variance_ratio",
]  # fmt: skip
INTERVAL_COLUMNS = [f"{score}_{end}" for score in WITH_INTERVAL for end in BOUNDS]
SUMMARY = {
    "members": ("members", "{:.0f}"),
    "passes": ("passes", "{:.0f}"),
    "s/member": ("seconds_per_member", "{:.2f}"),
    "RMSE m": ("rmse", "{:.3f}"),
    "gain %": ("rmse_gain_percent", "{:+.1f}"),
    "RMSE∞ m": ("rmse_unlimited", "{:.3f}"),
    "CRPS m": ("crps", "{:.3f}"),
    "spread–skill": ("spread_skill", "{:.2f}"),
    "in 50 %": ("coverage_50_percent", "{:.0f}"),
    "in 90 %": ("coverage_90_percent", "{:.0f}"),
    "rank index": ("reliability_index", "{:.2f}"),
    "variability": ("variability", "{:.2f}"),
    "6–20 km": ("fine_scale", "{:.2f}"),
    "20–80 km": ("medium_scale", "{:.2f}"),
    "variance 6–20 km": ("fine_variance_ratio", "{:.2f}"),
    "bias m": ("bias", "{:+.3f}"),
}
BEST_VALUES = (
    "Best: RMSE, CRPS and rank index 0; spread–skill, variability, 6–20 km, 20–80 km and variance 1; in 50 and 90 %: 50 "
    "and 90. 6–20 km is the mean of the dates' ratios, variance 6–20 km the ratio of their sums."
)
UNLIMITED = "RMSE∞: estimate for the mean of infinitely many members."


def read_scores(path: str | Path) -> xr.Dataset:
    """Read the scores of one date into memory.

    Raises InputError when the file cannot be read, or was written before scores had variances in bands of wavelengths.
    """
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="netcdf4") as opened:
            scores = opened.load()
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path) from error
    for name in VARIANCES:
        if name not in scores:
            raise InputError("is missing: remove the file, and score the date again", file=path, variable=name)
    return scores


def read_score_groups(paths: Iterable[Path]) -> dict[tuple[str, str], list[xr.Dataset]]:
    """Read scores of dates, grouped by (branch, experiment); files are scores/<branch>/<experiment>/YYYYMMDD.nc.

    Of each branch only those of its last split are kept, the test season where it was scored: validation days have chosen.
    """
    groups: dict[tuple[str, str], list[xr.Dataset]] = {}
    for path in paths:
        groups.setdefault((path.parents[1].name, path.parent.name), []).append(read_scores(path))
    splits = [(branch, day.attrs["split"]) for (branch, _), days in groups.items() for day in days]
    last = dict(list_last_splits(pd.DataFrame(splits, columns=["branch", "split"])))
    kept = {key: [day for day in days if day.attrs["split"] == last[key[0]]] for key, days in groups.items()}
    return {key: days for key, days in kept.items() if days}


def tabulate_days(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """Return a row for each branch, split, experiment, region, field and date, from the scores of single dates.

    A date without a scored pixel keeps its row, with n_pixels 0 and NaN. Raises InputError when the dates of an experiment
    have ensembles of different sizes.
    """
    keys = [*RUN_KEYS, "region", "field", "date"]
    columns = [*keys, "members", "n_pixels", *AVERAGED, *ENSEMBLE_SCORES]
    tables = [tabulate_day(scores)[columns] for scores in days]
    if not tables:
        return pd.DataFrame(columns=columns)
    table = pd.concat(tables).sort_values(keys, ignore_index=True)
    for run, sizes in table.groupby(RUN_KEYS).members.unique().items():
        if len(sizes) > 1:
            raise InputError(
                "the dates have ensembles of different sizes: draw and score those of one size again",
                variable="/".join(run),
                value=" and ".join(map(str, sorted(sizes))) + " members",
            )
    return table


def tabulate_day(scores: xr.Dataset) -> pd.DataFrame:
    """Return a row for each region and field of one date; scores of ensembles are NaN for the low-resolution field.

    The mean of n members has the mean square error of the mean of infinitely many, and the members' variance / n
    (Leutbecher 2019, doi:10.1002/qj.3387). Without the latter it becomes ``rmse_unlimited``.
    """
    fields = scores[FIELD_SCORES].to_dataframe(dim_order=["region", "field"]).astype(float)
    variances = (
        scores[VARIANCES].to_dataframe(dim_order=["region", "source"]).astype(float).rename_axis(["region", "field"])
    )
    truth = variances.xs("truth", level="field").add_prefix(OF_TRUTH)
    ensemble = scores[WRITTEN_ENSEMBLE_SCORES].to_dataframe().astype(float)
    for name, percent in zip(COVERAGES, INTERVALS, strict=True):
        ensemble[name] = compute_coverage(scores.rank_count.values, percent)
    pixels = scores["n_pixels"].to_series()
    table = fields.join(variances).join(truth).join(ensemble).join(pixels).reset_index()
    table.loc[table.field != "generated", ENSEMBLE_SCORES] = np.nan
    noise = (table.mean_variance / scores.attrs["members"]).fillna(0)  # a single field has no variance
    table["rmse_unlimited"] = np.sqrt((table.mean_square_error - noise).clip(lower=0))
    return table.assign(**{key: scores.attrs[key] for key in [*RUN_KEYS, "date", "members"]})


def tabulate_ensembles(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """Return a row for each branch, split and experiment with the quantities that are not means of scores.

    The reliability index is that of the rank histogram of all dates. Network evaluations and seconds per member are
    medians: files without them do not count, and a date that was drawn on a busy machine has little influence.
    """
    rows = []
    for scores in days:
        row = {key: scores.attrs[key] for key in RUN_KEYS}
        for attribute, column in COSTS.items():
            row[column] = scores.attrs.get(attribute, np.nan)
        row["ranks"] = scores.rank_count.sel(region=ICE).values
        rows.append(row)
    costs = list(COSTS.values())
    groups = pd.DataFrame(rows, columns=[*RUN_KEYS, *costs, "ranks"]).groupby(RUN_KEYS, sort=False)
    index = groups.ranks.agg(lambda counts: reliability_index(np.sum(list(counts), axis=0)))
    return groups[costs].median().assign(reliability_index=index).reset_index()


def tabulate_scores(days: pd.DataFrame, intervals: BootstrapSettings, ensembles: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each branch, split, experiment and field: means over the dates with a scored pixel, over all ice.

    `rmse` is the mean over the dates of each date's RMSE, as in the report's Fig. 8. `spread_skill` is computed from
    variances and square errors that are averaged over the dates before the root is taken. The gains are relative to the
    low-resolution field on the same dates and pixels, in percent, positive when the ensemble is better.
    `rmse_unlimited` estimates the RMSE that the mean of infinitely many members would have. Like the fair CRPS, and
    unlike `rmse`, its gain and the reliability index, it does not depend on the size of the ensemble.
    The ratios of variances are those of means over the dates. `fine_scale` and `medium_scale` are means of the dates'
    ratios, as in the report: where the truth's variance changes from date to date, they are above 1 even for members that
    are right on average. The coverage of the central intervals is the mean of that of the dates, each from its histogram.
    `<score>_lower` and `<score>_upper` are the bounds of the 95 % intervals.

    Parameters
    ----------
    days
        Table of the dates, as `tabulate_days` returns it.
    intervals
        How dates are resampled.
    ensembles
        Table of the ensembles, as `tabulate_ensembles` returns it; its columns are added to their rows.
    """
    ice = days[days.region == ICE]
    keys = [*RUN_KEYS, "field"]
    result = average_days(ice, []).merge(bound_means(ice, intervals), how="left", on=keys)
    return result.merge(ensembles.assign(field="generated"), how="left", on=keys)


def tabulate_comparison(scores: Sequence[xr.Dataset], intervals: BootstrapSettings) -> pd.DataFrame:
    """Compare all experiments, and the low-resolution field as one of them, on the same dates; the best CRPS first.

    The columns are those of `tabulate_scores`. The dates of a branch and split are those on which every experiment has a
    scored pixel. Where experiments have different inputs, the low-resolution field is that of the first by name.

    Parameters
    ----------
    scores
        The scores of single dates, as `read_scores` returns them.
    intervals
        How dates are resampled.
    """
    split_keys = ["branch", "split"]
    days = tabulate_days(scores)
    scored = days[(days.n_pixels > 0) & (days.region == ICE)]
    experiments_of_date = scored.groupby([*split_keys, "date"]).experiment.transform("nunique")
    experiments_of_split = scored.groupby(split_keys).experiment.transform("nunique")
    shared = scored[experiments_of_date == experiments_of_split]
    kept = set(shared[[*RUN_KEYS, "date"]].itertuples(index=False, name=None))
    ensembles = tabulate_ensembles(
        date for date in scores if tuple(date.attrs[key] for key in [*RUN_KEYS, "date"]) in kept
    )
    result = tabulate_scores(shared, intervals, ensembles)
    is_low = result.field == "low_resolution"
    result["experiment"] = result.experiment.mask(is_low, "low_resolution")
    return (
        result.drop(columns="field")
        .drop_duplicates(RUN_KEYS)
        .sort_values([*split_keys, "crps"], ignore_index=True, kind="stable")
    )


def tabulate_regions(days: pd.DataFrame) -> pd.DataFrame:
    """Return the means of `tabulate_scores` without intervals, with a row for each region of the ice."""
    return average_days(days, ["region"])


def tabulate_months(days: pd.DataFrame) -> pd.DataFrame:
    """Return the means of `tabulate_scores` without intervals, with a row for each month in the order of a winter."""
    ice = days[days.region == ICE]
    by_month = average_days(ice.assign(month=pd.to_datetime(ice.date).dt.month), ["month"])
    return by_month.sort_values([*RUN_KEYS, "month"], key=order_months, kind="stable", ignore_index=True)


def order_months(key: pd.Series) -> pd.Series:
    """Count months from July, so that a winter is in one piece; leave other sorting keys as they are."""
    return (key - 7) % 12 if key.name == "month" else key


def average_days(days: pd.DataFrame, parts: Sequence[str]) -> pd.DataFrame:
    """Return means over the scored dates by branch, split, experiment, ``parts`` and field, with the derived scores."""
    pair_keys = [*RUN_KEYS, *parts]
    keys = [*pair_keys, "field"]
    columns = [*keys, "dates", "members", "n_pixels", *COLUMNS]
    scored = days[days.n_pixels > 0]
    if scored.empty:
        return pd.DataFrame(columns=columns)
    groups = scored.groupby(keys, sort=False)
    means = groups[[*AVERAGED, *ENSEMBLE_SCORES, "members", "n_pixels"]].mean()
    means["dates"] = groups.size()
    result = derive_scores(means.reset_index(), pair_keys)
    result["members"] = result.members.where(result.field == "generated", 1).astype(int)
    return result[columns]


def derive_scores(means: pd.DataFrame, pair_keys: Sequence[str]) -> pd.DataFrame:
    """Add the scores that are computed from means over dates: spread-skill, ratios of variances, gains over the input.

    pair_keys: the columns in which an ensemble and its low-resolution field are equal.
    """
    factor = (means.members + 1) / means.members
    scores = {"spread_skill": np.sqrt(factor * means.mean_variance / means.mean_square_error)}
    scores |= {f"{name}_ratio": means[name] / means[OF_TRUTH + name] for name in VARIANCES}
    pairs = [means[key] for key in pair_keys]
    is_ensemble = means.field == "generated"
    for score in ("rmse", "crps"):
        low_resolution = means[score].where(means.field == "low_resolution")
        reference = low_resolution.groupby(pairs).transform("max")
        scores[f"{score}_gain_percent"] = (100 * (1 - means[score] / reference)).where(is_ensemble)
        scores[f"{score}_low_resolution"] = reference.where(is_ensemble)
    return means.assign(**scores)


def bound_means(days: pd.DataFrame, intervals: BootstrapSettings) -> pd.DataFrame:
    """Return the bounds of the 95 % intervals of the main scores by branch, split, experiment and field."""
    keys = [*RUN_KEYS, "field"]
    scored = days[days.n_pixels > 0]
    if scored.empty:
        return pd.DataFrame(columns=[*keys, *INTERVAL_COLUMNS])
    samples, expansions = {}, {}
    for key, group in scored.groupby(keys, sort=False):
        samples[key] = bootstrap_means(group.date, group[[*AVERAGED, *ENSEMBLE_SCORES, "members"]], intervals)
        expansions[key] = compute_expansion(number_blocks(group.date, intervals).nunique())
    means = pd.concat(samples, names=[*keys, "sample"]).reset_index()
    groups = derive_scores(means, [*RUN_KEYS, "sample"]).groupby(keys, sort=False)[WITH_INTERVAL]
    scores = average_days(days, []).set_index(keys)[WITH_INTERVAL]
    expansion = pd.Series(expansions).rename_axis(keys)
    bounds = [
        scores.add((groups.quantile(probability) - scores).mul(expansion, axis=0)).add_suffix(f"_{end}")
        for end, probability in BOUNDS.items()
    ]
    return pd.concat(bounds, axis=1)[INTERVAL_COLUMNS].reset_index()


def list_last_splits(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return each branch of a table with its last split in time: the test split where it was scored."""
    order = ["training", "validation", "test"]
    return [(branch, max(rows.split.unique(), key=order.index)) for branch, rows in table.groupby("branch", sort=False)]


def keep_last_splits(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each branch's last split in time."""
    return table[table.split == table.branch.map(dict(list_last_splits(table)))]


def format_summary(compared: pd.DataFrame) -> str:
    """Format the comparison in Markdown, a table for each branch and split; a terminal shows its columns as well."""
    if compared.empty:
        return "no date was scored"
    blocks = []
    for (branch, split), rows in compared.groupby(["branch", "split"], sort=False):
        unequal = describe_differences(rows)
        cells = [["", *SUMMARY]]
        for _, row in rows.iterrows():
            cells.append([row.experiment.replace("_", " "), *format_scores(row)])
        title = f"{branch}, {split}, {rows.dates.max()} dates"
        blocks.append("\n\n".join(filter(None, [title, unequal, format_markdown(cells)])))
    return "\n\n".join([*blocks, f"{BEST_VALUES} {UNLIMITED}"])


def format_headline(compared: pd.DataFrame, experiment: str) -> str:
    """Return one experiment's gains over the low resolution and its spread–skill, from each branch's last split.

    Raises InputError when the comparison has no such experiment.
    """
    rows = compared[compared.experiment == experiment]
    if rows.empty:
        known = ", ".join(dict.fromkeys(compared.experiment))
        raise InputError(f"the comparison has no experiment {experiment!r}; it has {known}")
    lines = []
    for branch, split in list_last_splits(rows):
        row = rows[(rows.branch == branch) & (rows.split == split)].iloc[0]
        parts = [
            f"gain {row.rmse_gain_percent:+.1f} %",
            f"CRPS {row.crps:.3f} m",
            f"spread–skill {row.spread_skill:.2f}",
        ]
        lines.append(f"{experiment.replace('_', ' ')}, from the {branch}: {', '.join(parts)} ({row.dates} dates)")
    return "\n".join(lines)


def describe_differences(rows: pd.DataFrame) -> str:
    """Return what keeps the rows of a table from being compared: ensembles of different sizes, or different inputs.

    A single field, such as the low resolution or a deterministic network, is no ensemble. Returns nothing where all have
    one size and one input.
    """
    return " ".join(filter(None, [describe_sizes(rows), _describe_inputs(rows)]))


def describe_sizes(rows: pd.DataFrame) -> str:
    """Return a sentence on the scores that cannot be compared, where a table's ensembles have different sizes."""
    sizes = sorted(set(rows.members) - {1})
    if len(sizes) < 2:
        return ""
    *first, last = map(str, sizes)
    return (
        f"The ensembles have {', '.join(first)} and {last} members. RMSE, gain and rank index depend on that number: "
        "compare RMSE∞, CRPS and spread–skill."
    )


def _describe_inputs(rows: pd.DataFrame) -> str:
    if "rmse_low_resolution" not in rows:  # of a table that an older version wrote
        return ""
    inputs = rows.dropna(subset=["rmse_low_resolution"])
    of_input = [inputs.rmse_low_resolution.round(6), inputs.n_pixels]
    groups = inputs.groupby(of_input, sort=False).experiment.agg(", ".join)
    if len(groups) < 2:
        return ""
    told = [f"{rmse:.3f} m on {pixels:,.0f} pixels ({names})" for (rmse, pixels), names in groups.items()]
    return f"Inputs differ; compare gains, each on its own input. RMSE of the inputs: {'; '.join(told)}."


def format_scores(row: pd.Series) -> list[str]:
    """Format the numbers of a row of the comparison; a missing number is empty."""
    return [form.format(row[name]) if pd.notna(row[name]) else "" for name, form in SUMMARY.values()]


def format_markdown(cells: list[list[str]]) -> str:
    """Format rows of cells as a Markdown table: the first row is the head, the first column flush left."""
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = []
    for first, *others in cells:
        numbers = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        lines.append("| " + " | ".join([first.ljust(widths[0]), *numbers]) + " |")
    rules = ["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]
    head, *body = lines
    return "\n".join([head, "|" + "|".join(rules) + "|", *body])
