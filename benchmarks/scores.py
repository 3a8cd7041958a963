"""Measure time on one core, by group of scores, and memory of a synthetic date on the full grid.

Truth and members are a smooth field with unrelated fine detail; the low resolution is that of the report. The
concentration falls towards the south, so that there is a marginal zone.
"""

import os
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from superice.dataset.layout import FIELDS, open_predictions, write_model_features
from superice.evaluation.by_part import find_coast
from superice.evaluation.calibration import CALIBRATION
from superice.evaluation.date_sums import compute_sums
from superice.evaluation.lead_lines import LEADS
from superice.evaluation.pointwise import POINTWISE
from superice.evaluation.scored_date import ScoredDate
from superice.evaluation.settings import ScoreSettings
from superice.evaluation.spectral import SPECTRAL
from superice.evaluation.ssim import SSIM
from superice.evaluation.texture import TEXTURE
from superice.evaluation.thin_ice import FRACTIONS, THIN_ICE
from superice.features.files import read_model_features
from superice.fields.box_filter import box_mean
from superice.fields.grid import AREAS, load_grid, make_land_mask
from superice.utils.command_line import make_parser, run_command
from superice.utils.netcdf import read_content

DAY = date(2022, 4, 1)
GROUPS = {
    "RMSE, variability, spread-skill by region": POINTWISE,
    "ranks, reliability, spread classes": CALIBRATION,
    "spectra, error spectra and coherence": SPECTRAL,
    "quantiles": THIN_ICE,
    "leads": LEADS,
    "skewness, coherence of the scales": TEXTURE,
    "fractions skill": FRACTIONS,
}


def make_date(folder: Path, areas: Path, area: str, members: int) -> None:
    """Write the features and the ensemble of a date."""
    grid, random = load_grid(areas, area), np.random.default_rng(0)
    land = make_land_mask(grid)
    noise = lambda width: width * gaussian_filter(random.standard_normal(grid.shape), width)
    on_sea = lambda field: np.where(land, np.nan, field)
    smooth = 1.5 + 1.5 * noise(20)
    draw = lambda: on_sea(np.maximum(smooth + noise(2), 0))
    truth = draw()
    concentration = on_sea(np.clip(1.2 * np.linspace(0, 1, grid.shape[0])[:, None] + 0 * truth, 0, 1))
    zero = on_sea(np.zeros(grid.shape))
    high = dict(zip(FIELDS, (concentration, truth, zero, zero), strict=True))
    low = high | {"sit": box_mean(truth, 30)}
    write_model_features(folder / "features.nc", grid, DAY, high, low, {})
    ice = concentration > 0.15
    with open_predictions(folder / "ensemble.nc", grid, DAY, members, {}) as ensemble:
        for _ in range(members):
            ensemble.append(np.where(ice, draw(), np.nan))


def score_parts(scored: ScoredDate, areas: Path, area: str) -> None:
    """Compute the sums of the date."""
    compute_sums(scored, near_land=find_coast(make_land_mask(load_grid(areas, area)), 3.0, scored.settings.coast_km))


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--areas", type=Path, default=AREAS, help="file of area definitions")
    parser.add_argument("--area", default="superice", help="name of the grid in it")
    parser.add_argument("--members", type=int, default=30, help="members of the ensemble")
    parser.add_argument("--ssim", action="store_true", help="with the structural similarity")
    args = parser.parse_args()

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own, so that its memory is not taken for that of the scores.
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            other.submit(make_date, Path(folder), args.areas, args.area, args.members).result()
        began = time.process_time()
        prediction = read_content(f"{folder}/ensemble.nc", ("sit_ai", "x"))
        features = read_model_features(f"{folder}/features.nc")
        members = prediction["sit_ai"]
        seconds["read"] = time.process_time() - began
        spacing_km = float(prediction["x"][1] - prediction["x"][0]) / 1000
        scored = ScoredDate(members, features.truth, features.sit, DAY, spacing_km, ScoreSettings(), features.sic)
        steps = {
            "masks": lambda: scored.regions,
            "squares of ice": lambda: scored.squares,
            "mean, variance and CRPS": lambda: scored.statistics,
        }
        groups = GROUPS | ({"structural similarity": SSIM} if args.ssim else {})
        steps |= {name: partial(group.evaluate, scored) for name, group in groups.items()}
        steps["sums by scale, thickness and stratum"] = partial(score_parts, scored, args.areas, args.area)
        for name, step in steps.items():
            before = time.process_time()
            step()
            seconds[name] = time.process_time() - before
        whole = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{members.shape[1]} x {members.shape[2]} cells, {len(members)} members, one core")
    for name, value in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"{name:<44}{value:8.2f} s")
    print(f"{'all':<44}{whole:8.2f} s   target 30 s")
    print(f"{'memory':<44}{memory:8.0f} MB  target 3000 MB")


if __name__ == "__main__":
    run_command(main)
