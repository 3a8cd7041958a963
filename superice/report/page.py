"""Render the report of a run: one HTML file that opens without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from superice.network.released import describe_limits
from superice.report.resources import EmbeddedFigure, embed_figure, load_captions, load_template
from superice.report.run_facts import list_versions, tabulate_coverage, tabulate_degraded, tabulate_weights
from superice.report.score_blocks import (
    make_in_situ_blocks,
    make_lead_blocks,
    make_part_blocks,
    make_scale_blocks,
    make_score_blocks,
    make_study_blocks,
    make_sum_blocks,
    make_thin_ice_blocks,
)
from superice.report.tables import format_table
from superice.report.verdict import (
    Result,
    find_results,
    list_headlines,
    summarise,
    tabulate_verdicts,
    write_sentences,
    write_warnings,
)

TEMPLATE, CAPTIONS = "report.html.j2", "captions.yaml"


@dataclass
class Contents:
    """The contents of a report. Empty parts are left out of it.

    Attributes
    ----------
    name : str
        Name of the run.
    summary : dict
        Facts about the run, in the order in which they are shown.
    published : str
        The experiment whose result stands at the head of the page.
    place : str
        Size of the area and the latitudes between which it lies.
    locator : str
        Map of where the area lies, as an SVG element.
    all_dates : DataFrame
        Scores of each experiment on all of its dates, ``table.csv``.
    volumes : DataFrame
        Volumes of the published ensembles, ``volumes/<branch>.csv``, with a column ``branch``.
    scores, regions, months, thin_ice, leads, by_scale, by_thickness, by_stratum, in_situ, studies : DataFrame
        Tables of all experiments; by region and by month; of thin ice and of leads; by scale, class of thickness and
        stratum; against measurements; of the studies.
    experiments : sequence of dict
        A row for each experiment that describes it.
    selection : dict of DataFrame
        By experiment, the scores of its trainings.
    weights : sequence of Path
        Files of weights that members were drawn with.
    missing : DataFrame, optional
        The inputs that were missing or refused; None if this is not known.
    coverage : DataFrame
        Numbers of pixels of every observed day, by product.
    calendar : DataFrame
        The days of every season and period, and how many of them the sources hold.
    figures : sequence of Path
        PNG and GIF files in order.
    times : DataFrame
        Seconds and memory by rule.
    configuration : dict
        The whole configuration.
    """

    name: str
    summary: dict[str, str]
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    regions: pd.DataFrame = field(default_factory=pd.DataFrame)
    months: pd.DataFrame = field(default_factory=pd.DataFrame)
    thin_ice: pd.DataFrame = field(default_factory=pd.DataFrame)
    studies: pd.DataFrame = field(default_factory=pd.DataFrame)
    experiments: Sequence[dict[str, Any]] = ()
    weights: Sequence[Path] = ()
    leads: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_scale: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_thickness: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_stratum: pd.DataFrame = field(default_factory=pd.DataFrame)
    in_situ: pd.DataFrame = field(default_factory=pd.DataFrame)
    selection: dict[str, pd.DataFrame] = field(default_factory=dict)
    missing: pd.DataFrame | None = None
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    calendar: pd.DataFrame = field(default_factory=pd.DataFrame)
    figures: Sequence[Path] = ()
    times: pd.DataFrame = field(default_factory=pd.DataFrame)
    configuration: dict[str, Any] = field(default_factory=dict)
    published: str = ""
    place: str = ""
    locator: str = ""
    all_dates: pd.DataFrame = field(default_factory=pd.DataFrame)
    volumes: pd.DataFrame = field(default_factory=pd.DataFrame)


def _write_result(contents: Contents, results: Sequence[Result]) -> list[str]:
    """Return the sentences at the head of the report: the result, and what the weights are good for where this is known."""
    sentences = write_sentences(list(results), contents.by_scale) if contents.studies.empty or results else []
    limits = dict.fromkeys(note for path in contents.weights for note in describe_limits(path).values())
    return [*sentences, *(f"The weights were {note}." for note in limits)]


@dataclass(frozen=True)
class NumberedFigure:
    """A figure with its number in the report."""

    number: int
    figure: EmbeddedFigure


def render(contents: Contents) -> str:
    """Return the report as HTML."""
    captions = load_captions(CAPTIONS)
    figures = [embed_figure(path, captions) for path in contents.figures]
    results = find_results(contents.all_dates, contents.published)
    return load_template(TEMPLATE).render(
        name=contents.name,
        summary=contents.summary,
        place=contents.place,
        locator=Markup(contents.locator),
        verdict=summarise(results),
        sentences=_write_result(contents, results),
        headlines=list_headlines(results, contents.volumes, contents.calendar),
        verdicts=tabulate_verdicts(contents.scores),
        warnings=write_warnings(contents.scores, contents.published),
        score_blocks=make_score_blocks(contents.scores),
        region_blocks=make_part_blocks(contents.regions),
        month_blocks=make_part_blocks(contents.months),
        thin_ice_blocks=make_thin_ice_blocks(contents.thin_ice),
        lead_blocks=make_lead_blocks(contents.leads),
        scale_blocks=make_scale_blocks(contents.by_scale),
        thickness_blocks=make_sum_blocks(contents.by_thickness),
        stratum_blocks=make_sum_blocks(contents.by_stratum),
        in_situ=make_in_situ_blocks(contents.in_situ),
        studies=make_study_blocks(contents.studies),
        experiments=format_table(pd.DataFrame(contents.experiments)),
        weights=format_table(tabulate_weights(contents.weights)),
        selection={experiment: format_table(table) for experiment, table in contents.selection.items()},
        missing=None if contents.missing is None else format_table(contents.missing),
        calendar=format_table(contents.calendar),
        coverage=format_table(tabulate_coverage(contents.coverage)),
        degraded=format_table(tabulate_degraded(contents.coverage)),
        sections=_group_by_section(figures, list(captions)),
        times=format_table(contents.times),
        versions=list_versions(),
        configuration=json.dumps(contents.configuration, indent=1, ensure_ascii=False),
    )


def _group_by_section(figures: Sequence[EmbeddedFigure], kinds: Sequence[str]) -> dict[str, list[NumberedFigure]]:
    """Return the figures by the section that their captions name, numbered in the order of the captions, ``kinds``."""
    places = {kind: place for place, kind in enumerate(kinds)}
    ordered = sorted(figures, key=lambda figure: places.get(figure.kind, len(places)))
    sections: dict[str, list[NumberedFigure]] = {}
    for number, figure in enumerate(ordered, 1):
        sections.setdefault(figure.section, []).append(NumberedFigure(number, figure))
    return sections
