"""Animate one member through a season, beside the truth or the observations that it was drawn from."""

from __future__ import annotations

from pathlib import Path

from superice.utils.command_line import make_parser, run_command


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--features", type=Path, nargs="+", required=True, help="features of the dates, .nc or .npz")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="their ensembles")
    parser.add_argument("--output", type=Path, required=True, help="animation to write (GIF)")
    args = parser.parse_args()

    from superice.figures.season_overview import read_frames, write_animation

    write_animation(*read_frames(args.features, args.predictions), args.output)


if __name__ == "__main__":
    run_command(main)
