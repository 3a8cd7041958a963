"""Draw the ensemble of one day from its low-resolution features."""

from pathlib import Path

from superice.utils.command_line import (
    add_grid,
    add_publication,
    add_threads,
    make_parser,
    parse_day,
    read_settings,
    run_command,
    use_threads,
)


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--features", type=Path, required=True, help="model features (.nc) or observed ones (.npz)")
    parser.add_argument("--weights", type=Path, required=True, help="weights file of the chosen training")
    add_grid(parser)
    parser.add_argument("--date", type=parse_day, required=True, help="YYYY-MM-DD")
    parser.add_argument("--branch", choices=("model", "observations"), required=True, help="source of the features")
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--settings", type=read_settings, required=True, help="sampler of the experiment, YAML")
    parser.add_argument("--seed", type=int, required=True, help="seed of the ensemble")
    add_threads(parser)
    parser.add_argument("--settings-digest", default="", help="digest of the settings, an attribute of the output")
    add_publication(parser)
    parser.add_argument("--output", type=Path, required=True, help="sit_hrai_YYYYMMDD.nc")
    parser.add_argument("--motion", type=Path, help="motion of the ice, for a memory that follows the drift (NetCDF)")
    parser.add_argument("--summary", type=Path, help="sit_summary_YYYYMMDD.nc; its settings stand beside the sampler")
    args = parser.parse_args()

    from superice.dataset.publication import describe_publication
    from superice.dataset.settings import SummarySettings
    from superice.dataset.summaries import Summary
    from superice.fields.grid import load_grid
    from superice.inference.day import generate_day
    from superice.inference.settings import SamplerSettings
    from superice.inference.stored_sampler import complete_sampler
    from superice.network.released import describe_limits
    from superice.network.weights import TrainedNetwork
    from superice.utils.settings import build_settings

    use_threads(args.threads)
    summary = None
    if args.summary:
        told = build_settings(SummarySettings, args.settings.get("summary", {}), "ensembles.summary")
        summary = Summary(args.summary, told)
    motion = None
    if args.motion:
        from superice.fields.motion import read_motion

        motion = read_motion(args.motion)
    trained, section = TrainedNetwork.load(args.weights), args.settings["sampler"]
    # Given weights may say themselves how they are drawn from.
    is_stated = {"name", "steps"}.issubset(section)
    sampler = build_settings(SamplerSettings, section, "sampler") if is_stated else complete_sampler(section, trained)
    generate_day(
        args.features,
        trained,
        load_grid(args.areas, args.area),
        sampler,
        args.seed,
        args.output,
        day=args.date,
        details={
            "configuration_digest": args.settings_digest,
            "source_of_features": args.branch,
            "experiment": args.experiment,
            **describe_publication(args.publication),
            **describe_limits(args.weights),
        },
        # A study of single trainings shows the others where one diverged (report, Figure 4).
        missing_if_diverged="seed" in args.settings,
        summary=summary,
        motion=motion,
    )


if __name__ == "__main__":
    run_command(main)
