"""Train the network once, with one seed.

A training that was killed resumes after its last full epoch; one that was asked to stop (SIGTERM, as a scheduler sends it
before the time is over) resumes at the batch that it was in. Started by torchrun, its processes share every batch:

torchrun --standalone --nproc-per-node 2 workflow/scripts/train.py --settings ...
"""

import signal
import sys
from argparse import Namespace
from pathlib import Path

from superice.utils.command_line import (
    add_grid,
    add_threads,
    make_parser,
    parse_day,
    read_settings,
    run_command,
    use_threads,
)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--store", type=Path, required=True, help="folder of the training store")
    parser.add_argument("--training", type=parse_day, nargs="+", required=True, help="training days, YYYYMMDD")
    parser.add_argument("--validation", type=parse_day, nargs="*", default=[], help="validation days, YYYYMMDD")
    parser.add_argument("--normalisation", type=Path, required=True, help="normalisation.json")
    parser.add_argument("--settings", type=read_settings, required=True, help="network, diffusion and training, YAML")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--seed", type=int, required=True, help="seed of weights, samples and noise")
    add_grid(parser)
    add_threads(parser)
    parser.add_argument("--checkpoint", type=Path, required=True, help="file that a stopped training resumes from")
    parser.add_argument("--history", type=Path, required=True, help="losses of every epoch, CSV")
    parser.add_argument("--output", type=Path, required=True, help="weights, safetensors")
    args = parser.parse_args()

    from superice.utils.distributed import join_processes

    use_threads(args.threads)
    with join_processes():
        train(args)


def train(args: Namespace) -> None:
    """Train, and write the history and the weights."""
    from superice.fields.grid import load_grid
    from superice.network.normalisation import Normalisation
    from superice.network.settings import NetworkSettings
    from superice.network.unet import count_parameters
    from superice.network.weights import TrainedNetwork, build_formulation
    from superice.training.samples import Days
    from superice.training.settings import TrainingSettings
    from superice.training.store import store_name
    from superice.training.trainer import Stopped, Training
    from superice.utils.distributed import is_first_process
    from superice.utils.files import read_json
    from superice.utils.settings import build_settings

    network = build_settings(NetworkSettings, args.settings["network"], "network")
    options = build_settings(TrainingSettings, args.settings["training"], "training")
    normalisation = Normalisation(**read_json(args.normalisation))
    pixel_km = load_grid(args.areas, args.area).step / 1000
    days = (
        Days(
            [args.store / store_name(d) for d in dates], normalisation, network.inputs, network.partly_missing, pixel_km
        )
        for dates in (args.training, args.validation)
    )
    training = Training(network, build_formulation(args.settings["diffusion"]), options, *days, args.seed)
    print_once(f"{count_parameters(training.network):,} parameters, {training.device}, {training.precision}")
    training.require_memory()
    signal.signal(signal.SIGTERM, lambda *_: setattr(training, "stop_asked", True))
    try:
        finished = training.run(args.checkpoint)
    except Stopped:
        print_once(f"asked to stop in epoch {len(training.history) + 1}: {args.checkpoint} goes on from here")
        sys.exit(128 + signal.SIGTERM)
    if not finished:
        print_once(f"the loss is not a number in epoch {len(training.history) + 1}: stopped, not chosen")
    if not is_first_process():
        return
    training.write_history(args.history)
    origin = {"experiment": args.experiment, "seed": args.seed, "diverged": not finished}
    TrainedNetwork(training.best_network, args.settings["diffusion"], normalisation, origin).save(args.output)
    args.checkpoint.unlink(missing_ok=True)


def print_once(sentence: str) -> None:
    """Print a sentence in the first process alone."""
    from superice.utils.distributed import is_first_process

    if is_first_process():
        print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_command(main)
