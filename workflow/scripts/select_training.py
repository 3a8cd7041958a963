"""Choose one of several trainings by the CRPS of small ensembles on validation days; one alone is taken unscored.

If the sampler awaits it (sampler.noise_scale: validation), the factor of its noise is chosen on the same days.
"""

import sys
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
    parser.add_argument("--weights", type=Path, nargs="+", required=True, help="weights of the trainings")
    parser.add_argument("--features", type=Path, required=True, help="folder of the model's feature files")
    parser.add_argument("--validation", type=parse_day, nargs="+", required=True, help="validation days, YYYYMMDD")
    add_grid(parser)
    parser.add_argument(
        "--settings",
        type=read_settings,
        required=True,
        help="sampler, input noise of the training, features, scores and selection, YAML",
    )
    add_threads(parser)
    parser.add_argument("--table", type=Path, required=True, help="scores of every training, CSV")
    parser.add_argument("--output", type=Path, required=True, help="the chosen weights, with their sampler")
    args = parser.parse_args()

    from superice.dataset.layout import model_features_name
    from superice.errors import InputError
    from superice.evaluation.model_selection import select_training
    from superice.evaluation.settings import ScoreSettings, SelectionSettings
    from superice.features.files import read_model_features
    from superice.fields.grid import load_grid
    from superice.inference.settings import InputErrors, SamplerSettings
    from superice.network.settings import INPUTS
    from superice.seasons import spread_evenly
    from superice.training.settings import InputNoise
    from superice.utils.files import write_table
    from superice.utils.settings import build_settings

    use_threads(args.threads)
    grid = load_grid(args.areas, args.area)
    selection = build_settings(SelectionSettings, args.settings["selection"], "selection")
    sampler = build_settings(SamplerSettings, args.settings["sampler"] | {"members": selection.members}, "sampler")
    noise = build_settings(InputNoise, args.settings["input_noise"], "training.input_noise")
    product_errors = InputErrors(**{name: getattr(noise, name) for name in INPUTS})
    scoring = build_settings(ScoreSettings, args.settings["scores"], "scores")
    # A training that stands alone has nothing to be compared with.
    scored = len(args.weights) > 1 or sampler.awaits_noise_scale
    chosen = spread_evenly(args.validation, selection.days) if scored else []
    threshold = args.settings["features"]["sic_threshold"]
    days = [read_model_features(args.features / model_features_name(d), threshold) for d in chosen]
    days = [features for features in days if features.mask.any()]
    if sampler.awaits_noise_scale and not days:
        raise InputError("sampler.noise_scale: no validation day holds ice, so a number is needed")
    trained, table = select_training(
        args.weights,
        days,
        sampler,
        scoring,
        grid.step / 1000,
        # A study of single trainings shows the others where one diverged (report, Figure 4).
        must_be_sound="seed" not in args.settings,
        product_errors=product_errors,
        product_smoothing=noise.smoothing,
    )
    print(table.to_string(index=False, float_format="{:.4g}".format), file=sys.stderr)
    write_table(args.table, table)
    trained.grid = grid.describe()
    trained.features = args.settings["features"]
    trained.save(args.output)


if __name__ == "__main__":
    run_command(main)
