"""From the scores of single dates to tables: one row per date, and means by branch, split, experiment and field."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from superice.errors import InputError
from superice.evaluation.bootstrap import BOUNDS, bootstrap_means
from superice.evaluation.calibration import reliability_index
from superice.evaluation.date_scores import FIELDS, ICE, SOURCES
from superice.evaluation.lead_lines import direction_of
from superice.evaluation.settings import BootstrapSettings

OF_RUN = ["branch", "split", "experiment"]
OF_FIELD = ["rmse", "rmse_domain", "mean_square_error", "bias", "crps", "variability", "fine_scale", "medium_scale"]
OF_ENSEMBLE = ["spread", "mean_variance", "rmse_member", "spread_skill"]
COLUMNS = [
    "rmse", "rmse_gain_percent", "crps", "crps_gain_percent", "spread_skill", "variability", "fine_scale",
    "medium_scale", "bias", "rmse_domain", "rmse_member", "spread",
]  # fmt: skip
WITH_INTERVAL = ["rmse", "rmse_gain_percent", "crps", "spread_skill", "variability", "fine_scale", "medium_scale"]
SHAPES = ["increment_skewness", "increment_kurtosis", "scale_coherence"]
COSTS = {"passes_per_member": "passes", "seconds_per_member": "seconds_per_member"}  # attributes of an ensemble's file
SUMMARY = {
    "members": ("members", "{:.0f}"),
    "passes": ("passes", "{:.0f}"),
    "s/member": ("seconds_per_member", "{:.2f}"),
    "RMSE m": ("rmse", "{:.3f}"),
    "gain %": ("rmse_gain_percent", "{:+.1f}"),
    "CRPS m": ("crps", "{:.3f}"),
    "spread–skill": ("spread_skill", "{:.2f}"),
    "rank index": ("reliability_index", "{:.2f}"),
    "variability": ("variability", "{:.2f}"),
    "6–20 km": ("fine_scale", "{:.2f}"),
    "20–80 km": ("medium_scale", "{:.2f}"),
    "bias m": ("bias", "{:+.3f}"),
}


def read_scores(path: str | Path) -> xr.Dataset:
    """One date's scores, in memory. Raises InputError when the file is none."""
    try:
        with xr.open_dataset(path, engine="netcdf4") as scores:
            return scores.load()
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path) from error


def tabulate_days(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """One row per branch, split, experiment, region, field and date, from the scores of single dates.

    Dates without a scored pixel keep their row, with n_pixels 0 and NaN.
    """
    rows = []
    for scores in days:
        label = {key: scores.attrs[key] for key in (*OF_RUN, "date", "members")}
        for i, region in enumerate(scores.region.values):
            for j, field in enumerate(FIELDS):
                row = label | {"region": region, "field": field, "n_pixels": int(scores.n_pixels[i])}
                row |= {name: float(scores[name].values[i, j]) for name in OF_FIELD}
                of_ensemble = field == "generated"
                row |= {name: float(scores[name].values[i]) if of_ensemble else np.nan for name in OF_ENSEMBLE}
                rows.append(row)
    keys = [*OF_RUN, "region", "field", "date"]
    columns = [*keys, "members", "n_pixels", *OF_FIELD, *OF_ENSEMBLE]
    return pd.DataFrame(rows, columns=columns).sort_values(keys, ignore_index=True)


def tabulate_ensembles(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """One row per branch, split and experiment: what is no mean of scores.

    The reliability index is that of the rank histogram of all dates; passes and seconds per member are medians, as files
    without them count nothing and a date that was drawn on a busy machine little.
    """
    rows = [
        {key: scores.attrs[key] for key in OF_RUN}
        | {column: scores.attrs.get(name, np.nan) for name, column in COSTS.items()}
        | {"ranks": scores.rank_count.sel(region=ICE).values}
        for scores in days
    ]
    frame = pd.DataFrame(rows, columns=[*OF_RUN, *COSTS.values(), "ranks"])
    groups = frame.groupby(OF_RUN, sort=False)
    index = groups.ranks.agg(lambda counts: reliability_index(sum(counts)))
    return groups[list(COSTS.values())].median().assign(reliability_index=index).reset_index()


def tabulate_scores(days: pd.DataFrame, intervals: BootstrapSettings, ensembles: pd.DataFrame) -> pd.DataFrame:
    """One row per branch, split, experiment and field: means over the dates that have a scored pixel, over all ice.

    `rmse` is the mean over the dates of each date's RMSE, as the report's Fig. 8 shows them; `spread_skill` is made of
    variances and square errors averaged over the dates before the root. The gains are against the low-resolution field
    of the same dates and pixels, in percent, positive when the ensemble is better. `<score>_lower` and `_upper` are the
    bounds of the 95 % intervals. `ensembles`, as ``of_ensembles`` gives them, adds its columns to their rows.
    """
    whole = days[days.region == ICE]
    result = _means(whole, []).merge(_bounds(whole, intervals), how="left", on=[*OF_RUN, "field"])
    return result.merge(ensembles.assign(field="generated"), how="left", on=[*OF_RUN, "field"])


def tabulate_comparison(days: pd.DataFrame, intervals: BootstrapSettings, ensembles: pd.DataFrame) -> pd.DataFrame:
    """As ``table``, all experiments on the same dates, and the low-resolution field as one of them; the best CRPS first.

    The dates are those that every experiment has of a branch and split with a scored pixel.
    """
    scored = days[(days.n_pixels > 0) & (days.region == ICE)]
    of_split = ["branch", "split"]
    having = scored.groupby([*of_split, "date"]).experiment.transform("nunique")
    shared = scored[having == scored.groupby(of_split).experiment.transform("nunique")]
    result = tabulate_scores(shared, intervals, ensembles)
    low = result.field == "low_resolution"
    result["experiment"] = result.experiment.mask(low, "low_resolution")
    return (
        result.drop(columns="field")
        .drop_duplicates([*OF_RUN])
        .sort_values([*of_split, "crps"], ignore_index=True, kind="stable")
    )


def tabulate_regions(days: pd.DataFrame) -> pd.DataFrame:
    """As ``table``, with a row for each region of the ice, without intervals."""
    return _means(days, ["region"])


def tabulate_months(days: pd.DataFrame) -> pd.DataFrame:
    """As ``table``, with a row for each month of the year in the order of a freezing season, without intervals."""
    whole = days[days.region == ICE]
    result = _means(whole.assign(month=pd.to_datetime(whole.date).dt.month), ["month"])
    return result.sort_values([*OF_RUN, "month"], key=_in_season, kind="stable", ignore_index=True)


def _in_season(key: pd.Series) -> pd.Series:
    """Months counted from July, so that a winter is in one piece."""
    return (key - 7) % 12 if key.name == "month" else key


def tabulate_thin_ice(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """One row per branch, split, experiment, region, month and source: thin ice and leads, as ``_thin_ice_of`` a date.

    The month is empty for all months together. Means over the dates of the shares in percent and of the quantiles in m;
    the fractions skill scores are made of sums over the dates, so that a date with more thin ice weighs more.
    """
    rows = [
        {key: scores.attrs[key] for key in OF_RUN}
        | {"region": region, "month": int(scores.attrs["date"][5:7]), "source": source}
        | _thin_ice_of(scores.sel(region=region), source)
        for scores in days
        for region in scores.region.values
        if int(scores.n_pixels.sel(region=region))
        for source in SOURCES
    ]
    keys = [*OF_RUN, "region", "month", "source"]
    if not rows:
        return pd.DataFrame(columns=keys)
    of_days = pd.DataFrame(rows)
    together = [
        of_days.assign(month=0),
        of_days[of_days.region == ICE].sort_values("month", key=_in_season, kind="stable"),
    ]
    result = pd.concat(part.groupby(keys, sort=False).mean() for part in together).reset_index()
    result["month"] = result.month.where(result.month > 0).astype("Int64")
    for name in [name for name in result if name.startswith("difference_")]:
        worst = result.pop(name.replace("difference", "worst"))
        result[name.replace("difference", "fractions_skill")] = 1 - result.pop(name) / worst
    return result


def _thin_ice_of(scores: xr.Dataset, source: str) -> dict[str, float]:
    """One date's numbers for a row of ``thin_ice``, from its scores in a region; the truth has no skill."""
    row = {
        f"{name}_percent": 100 * float(scores[name].sel(source=source)) for name in ("thin_fraction", "lead_fraction")
    }
    for probability, quantile in zip(scores.probability.values, scores.thickness_quantile.sel(source=source).values):
        row[f"quantile_{100 * probability:g}_percent"] = float(quantile)
    of_field = scores.sel(field=source) if source in FIELDS else None
    for name in ("difference", "worst"):
        for i, thickness in enumerate(scores.thin_ice.values):
            for j, width in enumerate(scores.width.values):
                value = np.nan if of_field is None else float(of_field[f"fractions_{name}"].values[i, j])
                row[f"{name}_{thickness:g}_m_{width:g}_km"] = value
    return row


def _means(days: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Means over the scored dates by branch, split, experiment, ``by`` and field, and what is made of the means."""
    keys = [*OF_RUN, *by, "field"]
    scored = days[days.n_pixels > 0]
    if scored.empty:
        return pd.DataFrame(columns=[*keys, "dates", "members", *COLUMNS])
    groups = scored.groupby(keys, sort=False)
    result = groups[[*OF_FIELD, *OF_ENSEMBLE, "members"]].mean()
    result.insert(0, "dates", groups.size())
    result = _derived(result.reset_index(), keys[:-1])
    result["members"] = result.members.where(result.field == "generated", 1).astype(int)
    return result[[*keys, "dates", "members", *COLUMNS]]


def _derived(means: pd.DataFrame, pair: list[str]) -> pd.DataFrame:
    """Means with the scores that are no means of dates; ``pair``: what a field and its low resolution share."""
    factor = (means.members + 1) / means.members
    scores = {"spread_skill": np.sqrt(factor * means.mean_variance / means.mean_square_error)}
    for score in ("rmse", "crps"):
        of_low = means[score].where(means.field == "low_resolution")
        reference = of_low.groupby([means[key] for key in pair]).transform("max")
        scores[f"{score}_gain_percent"] = (100 * (1 - means[score] / reference)).where(means.field == "generated")
    return means.assign(**scores)


def _bounds(days: pd.DataFrame, how: BootstrapSettings) -> pd.DataFrame:
    """Bounds of the 95 % intervals of the main scores by branch, split, experiment and field."""
    scored = days[days.n_pixels > 0]
    keys = [*OF_RUN, "field"]
    if scored.empty:
        return pd.DataFrame(columns=[*keys, *(f"{name}_{end}" for name in WITH_INTERVAL for end in BOUNDS)])
    redrawn = {
        key: bootstrap_means(group.date, group[[*OF_FIELD, *OF_ENSEMBLE, "members"]], how)
        for key, group in scored.groupby(keys, sort=False)
    }
    means = pd.concat(redrawn, names=[*keys, "sample"]).reset_index()
    groups = _derived(means, [*OF_RUN, "sample"]).groupby(keys, sort=False)[WITH_INTERVAL]
    bounds = [groups.quantile(at).add_suffix(f"_{end}") for end, at in BOUNDS.items()]
    pairs = [f"{name}_{end}" for name in WITH_INTERVAL for end in BOUNDS]
    return pd.concat(bounds, axis=1)[pairs].reset_index()


def tabulate_leads(days: Iterable[xr.Dataset]) -> pd.DataFrame:
    """One row per branch, split, experiment and source (truth, generated, low-resolution): leads and shapes.

    Means over the dates. `anisotropy` (0 for all directions alike, 1 for one) and `direction_degrees`, from the x axis
    of the grid, are those of the leads of all dates; `directions_shared` is what the leads' distribution over the
    directions has in common with the truth's, 0 to 1.
    """
    rows, densities = [], []
    for scores in days:
        for source in SOURCES if int(scores.n_pixels.sel(region=ICE)) else ():
            of_source = scores.sel(source=source)
            rows.append(
                {key: scores.attrs[key] for key in OF_RUN}
                | {"source": source, "lead_fraction_percent": 100 * float(of_source.lead_fraction.sel(region=ICE))}
                | {"leads_per_10000_km2": float(of_source.lead_number)}
                | {"lead_km_per_1000_km2": float(of_source.lead_density.sum())}
                | dict(zip(("median_length_km", "longest_tenth_km"), map(float, of_source.lead_length.values)))
                | {name: float(of_source[name]) for name in SHAPES}
            )
            densities.append(of_source.lead_density.values)
    keys = [*OF_RUN, "source"]
    if not rows:
        return pd.DataFrame(columns=keys)
    frame = pd.DataFrame(rows)
    result = frame.groupby(keys, sort=False).mean().reset_index()
    by_direction = pd.DataFrame(densities).groupby([frame[key] for key in keys], sort=False).sum().to_numpy()
    result["anisotropy"], result["direction_degrees"] = zip(*map(direction_of, by_direction))
    with np.errstate(invalid="ignore"):
        shares = pd.DataFrame(by_direction / by_direction.sum(axis=1, keepdims=True))
    of_truth = shares.where(result.source == "truth").groupby([result[key] for key in OF_RUN]).transform("max")
    result["directions_shared"] = np.minimum(shares, of_truth).sum(axis=1, skipna=False)
    return result


def format_summary(compared: pd.DataFrame) -> str:
    """The comparison in Markdown, a table for each branch and split, in columns that a terminal shows as well."""
    if compared.empty:
        return "no date was scored"
    parts = []
    for (branch, split), block in compared.groupby(["branch", "split"], sort=False):
        rows = [["", *SUMMARY], *(_summary_row(row) for _, row in block.iterrows())]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = [
            "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |" for row in rows
        ]
        rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
        parts.append("\n".join([f"{branch}, {split}, {block.dates.max()} dates", "", lines[0], rule, *lines[1:]]))
    best = "Best: RMSE, CRPS and rank index 0; spread–skill, variability, 6–20 km and 20–80 km 1."
    return "\n\n".join([*parts, best])


def _summary_row(row: pd.Series) -> list[str]:
    numbers = [form.format(row[name]) if pd.notna(row[name]) else "" for name, form in SUMMARY.values()]
    return [row.experiment.replace("_", " "), *numbers]


def last_splits(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Branch and split, for each branch in ``table`` the last split in time: test, where it was scored."""
    order = ["training", "validation", "test"]
    return [(branch, max(rows.split.unique(), key=order.index)) for branch, rows in table.groupby("branch", sort=False)]
