"""The report of a run: one HTML file that opens without a network."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import math
import os
import platform
from calendar import month_name
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, StrictUndefined
from pandas.api.types import is_float_dtype
from safetensors import safe_open

from superice import __version__

PACKAGES = (
    "numpy",
    "scipy",
    "torch",
    "xarray",
    "netCDF4",
    "pyproj",
    "pyresample",
    "matplotlib",
    "cartopy",
    "snakemake",
)
SCORE_COLUMNS = {
    "experiment": "experiment",
    "dates": "dates",
    "members": "members",
    "passes": "passes",
    "seconds_per_member": "s per member",
    "rmse": "RMSE (m)",
    "rmse_gain_percent": "gain (%)",
    "crps": "CRPS (m)",
    "spread_skill": "spread–skill",
    "reliability_index": "rank index",
    "variability": "variability",
    "fine_scale": "fine scale",
    "medium_scale": "medium scale",
    "bias": "bias (m)",
}
GAIN = ("rmse_gain_percent", SCORE_COLUMNS["rmse_gain_percent"])
STUDY_COLUMNS = {"value": "value", "experiment": "experiment", "dates": "dates", "members": "members"} | {
    name: SCORE_COLUMNS[name]
    for name in (
        "passes",
        "seconds_per_member",
        "rmse",
        "rmse_gain_percent",
        "crps",
        "spread_skill",
        "fine_scale",
        "bias",
    )
}
PART_COLUMNS = {"experiment": "experiment", "region": "region", "month": "month"} | {
    name: SCORE_COLUMNS[name]
    for name in ("dates", "rmse", "rmse_gain_percent", "crps", "spread_skill", "variability", "fine_scale", "bias")
}
LEAD_COLUMNS = {
    "experiment": "experiment",
    "source": "source",
    "lead_fraction_percent": "lead fraction (%)",
    "leads_per_10000_km2": "leads per 10,000 km²",
    "lead_km_per_1000_km2": "km per 1000 km²",
    "median_length_km": "median length (km)",
    "longest_tenth_km": "longest tenth (km)",
    "anisotropy": "anisotropy",
    "direction_degrees": "direction (°)",
    "directions_shared": "directions shared",
    "increment_skewness": "skewness",
    "increment_kurtosis": "kurtosis",
    "scale_coherence": "coherence of scales",
}


@dataclass
class Contents:
    """What a report shows; an empty part is left out.

    Attributes:
        name, summary: the run's name, and facts about it in the order they are shown.
        experiments: what is run, a row each.
        studies: the table of the studies.
        scores: all experiments side by side; regions, months: by region and by month; thin_ice, leads: what they say.
        selection: by experiment, the scores of its trainings.
        weights: files of weights that members were drawn with.
        missing: the inputs that were missing or refused, None where that is not told.
        coverage: the pixels of every observed day, by product.
        calendar: the days of every season and period, and how many of them the sources hold.
        figures: PNG and GIF files in order; their captions are found by their stem.
        times: seconds and memory by rule.
        configuration: the whole of it.
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
    selection: dict[str, pd.DataFrame] = field(default_factory=dict)
    missing: pd.DataFrame | None = None
    coverage: pd.DataFrame = field(default_factory=pd.DataFrame)
    calendar: pd.DataFrame = field(default_factory=pd.DataFrame)
    figures: Sequence[Path] = ()
    times: pd.DataFrame = field(default_factory=pd.DataFrame)
    configuration: dict[str, Any] = field(default_factory=dict)


def render(contents: Contents, template: str | Path, captions: str | Path) -> str:
    """The HTML text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(Path(template).read_text(encoding="utf-8"))
    known = yaml.safe_load(Path(captions).read_text(encoding="utf-8"))
    return page.render(
        name=contents.name,
        summary=contents.summary,
        score_blocks=_blocks(contents.scores, SCORE_COLUMNS),
        region_blocks=_blocks(_of_ensembles(contents.regions), PART_COLUMNS),
        month_blocks=_blocks(_of_ensembles(contents.months), PART_COLUMNS),
        thin_ice_blocks=_blocks(
            _without_repeats(_of_all_months(contents.thin_ice)), _thin_ice_columns(contents.thin_ice)
        ),
        experiments=_rows(pd.DataFrame(contents.experiments)),
        studies=_study_blocks(contents.studies),
        weights=_rows(tabulate_weights(contents.weights)),
        lead_blocks=_blocks(_without_repeats(_without_low_resolution(contents.leads)), LEAD_COLUMNS),
        selection={name: _rows(table) for name, table in contents.selection.items()},
        missing=None if contents.missing is None else _rows(contents.missing),
        calendar=_rows(contents.calendar),
        coverage=_rows(tabulate_coverage(contents.coverage)),
        figures=_by_section([_figure(path, known) for path in contents.figures]),
        times=_rows(contents.times),
        versions={"superice": __version__, **_versions(), "python": python_version(), "machine": describe_machine()},
        configuration=json.dumps(contents.configuration, indent=1, ensure_ascii=False),
    )


def _figure(path: Path, captions: dict[str, dict[str, str]]) -> dict[str, str]:
    """A figure with its caption: that of its name or, for one of several, of the name before the last underline."""
    name, _, last = path.stem.rpartition("_")
    caption = captions.get(path.stem) or captions.get(name, {"title": path.stem, "text": "", "section": "More"})
    if path.stem not in captions and name in captions:
        of = f"{last[:4]}-{last[4:6]}-{last[6:]}" if last.isdigit() else last
        caption = caption | {"title": f"{caption['title']}, {of.replace('_', ' ')}"}
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return {"key": path.stem, "type": path.suffix.removeprefix("."), "data": data, "number": "", **caption}


def _by_section(figures: Sequence[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    """The figures numbered in their order, by the section that their captions name."""
    sections = {}
    for number, figure in enumerate(figures, 1):
        sections.setdefault(figure["section"], []).append(figure | {"number": number})
    return sections


def tabulate_weights(files: Sequence[Path]) -> pd.DataFrame:
    """Which training each file of weights is of, how many numbers it holds, and its digest (SHA-256, 12 digits)."""
    rows = []
    for path in files:
        with safe_open(path, framework="numpy") as file:
            origin = json.loads(file.metadata()["superice"])["origin"]
            numbers = sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        rows.append(
            {"training": origin["experiment"], "seed": str(origin["seed"]), "numbers": f"{numbers:,}", "digest": digest}
        )
    return pd.DataFrame(rows)


def describe_machine() -> str:
    """What this report was made on."""
    return f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"


def tabulate_coverage(days: pd.DataFrame) -> pd.DataFrame:
    """Shares of the pixels of ice in percent, by month: what each product lacks, and what has all inputs."""
    if days.empty:
        return pd.DataFrame()
    totals = days.drop(columns="kept_percent").groupby(days.date.str[:7]).sum(numeric_only=True)
    shares = 100 * totals.drop(columns="ice_pixels").div(totals.ice_pixels, axis=0)
    shares = shares.rename(columns=lambda name: f"{name.replace('_pixels', '').replace('_', ' ')} (%)").round(1)
    table = shares.reset_index(names="month")
    table.insert(1, "dates", days.groupby(days.date.str[:7]).size().to_numpy())
    return table


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _blocks(table: pd.DataFrame, heads: dict[str, str]) -> list[dict[str, Any]]:
    """The columns that have a head, in blocks of a branch and a split; an interval stands below its number."""
    if table.empty:
        return []
    columns = [name for name in heads if name in table]
    shown = table.assign(**{name: _with_interval(table, name) for name in columns if f"{name}_lower" in table})
    return [
        {"title": f"{branch}, {split}", "table": _rows(block[columns].rename(columns=heads))}
        for (branch, split), block in shown.groupby(["branch", "split"], sort=False)
    ]


def _study_blocks(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A block for each study, in the form of the tables of scores."""
    if table.empty:
        return []
    named = table.assign(branch=table.study.str.replace("_", " "), split=table.varies)
    return _blocks(named, STUDY_COLUMNS)


def _of_ensembles(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the ensembles, with months by their names."""
    if table.empty:
        return table
    rows = table[table.field == "generated"]
    return rows.assign(month=rows.month.map(lambda month: month_name[month])) if "month" in rows else rows


def _of_all_months(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that are of no single month."""
    return table if table.empty else table[table.month.isna()]


def _without_low_resolution(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of fields that may have leads."""
    return table if table.empty else table[table.source != "low_resolution"]


def _without_repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Region by region, what is the same beside every experiment (truth, low resolution) once and first."""
    if table.empty:
        return table
    of_all = table.source != "generated"
    rows = table.assign(experiment=table.experiment.mask(of_all, ""), of_experiment=~of_all)
    rows = rows[~(of_all & rows.duplicated())]
    parts = ["branch", "split", "region"] if "region" in rows else ["branch", "split"]
    place = rows.groupby(parts, sort=False).ngroup()
    return rows.assign(place=place).sort_values(["place", "of_experiment"], kind="stable")


def _thin_ice_columns(table: pd.DataFrame) -> dict[str, str]:
    """Heads of the columns, whose names hold the configured thresholds."""
    heads = {}
    for name in table.columns.drop(["branch", "split", "month"], errors="ignore"):
        text = name.replace("fractions_skill", "FSS").replace("_percent", " %").replace("_", " ")
        heads[name] = f"{text} (m)" if name.startswith("quantile") else text
    return heads


def _with_interval(table: pd.DataFrame, name: str) -> list[str]:
    decimals = _decimals(table[name], name)
    bounds = zip(table[name], table[f"{name}_lower"], table[f"{name}_upper"])
    return [
        _number(value, decimals)
        + (f"\n{_number(low, decimals)} to\n{_number(high, decimals)}" if pd.notna(low) else "")
        for value, low, high in bounds
    ]


def _rows(table: pd.DataFrame) -> dict[str, list]:
    """Head and cells of a table as text, nothing where there is no value."""
    columns = [_texts(table[name], name) for name in table.columns]
    return {"head": list(table.columns), "rows": list(zip(*columns))}


def _texts(column: pd.Series, name: str) -> list[str]:
    """The cells of a column; all its numbers have as many decimals."""
    if is_float_dtype(column):
        return [_number(value, _decimals(column, name)) for value in column]
    return [_cell(value) for value in column]


def _decimals(numbers: pd.Series, name: str) -> int:
    """As many as say all, at most one for a gain in percent and for large numbers, else three."""
    most = 1 if name in GAIN or numbers.abs().max() >= 100 else 3
    exact = lambda decimals: numbers.dropna().round(decimals).eq(numbers.dropna()).all()
    return next(filter(exact, range(most)), most)


def _number(value: float, decimals: int) -> str:
    return "" if pd.isna(value) else f"{value:z.{decimals}f}"


def _cell(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value).replace("_", " ") if str(value).isidentifier() else str(value)


def tabulate_times(folder: str | Path) -> pd.DataFrame:
    """Jobs, seconds, largest memory and GPU hours of every rule, from Snakemake's benchmark files below ``folder``.

    GPU hours, the time that GPUs were held for, are known where a file says what its job was given
    (``benchmark-extended``) and left out where none does.
    """
    rows = []
    for path in sorted(Path(folder).rglob("*.tsv")):
        measured = pd.read_csv(path, sep="\t", na_values="-")
        rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
        rows.append(
            {
                "rule": rule,
                "seconds": measured.s.sum(),
                "memory": measured.max_rss.max(),
                "gpu_hours": measured.s.sum() * _gpus(measured) / 3600,
            }
        )
    if not rows:
        return pd.DataFrame()
    groups = pd.DataFrame(rows).groupby("rule")
    table = pd.DataFrame(
        {
            "rule": list(groups.groups),
            "jobs": groups.size().to_numpy(),
            "seconds, all jobs": groups.seconds.sum().round(1).to_numpy(),
            "seconds, median job": groups.seconds.median().round(1).to_numpy(),
            "largest memory (MB)": groups.memory.max().round(0).to_numpy(),
            "GPU hours": groups.gpu_hours.sum(min_count=1).round(2).to_numpy(),
        }
    )
    return table if table["GPU hours"].notna().any() else table.drop(columns="GPU hours")


def _gpus(measured: pd.DataFrame) -> float:
    """The GPUs that a job was given; not a number where its benchmark file does not say."""
    if "resources" not in measured:
        return float("nan")
    return ast.literal_eval(measured.resources.iloc[0]).get("gpu", 0)
