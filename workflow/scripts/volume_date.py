"""Compute the ice volume of one date by region, for every member of its ensemble."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import make_parser, parse_day, read_settings, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--prediction", type=Path, required=True, help="ensemble, sit_hrai_YYYYMMDD.nc")
    parser.add_argument("--features", type=Path, required=True, help="what it was drawn from, .nc or .npz")
    parser.add_argument("--mask-reasons", type=Path, help="NetCDF file of observed features: why a pixel is masked")
    parser.add_argument("--truth", type=Path, help="model features of the date, where they are the truth")
    parser.add_argument("--regions", type=Path, required=True, help="regions of the grid, regions.nc")
    parser.add_argument("--date", type=parse_day, required=True, help="the date")
    parser.add_argument("--split", default="none", help="name of the split that the date belongs to")
    parser.add_argument("--settings", type=read_settings, required=True, help="sic_threshold and thin_ice_m, YAML")
    parser.add_argument("--output", type=Path, required=True, help="sums of the date (NetCDF)")
    args = parser.parse_args()

    from superice.errors import InputError
    from superice.evaluation.volume import compute_volumes, find_model_cover, find_observed_cover
    from superice.features.files import read_model_features, read_observed_features
    from superice.fields.regions import read_region_masks
    from superice.utils.netcdf import read_content, write_content

    threshold = args.settings["sic_threshold"]
    prediction, regions = read_content(args.prediction, ("sit_ai", "cell_area")), read_region_masks(args.regions)
    shape = prediction["cell_area"].shape
    if args.features.suffix == ".npz":
        features = read_observed_features(args.features, threshold, args.date, partly_missing=True)
        if args.mask_reasons is None:
            raise InputError("observed features need --mask-reasons, their NetCDF file", file=args.features)
        cover = find_observed_cover(read_content(args.mask_reasons, ("mask_reason",))["mask_reason"])
    else:
        features = read_model_features(args.features, threshold, with_truth=False, day=args.date)
        cover = find_model_cover(features.sic, threshold)
    truth = read_model_features(args.truth, threshold, day=args.date).truth if args.truth else None
    for path, found in (
        (args.features, features.sit.shape),
        (args.mask_reasons, cover.ice.shape),
        (args.truth, shape if truth is None else truth.shape),
        (args.regions, regions.inside.shape[1:]),
    ):
        if found != shape:
            raise InputError(f"is not on the grid of {args.prediction.name}, {shape}", file=path, value=found)
    sums = compute_volumes(
        prediction["sit_ai"], features.sit, truth, cover, prediction["cell_area"], regions, args.settings["thin_ice_m"]
    )
    sums.attributes.update({"date": args.date.isoformat(), "split": args.split})
    write_content(args.output, sums)


if __name__ == "__main__":
    run_command(main)
