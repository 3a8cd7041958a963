"""Measure how visible the patches of a network are in its members.

A network on patches makes the pixels of a patch with weights of their own. Where their roughness differs, a member shows a
lattice. The mean absolute Laplacian over the pixels at each place of a patch tells: what is given is the range over the
places as a share of the mean, for patches of 2x2 and 4x4 pixels. The truth of the same days has no lattice, so that its
numbers are those of chance.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from superice.features.files import read_model_features
from superice.inference.ensemble import draw_members
from superice.inference.stored_sampler import complete_sampler
from superice.network.weights import TrainedNetwork
from superice.utils.command_line import make_parser, run_command

SIDES = (2, 4)  # pixels


def measure_lattice(fields: list[np.ndarray], side: int) -> float:
    """Return the range of the mean absolute Laplacian over the places of a patch, as a share of its mean.

    ``fields`` are thicknesses in m (y, x), NaN outside the ice.
    """
    total, count = np.zeros((side, side)), np.zeros((side, side))
    for field in fields:
        neighbours = field[:-2, 1:-1] + field[2:, 1:-1] + field[1:-1, :-2] + field[1:-1, 2:]
        laplacian = np.full(field.shape, np.nan)
        laplacian[1:-1, 1:-1] = np.abs(neighbours - 4 * field[1:-1, 1:-1])
        for row in range(side):
            for column in range(side):
                place = laplacian[row::side, column::side]
                total[row, column] += np.nansum(place)
                count[row, column] += np.isfinite(place).sum()
    means = total / count
    return float((means.max() - means.min()) / means.mean())


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="model days with their truth (.nc)")
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="networks to draw from")
    parser.add_argument("--sampler", dest="name", help="for weights that name none")
    parser.add_argument("--steps", type=int, help="the same")
    parser.add_argument("--noise-scale", type=float, help="the same")
    parser.add_argument("--members", type=int, default=6, help="of each day")
    args = parser.parse_args()

    days = [read_model_features(path) for path in args.features]
    given = {key: getattr(args, key) for key in ("name", "steps", "noise_scale", "members")}
    stated = {key: value for key, value in given.items() if value is not None}
    rows = {"truth": [day.truth for day in days]}
    for path in tqdm(args.weights, unit="network"):
        trained = TrainedNetwork.load(path)
        sampler = complete_sampler(stated, trained)
        rows[str(path)] = [member for day in days for member in draw_members(trained, day, sampler, seed=0)]
    print("".join(f"{f'{side}x{side}':>8s}" for side in SIDES))
    for name, fields in rows.items():
        print("".join(f"{measure_lattice(fields, side):8.3f}" for side in SIDES) + f"  {name}")


if __name__ == "__main__":
    run_command(main)
