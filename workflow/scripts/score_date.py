"""Score one date's ensemble against the truth, beside the low-resolution field it was drawn from."""

from __future__ import annotations

import sys
from pathlib import Path

from superice.utils.command_line import make_parser, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--prediction", type=Path, required=True, help="ensemble, sit_hrai_YYYYMMDD.nc")
    parser.add_argument("--features", type=Path, required=True, help="model features of the date: the truth")
    parser.add_argument(
        "--observed-features", type=Path, help="observed features (npz): the low-resolution field is then theirs"
    )
    parser.add_argument("--branch", choices=("model", "observations"), default="model", help="what it was drawn from")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--split", required=True, help="name of the split that the date belongs to")
    parser.add_argument("--settings", type=read_settings, default={}, help="section scores, YAML")
    parser.add_argument("--regions", type=Path, help="regions of the grid, regions.nc: scored apart")
    parser.add_argument("--land", type=Path, help="land mask of the grid, land.npy: the coast is scored apart")
    parser.add_argument("--sums", type=Path, help="sums by scale, thickness and stratum of the date (NetCDF)")
    parser.add_argument("--output", type=Path, required=True, help="scores of the date (NetCDF)")
    args = parser.parse_args()

    import numpy as np

    from superice.evaluation.by_part import find_coast, select_all_inputs, select_beyond_mask
    from superice.evaluation.date_scores import compute_date_scores
    from superice.evaluation.date_sums import compute_sums
    from superice.evaluation.scored_date import COSTS, ICE, ScoredDate
    from superice.evaluation.settings import ScoreSettings
    from superice.features.files import read_model_features, read_observed_features
    from superice.fields.regions import read_region_masks
    from superice.utils.netcdf import read_content, write_content
    from superice.utils.settings import build_settings

    chosen = build_settings(ScoreSettings, args.settings.get("scores", {}), "scores")
    prediction = read_content(args.prediction, ("sit_ai", "x"), optional=("cell_area",))
    features = read_model_features(args.features)
    # Only some networks draw where an input is missing; there they are scored apart.
    observed = args.observed_features
    inputs = read_observed_features(observed, partly_missing=True) if observed else features
    spacing_km = float(prediction["x"][1] - prediction["x"][0]) / 1000
    members, truth = prediction["sit_ai"], features.truth
    cell_area = prediction["cell_area"] if "cell_area" in prediction.variables else None
    low = select_all_inputs(inputs)
    scored = ScoredDate(members, truth, low, features.date, spacing_km, chosen, inputs.sic, cell_area)
    scores = compute_date_scores(scored)
    run = {"branch": args.branch, "experiment": args.experiment, "split": args.split}
    made = {name: prediction.attributes[name] for name in COSTS if name in prediction.attributes}
    scores.attributes.update(run | made)
    if args.sums:
        sums = compute_sums(
            scored,
            read_region_masks(args.regions) if args.regions else None,
            find_coast(np.load(args.land), spacing_km, chosen.coast_km) if args.land else None,
            select_beyond_mask(scored, inputs),
        )
        sums.attributes.update(run)
        write_content(args.sums, sums)
    write_content(args.output, scores)

    generated, reference = scores.select("rmse", region=ICE)
    print(f"{features.date}: RMSE {generated:.3f} m, low-resolution {reference:.3f} m", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
