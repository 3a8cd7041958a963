"""Measure how fast the surrogate steps: evaluations of its network on one field, and their share of what the machine can do.

Each row is one network at one precision, in a roll-out under forcings that are read from a store on disk. The rates of the
machine are measured as in benchmarks/network.py, with torch.mm and with a copy of a large tensor.
"""

import argparse
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import torch
from network import describe_device, measure_machine
from torch.utils.flop_counter import FlopCounterMode

from superice.surrogate.network import build_surrogate
from superice.surrogate.rollout import RollOut, Surrogate
from superice.surrogate.samples import Scaling
from superice.surrogate.settings import InputSettings, SurrogateNetworkSettings
from superice.surrogate.store import Record, write_year
from superice.utils.command_line import make_parser, run_command
from superice.utils.device import default_device, keep_freed_memory, resolve_precision


def write_record(folder: Path, size: int, steps: int) -> Record:
    """Write a sea of smooth ice with a corner of land, and its weather, for a number of steps of 12 h."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:size, :size] / size
    land = (x < 0.3) & (y < 0.3)
    moments = [datetime(2018, 1, 1) + timedelta(hours=6 * n) for n in range(2 * steps + 4)]
    states = (np.where(land, np.nan, 1.5 + np.sin(6 * x + n / 50)) for n in range(len(moments)))
    weather = ({"t2m": 250 + 9 * y * random.random(), "u10": 5 * x, "v10": -4 * y} for _ in moments)
    write_year(folder / "2018.npy", moments, states, weather)
    return Record([folder / "2018.npy"])


def measure_rate(roll_out: RollOut, batch: int, steps: int) -> float:
    """Return steps per second over a batch of starts: the median, without the first step."""
    times, began = [], time.perf_counter()
    for _ in roll_out.run([0] * batch, steps + 1):
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
    return batch / statistics.median(times[1:])


def count_operations(roll_out: RollOut, inputs: int) -> float:
    """Return the operations of one step."""
    field, network = torch.zeros(1, inputs, *roll_out.sea.shape, device=roll_out.device), roll_out.network
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(field, roll_out.sea[None, None])
    return counter.get_total_flops()


def main() -> None:
    parser: argparse.ArgumentParser = make_parser(__doc__)
    parser.add_argument("--size", type=int, default=512, help="rows and columns of the field")
    parser.add_argument("--filters", type=int, nargs="+", default=[32, 16], help="filters of the U-Net")
    parser.add_argument("--precision", nargs="+", default=["fp32", "bf16"], help="fp32, bf16 or auto")
    parser.add_argument("--batch", type=int, default=1, help="starts that are stepped together")
    parser.add_argument("--steps", type=int, default=5, help="timed steps; the median counts")
    args = parser.parse_args()

    keep_freed_memory()
    device, inputs = default_device(), InputSettings()
    print(f"{describe_device(device)}; PyTorch {torch.__version__}; {args.size} x {args.size}, {args.batch} starts")
    print(f"{'':18s}{'GFLOP/step':>12s}{'steps/s':>10s}{'of product':>12s}{'720 steps, s':>14s}")
    with tempfile.TemporaryDirectory() as folder:
        sea = write_record(Path(folder), args.size, args.steps + 1)
        scaling = Scaling.from_record(sea, inputs.step_hours)
        for precision in args.precision:
            product, copy = measure_machine(resolve_precision(precision, device), device, 3)
            for filters in args.filters:
                network = build_surrogate(SurrogateNetworkSettings(filters=filters, inputs=len(inputs.channels)))
                roll_out = RollOut(Surrogate(network.eval(), inputs, scaling, {}), sea, precision)
                need = count_operations(roll_out, len(inputs.channels))
                steps = measure_rate(roll_out, args.batch, args.steps)
                share = need * steps / product
                row = f"{need / 1e9:12.1f}{steps:10.3g}{share:12.0%}{720 / steps:14.0f}"
                print(f"{precision}, {filters} filters".ljust(18) + row, flush=True)
            print(f"{precision} machine: {product / 1e9:.0f} GFLOP/s, copy {copy / 1e9:.1f} GB/s", flush=True)


if __name__ == "__main__":
    run_command(main)
