"""Measure how fast the network is trained: samples per second, with everything that superice.training does for them.

Days of noise are stored and read again; of two epochs the second counts. The share of the matrix rate counts three times the
operations of an evaluation, one forward and two backward. Started by torchrun
(torchrun --standalone --nproc-per-node 2 benchmarks/training.py), its processes share every batch.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from network import count_per_pixel, describe_device, measure_machine, measure_peak

from superice.network.formulations import NoisePrediction
from superice.network.normalisation import VARIABLES, Normalisation
from superice.network.settings import NetworkSettings
from superice.network.unet import padding_to_multiple
from superice.training.samples import Days
from superice.training.settings import TrainingSettings
from superice.training.store import write_day
from superice.training.trainer import Training
from superice.utils.command_line import make_parser, run_command
from superice.utils.distributed import is_first_process, join_processes
from superice.utils.settings import build_settings

DAYS = 4
UNIT = Normalisation(dict.fromkeys(VARIABLES, 0.0), dict.fromkeys(VARIABLES, 1.0), 1e-4, 0.15, DAYS, 0)


def store_noise(folder: Path, size: tuple[int, int]) -> list[Path]:
    """Write days of noise to a training store and return their files."""
    random, files = np.random.default_rng(0), [folder / f"{number}.npy" for number in range(DAYS)]
    for path in files:
        write_day(path, {name: random.random(size, np.float32) for name in VARIABLES})
    return files


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--network", type=json.loads, default={}, help="what differs from the report's network: JSON")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(1086, 1308), metavar=("ROWS", "COLUMNS"), help="of a sample"
    )
    parser.add_argument("--precision", nargs="+", default=["bf16", "fp32"], help="fp32, bf16 or auto")
    parser.add_argument("--batch", type=int, default=4, help="samples in a batch")
    parser.add_argument("--batches", type=int, default=5, help="in an epoch")
    parser.add_argument("--compile", action="store_true", help="with torch.compile")
    parser.add_argument("--workers", type=int, default=0, help="processes that read samples beside the training")
    args = parser.parse_args()

    network, size = build_settings(NetworkSettings, args.network, "network"), tuple(args.size)
    left, right, bottom, top = padding_to_multiple(size, network.factor)
    pixels = (size[0] + bottom + top) * (size[1] + left + right)
    with join_processes(), TemporaryDirectory() as folder:
        days, none = (Days(files, UNIT, network.inputs) for files in (store_noise(Path(folder), size), []))
        for name in args.precision:
            options = TrainingSettings(
                epochs=2,
                batch=args.batch,
                patches_per_day=-(-args.batch * args.batches // DAYS),
                precision=name,
                workers=args.workers,
                compile=args.compile,
            )
            training = Training(network, NoisePrediction(), options, days, none, seed=0)
            training.run(Path(folder) / f"{name}.pt")
            rate = training.samples_per_epoch / training.history[-1]["seconds"]
            operations = 3 * rate * pixels * count_per_pixel(training.network.eval()).operations
            if is_first_process():
                share = operations / measure_machine(training.precision, training.device, 3)[0]
                memory = measure_peak(training.device) / 1e9
                print(
                    f"{describe_device(training.device)}: {name}, {args.batch} x {size[0]} x {size[1]}:"
                    f" {rate:.3g} samples/s, {share:.0%} of a device's matrix rate, {memory:.2f} GB",
                    flush=True,
                )


if __name__ == "__main__":
    run_command(main)
