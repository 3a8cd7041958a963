"""Render the report of the surrogate: one HTML file that opens without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from superice.report.resources import Captions, embed_figure, load_captions, load_template
from superice.surrogate.configuration import SurrogateConfiguration

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
        Settings of the surrogate, which the captions are filled in from as well.
    """
    captions = fill_captions(load_captions(CAPTIONS), SurrogateConfiguration(dict(configuration)))
    return load_template(TEMPLATE).render(
        scores=_format_html(scores[[name for name in SHOWN_SCORES if name in scores]]),
        restored=_format_html(restored),
        figures=[embed_figure(path, captions) for path in figures],
        configuration=json.dumps(configuration, indent=1, ensure_ascii=False),
    )


def fill_captions(captions: Captions, surrogate: SurrogateConfiguration) -> Captions:
    """Return captions with what the configuration says in place of the words in braces."""
    content, chosen = surrogate.content, surrogate.content["chosen"]
    experiments = [surrogate.experiment(name) for name in surrogate.experiments]
    no_weather = not all(each["inputs"]["forcings"] and each["inputs"]["forcings_h"] for each in experiments)
    facts = {
        "chosen": chosen.replace("_", " "),
        "step_hours": surrogate.experiment(chosen)["inputs"]["step_hours"],
        "start": content["season"]["start"],
        "steps": content["season"]["steps"],
        "box_km": content["restoration"]["box_km"],
        "validated": _describe_validated([each["training"]["ema_decay"] > 0 for each in experiments]),
        "without_weather": " A network without weather inputs cannot move the ice." if no_weather else "",
    }
    return {name: caption | {"text": caption["text"].format(**facts)} for name, caption in captions.items()}


def _describe_validated(averaged: Sequence[bool]) -> str:
    """Return which weights are validated, by whether each training averages them."""
    if all(averaged):
        return "the averaged weights"
    of_epoch = "the weights at the end of the epoch"
    return f"the averaged weights, or {of_epoch} where they are not averaged" if any(averaged) else of_epoch


def _format_html(table: pd.DataFrame) -> str:
    """Return a table as HTML, numbers with three significant digits."""
    named = table.rename(columns=lambda name: name.replace("_", " "))
    return named.to_html(index=False, border=0, na_rep="", float_format="{:.3g}".format)
