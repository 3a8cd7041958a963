"""Render the report of the surrogate: one HTML file that opens without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from superice.report.resources import embed_figure, load_captions, load_template

TEMPLATE, CAPTIONS = "surrogate.html.j2", "surrogate_captions.yaml"
SHOWN_SCORES = (
    "experiment",
    "rmse_1d",
    "rmse_5d",
    "rmse_10d",
    "rmse_30d",
    "gain_persistence_5d",
    "gain_climatology_10d",
    "bias_end",
    "exponent_end",
    "exponent_truth",
)


def render_surrogate(
    scores: pd.DataFrame, restored: pd.DataFrame, figures: Sequence[Path], configuration: Mapping[str, Any]
) -> str:
    """Return the report of the surrogate as HTML.

    Parameters
    ----------
    scores
        A row for each experiment. Forecasts that are too short for a lead do not have its columns.
    restored
        Table of the restoration.
    figures
        PNG and GIF files in order.
    configuration
        Settings of the surrogate.
    """
    captions = load_captions(CAPTIONS)
    return load_template(TEMPLATE).render(
        scores=_format_html(scores[[name for name in SHOWN_SCORES if name in scores]]),
        restored=_format_html(restored),
        figures=[embed_figure(path, captions) for path in figures],
        configuration=json.dumps(configuration, indent=1, ensure_ascii=False),
    )


def _format_html(table: pd.DataFrame) -> str:
    """Return a table as HTML, numbers with three significant digits."""
    named = table.rename(columns=lambda name: name.replace("_", " "))
    return named.to_html(index=False, border=0, na_rep="", float_format="{:.3g}".format)
