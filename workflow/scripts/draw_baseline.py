"""Write one day's ensemble of a baseline: the cubic interpolation, or the low-resolution field with correlated noise."""

import time
from pathlib import Path

import numpy as np

from superice.dataset.layout import open_predictions
from superice.features.files import read_features
from superice.fields.grid import load_grid
from superice.inference.baselines import CorrelatedNoise, draw_baseline_members
from superice.utils.command_line import make_parser, parse_day, read_settings, run_command

SUMMARY = {
    "cubic": "The low-resolution thickness on 25 km cells, interpolated by a cubic spline: a baseline.",
    "correlated_noise": "The low-resolution thickness with Gaussian noise of the training days' residual: a baseline.",
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--baseline", choices=SUMMARY, required=True, help="which")
    parser.add_argument("--features", type=Path, required=True, help="model features (.nc) or observed ones (.npz)")
    parser.add_argument("--sic-threshold", type=float, default=0.15, help="concentration above which a pixel is ice")
    parser.add_argument("--noise", type=Path, help="noise.json, fitted to the training days; for correlated_noise")
    parser.add_argument("--areas", type=Path, required=True, help="file of area definitions")
    parser.add_argument("--area", required=True, help="name of the grid in it")
    parser.add_argument("--date", type=parse_day, required=True, help="YYYY-MM-DD")
    parser.add_argument("--members", type=int, required=True, help="size of the ensemble; a cubic field stands alone")
    parser.add_argument("--seed", type=int, required=True, help="seed of the ensemble")
    parser.add_argument("--details", type=read_settings, default={}, help="further attributes: JSON")
    parser.add_argument("--output", type=Path, required=True, help="sit_hrai_YYYYMMDD.nc")
    args = parser.parse_args()
    if (args.baseline == "correlated_noise") != bool(args.noise):
        parser.error("--noise is needed for correlated_noise, and for nothing else")

    grid = load_grid(args.areas, args.area)
    features = read_features(args.features, grid, args.sic_threshold, args.date)
    noise = CorrelatedNoise.load(args.noise) if args.noise else None
    count = args.members if noise else 1
    made_by = {**args.details, "summary": SUMMARY[args.baseline], "passes_per_member": 0}
    began, negative = time.monotonic(), 0
    with open_predictions(args.output, grid, features.date, count, made_by) as ensemble:
        for member in draw_baseline_members(features, grid, noise, count, args.seed) if features.mask.any() else ():
            negative += int((member < 0).sum())
            ensemble.append(np.maximum(member, 0))
        seconds, share = (time.monotonic() - began) / count, negative / max(1, count * int(features.mask.sum()))
        ensemble.describe({"seconds_per_member": round(seconds, 3), "clipped_fraction": round(share, 6)})


if __name__ == "__main__":
    run_command(main)
