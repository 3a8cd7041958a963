"""From the scores of single dates to tables: one row per date, and one per branch, split, experiment and field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from superice.errors import InputError
from superice.scores import FIELDS

GROUP = ["branch", "split", "experiment", "field"]
OF_FIELD = ["rmse", "rmse_domain", "mean_square_error", "bias", "crps", "variability", "fine_scale", "medium_scale"]
OF_ENSEMBLE = ["spread", "mean_variance", "rmse_member", "spread_skill"]
COLUMNS = [
    "rmse_gain_percent", "crps", "crps_gain_percent", "spread_skill", "variability", "fine_scale", "medium_scale",
    "bias", "rmse_domain", "rmse_member", "spread",
]  # fmt: skip


def read_scores(path: str | Path) -> xr.Dataset:
    """One date's scores, in memory. Raises InputError when the file is none."""
    try:
        with xr.open_dataset(path, engine="netcdf4") as scores:
            return scores.load()
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path) from error


def daily(paths: Iterable[str | Path]) -> pd.DataFrame:
    """One row per branch, split, experiment, date and field, from the files of single dates.

    Dates without a scored pixel keep their row, with n_pixels 0 and NaN.
    """
    rows = []
    for path in paths:
        scores = read_scores(path)
        label = {key: scores.attrs[key] for key in ("branch", "split", "experiment", "date", "members")}
        for field in FIELDS:
            row = label | {"field": field, "n_pixels": int(scores.n_pixels)}
            row |= {name: float(scores[name].sel(field=field)) for name in OF_FIELD}
            row |= {name: float(scores[name]) if field == "generated" else np.nan for name in OF_ENSEMBLE}
            rows.append(row)
    columns = [*GROUP, "date", "members", "n_pixels", *OF_FIELD, *OF_ENSEMBLE]
    return pd.DataFrame(rows, columns=columns).sort_values([*GROUP, "date"], ignore_index=True)


def table(days: pd.DataFrame, details: Mapping[str, Mapping[str, float]] | None = None) -> pd.DataFrame:
    """One row per branch, split, experiment and field: means over the dates that have a scored pixel.

    `rmse` is the mean over the dates of each date's RMSE, as the report's Fig. 8 shows them; `spread_skill` is made of
    variances and square errors averaged over the dates before the root. The gains are against the low-resolution field
    of the same dates and pixels, in percent, positive when the ensemble is better. `details` adds columns by experiment
    (passes of the network, seconds per member) to the rows of the ensembles.
    """
    scored = days[days.n_pixels > 0]
    if scored.empty:
        return pd.DataFrame(columns=[*GROUP, "dates", "members", "rmse", *COLUMNS])
    groups = scored.groupby(GROUP, sort=False)
    result = groups[[*OF_FIELD, *OF_ENSEMBLE, "members"]].mean()
    result.insert(0, "dates", groups.size())
    factor = (result.members + 1) / result.members
    result["spread_skill"] = np.sqrt(factor * result.mean_variance / result.mean_square_error)
    result = result.reset_index()
    for score in ("rmse", "crps"):
        reference = _low_resolution(result, score)
        result[f"{score}_gain_percent"] = (100 * (1 - result[score] / reference)).where(result.field == "generated")
    result["members"] = result.members.where(result.field == "generated", 1).astype(int)
    result = result[[*GROUP, "dates", "members", "rmse", *COLUMNS]]
    for experiment, extra in (details or {}).items():
        chosen = (result.experiment == experiment) & (result.field == "generated")
        for name, value in extra.items():
            result.loc[chosen, name] = value
    return result


def _low_resolution(result: pd.DataFrame, score: str) -> pd.Series:
    """The score of the low-resolution field in the same branch, split and experiment, row by row."""
    of_field = result[score].where(result.field == "low_resolution")
    return of_field.groupby([result[key] for key in GROUP[:-1]]).transform("max")


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
