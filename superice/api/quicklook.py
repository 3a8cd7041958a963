"""The first picture: one day from product files to members, their summary, scores and a figure, without a workflow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from superice.api.products import read_products
from superice.dataset.layout import (
    COMPLETE,
    make_field,
    make_frame,
    observed_features_name,
    predictions_name,
    summaries_name,
    write_observed_features,
)
from superice.dataset.settings import SummarySettings
from superice.dataset.summaries import Summary
from superice.evaluation.by_part import select_all_inputs
from superice.evaluation.pointwise import score_region
from superice.evaluation.scored_date import ScoredDate
from superice.evaluation.settings import ScoreSettings
from superice.features.files import read_features
from superice.features.settings import FeatureSettings
from superice.fields.grid import Grid, make_land_mask
from superice.inference.day import generate_day
from superice.inference.settings import SamplerSettings
from superice.network.released import describe_limits
from superice.network.weights import TrainedNetwork
from superice.seasons import find_neighbours
from superice.utils.netcdf import write_content

TRUTH = "sit_truth_{date}.nc"
PICTURE = "quicklook_{date}.png"


@dataclass(frozen=True)
class Quicklook:
    """What a quicklook has made.

    Attributes
    ----------
    picture, members, summary, features
        The files.
    facts
        Sentences: scores where the truth is known, else the mean thickness and its spread.
    """

    picture: Path
    members: Path
    summary: Path
    features: Path
    facts: list[str]


def make_quicklook(
    output: Path,
    trained: TrainedNetwork,
    sampler: SamplerSettings,
    grid: Grid,
    day: date,
    seed: int,
    products: Mapping[str, Path] | None = None,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> Quicklook:
    """Make the features of a day, draw its ensemble, and draw the picture.

    Parameters
    ----------
    output
        Folder of the files.
    trained, sampler
        The network, and how it is drawn from.
    grid
        The target grid.
    day
        The date.
    seed
        Of the ensemble.
    products
        File or folder of ``thickness``, ``concentration`` and ``drift``; None for a day of the synthetic Arctic, whose
        truth is known.
    say
        Takes a line of progress after each step.

    Raises
    ------
    InputError
        For a product, a day or a network that cannot be used.
    """
    with _time("map of the land", say):
        land = make_land_mask(grid)
    truth = None
    distance = trained.features.get("neighbouring_days", 0) if trained.network.settings.neighbours else 0
    if products is None:
        with _time("synthetic day and its products", say):
            products, truth = _simulate(output, grid, day, distance)
    features_path = output / observed_features_name(day)
    with _time("features", say):
        how = FeatureSettings(neighbouring_days=distance)
        observed, details = read_products(**products, day=day, grid=grid, how=how, land=land)
        netcdf = features_path.with_suffix(".nc")
        write_observed_features(features_path, netcdf, grid, day, details=details, **observed.list_contents())
    members_path, summary_path = output / predictions_name(day), output / summaries_name(day)
    with _time(f"{sampler.members} members and their summary", say):
        summary = Summary(summary_path, SummarySettings())
        limits = describe_limits(trained.file)
        generate_day(features_path, trained, grid, sampler, seed, members_path, day, limits, summary=summary)
    picture = output / PICTURE.format(date=f"{day:%Y%m%d}")
    with _time("picture", say):
        facts = _draw(picture, features_path, members_path, truth, trained, grid, day)
    return Quicklook(picture, members_path, summary_path, features_path, facts)


def _simulate(output: Path, grid: Grid, day: date, distance: int) -> tuple[dict[str, Path], np.ndarray]:
    """Write the products of a synthetic day, and its truth; return the files and the true thickness in m, (y, x).

    The concentrations of the days before and after, at a ``distance`` above 0, are written as well.
    """
    from superice.api.synthetic import find_season
    from superice.synthetic.season_files import SeasonFiles
    from superice.synthetic.settings import SyntheticSettings

    season = find_season(day)
    files = SeasonFiles(grid, SyntheticSettings(), season, output / "products")
    paths = files.write_products(day)
    for other in find_neighbours(day, distance).values():
        if season.first <= other <= season.last:
            files.write_products(other, ["concentration"])
    truth = files.crop_truth(day).sit
    content = make_frame(
        grid, day, "SuperIce synthetic truth", f"Thickness of the synthetic Arctic at {grid.spacing}.", {}
    )
    content.variables["sit_truth"] = make_field(truth, "sit", "modelResult", ", of the synthetic Arctic")
    write_content(output / TRUTH.format(date=f"{day:%Y%m%d}"), content, complete=COMPLETE)
    return {"thickness": paths["cs2smos"]} | {name: paths[name] for name in ("concentration", "drift")}, truth


def _draw(
    picture: Path,
    features_path: Path,
    members_path: Path,
    truth: np.ndarray | None,
    trained: TrainedNetwork,
    grid: Grid,
    day: date,
) -> list[str]:
    """Draw the picture, and return what there is to say of it."""
    from superice.figures.ensemble_file import read_ensemble
    from superice.figures.quicklook import draw_quicklook
    from superice.figures.style import save_figure

    partly_missing = trained.network.settings.partly_missing
    features = read_features(features_path, grid, trained.normalisation.sic_threshold, day, partly_missing)
    ensemble = read_ensemble(members_path)
    if truth is None:
        facts = _describe_members(ensemble.members, grid)
    else:
        facts = _score(ensemble.members, truth, select_all_inputs(features), day, grid)
    save_figure(draw_quicklook(features, ensemble, truth, ", ".join(facts)), picture)
    return facts


def _score(members: np.ndarray, truth: np.ndarray, low: np.ndarray, day: date, grid: Grid) -> list[str]:
    scored = ScoredDate(members, truth, low, day, grid.step / 1000, ScoreSettings())
    scores = score_region(scored.select_pixels(scored.mask))
    (rmse, low_rmse), crps = scores["rmse"], scores["crps"][0]
    return [
        f"RMSE of the mean {rmse:.3f} m, of the input {low_rmse:.3f} m ({100 * (1 - rmse / low_rmse):+.0f} % gain)",
        f"CRPS {crps:.3f} m",
        f"spread–skill {scores['spread_skill']:.2f} (1 is best)",
    ]


def _describe_members(members: np.ndarray, grid: Grid) -> list[str]:
    ice = np.isfinite(members[0])
    on_ice = members[:, ice]
    area = grid.compute_cell_area()[ice]
    means = (on_ice * area).sum(axis=1, dtype=np.float64) / area.sum()
    spread = np.sqrt(on_ice.var(axis=0, ddof=1, dtype=np.float64).mean()) if len(members) > 1 else 0.0
    return [
        f"{ice.sum():,} pixels of ice with a thickness",
        f"mean thickness {means.mean():.2f} m",
        f"spread of a pixel {spread:.2f} m",
    ]


@contextmanager
def _time(step: str, say: Callable[[str], None]) -> Iterator[None]:
    start = time.monotonic()
    yield
    say(f"{step}: {time.monotonic() - start:.0f} s")
