"""The files that each figure of a run is drawn from."""

from __future__ import annotations

from datetime import date

from superice.run.configuration import Configuration
from superice.run.paths import BRANCHES, RunPaths

# By option of the script that draws, the files.
Files = dict[str, list[str]]


def collect_figures(run: Configuration, paths: RunPaths) -> dict[str, Files]:
    """Return the files of every figure that the run can draw, by its name; one without files is left out."""
    figures = {
        "training": {"histories": paths.histories(run.experiments)},
        "members": _collect_members(run, paths),
        "members_zoom": _collect_members(run, paths),
        "maps": _collect_maps(run, paths),
        "spectra": {"scores": paths.scores(run.published, "model", _list_scored_days(run, "model"))},
        "comparison": {"table": paths.table("comparison")},
        "scores": {"daily": paths.table("daily")},
        "parts": {"regions": paths.table("regions"), "months": paths.table("months")},
        "classes": {"by-thickness": paths.table("by_thickness"), "by-stratum": paths.table("by_stratum")},
        "thin_ice": {"thin-ice": paths.table("thin_ice")},
        "scales": {"scores": paths.all_scores()},
        "calibration": {"scores": paths.all_scores()},
        "spread_by_scale": {"by-scale": paths.table("by_scale")},
        "observed": _collect_observed(run, paths),
        "shift": _collect_shift(run, paths),
        "measurements": {"collocations": paths.collocations()},
        "positions": _collect_positions(run, paths),
    }
    for branch, days in last_seasons(run).items():
        figures[f"season_{branch}"] = season_files(run, paths, branch, days)
    for branch in BRANCHES:
        figures[f"volume_{branch}"] = {"volumes": paths.volume_tables(branch)}
        figures[f"months_{branch}"] = {"season": paths.seasons(branch)}
    for day in run.figure_days("observations"):
        figures[f"inputs_{day:%Y%m%d}"] = {"features": paths.observed_netcdfs([day])}
    for day in run.figure_days("smoothing"):
        figures[f"smoothing_{day:%Y%m%d}"] = _collect_smoothing(run, paths, day)
    return {name: files for name, files in figures.items() if any(files.values())}


def last_seasons(run: Configuration) -> dict[str, list[date]]:
    """Return the days of each branch's last season, where it has more than one."""
    seasons = {branch: run.last_season(branch) for branch in BRANCHES}
    return {branch: days for branch, days in seasons.items() if len(days) > 1}


def season_files(run: Configuration, paths: RunPaths, branch: str, days: list[date]) -> Files:
    """Return features and ensembles of a season."""
    return {
        "features": paths.features(branch, days, run.feature_set(run.published)),
        "predictions": paths.ensembles(run.published, branch, days),
    }


def _list_scored_days(run: Configuration, branch: str) -> list[date]:
    """Return the days of a branch's figures whose truth is known."""
    scored = run.scored_days(run.published, branch)
    return [day for day in run.figure_days(branch) if day in scored]


def _collect_members(run: Configuration, paths: RunPaths) -> Files:
    days = run.figure_days("members")
    return {"features": paths.features("model", days), "predictions": paths.ensembles(run.published, "model", days)}


def _collect_maps(run: Configuration, paths: RunPaths) -> Files:
    days = run.figure_days("model")
    return {"features": paths.features("model", days), "predictions": paths.ensembles(run.published, "model", days)}


def _collect_observed(run: Configuration, paths: RunPaths) -> Files:
    days = run.figure_days("observations")
    return {
        "features": paths.features("observations", days),
        "predictions": paths.ensembles(run.published, "observations", days),
        "truth": paths.features("model", _list_scored_days(run, "observations")),
    }


def _collect_shift(run: Configuration, paths: RunPaths) -> Files:
    """Return the model's features, of every set that is shown, beside the observed ones; nothing for one branch alone."""
    model_days, observed_days = run.figure_days("model"), run.figure_days("observations")
    if not (model_days and observed_days):
        return {}
    sets = [None, *run.content["figures"]["shift_sets"]]
    return {
        "model": [path for name in sets for path in paths.features("model", model_days, name)],
        "observed": paths.observed_netcdfs(observed_days),
    }


def _collect_positions(run: Configuration, paths: RunPaths) -> Files:
    days = run.in_situ_days()
    return {
        "collocations": paths.collocations(),
        "predictions": paths.ensembles(run.published, "observations", days[len(days) // 2 :][:1]),
    }


def _collect_smoothing(run: Configuration, paths: RunPaths, day: date) -> Files:
    sets = [*run.content["figures"]["smoothing_sets"], None]
    return {
        "features": [path for name in sets for path in paths.features("observations", [day], name)],
        "predictions": [path for name in sets for path in paths.ensembles(run.published, "observations", [day], name)],
    }
