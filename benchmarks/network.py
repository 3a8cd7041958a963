"""Measure how fast members are drawn: evaluations of the network on one field, and their share of what the machine can do.

Each row is one arrangement of the network at one precision: as it is trained, as members are drawn, or as they are drawn
on a CPU, only where the ice of a day needs it (its shares are those of the whole field). The rates of the machine are
measured with torch.mm and with a copy of a large tensor. The share of the copy rate counts the inputs and outputs of the
convolutions, the least that an evaluation must move. On the CPU, memory is the peak of the process so far.
"""

import json
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from superice.features.files import read_model_features, read_observed_features
from superice.inference.fast_unet import FusedUNet, estimate_memory
from superice.inference.receptive_field import plan_evaluation
from superice.network.settings import NetworkSettings
from superice.network.unet import UNet, build_network, padding_to_multiple
from superice.utils.command_line import make_parser, run_command
from superice.utils.device import default_device, enlarge_convolution_cache, keep_freed_memory, resolve_precision
from superice.utils.settings import build_settings

COPIED = 2**28  # bytes
Fields = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class PixelCost:
    """What an evaluation of the network costs for each pixel: operations of its convolutions, numbers read and written."""

    operations: float
    numbers: float


def count_per_pixel(network: UNet) -> PixelCost:
    """Count the cost of a pixel on a small field."""
    side = 4 * network.settings.factor
    moved = []
    count = lambda module, inputs, output: moved.append(inputs[0].numel() + output.numel())
    hooks = [m.register_forward_hook(count) for m in network.modules() if isinstance(m, nn.Conv2d)]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*make_fields(network.settings, (side, side), 1, next(network.parameters()).device))
    for hook in hooks:
        hook.remove()
    return PixelCost(counter.get_total_flops() / side**2, sum(moved) / side**2)


def make_fields(shape: NetworkSettings, size: tuple[int, int], batch: int, device: torch.device) -> Fields:
    """Return a noisy field, a noise level and a context for each of ``batch`` members."""
    stream = torch.Generator().manual_seed(0)
    draw = lambda channels: torch.randn(batch, channels, *size, generator=stream).to(device)
    return draw(1), torch.full((batch,), 0.5, device=device), draw(len(shape.inputs) + 1)


def time_call(call: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that one call takes, with all that it starts on the device."""
    began = time.perf_counter()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began


def time_calls(calls: dict[str, Callable[[], object]], device: torch.device, repeats: int) -> dict[str, float]:
    """Return the median seconds of each call; they take turns, and the first round does not count."""
    rounds = [{name: time_call(call, device) for name, call in calls.items()} for _ in range(repeats + 1)]
    return {name: statistics.median(r[name] for r in rounds[1:]) for name in calls}


def measure_machine(precision: torch.dtype, device: torch.device, repeats: int) -> tuple[float, float]:
    """Return operations per second of a large matrix product, and bytes per second that a copy reads and writes."""
    side = 8192 if device.type == "cuda" else 2048
    matrix = torch.ones(side, side, dtype=precision, device=device)
    source = torch.ones(COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    calls = {"product": lambda: torch.mm(matrix, matrix), "copy": lambda: target.copy_(source)}
    times = time_calls(calls, device, repeats)
    return 2 * side**3 / times["product"], 2 * COPIED / times["copy"]


def read_ice(path: Path, factor: int) -> np.ndarray:
    """Return where a day has ice, bool (y, x), padded to multiples of ``factor``."""
    features = read_model_features(path) if path.suffix == ".nc" else read_observed_features(path)
    left, right, bottom, top = padding_to_multiple(features.mask.shape, factor)
    return np.pad(features.mask, ((bottom, top), (left, right)))


def arrange(
    network: UNet, inputs: Fields, precision: torch.dtype, ice: np.ndarray | None, with_compiled: bool
) -> dict[str, Callable[[], object]]:
    """Return evaluations as in training, as members are drawn of a whole field, and as they are drawn on the ice alone.

    ``with_compiled`` adds those as in training, compiled.
    """
    fused, device = FusedUNet(network, precision), inputs[0].device

    def trained() -> Tensor:
        with torch.inference_mode(), torch.autocast(device.type, precision, enabled=precision != torch.float32):
            return network(*inputs)

    calls = {"as trained": trained, "as drawn": lambda: fused(*inputs)}
    if with_compiled:
        compiled = torch.compile(network)

        def trained_compiled() -> Tensor:
            with torch.inference_mode(), torch.autocast(device.type, precision, enabled=precision != torch.float32):
                return compiled(*inputs)

        calls["compiled"] = trained_compiled
    if ice is None:
        return calls
    plan = plan_evaluation(ice, network.settings)
    return calls | {"on ice": lambda: fused(*inputs, plan=plan)}


def measure_peak(device: torch.device) -> int:
    """Return the peak memory so far in bytes, of the device or of the process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def describe_device(device: torch.device) -> str:
    """Return the name of the GPU, or of the CPU with its number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{models[0].split(':')[1].strip() if models else 'CPU'}, {torch.get_num_threads()} threads"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--network", type=json.loads, default={}, help="what differs from the report's network: JSON")
    parser.add_argument(
        "--size", type=int, nargs=2, default=(1086, 1308), metavar=("ROWS", "COLUMNS"), help="of a field"
    )
    parser.add_argument("--features", type=Path, help="a day's features (.nc or .npz): the size is theirs, and the ice")
    parser.add_argument("--precision", nargs="+", default=["bf16", "fp32"], help="fp32, bf16 or auto")
    parser.add_argument("--batch", type=int, default=1, help="members that go through the network together")
    parser.add_argument("--steps", type=int, default=40, help="network evaluations for one member")
    parser.add_argument("--repeats", type=int, default=3, help="timed evaluations; the median counts")
    parser.add_argument("--compile", action="store_true", help="also with torch.compile")
    parser.add_argument("--give-back", action="store_true", help="do not keep freed memory (superice/utils/device.py)")
    args = parser.parse_args()

    if not args.give_back:
        keep_freed_memory()
        enlarge_convolution_cache()
    device = default_device()
    network = build_network(build_settings(NetworkSettings, args.network, "network")).eval().to(device)
    ice = read_ice(args.features, network.settings.factor) if args.features else None
    left, right, bottom, top = padding_to_multiple(tuple(args.size), network.settings.factor)
    size = (args.size[0] + bottom + top, args.size[1] + left + right) if ice is None else ice.shape
    need, pixels = count_per_pixel(network), args.batch * size[0] * size[1]
    inputs = make_fields(network.settings, size, args.batch, device)
    differs = f"with {json.dumps(args.network)}" if args.network else "of the report"
    print(f"{describe_device(device)}; PyTorch {torch.__version__}; network {differs}")
    print(f"{args.batch} x {size[0]} x {size[1]} pixels, {need.operations * pixels / 1e12:.2f} TFLOP an evaluation")
    header = ("s", "per second", "of product", "of copy", "members/min", "GB", "GB planned")
    print(f"{'':17s}" + "".join(f"{name:>12s}" for name in header))
    for name in args.precision:
        precision = resolve_precision(name, device)
        product, copy = measure_machine(precision, device, args.repeats)
        planned = args.batch * estimate_memory(network.settings, size, precision)
        arrangements = arrange(network, inputs, precision, ice, args.compile)
        for arrangement, taken in time_calls(arrangements, device, args.repeats).items():
            row = (
                f"{taken:.3f}",
                f"{args.batch / taken:.3g}",
                f"{need.operations * pixels / taken / product:.0%}",
                f"{need.numbers * pixels * precision.itemsize / taken / copy:.0%}",
                f"{60 * args.batch / taken / args.steps:.3g}",
                f"{measure_peak(device) / 1e9:.2f}",
                f"{planned / 1e9:.2f}",
            )
            print(f"{name} {arrangement:12s}" + "".join(f"{value:>12s}" for value in row), flush=True)
        print(f"{name} machine: {product / 1e9:.0f} GFLOP/s, copy {copy / 1e9:.1f} GB/s", flush=True)


if __name__ == "__main__":
    run_command(main)
