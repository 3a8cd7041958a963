"""Train the surrogate once; a training that was stopped resumes from its checkpoint, as in `train.py`."""

import signal
import sys
from pathlib import Path

from superice.utils.command_line import (
    add_threads,
    make_parser,
    read_settings,
    run_command,
    use_threads,
)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--training", type=Path, nargs="+", required=True, help="years of the store, npy, in order")
    parser.add_argument("--validation", type=Path, nargs="+", required=True, help="years of the store, npy, in order")
    parser.add_argument(
        "--settings", type=read_settings, required=True, help="inputs, network, loss and training, YAML"
    )
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--seed", type=int, required=True, help="seed of weights, samples and noise")
    add_threads(parser)
    parser.add_argument("--checkpoint", type=Path, required=True, help="file that a stopped training resumes from")
    parser.add_argument("--history", type=Path, required=True, help="losses of every epoch, CSV")
    parser.add_argument("--output", type=Path, required=True, help="weights, safetensors")
    args = parser.parse_args()

    from superice.network.unet import count_parameters
    from superice.surrogate.rollout import Surrogate
    from superice.surrogate.samples import Scaling, Steps
    from superice.surrogate.settings import InputSettings, SurrogateNetworkSettings, SurrogateTrainingSettings
    from superice.surrogate.store import Record
    from superice.surrogate.training import IncrementLoss, SurrogateTraining
    from superice.training.trainer import Stopped
    from superice.utils.device import keep_freed_memory
    from superice.utils.settings import build_settings

    keep_freed_memory()
    use_threads(args.threads)
    inputs = build_settings(InputSettings, args.settings["inputs"], "surrogate.inputs")
    shape = {**args.settings["network"], "inputs": len(inputs.channels)}
    how = build_settings(SurrogateTrainingSettings, args.settings["training"], "surrogate.training")
    records = [Record(args.training), Record(args.validation)]
    scaling = Scaling.from_record(records[0], inputs.step_hours)
    training = SurrogateTraining(
        build_settings(SurrogateNetworkSettings, shape, "surrogate.network"),
        build_settings(IncrementLoss, args.settings["loss"], "surrogate.loss"),
        how.without_stopping(),
        how.patience,
        *(Steps([record], inputs, scaling, how.every_hours) for record in records),
        args.seed,
    )
    print(
        f"{count_parameters(training.network):,} parameters, {training.device}, {training.precision}", file=sys.stderr
    )
    signal.signal(signal.SIGTERM, lambda *_: setattr(training, "stop_asked", True))
    try:
        finished = training.run(args.checkpoint)
    except Stopped:
        print(f"asked to stop: {args.checkpoint} goes on from here", file=sys.stderr)
        sys.exit(128 + signal.SIGTERM)
    if not finished:
        print(f"the loss is not a number in epoch {len(training.history) + 1}: stopped, no forecasts", file=sys.stderr)
    training.write_history(args.history)
    origin = {"experiment": args.experiment, "seed": args.seed, "diverged": not finished}
    Surrogate(training.best, inputs, scaling, origin).save(args.output)
    args.checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    run_command(main)
