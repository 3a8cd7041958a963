"""Write one day's ensemble of a baseline: the cubic interpolation, or the low-resolution field with correlated noise."""

import time
from pathlib import Path

from superice.utils.command_line import (
    add_grid,
    add_publication,
    make_parser,
    parse_day,
    read_settings,
    run_command,
)

SUMMARY = {
    "cubic": "The low-resolution thickness on 25 km cells, interpolated by a cubic spline: a baseline.",
    "correlated_noise": "The low-resolution thickness with Gaussian noise of the training days' residual: a baseline.",
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="model features (.nc) or observed ones (.npz)")
    parser.add_argument("--noise", type=Path, help="noise.json, fitted to the training days; for correlated_noise")
    add_grid(parser)
    parser.add_argument("--date", type=parse_day, required=True, help="YYYY-MM-DD")
    parser.add_argument("--branch", choices=("model", "observations"), required=True, help="source of the features")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument(
        "--settings", type=read_settings, required=True, help="baseline, members and ice threshold, YAML"
    )
    parser.add_argument("--seed", type=int, required=True, help="seed of the ensemble")
    parser.add_argument("--settings-digest", default="", help="digest of the settings, an attribute of the output")
    add_publication(parser)
    parser.add_argument("--output", type=Path, required=True, help="sit_hrai_YYYYMMDD.nc")
    args = parser.parse_args()

    import numpy as np

    from superice.dataset.layout import open_predictions
    from superice.dataset.publication import describe_publication
    from superice.features.files import read_features
    from superice.fields.grid import load_grid
    from superice.inference.baselines import CorrelatedNoise, draw_baseline_members

    baseline = args.settings["baseline"]
    if (baseline == "correlated_noise") != bool(args.noise):
        parser.error("--noise is needed for correlated_noise, and for nothing else")

    grid = load_grid(args.areas, args.area)
    features = read_features(args.features, grid, args.settings["sic_threshold"], args.date)
    noise = CorrelatedNoise.load(args.noise) if args.noise else None
    count = args.settings["members"] if noise else 1  # a cubic field stands alone
    made_by = {
        "configuration_digest": args.settings_digest,
        "source_of_features": args.branch,
        "experiment": args.experiment,
        "summary": SUMMARY[baseline],
        "passes_per_member": 0,
        **describe_publication(args.publication),
    }
    began, negative = time.monotonic(), 0
    with open_predictions(args.output, grid, features.date, count, made_by) as ensemble:
        for member in draw_baseline_members(features, grid, noise, count, args.seed) if features.mask.any() else ():
            negative += int((member < 0).sum())
            ensemble.append(np.maximum(member, 0))
        seconds, share = (time.monotonic() - began) / count, negative / max(1, count * int(features.mask.sum()))
        ensemble.describe({"seconds_per_member": round(seconds, 3), "clipped_fraction": round(share, 6)})


if __name__ == "__main__":
    run_command(main)
