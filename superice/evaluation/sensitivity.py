"""Compare the experiments of each sensitivity study on the same days (report, section 6 and Table 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from superice.evaluation.settings import BootstrapSettings
from superice.evaluation.study import Study
from superice.evaluation.tables import tabulate_days, tabulate_ensembles, tabulate_scores

if TYPE_CHECKING:
    import xarray as xr


def make_study_table(
    scores: Sequence[xr.Dataset], studies: Mapping[str, Study], intervals: BootstrapSettings
) -> pd.DataFrame:
    """Return a row for each study and experiment, and one for each study's low-resolution field.

    Each row holds the ``value`` of the key that varies, and the mean scores in the columns of
    `tables.tabulate_scores`. An experiment without a scored date has no row.

    Parameters
    ----------
    scores
        Scores of single dates.
    studies
        The studies, by name.
    intervals
        How dates are resampled.
    """
    tables = [tabulate_study(name, study, scores, intervals) for name, study in studies.items()]
    return pd.concat(tables, ignore_index=True)


def tabulate_study(name: str, study: Study, scores: Sequence[xr.Dataset], intervals: BootstrapSettings) -> pd.DataFrame:
    """Return the rows of one study: the low-resolution field, then the experiments in the order of the study."""
    chosen = [day for day in scores if day.attrs["experiment"] in study.values and day.attrs["date"] in study.dates]
    means = tabulate_scores(tabulate_days(chosen), intervals, tabulate_ensembles(chosen)).drop(columns=["branch"])
    low = means[means.field == "low_resolution"].head(1).assign(experiment="low_resolution")
    generated = means[means.field == "generated"]
    position = {experiment: number for number, experiment in enumerate(study.values)}
    generated = generated.sort_values("experiment", key=lambda names: names.map(position))
    rows = pd.concat([low, generated]).drop(columns=["field"])
    rows.insert(0, "study", name)
    rows.insert(1, "varies", study.varies)
    rows.insert(2, "value", rows.experiment.map(study.values).map(format_value))
    return rows


def format_value(value: Any) -> str:
    """Format a value of the configuration: the items of a list side by side, nothing for a missing value."""
    if isinstance(value, list):
        return " ".join(map(str, value))
    if pd.isna(value):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
