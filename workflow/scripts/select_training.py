"""Choose one of several trainings by the CRPS of small ensembles on validation days; one alone is taken unscored."""

import shutil
import sys
from pathlib import Path

from superice.utils.command_line import (
    add_threads,
    make_parser,
    parse_day,
    read_settings,
    run_command,
    use_threads,
)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="weights of the trainings")
    parser.add_argument("--features", type=Path, required=True, help="folder of the model's feature files")
    parser.add_argument("--validation", type=parse_day, nargs="+", required=True, help="validation days, YYYYMMDD")
    parser.add_argument("--settings", type=read_settings, required=True, help="sampler, scores and selection, YAML")
    parser.add_argument("--spacing-km", type=float, required=True, help="grid spacing in km")
    add_threads(parser)
    parser.add_argument("--table", type=Path, required=True, help="scores of every training, CSV")
    parser.add_argument("--output", type=Path, required=True, help="copy of the chosen weights")
    args = parser.parse_args()

    from superice.dataset.layout import model_features_name
    from superice.evaluation.model_selection import choose_training, judge_training
    from superice.evaluation.settings import ScoreSettings, SelectionSettings
    from superice.features.files import read_model_features
    from superice.inference.settings import SamplerSettings
    from superice.network.weights import TrainedNetwork
    from superice.seasons import spread_evenly
    from superice.utils.files import atomic_path, write_table
    from superice.utils.settings import build_settings

    use_threads(args.threads)
    selection = build_settings(SelectionSettings, args.settings["selection"], "selection")
    sampler = build_settings(SamplerSettings, args.settings["sampler"] | {"members": selection.members}, "sampler")
    scoring = build_settings(ScoreSettings, args.settings["scores"], "scores")
    # A training that stands alone has nothing to be compared with.
    chosen = spread_evenly(args.validation, selection.days) if len(args.weights) > 1 else []
    days = [read_model_features(args.features / model_features_name(d)) for d in chosen]
    days = [features for features in days if features.mask.any()]
    candidates = {}
    for path in args.weights:
        candidates[path] = judge_training(TrainedNetwork.load(path), days, sampler, scoring, args.spacing_km)
        print(path, {name: float(f"{value:.4g}") for name, value in candidates[path].items()}, file=sys.stderr)
    best, table = choose_training(candidates)
    table.insert(0, "training", [path.parent.name for path in table.index])
    write_table(args.table, table)
    with atomic_path(args.output) as temporary:
        shutil.copyfile(best, temporary)


if __name__ == "__main__":
    run_command(main)
