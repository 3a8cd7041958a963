"""The pages of a package for people: README, data card, and the acknowledgements with licences by file."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from superice.evaluation.scored_date import FIELDS
from superice.network.released import describe_limits
from superice.package.citation import format_citation
from superice.package.facts import PackageFacts
from superice.report.run_facts import tabulate_coverage, tabulate_degraded, tabulate_weights
from superice.report.score_blocks import SCORE_COLUMNS, make_in_situ_table
from superice.report.tables import TextTable, format_table
from superice.run.paths import BRANCHES, RunPaths
from superice.run.providers import SYNTHETIC, list_providers

PAGES = {"README.md": "readme.md.j2", "DATACARD.md": "datacard.md.j2", "ACKNOWLEDGEMENTS.md": "acknowledgements.md.j2"}
HELD_OUT = "test"
GENERATED, LOW_RESOLUTION = FIELDS
CARD_COLUMNS = [column for column in SCORE_COLUMNS if column.name not in ("passes", "seconds_per_member")]


def render_pages(facts: PackageFacts) -> dict[str, str]:
    """Return the pages by the names of their files."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["table"] = format_markdown
    environment.filters["size"] = format_size
    known = _collect(facts)
    return {
        name: environment.from_string(files("superice.package").joinpath(template).read_text("utf-8")).render(known)
        for name, template in PAGES.items()
    }


def _collect(facts: PackageFacts) -> dict[str, Any]:
    """Return what the templates name."""
    run, paths = facts.run, facts.paths
    given, settings = paths.read_given(run.published), run.experiment(run.published)
    network = given["network"] if given else settings.get("network", {})
    weights = [path for path in map(Path, paths.list_weights([run.published])) if path.is_file()]
    return {
        "facts": facts,
        "section": facts.publication,
        "citation": format_citation(facts),
        "providers": facts.providers,
        "of_branch": {branch: list_providers(run, branch) for branch in BRANCHES if branch in facts.periods},
        "experiment": run.describe_experiment(run.published, given),
        "is_given": given is not None,
        "limits": "; ".join(describe_limits(paths.weights(run.published)).values()) if given else "",
        "training_days": run.calendar.split_days("training"),
        "validation_days": run.calendar.split_days("validation"),
        "test_days": run.calendar.split_days("test"),
        "is_synthetic": {branch: run.content["sources"][branch]["kind"] == SYNTHETIC for branch in BRANCHES},
        "weights": format_table(tabulate_weights(weights)),
        "selection": format_table(facts.read_table(paths.selection.format(experiment=run.published))),
        "scores": _tabulate_scores(facts),
        "bands": _tabulate_bands(facts),
        "in_situ": _tabulate_in_situ(facts, paths),
        "is_partly_missing": network.get("partly_missing", False),
        "coverage": format_table(tabulate_coverage(facts.read_table(paths.coverage))),
        "degraded": format_table(tabulate_degraded(facts.read_table(paths.coverage))),
        "missing": _count_missing(facts.read_table(paths.missing)),
        "threshold": run.features(run.feature_set(run.published))["sic_threshold"],
        "members": settings["sampler"]["members"],
        "thickness_kind": run.features(run.feature_set(run.published))["observations"]["thickness_kind"],
    }


def _tabulate_scores(facts: PackageFacts) -> TextTable:
    """Return the scores on all days that neither trained the network nor chose it: published, baselines, input."""
    scores = facts.read_table(facts.paths.score_table.format(table="table"))
    if scores.empty:
        return format_table(scores)
    scores = scores[scores.split == HELD_OUT]
    drawn = scores[(scores.field == GENERATED) & scores.experiment.isin([facts.run.published, *facts.run.baselines])]
    given = scores[(scores.field == LOW_RESOLUTION) & (scores.experiment == facts.run.published)]
    shown = pd.concat([drawn, given.assign(experiment=LOW_RESOLUTION)]).sort_values("branch", kind="stable")
    table = format_table(shown, CARD_COLUMNS)
    return TextTable(["branch", *table.head], [(branch, *row) for branch, row in zip(shown.branch, table.rows)])


def _tabulate_bands(facts: PackageFacts) -> TextTable:
    """Return the check of the volumes' bands of all regions together, by branch and split."""
    rows = []
    for branch in BRANCHES:
        table = facts.read_table(facts.paths.volume_table.format(branch=branch))
        if table.empty:
            continue
        whole = table[(table.region == "all") & (table.quantity == "volume")]
        for (split, period), found in whole.groupby(["split", "period"], sort=False):
            rows.append({"branch": branch, "split": split, "of a": period, "check": found.calibration.iloc[0]})
    return format_table(pd.DataFrame(rows))


def _tabulate_in_situ(facts: PackageFacts, paths: RunPaths) -> TextTable:
    return make_in_situ_table(facts.read_table(paths.in_situ_table))


def _count_missing(missing: pd.DataFrame) -> TextTable:
    """Return how many days of each branch lack each product."""
    if missing.empty:
        return format_table(missing)
    days = missing.groupby(["branch", "product"], sort=False)["date"].nunique()
    return format_table(days.rename("days").reset_index())


def format_markdown(table: TextTable) -> str:
    """Return a table in Markdown."""
    if not table.rows:
        return "none"
    line = lambda cells: "| " + " | ".join(str(cell).replace("\n", " ").replace("|", "\\|") for cell in cells) + " |"
    return "\n".join([line(table.head), line(["---"] * len(table.head)), *map(line, table.rows)])


def format_size(count: int) -> str:
    """Return bytes in a unit that suits them."""
    units = ("B", "kB", "MB", "GB", "TB")
    place = min((len(str(count)) - 1) // 3, len(units) - 1)
    return f"{count / 1000**place:.{0 if place == 0 else 1}f} {units[place]}"


def list_licenses(facts: PackageFacts) -> Sequence[dict[str, object]]:
    """Return a row for each file: its bytes, what it is, its licence, and the providers of what it is made from."""
    own = facts.publication["license"]
    of_branch = {branch: list_providers(facts.run, branch) for branch in BRANCHES}
    rows = []
    for file in facts.files:
        is_code = file.kind == "workflow"
        providers = of_branch[file.branch] if file.rests_on_inputs else []
        rows.append(
            {
                "file": str(file.name),
                "bytes": facts.sizes[str(file.name)],
                "kind": file.kind,
                "license": "MIT" if is_code else own,
                "made_from": "; ".join(f"{one.name} ({one.license})" for one in providers),
            }
        )
    return rows
