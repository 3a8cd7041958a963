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
    parser.add_argument("--regions", type=Path, help="regions of the grid, regions.nc: scored by scale, beside boxes")
    parser.add_argument("--scales", type=Path, help="scores by scale of the date (NetCDF)")
    parser.add_argument("--output", type=Path, required=True, help="scores of the date (NetCDF)")
    args = parser.parse_args()

    from superice.evaluation.by_scale import compute_by_scale
    from superice.evaluation.date_scores import compute_date_scores
    from superice.evaluation.scored_date import COSTS, ICE, ScoredDate
    from superice.evaluation.settings import ScoreSettings
    from superice.features.files import read_model_features, read_observed_features
    from superice.fields.regions import read_region_masks
    from superice.utils.netcdf import read_content, write_content
    from superice.utils.settings import build_settings

    chosen = build_settings(ScoreSettings, args.settings.get("scores", {}), "scores")
    prediction = read_content(args.prediction, ("sit_ai", "x"), optional=("cell_area",))
    features = read_model_features(args.features)
    inputs = read_observed_features(args.observed_features) if args.observed_features else features
    spacing_km = float(prediction["x"][1] - prediction["x"][0]) / 1000
    members, truth = prediction["sit_ai"], features.truth
    cell_area = prediction["cell_area"] if "cell_area" in prediction.variables else None
    scored = ScoredDate(members, truth, inputs.sit, features.date, spacing_km, chosen, inputs.sic, cell_area)
    scores = compute_date_scores(scored)
    run = {"branch": args.branch, "experiment": args.experiment, "split": args.split}
    made = {name: prediction.attributes[name] for name in COSTS if name in prediction.attributes}
    scores.attributes.update(run | made)
    if args.scales:
        scales = compute_by_scale(scored, read_region_masks(args.regions) if args.regions else None)
        scales.attributes.update(run)
        write_content(args.scales, scales)
    write_content(args.output, scores)

    generated, reference = scores.select("rmse", region=ICE)
    print(f"{features.date}: RMSE {generated:.3f} m, low-resolution {reference:.3f} m", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
