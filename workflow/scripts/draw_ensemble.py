"""Draw the ensemble of one day from its low-resolution features."""

import sys
import time
from pathlib import Path

import numpy as np

from superice.commands import command, day, run, settings, settings_as
from superice.deliverable import write_predictions
from superice.ensembles import SamplerSettings, clipped, draw_members
from superice.errors import InputError
from superice.features import read_model_features, read_observed_features
from superice.grid import load_grid
from superice.weights import Generator


def main() -> None:
    parser = command(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="model features (.nc) or observed ones (.npz)")
    parser.add_argument("--weights", type=Path, required=True, help="weights file of the chosen training")
    parser.add_argument("--areas", type=Path, required=True, help="file of area definitions")
    parser.add_argument("--area", required=True, help="name of the grid in it")
    parser.add_argument("--date", type=day, required=True, help="YYYY-MM-DD")
    parser.add_argument("--sampler", type=settings, required=True, help="sampler: JSON")
    parser.add_argument("--seed", type=int, required=True, help="seed of the ensemble")
    parser.add_argument("--threads", type=int, default=None, help="threads for the arithmetic on a CPU")
    parser.add_argument("--provenance", type=settings, default={}, help="further attributes: JSON")
    parser.add_argument("--output", type=Path, required=True, help="sit_hrai_YYYYMMDD.nc")
    args = parser.parse_args()

    if args.threads:
        import torch

        torch.set_num_threads(args.threads)
    read = read_observed_features if args.features.suffix == ".npz" else read_model_features
    features = read(args.features)
    if features.date != args.date:
        raise InputError(f"is of {features.date}, not of {args.date}", file=args.features)
    grid = load_grid(args.areas, args.area)
    if features.sic.shape != grid.shape:
        raise InputError(f"its fields do not fit the grid {grid.shape}", file=args.features, value=features.sic.shape)
    generator = Generator.load(args.weights)
    sampler = settings_as(SamplerSettings, args.sampler, "sampler")
    members = np.full((sampler.members, *grid.shape), np.nan, dtype=np.float32)
    began, negative = time.monotonic(), 0
    if features.mask.any():
        for number, member in enumerate(draw_members(generator, features, sampler, args.seed, progress=True)):
            members[number], count = clipped(member)
            negative += count
    else:
        print(f"warning: {args.features} holds no ice: the members are empty", file=sys.stderr)
    share = negative / max(1, int(features.mask.sum()) * sampler.members)
    write_predictions(
        args.output,
        grid,
        args.date,
        members,
        args.provenance
        | {
            "experiment": generator.origin["experiment"],
            "training_seed": generator.origin["seed"],
            "ensemble_seed": args.seed,
            "sampler": f"{sampler.name}, {sampler.steps} steps",
            "passes_per_member": sampler.steps,
            "seconds_per_member": round((time.monotonic() - began) / sampler.members, 3),
            "clipped_fraction": round(share, 6),
        },
    )


if __name__ == "__main__":
    run(main)
