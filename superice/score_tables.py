"""From the scores of single dates to tables: one row per date, and means by branch, split, experiment and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from superice.errors import InputError
from superice.intervals import BOUNDS, IntervalSettings, resampled_means
from superice.scores import FIELDS, ICE, SOURCES

OF_RUN = ["branch", "split", "experiment"]
OF_FIELD = ["rmse", "rmse_domain", "mean_square_error", "bias", "crps", "variability", "fine_scale", "medium_scale"]
OF_ENSEMBLE = ["spread", "mean_variance", "rmse_member", "spread_skill"]
COLUMNS = [
    "rmse", "rmse_gain_percent", "crps", "crps_gain_percent", "spread_skill", "variability", "fine_scale",
    "medium_scale", "bias", "rmse_domain", "rmse_member", "spread",
]  # fmt: skip
WITH_INTERVAL = ["rmse", "rmse_gain_percent", "crps", "spread_skill", "variability", "fine_scale"]


def read_scores(path: str | Path) -> xr.Dataset:
    """One date's scores, in memory. Raises InputError when the file is none."""
    try:
        with xr.open_dataset(path, engine="netcdf4") as scores:
            return scores.load()
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path) from error


def daily(days: Iterable[xr.Dataset]) -> pd.DataFrame:
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


def table(
    days: pd.DataFrame,
    intervals: IntervalSettings,
    details: Mapping[str, Mapping[str, float]] | None = None,
) -> pd.DataFrame:
    """One row per branch, split, experiment and field: means over the dates that have a scored pixel, over all ice.

    `rmse` is the mean over the dates of each date's RMSE, as the report's Fig. 8 shows them; `spread_skill` is made of
    variances and square errors averaged over the dates before the root. The gains are against the low-resolution field
    of the same dates and pixels, in percent, positive when the ensemble is better. `details` adds columns by experiment
    (passes of the network, seconds per member) to the rows of the ensembles. `<score>_lower` and `_upper` are the
    bounds of the 95 % intervals.
    """
    whole = days[days.region == ICE]
    result = _means(whole, []).merge(_bounds(whole, intervals), how="left", on=[*OF_RUN, "field"])
    for experiment, extra in (details or {}).items():
        chosen = (result.experiment == experiment) & (result.field == "generated")
        for name, value in extra.items():
            result.loc[chosen, name] = value
    return result


def by_region(days: pd.DataFrame) -> pd.DataFrame:
    """As ``table``, with a row for each region of the ice, without intervals."""
    return _means(days, ["region"])


def by_month(days: pd.DataFrame) -> pd.DataFrame:
    """As ``table``, with a row for each month of the year in the order of a freezing season, without intervals."""
    whole = days[days.region == ICE]
    result = _means(whole.assign(month=pd.to_datetime(whole.date).dt.month), ["month"])
    return result.sort_values([*OF_RUN, "month"], key=_in_season, kind="stable", ignore_index=True)


def _in_season(key: pd.Series) -> pd.Series:
    """Months counted from July, so that a winter is in one piece."""
    return (key - 7) % 12 if key.name == "month" else key


def thin_ice(days: Iterable[xr.Dataset]) -> pd.DataFrame:
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
    together = [of_days.assign(month=0), of_days[of_days.region == ICE].sort_values("month", key=_in_season)]
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


def _bounds(days: pd.DataFrame, how: IntervalSettings) -> pd.DataFrame:
    """Bounds of the 95 % intervals of the main scores by branch, split, experiment and field."""
    scored = days[days.n_pixels > 0]
    keys = [*OF_RUN, "field"]
    if scored.empty:
        return pd.DataFrame(columns=[*keys, *(f"{name}_{end}" for name in WITH_INTERVAL for end in BOUNDS)])
    redrawn = {
        key: resampled_means(group.date, group[[*OF_FIELD, *OF_ENSEMBLE, "members"]], how)
        for key, group in scored.groupby(keys, sort=False)
    }
    means = pd.concat(redrawn, names=[*keys, "sample"]).reset_index()
    groups = _derived(means, [*OF_RUN, "sample"]).groupby(keys, sort=False)[WITH_INTERVAL]
    bounds = [groups.quantile(at).add_suffix(f"_{end}") for end, at in BOUNDS.items()]
    pairs = [f"{name}_{end}" for name in WITH_INTERVAL for end in BOUNDS]
    return pd.concat(bounds, axis=1)[pairs].reset_index()


def summary(result: pd.DataFrame) -> str:
    """The table as text for a terminal, generated against low-resolution, one block per branch and split."""
    if result.empty:
        return "no date was scored"
    columns = {
        "RMSE m": ("rmse", "{:.3f}"),
        "gain %": ("rmse_gain_percent", "{:+.1f}"),
        "CRPS m": ("crps", "{:.3f}"),
        "spread/skill": ("spread_skill", "{:.2f}"),
        "variability": ("variability", "{:.2f}"),
        "fine scale": ("fine_scale", "{:.2f}"),
        "bias m": ("bias", "{:+.3f}"),
    }
    width = max(34, *(len(name) + 4 for name in result.experiment.astype(str)))
    lines = []
    for (branch, split), block in result.groupby(["branch", "split"], sort=False):
        title = f"{branch}, {split}, {block.dates.max()} dates"
        lines += ["", title.ljust(width) + "".join(f"  {head}" for head in columns)]
        for _, row in block.sort_values(["experiment", "field"]).iterrows():
            cells = [
                (form.format(row[name]) if pd.notna(row[name]) else "").rjust(len(head) + 2)
                for head, (name, form) in columns.items()
            ]
            label = f"  {row.experiment}" if row.field == "generated" else "    its low-resolution field"
            lines.append(label.ljust(width) + "".join(cells))
    best = "best: RMSE and CRPS 0, spread/skill, variability and fine scale (6-20 km) 1"
    return "\n".join([*lines[1:], "", best])
