"""Studies: experiments that differ in one key, compared on the same days (report, section 6 and Table 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr

from superice.evaluation.settings import BootstrapSettings
from superice.evaluation.tables import tabulate_days, tabulate_ensembles, tabulate_scores
from superice.run.configuration import Study


def make_study_table(
    scores: Sequence[xr.Dataset], studies: Mapping[str, Study], intervals: BootstrapSettings
) -> pd.DataFrame:
    """One row per study and experiment, and one of each study's low-resolution field: its ``value`` and mean scores.

    scores: those of single dates. The columns are those of ``score_tables.table``. An experiment whose members are all
    missing has no row.
    """
    blocks = [_rows(name, study, scores, intervals) for name, study in studies.items()]
    return pd.concat(blocks, ignore_index=True)


def _rows(name: str, study: Study, scores: Sequence[xr.Dataset], intervals: BootstrapSettings) -> pd.DataFrame:
    chosen = [day for day in scores if day.attrs["experiment"] in study.values and day.attrs["date"] in study.dates]
    means = tabulate_scores(tabulate_days(chosen), intervals, tabulate_ensembles(chosen)).drop(columns=["branch"])
    low = means[means.field == "low_resolution"].head(1).assign(experiment="low_resolution")
    generated = means[means.field == "generated"]
    place = {experiment: place for place, experiment in enumerate(study.values)}
    rows = pd.concat([low, generated.sort_values("experiment", key=lambda names: names.map(place))])
    rows.insert(0, "value", rows.experiment.map(study.values).map(format_value))
    rows.insert(0, "varies", study.varies)
    rows.insert(0, "study", name)
    return rows.drop(columns=["field"])


def format_value(value: Any) -> str:
    """A value of the configuration as a short text: the items of a list beside each other."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if pd.isna(value) else f"{value:g}" if isinstance(value, float) else str(value)
